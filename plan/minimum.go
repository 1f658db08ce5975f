package plan

import (
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/sequential"
)

// minimum is Wald's lower limit (1947): the mean number of requests after which any test
// that fails a good version with a probability of at most the budget, and is sure to fail
// this one, can fail it. It is known for errors that are judged by their proportion. The
// weights are those of a release that waits for its pauses only, and for nothing else.
func (s *Setup) minimum(r Regression) *Minimum {
	if s.background == nil || r.Signal != Errors || !s.spec.Routed {
		return nil
	}
	at := slices.IndexFunc(s.background.readings, func(r reading) bool {
		return r.source == counts && s.signals.kinds[r.kind].signal == Errors
	})
	if at < 0 || s.background.spec.Metrics[at].Proportion == nil || s.background.spec.FalseAlarmBudget <= 0 {
		return nil
	}
	tolerance := s.background.spec.Metrics[at].Proportion.RelativeTolerance
	good := s.signals.kinds[s.background.readings[at].kind].rate
	needed := math.Log(1 / s.background.spec.FalseAlarmBudget)
	test, bad := sequential.RateRatio{Null: 1 + tolerance}, r.worse(good)
	m := &Minimum{}
	for _, stretch := range s.stretches() {
		share := float64(stretch.weight) / 100
		perSecond := share * s.assumed.Traffic
		growth := test.Growth(bad, good, share) * perSecond
		if growth <= 0 {
			continue
		}
		seconds := min(needed/growth, stretch.seconds)
		m.Seconds, m.Requests = m.Seconds+seconds, m.Requests+seconds*perSecond
		if needed -= seconds * growth; needed <= 1e-9 {
			m.Extra = m.Requests * (bad - good)
			return m
		}
	}
	return nil // It is promoted sooner.
}

// stretch is a weight, and for how long it lasts.
type stretch struct {
	weight  int32
	seconds float64
}

// stretches are the weights of a release that waits for nothing but its pauses.
func (s *Setup) stretches() []stretch {
	var all []stretch
	weight := int32(0)
	for _, step := range s.spec.Steps {
		switch {
		case step.SetWeight != nil:
			weight = *step.SetWeight
		case step.Pause != nil && step.Pause.Duration != nil && weight > 0 && weight < 100:
			all = append(all, stretch{weight, step.Pause.Duration.Seconds()})
		case step.Pause != nil && weight > 0 && weight < 100:
			all = append(all, stretch{weight, s.assumed.Person.Seconds()})
		}
	}
	return all
}
