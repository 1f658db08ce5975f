// Package report turns what judges did with the benchmark's rollouts into rates, medians,
// bars that are met or missed, tables and pictures. It knows no judge but by name.
//
// The world's scenarios, the limits of benchmark/peers and a plotting library come in.
package report

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/serin-dev/serin/benchmark/world"
)

// Outcome is what a judge did with one rollout.
type Outcome struct {
	// Tick of the plan at which it took the rollout back; negative if it never did.
	Tick int
	// Requests and Errors are what the canary served from the begin of the regression until
	// then, or until the plan's end.
	Requests, Errors int
}

// Family is what the judges did with the rollouts of one scenario. All judges saw the same.
type Family struct {
	Scenario world.Scenario
	// Outcomes holds an outcome per judge and replay, in the order of Results.Judges.
	Outcomes [][]Outcome
}

// Results is what a run of the benchmark found.
type Results struct {
	// Judges are the names of the judges, Texts say what they do.
	Judges, Texts []string
	// Candidate is the judge that the bars are for.
	Candidate string
	Families  []Family
	// Promotions are the proofs that a good version is good.
	Promotions []Promotion
	// Recordings is the page's part on recorded incidents; empty if they were not there.
	Recordings string
	// Command is how to get the same results.
	Command string
}

// Names of judges that bars and tables refer to.
const (
	oracle  = "oracle"
	flagger = "flagger"
	kayenta = "kayenta"
)

// summary is a judge's outcomes in one family.
type summary struct {
	replays int
	// rollbacks counts those after the regression began, early those before.
	rollbacks, early int
	// Seconds from the regression's begin to the rollback: infinite if it never came.
	medianSeconds, p90Seconds    float64
	medianRequests, medianErrors float64
}

// of sums up a judge's outcomes; not ok if the judge or the family was not run.
func (r Results) of(family, judge string) (summary, bool) {
	at := slices.IndexFunc(r.Families, func(f Family) bool { return f.Scenario.Name == family })
	index := slices.Index(r.Judges, judge)
	if at < 0 || index < 0 {
		return summary{}, false
	}
	return summarise(r.Families[at].Outcomes[index], r.Families[at].Scenario.Late), true
}

// summarise sums outcomes up. Rollbacks before the regression are counted, and do not enter
// the medians.
func summarise(outcomes []Outcome, late int) summary {
	s := summary{replays: len(outcomes)}
	var seconds, requests, errors []float64
	for _, outcome := range outcomes {
		switch {
		case outcome.Tick < 0:
			seconds = append(seconds, math.Inf(1))
		case outcome.Tick < late:
			s.early++
			continue
		default:
			s.rollbacks++
			seconds = append(seconds, float64((outcome.Tick+1-late)*world.TickSeconds))
		}
		requests = append(requests, float64(outcome.Requests))
		errors = append(errors, float64(outcome.Errors))
	}
	s.medianSeconds, s.p90Seconds = median(seconds), higher(seconds, .9)
	s.medianRequests, s.medianErrors = median(requests), median(errors)
	return s
}

// rate is the share of replays that were rolled back.
func (s summary) rate() float64 { return float64(s.rollbacks) / float64(s.replays) }

// upper is the one-sided upper 95 % bound of the rate by Clopper and Pearson (Biometrika 26,
// 1934): the rate at which so few rollbacks have a probability of 5 %.
func (s summary) upper() float64 {
	if s.rollbacks >= s.replays {
		return 1
	}
	law := distuv.Beta{Alpha: float64(s.rollbacks + 1), Beta: float64(s.replays - s.rollbacks)}
	return law.Quantile(.95)
}

// median is the middle value, or the mean of the two middle ones; NaN without values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// higher is the quantile of a sample, rounded up to one of its values; NaN without values.
func higher(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(math.Ceil(q*float64(len(sorted)-1)))]
}

// twin is the family without the regression of a scenario; empty if it was not run.
func (r Results) twin(s world.Scenario) string {
	bare := func(s world.Scenario) world.Scenario {
		s.Name, s.Text = "", ""
		s.P1, s.Lat, s.Tail, s.Late, s.Dispersion = 0, 0, 0, 0, 0
		return s
	}
	for _, family := range r.Families {
		if !family.Scenario.Bad() && bare(family.Scenario) == bare(s) {
			return family.Scenario.Name
		}
	}
	return ""
}
