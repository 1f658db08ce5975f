package run

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
)

// pair is a run with two judged metrics that share a budget of 1 %.
func pair(counts ...int) Spec {
	spec := Spec{FalseAlarmBudget: 0.01}
	for i, count := range counts {
		spec.Metrics = append(spec.Metrics, Metric{
			Name: string(rune('a' + i)), Interval: 15 * time.Second, Count: count,
			Proportion: &judge.Proportion{MinRequests: 1, Budget: 0.005},
		})
	}
	return spec
}

// measured records one look at each metric.
func measured(spec Spec) State {
	state := Start(spec, epoch)
	tape := newTape()
	tape.run(epoch)
	looks, _ := Due(spec, state, epoch)
	for _, look := range looks {
		state = Record(spec, state, Measurement{Metric: look.Metric, Number: look.Number, StartedAt: epoch, FinishedAt: epoch, Samples: tape.samples(look.From, epoch)})
	}
	return state
}

// TestLastLooksShareTheBudget: when one metric has a last look, all keep half of their
// budget for last looks; else the evidence of the others could spend it twice.
func TestLastLooksShareTheBudget(t *testing.T) {
	for _, test := range []struct {
		reason string
		spec   Spec
		limit  string
	}{
		{"no last look", pair(0, 0), "200"},
		{"both have one", pair(5, 9), "400"},
		{"one has one", pair(0, 5), "400"},
	} {
		for _, metric := range measured(test.spec).Metrics {
			if metric.Evidence == nil || metric.Evidence.Limit != test.limit {
				t.Errorf("%s: metric %s has evidence %+v, want the limit %s", test.reason, metric.Name, metric.Evidence, test.limit)
			}
		}
	}
}

// TestMetricsFailTogether: evidence that fails no metric alone fails the run when its
// mean does, and the message names all parts.
func TestMetricsFailTogether(t *testing.T) {
	for _, test := range []struct {
		reason string
		spec   Spec
		logs   []float64
		failed bool
		named  string
	}{
		{"both nearly", pair(0, 0), []float64{4.7, 4.7}, true, "worse for sure: a, b"},
		{"one nearly", pair(0, 0), []float64{5.2, 0}, false, ""},
		{"both nearly, with half of the budget kept for last looks", pair(5, 0), []float64{4.7, 4.7}, false, ""},
		{"both beyond that", pair(5, 0), []float64{5.4, 5.4}, true, "worse for sure: a, b"},
		{"one carries the other", pair(0, 0), []float64{5.25, 3.5}, true, "worse for sure: a"},
	} {
		state := measured(test.spec)
		for i, log := range test.logs {
			text, err := json.Marshal(judgeMemory{Version: judgeMemoryVersion, LogE: log})
			if err != nil {
				t.Fatal(err)
			}
			state.Metrics[i].JudgeState, state.Metrics[i].Phase = string(text), Running
		}
		state.merge(test.spec)
		failed := state.Metrics[0].Phase == Failed
		if failed != test.failed {
			t.Errorf("%s: failed %t, %s", test.reason, failed, state.Metrics[0].Message)
		}
		if failed && !strings.HasSuffix(state.Metrics[0].Message, test.named) {
			t.Errorf("%s: %q does not name %q", test.reason, state.Metrics[0].Message, test.named)
		}
		if failed && !strings.HasPrefix(state.Metrics[0].Message, "all judged metrics together: evidence ") {
			t.Errorf("%s: %q", test.reason, state.Metrics[0].Message)
		}
	}
}
