package run

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
)

// conditionsMethod is Evidence.Method where conditions decide.
const conditionsMethod = "conditions"

// keptError is one minus the confidence of the bounds that the status shows. It bounds
// no false alarms: what fails, and how often that may be, is for the conditions to say.
const keptError = 0.01

// KeptCounts is the memory of conditions that compare bad requests: a judge that is
// never asked for its verdict. Its evidence, eValue(result), is that against "the canary
// is no worse", without a tolerance.
func KeptCounts() *judge.Proportion {
	kept := judge.Proportion{Budget: keptError}.Prepare()
	return &kept
}

// KeptHistogram is the same of conditions that compare histograms.
func KeptHistogram() *judge.Histogram {
	kept := judge.Histogram{Budget: keptError, Quantiles: []float64{0.5, 0.99}}.Prepare()
	return &kept
}

// arms are what a look knows of both versions, for conditions.
type arms struct {
	criteria.Comparison
	evidence *Evidence
	// seen is what is new, for people, and doubts are what the memory's judge says of it.
	seen   string
	doubts []string
	// reason and message say why this look brought nothing; empty when it did. What
	// earlier looks saw must not pass or fail a canary that is not seen any more.
	reason, message string
}

// compare adds what is new to the memory, and asks the conditions about all of it.
func (m Metric) compare(memory *judgeMemory, samples Samples, at moments) (finding, error) {
	at.last, at.planned = false, false
	known, err := m.arms(memory, samples, at)
	if err != nil {
		return finding{}, err
	}
	found := finding{seen: known.seen, evidence: known.evidence}
	if known.reason != "" {
		found.Verdict = judge.Verdict{Decision: judge.Inconclusive, Reason: known.reason, Message: known.message}
		return found, nil
	}
	answer := m.Comparison.Judge(known.Comparison)
	found.Verdict = judge.Verdict{Decision: judge.Inconclusive, Reason: answer.Reason, Message: answer.Message, Warnings: known.doubts}
	switch answer.Outcome {
	case criteria.Pass:
		found.Decision = judge.Pass
	case criteria.Fail:
		found.Decision = judge.Fail
	case criteria.Undecided:
		found.undecided = true
	}
	return found, nil
}

// arms reads what the memory holds after a look.
func (m Metric) arms(memory *judgeMemory, samples Samples, at moments) (arms, error) {
	switch {
	case m.Proportion != nil:
		return m.countedArms(memory, samples, at)
	case m.Histogram != nil:
		return m.bucketArms(memory, samples, at)
	default:
		return pointArms(memory, samples, at.to, m.apart()), nil
	}
}

// countedArms are bad requests and all requests.
func (m Metric) countedArms(memory *judgeMemory, samples Samples, at moments) (arms, error) {
	window, baseline, seen := m.countWindow(memory, samples, at)
	verdict, err := m.judgeProportion(memory, baseline, window, at)
	if err != nil {
		return arms{}, err
	}
	state, err := judge.ParseProportionState(memory.State)
	if err != nil {
		return arms{}, err
	}
	e := verdict.Evidence
	known := arms{seen: seen, evidence: keptEvidence(proportionMethod, e), doubts: doubts(verdict)}
	known.Canary = criteria.Arm{Bad: e.Canary.Bad, Total: e.Canary.Total, Dispersion: e.Dispersion}
	known.Baseline = criteria.Arm{Bad: e.Baseline.Bad, Total: e.Baseline.Total, Dispersion: e.Dispersion}
	known.Effect = effect(state.Comparison)
	known.reason, known.message = quiet(window.Canary.Total, window.WarmingUp.Total, window.Unscraped)
	return known, nil
}

