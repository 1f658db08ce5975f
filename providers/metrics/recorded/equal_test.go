package recorded_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/metricstest"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// expressions are of all the shapes that a plan knows, and of many that it does not.
// Where several series answer, their order is that of the engine.
func expressions() []string {
	return []string{
		// Ratios of rates, the shape of most conditions.
		`sum(rate(requests_total{code=~"5.."}[1m])) / sum(rate(requests_total[1m]))`,
		`sum(rate(requests_total{code="500"}[2m])) by (pod) / sum(rate(requests_total[2m])) by (pod)`,
		`sum without (code) (rate(requests_total[1m])) > bool 0.5`,
		`(sum(rate(requests_total{code="500"}[1m])) or vector(0)) / (sum(rate(requests_total[1m])) > 0)`,
		`100 * sum(increase(requests_total{code="500"}[5m])) / clamp_min(sum(increase(requests_total[5m])), 1)`,
		// Classic histograms.
		`histogram_quantile(0.99, sum by (le) (rate(latency_bucket[1m])))`,
		`histogram_quantile(0.5, rate(latency_bucket[2m]))`,
		`histogram_quantile(1.5, sum by (le) (rate(latency_bucket[1m])))`,
		`histogram_quantile(0.9, sum by (pod, le) (rate(latency_bucket{pod="a"}[1m])))`,
		`histogram_quantile(0.9, requests_total)`,
		// Gauges.
		`temperature`, `avg(temperature)`, `max(temperature) - min(temperature)`, `temperature > 0`, `0 < temperature`, `temperature == bool 1`,
		`avg_over_time(temperature[3m])`, `max_over_time(temperature[1m]) - min_over_time(temperature[1m])`, `stddev_over_time(temperature[5m])`,
		`quantile_over_time(0.9, temperature[5m])`, `quantile_over_time(2, temperature[5m])`, `delta(temperature[2m])`, `deriv(temperature[2m])`, `predict_linear(temperature[5m], 60)`,
		`last_over_time(temperature[1m])`, `sum_over_time(temperature[90s])`, `count_over_time(temperature[1m] offset 30s)`, `present_over_time(temperature[1m])`,
		`idelta(temperature[1m])`, `irate(requests_total[1m])`, `changes(temperature[2m])`, `resets(requests_total[5m])`, `stdvar_over_time(temperature[1m])`,
		// Operators.
		`-temperature`, `abs(temperature)`, `round(temperature, 0.25)`, `ceil(temperature) % 3`, `temperature ^ 2`, `sqrt(abs(temperature))`, `clamp(temperature, 1, 0)`, `clamp(temperature, -1, 1)`,
		`temperature and temperature > 0`, `temperature unless temperature > 0`, `temperature > 0 or temperature`, `requests_total / on (pod) temperature`, `sum by (pod) (requests_total) / on (pod) sum by (pod) (requests_total{code="500"})`,
		`count(requests_total)`, `group(requests_total)`, `count by (pod) (rate(requests_total[1m]))`, `avg by (code) (requests_total)`, `min by (pod) (requests_total)`,
		`requests_total offset 1m`, `sum(requests_total) - sum(requests_total offset 1m)`, `requests_total - requests_total`, `requests_total == requests_total`, `requests_total > 3`,
		`requests_total + on() requests_total`, `requests_total * on (pod) group_left sum by (pod) (requests_total)`,
		// Numbers.
		`1`, `time()`, `-time() % 7 + 2 * 3`, `scalar(avg(temperature))`, `scalar(temperature)`, `1 > bool 2`, `vector(time())`, `scalar(sum(requests_total)) > bool 10`, `1 atan2 2`, `vector(1) atan2 vector(2)`, `pi()`,
		// What only the engine knows.
		`topk(2, requests_total)`, `sort_desc(requests_total)`, `quantile(0.9, requests_total)`, `stddev(requests_total)`, `absent(missing)`, `max_over_time(rate(requests_total[1m])[5m:30s])`, `label_replace(temperature, "x", "$1", "pod", "(.*)")`,
		`sum(rate(requests_total[1m] offset -1m))`, `sum(requests_total offset -30s)`, `temperature @ end()`, `sum_over_time(temperature[1m] @ start())`, `timestamp(temperature)`, `holt_winters(temperature[1m], 0.5, 0.5)`,
		`rate({__name__=~"requests_total|temperature"}[1m])`, `missing`, `sum(missing)`, `missing / 2`, `-{__name__=~"requests_total|temperature"}`, `changes(requests_total[2m:15s])`,
		// Native histograms.
		`native`, `rate(native[1m])`, `histogram_quantile(0.9, sum(rate(native[1m])))`, `histogram_count(native)`, `histogram_fraction(0, 0.2, sum(rate(native[2m])))`, `sum(native)`, `histogram_avg(native)`, `count(native)`,
		`sum({__name__=~"native|temperature"})`, `rate(mixed[2m])`, `mixed`, `histogram_count(mixed)`, `count_over_time(mixed[2m])`,
	}
}

