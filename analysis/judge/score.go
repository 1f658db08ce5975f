package judge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Scoring turns the verdicts on several metrics into one score of 0 to 100, by the
// rules of Kayenta: metrics are in groups, a group's score is the share of its metrics
// that pass, and the groups have weights.
type Scoring struct {
	// GroupWeights are the weights of the groups, which should make 100. Groups without
	// one share what is left of 100.
	GroupWeights map[string]float64
	// Pass and Marginal are the thresholds: a score of at least Pass passes, one of at
	// least Marginal is inconclusive, and one below fails. Both include their value.
	// They must be said; Kayenta's documentation begins with 95 and 75.
	Pass, Marginal float64
}

// Validate returns an error that names what cannot be used.
func (s Scoring) Validate() error {
	var all []error
	total := 0.0
	for _, group := range slices.Sorted(maps.Keys(s.GroupWeights)) {
		weight := s.GroupWeights[group]
		if !(weight >= 0 && weight <= 100) {
			all = append(all, fmt.Errorf("the weight of group %q is %v; it must be within 0 and 100", group, weight))
		}
		total += weight
	}
	if total > 100*(1+1e-9) {
		all = append(all, fmt.Errorf("the weights of the groups make %v; they must make 100", total))
	}
	if !(s.Pass > 0 && s.Pass <= 100) {
		all = append(all, fmt.Errorf("the score that passes is %v; it must be above 0 and at most 100", s.Pass))
	}
	if !(s.Marginal >= 0 && s.Marginal <= s.Pass) {
		all = append(all, fmt.Errorf("the marginal score is %v; it must be at least 0 and at most the score that passes", s.Marginal))
	}
	return errors.Join(all...)
}

// ScoredMetric is a metric with its verdict.
type ScoredMetric struct {
	Name string
	// Groups are those that it counts in, at least one.
	Groups []string
	// Muted metrics are shown, and count for nothing.
	Muted   bool
	Verdict PointsVerdict
}

// GroupScore is the score of a group.
type GroupScore struct {
	Name string
	// Score is the share of its metrics that pass, in percent; 0 without data.
	Score float64
	// Weight is what counts in the score, in percent; the weights make 100.
	Weight float64
	// HasData: at least one of its metrics was judged, or could not be.
	HasData bool
}

// ScoreVerdict is the verdict on the whole canary.
type ScoreVerdict struct {
	Decision Decision
	// Reason in one word, and Message in a sentence.
	Reason, Message string
	// Score is Kayenta's number, in which metrics without data are left out and those
	// that could not be judged count as not passed.
	Score float64
	// Worst and Best are what the score may be when the open metrics fail, or pass.
	Worst, Best float64
	// Groups are sorted by name.
	Groups []GroupScore
	// Warnings are doubts about the verdict.
	Warnings []string
}

// The reasons that only Scoring has.
const (
	// Marginal: the score is between the thresholds.
	Marginal = "Marginal"
	// Undecided: what could not be judged may decide.
	Undecided = "Undecided"
)

// Score scores metrics.
//
// A metric is failing, passing or open (see PointsVerdict.Decision). The canary fails
// when the score is below Marginal even if all that is open passed, and passes when it
// is at least Pass even if all that is open failed; otherwise it is inconclusive. So an
// error is never a pass, and never a failure. A critical metric that fails makes the
// score 0. Metrics without data that need not have any are left out of their group,
// but a group without any data is open, and so is a canary with no data for half of
// its metrics or more.
func (s Scoring) Score(metrics []ScoredMetric) ScoreVerdict {
	b, err := s.ballot(metrics)
	if err != nil {
		return ScoreVerdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error(), Best: 100}
	}
	if len(b.metrics) == 0 {
		return ScoreVerdict{Decision: Inconclusive, Reason: NoData, Message: "there are no metrics to score", Best: 100}
	}
	v := b.count()
	slices.Sort(v.Warnings)
	return s.decide(v, b)
}

// decide compares the score with the thresholds.
func (s Scoring) decide(v ScoreVerdict, b ballot) ScoreVerdict {
	switch {
	case b.veto != "":
		v.Score, v.Worst, v.Best = 0, 0, 0
		v.Decision, v.Reason, v.Message = Fail, Regression, "Canary Failed: "+b.veto
	case b.openVeto != "":
		v.Score, v.Worst = 0, 0
		v.Decision, v.Reason, v.Message = Inconclusive, Undecided, "a critical metric is open: "+b.openVeto
	case 2*b.withoutData >= len(b.metrics):
		v.Score, v.Worst = 0, 0
		v.Decision, v.Reason = Inconclusive, NoData
		v.Message = fmt.Sprintf("%d of %d metrics have no data", b.withoutData, len(b.metrics))
	case v.Worst >= s.Pass:
		v.Decision, v.Reason = Pass, NoEvidenceOfHarm
		v.Message = fmt.Sprintf("the score is %v, at least the %v that passes", v.Score, s.Pass)
	case v.Best < s.Marginal:
		v.Decision, v.Reason = Fail, Regression
		v.Message = fmt.Sprintf("the score is %v, below the marginal %v", v.Score, s.Marginal)
	case v.Worst < v.Best:
		v.Decision, v.Reason = Inconclusive, Undecided
		v.Message = fmt.Sprintf("the score is %v, and may be %v to %v: not every metric could be judged", v.Score, v.Worst, v.Best)
	default:
		v.Decision, v.Reason = Inconclusive, Marginal
		v.Message = fmt.Sprintf("the score is %v, at least the marginal %v and below the %v that passes", v.Score, s.Marginal, s.Pass)
	}
	if v.Decision == Inconclusive && v.Best < s.Marginal { // Whatever is open: it is too low.
		v.Decision, v.Reason = Fail, Regression
		v.Message = fmt.Sprintf("the score is at most %v, below the marginal %v", v.Best, s.Marginal)
	}
	return v
}