// bucketArms are histograms. Their bounds rest on the edge at which pods differ most: a
// quantile may be at any of them.
func (m Metric) bucketArms(memory *judgeMemory, samples Samples, at moments) (arms, error) {
	window, baseline, seen := m.bucketWindow(memory, samples, at)
	verdict, err := m.observeHistogram(memory, baseline, window, at)
	if err != nil {
		return arms{}, err
	}
	state, err := judge.ParseHistogramState(memory.State)
	if err != nil {
		return arms{}, err
	}
	dispersion := verdict.Evidence.Dispersion
	for _, kind := range state.Test.Kinds {
		dispersion = max(dispersion, kind.Dispersion.At(0))
	}
	known := arms{seen: seen, evidence: keptEvidence(histogramMethod, verdict.Evidence), doubts: doubts(verdict)}
	report := state.Report
	known.Canary = criteria.Arm{Buckets: sequential.Buckets{Edges: report.Edges, Counts: report.Canary}, Dispersion: dispersion}
	known.Baseline = criteria.Arm{Buckets: sequential.Buckets{Edges: report.Edges, Counts: report.Baseline}, Dispersion: dispersion}
	known.Effect = effect(state.Comparison)
	known.reason, known.message = quiet(requests(window.Canary), requests([]series.PodBuckets{{Counts: window.WarmingUp}}), window.Unscraped)
	return known, nil
}

// effect is what the memory's judge holds of the difference.
func effect(state judge.Comparison) criteria.Effect {
	return criteria.Effect{Judged: true, LogE: state.LogE(), HighestLogE: state.Highest, Ratio: state.Ratio}
}

// quiet is why a look at requests brought nothing.
func quiet(served, warmingUp float64, unscraped bool) (reason, message string) {
	switch {
	case served > 0 || unscraped:
		return "", ""
	case warmingUp > 0:
		return judge.WarmingUp, "all of the canary's pods are younger than the warm-up"
	default:
		return judge.NoData, "the canary served no requests since the last look"
	}
}

// doubts are what a judge says that is no verdict, and matters to any.
func doubts(v judge.Verdict) []string {
	if v.Reason == judge.SharedIncident || v.Reason == judge.OnePod {
		return append(slices.Clone(v.Warnings), v.Message)
	}
	return v.Warnings
}

// keptEvidence is that of a judge that decides nothing: it has no limit.
func keptEvidence(kept string, e judge.Evidence) *Evidence {
	written := evidence(kept, e)
	written.Method, written.Limit, written.RequestsNeeded = conditionsMethod, "", ""
	return written
}

// pointArms are the values of a gauge, of which this look must bring one of each
// version. What is no number is not remembered: one 0/0 would hide all that follows.
func pointArms(memory *judgeMemory, samples Samples, to time.Time, apart time.Duration) arms {
	known := arms{seen: fmt.Sprintf("canary %s, baseline %s", newestValue(samples.CanaryPoints), newestValue(samples.BaselinePoints))}
	p := &memory.Points
	// Points of a future that the clock has left would keep out those that follow.
	future := func(point point) bool { return point.At.After(to) }
	p.Canary, p.Baseline = slices.DeleteFunc(p.Canary, future), slices.DeleteFunc(p.Baseline, future)
	for _, arm := range []struct {
		name   string
		points *[]series.Sample
	}{{"canary", &samples.CanaryPoints}, {"baseline", &samples.BaselinePoints}} {
		numbers := slices.DeleteFunc(slices.Clone(*arm.points), func(s series.Sample) bool { return math.IsNaN(s.Value) || math.IsInf(s.Value, 0) })
		switch {
		case len(numbers) > 0 || known.reason != "":
		case len(*arm.points) > 0:
			known.reason, known.message = criteria.NotANumber, fmt.Sprintf("the gauge of the %s is %s", arm.name, newestValue(*arm.points))
		default:
			known.reason, known.message = criteria.NoData, fmt.Sprintf("the gauge of the %s has no value; check provider.prometheus.%s.query", arm.name, arm.name)
		}
		*arm.points = numbers
	}
	p.add(samples, apart)
	known.Canary.Points, known.Baseline.Points = values(p.Canary), values(p.Baseline)
	known.evidence = pointsKept(p)
	return known
}

// newestValue is the newest value of a gauge, for people.
func newestValue(points []series.Sample) string {
	if len(points) == 0 {
		return "nothing"
	}
	newest := slices.MaxFunc(points, func(a, b series.Sample) int { return a.At.Compare(b.At) })
	return number(newest.Value)
}

// pointsKept says how many points there are of a gauge.
func pointsKept(p *points) *Evidence {
	return &Evidence{
		Method:    conditionsMethod,
		CanaryBad: "0", CanaryTotal: number(float64(len(p.Canary))), BaselineBad: "0", BaselineTotal: number(float64(len(p.Baseline))),
	}
}
