package unittest

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/run"
)

// seen is what is known at a time of what is played.
type seen struct {
	history
	// message is that of the run or the release, and reason why it goes on as it does.
	message, reason string
	metrics         []*metricSeen
	// weight is the canary's share of traffic; nil when no Rollout is played.
	weight *int32
}

// metricSeen is what is known of one metric.
type metricSeen struct {
	history
	name string
	// message is that of its verdict, and last and reason those of its last look; reason is
	// empty when that saw something.
	message, last, reason string
	looks                 int
}

// metric is that of a name; nil without one.
func (s *seen) metric(name string) *metricSeen {
	at := slices.IndexFunc(s.metrics, func(m *metricSeen) bool { return m.name == name })
	if at < 0 {
		return nil
	}
	return s.metrics[at]
}

// names are those of all metrics.
func (s *seen) names() []string {
	var names []string
	for _, m := range s.metrics {
		names = append(names, m.name)
	}
	return names
}

// history is the states that something has been in.
type history struct {
	now []Verdict
	// first is when each state was reached for the first time.
	first map[Verdict]time.Duration
}

// enter notes the states at a time; the last one says most.
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
func (h *history) is(state Verdict) bool { return slices.Contains(h.now, state) }

// verdict is the state now, in the word that says most.
func (h *history) verdict() Verdict { return h.now[len(h.now)-1] }

// statesOfRun are the words for a run.
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

// statesOfLook are the words for a metric that goes on, by its last look.
func statesOfLook(phase run.Phase, blind bool) []Verdict {
	switch {
	case blind:
		return []Verdict{Running, Blind}
	case phase == run.Successful:
		return []Verdict{Running, Passing}
	default:
		return []Verdict{Running}
	}
}
