package unittest

import (
	"time"

	"github.com/serin-dev/serin/analysis/run"
)

// history is the states that a run or a metric has been in.
type history struct {
	now []Verdict
	// first is when each state was reached for the first time.
	first map[Verdict]time.Duration
}

func (h *history) enter(at time.Duration, states ...Verdict) {
	if h.first == nil {
		h.first = map[Verdict]time.Duration{}
	}
	h.now = states
	for _, state := range states {
		if _, before := h.first[state]; !before {
			h.first[state] = at
		}
	}
}

// is says whether a state holds now.
func (h *history) is(state Verdict) bool {
	for _, now := range h.now {
		if now == state {
			return true
		}
	}
	return false
}

// verdict is the state now, in the word that says most.
func (h *history) verdict() Verdict { return h.now[len(h.now)-1] }

// statesOfRun are the words for a run, at a time; the last one says most.
func statesOfRun(view run.View) []Verdict {
	switch {
	case !view.Phase.Live():
		return []Verdict{Verdict(view.Phase)}
	case !view.PassedAt.IsZero():
		return []Verdict{Running, Passing}
	default:
		return []Verdict{Running, Holding}
	}
}

// statesOfMetric are the words for a metric.
func statesOfMetric(metric run.MetricState) []Verdict {
	last, measured := lastOf(metric)
	switch {
	case !metric.Phase.Live():
		return []Verdict{Verdict(metric.Phase)}
	case measured && last.Blind():
		return []Verdict{Running, Blind}
	case measured && last.Phase == run.Successful:
		return []Verdict{Running, Passing}
	default:
		return []Verdict{Running}
	}
}

// lastOf is the last look at a metric.
func lastOf(metric run.MetricState) (last run.Outcome, measured bool) {
	if n := len(metric.Measurements); n > 0 {
		return metric.Measurements[n-1], true
	}
	return run.Outcome{}, false
}
