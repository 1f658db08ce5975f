package run_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
)

// TestLookingMoreOftenThanScraping: a look between two scrapes says what the one
// before said; one after scrapes that did not come says that nothing is seen.
func TestLookingMoreOftenThanScraping(t *testing.T) {
	start := time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC)
	spec := run.Spec{Metrics: []run.Metric{{Name: "errors", Interval: 2 * time.Second, Proportion: &judge.Proportion{MinRequests: 50, Budget: 0.01}}}}
	counter := func(perSecond float64, seconds ...int) []series.Series {
		one := series.Series{Labels: "pod"}
		for _, second := range seconds {
			one.Samples = append(one.Samples, series.Sample{At: start.Add(time.Duration(second) * time.Second), Value: perSecond * float64(second+100)})
		}
		return []series.Series{one}
	}
	look := func(state run.State, second int, scrapes ...int) (run.State, run.Outcome) {
		at := start.Add(time.Duration(second) * time.Second)
		looks, _ := run.Due(spec, state, at)
		if len(looks) != 1 {
			t.Fatalf("at %d s there are %d looks", second, len(looks))
		}
		state = run.Record(spec, state, run.Measurement{
			Metric: "errors", Number: looks[0].Number, StartedAt: at, FinishedAt: at,
			Samples: &run.Samples{CanaryTotal: counter(20, scrapes...), BaselineTotal: counter(400, scrapes...)},
		})
		measurements := state.Metrics[0].Measurements
		return state, measurements[len(measurements)-1]
	}
	state := run.Start(spec, start)
	state, outcome := look(state, 6, -5, 0, 5)
	if outcome.Phase != run.Successful {
		t.Fatalf("after a scrape: %s %s: %s", outcome.Phase, outcome.Reason, outcome.Message)
	}
	for _, second := range []int{8, 10, 14} {
		state, outcome = look(state, second, -5, 0, 5)
		if outcome.Phase != run.Successful {
			t.Errorf("at %d s, between two scrapes: %s %s: %s", second, outcome.Phase, outcome.Reason, outcome.Message)
		}
	}
	state, outcome = look(state, 16, -5, 0, 5)
	if outcome.Reason != run.NoData {
		t.Errorf("after two scrapes that did not come: %s %s: %s", outcome.Phase, outcome.Reason, outcome.Message)
	}
	spec.WeightSince = start.Add(17 * time.Second)
	state, _ = look(state, 21, -5, 0, 5, 10, 15, 20)
	_, outcome = look(state, 23, -5, 0, 5, 10, 15, 20)
	if outcome.Reason != run.TooFewRequests {
		t.Errorf("at a new weight, before any request was compared at it: %s %s: %s", outcome.Phase, outcome.Reason, outcome.Message)
	}
}
