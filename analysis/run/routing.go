package run

import (
	"time"

	"github.com/serin-dev/serin/analysis/judge"
)

// route holds the requests of a window against the weight that is set, and says what is
// wrong with the traffic; empty for nothing. Counts are compared, and not gauges; young
// pods get traffic like the others.
func (m *judgeMemory) route(metric Metric, canary, baseline float64, from time.Time, at moments) (string, error) {
	if metric.Alone || !(at.weight > 0 && at.weight < 1) {
		return "", nil
	}
	state, err := judge.ParseSplitState(m.Split)
	if err != nil {
		return "", err
	}
	served := judge.Window{From: from, To: at.to, Canary: judge.Counts{Total: canary}, Baseline: judge.Counts{Total: baseline}}
	state, verdict := judge.NewSplit().Observe(state, served, at.weight, at.weightSince)
	m.Split = state.String()
	if verdict.Reason != judge.RoutingBroken {
		return "", nil
	}
	return verdict.Message, nil
}
