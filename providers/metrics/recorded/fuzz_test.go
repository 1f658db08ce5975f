package recorded_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/providers/metrics/metricstest"
	"github.com/serin-dev/serin/providers/metrics/recorded"
)

// FuzzEqual checks that whatever is asked, a plan answers what the engine answers, and
// that nothing that can be written makes either of them panic.
func FuzzEqual(f *testing.F) {
	for i, expression := range expressions() {
		f.Add(expression, uint32(i*10_000))
	}
	for _, expression := range []string{
		"", "up{", "sum(", "(((1)))", "- - temperature", "sum by () (temperature)", "rate(temperature[1h])", "temperature offset 1y", "clamp_min(temperature, time())",
		"sum without () (requests_total) or on (pod) vector(1)", "quantile_over_time(scalar(temperature), temperature[1m])", "histogram_quantile(scalar(temperature), latency_bucket)",
		"vector(scalar(vector(1))) == bool 1", "round(temperature, 0)", "temperature % 0", "rate(requests_total[1m]) and on () temperature", `{__name__=~"req.*|temp.*"} unless {pod="a"}`,
		"max_of(1, 2)", "temperature[5m:1m]", `sum(latency_bucket) by (le) / ignoring (le) group_left sum(latency_bucket)`, `histogram_quantile(0.9, latency_bucket) or temperature`,
		`sum(count_over_time(temperature[10m]) * 0 + 1)`, `last_over_time({pod="a",__name__!~"n.*|m.*"}[5m])`,
	} {
		f.Add(expression, uint32(300_000))
	}
	held := world(11, 20)
	fast, slow := provider(f, held, recorded.Config{QuerySamples: 100_000}), provider(f, held, recorded.Config{QuerySamples: 100_000, EngineOnly: true})
	f.Fuzz(func(t *testing.T, expression string, ms uint32) {
		at := metricstest.Origin().Add(time.Duration(ms%1_800_000) * time.Millisecond)
		want, got := ask(slow, expression, at), ask(fast, expression, at)
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("%q at %s (-engine +plan):\n%s", expression, at, difference)
		}
	})
}