// world draws a recording with what recordings hold: jitter, gaps, resets, staleness
// markers, NaN, pods that come and go, and native histograms.
func world(seed uint64, minutes int) source {
	random := rand.New(rand.NewPCG(seed, 1))
	var made source
	for _, pod := range []string{"a", "b", "c"} {
		for _, code := range []string{"200", "404", "500"} {
			made = append(made, floats(random, minutes, counted(random), "requests_total", "code", code, "pod", pod))
		}
		for _, le := range []string{"0.1", "0.5", "1", "+Inf"} {
			made = append(made, floats(random, minutes, counted(random), "latency_bucket", "le", le, "pod", pod))
		}
		made = append(made, floats(random, minutes, func() float64 {
			return []float64{random.NormFloat64(), random.NormFloat64() * 1e6, 1, 0, math.NaN(), math.Inf(1), math.Copysign(0, -1)}[min(random.IntN(60), 6)]
		}, "temperature", "pod", pod), natives(random, minutes, "native", "pod", pod))
	}
	mixed := natives(random, minutes, "mixed", "pod", "a")
	cut := len(mixed.Histograms) / 2
	for _, point := range mixed.Histograms[cut:] {
		mixed.Floats = append(mixed.Floats, recording.Point{T: point.T, V: point.H.Count})
	}
	mixed.Histograms = mixed.Histograms[:cut]
	made = append(made, mixed)
	slices.SortFunc(made, func(a, b recording.Series) int { return labels.Compare(a.Labels, b.Labels) })
	return made
}

// counted is a counter that is reset at times, by steps that do not add up exactly.
func counted(random *rand.Rand) func() float64 {
	total := float64(random.IntN(3)) * 1e6
	return func() float64 {
		if random.IntN(40) == 0 {
			total = 0
		}
		total += float64(random.IntN(20)) * 0.1
		return total
	}
}

// scrapes calls with the times of scrapes: every 15 s with jitter, with gaps. A gap
// often begins with a staleness marker.
func scrapes(random *rand.Rand, minutes int, scrape func(at int64, stale bool)) {
	at := metricstest.Origin().UnixMilli() + random.Int64N(15_000)
	for range 4 * minutes {
		at += 15_000
		if random.IntN(3) == 0 {
			at += random.Int64N(40) - 20
		}
		gap := random.IntN(30) == 0
		scrape(at, gap && random.IntN(3) > 0)
		if gap {
			at += random.Int64N(600_000)
		}
	}
}

func floats(random *rand.Rand, minutes int, next func() float64, name string, pairs ...string) recording.Series {
	made := recording.Series{Labels: labels.FromStrings(append([]string{model.MetricNameLabel, name}, pairs...)...)}
	scrapes(random, minutes, func(at int64, stale bool) {
		value := next()
		if stale {
			value = metricstest.Stale()
		}
		made.Floats = append(made.Floats, recording.Point{T: at, V: value})
	})
	return made
}

func natives(random *rand.Rand, minutes int, name string, pairs ...string) recording.Series {
	made := recording.Series{Labels: labels.FromStrings(append([]string{model.MetricNameLabel, name}, pairs...)...)}
	counts := []float64{0, 0, 0}
	scrapes(random, minutes, func(at int64, stale bool) {
		native := &histogram.FloatHistogram{Schema: 1, ZeroThreshold: 0.001, PositiveSpans: []histogram.Span{{Offset: -4, Length: 2}, {Offset: 1, Length: 1}}}
		for i := range counts {
			counts[i] += float64(random.IntN(10))
			native.Count += counts[i]
		}
		native.PositiveBuckets, native.Sum = slices.Clone(counts), native.Count/7
		if stale {
			native = &histogram.FloatHistogram{Sum: metricstest.Stale()}
		}
		made.Histograms = append(made.Histograms, recording.HistogramPoint{T: at, H: native})
	})
	return made
}

// TestEqual: plans, batches and instant queries of the engine give the same answers, bit
// for bit, at even and at uneven times.
func TestEqual(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		held := world(rapid.Uint64().Draw(r, "seed"), 30)
		fast, slow := provider(t, held, recorded.Config{}), provider(t, held, recorded.Config{EngineOnly: true})
		batched := provider(t, held, recorded.Config{EngineOnly: true})
		expression := rapid.SampledFrom(expressions()).Draw(r, "expression")
		at := moment(r, held)
		step := time.Duration(rapid.IntRange(1, 120_000).Draw(r, "step in ms")) * time.Millisecond
		for range 12 {
			at = at.Add(step)
			want := ask(slow, expression, at)
			if difference := cmp.Diff(want, ask(fast, expression, at)); difference != "" {
				r.Fatalf("%s at %s by a plan (-engine +plan):\n%s", expression, at, difference)
			}
			if difference := cmp.Diff(want, ask(batched, expression, at)); difference != "" {
				r.Fatalf("%s at %s by a batch (-engine +batch):\n%s", expression, at, difference)
			}
			// Between two steps nobody asks for the next step of a grid.
			ask(slow, expression, at.Add(-step/2))
			if rapid.IntRange(0, 5).Draw(r, "odd") == 0 {
				at = moment(r, held)
			}
		}
	})
}

// moment draws a time: often one at which a sample enters or leaves a window, for that
// is where two ways of counting differ.
func moment(r *rapid.T, held source) time.Time {
	if rapid.Bool().Draw(r, "anywhere") {
		return metricstest.Origin().Add(time.Duration(rapid.IntRange(-60_000, 1_500_000).Draw(r, "ms")) * time.Millisecond)
	}
	sampled := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(held), func(one recording.Series) bool { return len(one.Floats) == 0 })).Draw(r, "series").Floats
	at := sampled[rapid.IntRange(0, len(sampled)-1).Draw(r, "sample")].T
	window := rapid.SampledFrom([]time.Duration{0, 30 * time.Second, time.Minute, 90 * time.Second, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute}).Draw(r, "window")
	return time.UnixMilli(at + int64(rapid.IntRange(-1, 1).Draw(r, "beside"))).Add(window)
}

// ask is an answer as text, in which every bit of a number shows.
func ask(of metrics.Provider, expression string, at time.Time) []string {
	answer, err := of.Query(context.Background(), expression, at)
	said := []string{string(answer.Kind), fmt.Sprint(err)}
	for _, value := range answer.Values {
		said = append(said, fmt.Sprintf("%v %016x", value, math.Float64bits(value)))
	}
	return append(said, answer.Warnings...)
}
