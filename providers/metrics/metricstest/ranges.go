package metricstest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// rangeCase is one question about many times.
type rangeCase struct {
	name, reason string
	expression   string
	from, to     time.Duration
	step         time.Duration
	want         []series.Series
	wantErr      error
}

func rangeCases() []rangeCase {
	at := func(second float64, value float64) series.Sample {
		return series.Sample{At: after(time.Duration(second * float64(time.Second))), Value: value}
	}
	one := func(labels string, samples ...series.Sample) []series.Series {
		return []series.Series{{Labels: labels, Samples: samples}}
	}
	const errors500 = `requests_total{code="500", pod="a"}`
	return []rangeCase{{
		name: "both ends", reason: "the first and the last time are asked for, too",
		expression: `requests_total{code="500"}`, from: 10 * time.Second, to: 30 * time.Second, step: 10 * time.Second, want: one(errors500, at(10, 1), at(20, 2), at(30, 0)),
	}, {
		name: "last step", reason: "a step that would be after the end is none",
		expression: `requests_total{code="500"}`, from: 10 * time.Second, to: 29 * time.Second, step: 15 * time.Second, want: one(errors500, at(10, 1), at(25, 2)),
	}, {
		name: "one time", reason: "a range of one step is a query", expression: `requests_total{code="500"}`, from: 12345 * time.Millisecond, to: 12345 * time.Millisecond, step: time.Hour, want: one(errors500, at(12.345, 1)),
	}, {
		name: "finer than a millisecond", reason: "what is finer is cut, never rounded into the future",
		expression: `requests_total{code="500"}`, from: 20*time.Second - time.Nanosecond, to: 20 * time.Second, step: time.Millisecond, want: one(errors500, at(19.999, 1), at(20, 2)),
	}, {
		name: "scalar", reason: "a number is a series without labels",
		expression: "6 * 7", from: 0, to: time.Second, step: time.Second, want: one("{}", at(0, 42), at(1, 42)),
	}, {
		name: "several series", reason: "they come in the order of their labels, whatever the source's",
		expression: `sort_desc(requests_total)`, from: 10 * time.Second, to: 10 * time.Second, step: time.Second,
		want: []series.Series{{Labels: `requests_total{code="200", pod="a"}`, Samples: []series.Sample{at(10, 10)}}, {Labels: `requests_total{code="200", pod="b"}`, Samples: []series.Sample{at(10, 15)}}, {Labels: errors500, Samples: []series.Sample{at(10, 1)}}},
	}, {
		name: "after a staleness marker", reason: "where there is no value there is no sample",
		expression: `requests_total{pod="b"}`, from: 20 * time.Second, to: 40 * time.Second, step: 10 * time.Second, want: one(`requests_total{code="200", pod="b"}`, at(20, 25), at(40, 0)),
	}, {
		name: "NaN and infinities", reason: "they are values", expression: "temperature", from: 10 * time.Second, to: 30 * time.Second, step: 10 * time.Second, want: one("temperature", at(10, math.NaN()), at(20, math.Inf(1)), at(30, math.Inf(-1))),
	}, {
		name: "nothing", reason: "no series is no data", expression: "missing", from: 0, to: time.Minute, step: time.Second, wantErr: metrics.ErrNoData,
	}, {
		name: "syntax", reason: "to ask again will not help", expression: "sum(", from: 0, to: time.Minute, step: time.Second, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "range of samples", reason: "a range of samples is no number", expression: "temperature[1m]", from: 0, to: time.Minute, step: time.Second, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "native histograms", reason: "a histogram is no number", expression: "latency_custom", from: 0, to: time.Minute, step: time.Second, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "reversed", reason: "a range that ends before it begins is a mistake", expression: "temperature", from: time.Minute, to: 0, step: time.Second, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "no step", reason: "it would never end", expression: "temperature", from: 0, to: time.Minute, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "step of less than a millisecond", reason: "times are milliseconds", expression: "temperature", from: 0, to: time.Minute, step: time.Microsecond, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "too many steps", reason: "servers refuse it, and so does every provider", expression: "temperature", from: 0, to: metrics.MaxSteps * time.Second, step: time.Second, wantErr: metrics.ErrInvalidQuery,
	}}
}

// runRanges checks Range of a provider that has it.
func runRanges(t *testing.T, start Start) {
	provider, ok := start(t, held()).(metrics.Ranger)
	if !ok {
		t.Log("this provider has no Range")
		return
	}
	for _, test := range rangeCases() {
		t.Run(test.name, func(t *testing.T) {
			answer, err := provider.Range(t.Context(), test.expression, after(test.from), after(test.to), test.step)
			wantKind(t, err, test.wantErr)
			if difference := cmp.Diff(test.want, answer.Series, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); difference != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, difference)
			}
		})
	}
	t.Run("no time", func(t *testing.T) {
		_, err := provider.Range(t.Context(), "temperature", time.Time{}, time.Time{}, time.Second)
		wantKind(t, err, metrics.ErrInvalidQuery)
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := provider.Range(ctx, "temperature", after(0), after(time.Minute), time.Second)
		wantKind(t, err, metrics.ErrUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want it to wrap %v", err, context.Canceled)
		}
	})
	t.Run("equals queries", func(t *testing.T) { runRangeEquals(t, start(t, held())) })
}

// runRangeEquals checks that a range is what queries at its steps are.
func runRangeEquals(t *testing.T, provider metrics.Provider) {
	rapid.Check(t, func(r *rapid.T) {
		expression := rapid.SampledFrom([]string{
			`requests_total{code="200", pod="b"}`, "sum(rate(requests_total[20s]))", "temperature", "time()", `increase(requests_total{code="500"}[30s])`, "gone",
		}).Draw(r, "expression")
		from := after(time.Duration(rapid.IntRange(-5_000, 60_000).Draw(r, "from in ms")) * time.Millisecond)
		step := time.Duration(rapid.IntRange(1, 20_000).Draw(r, "step in ms")) * time.Millisecond
		to := from.Add(time.Duration(rapid.IntRange(0, 8).Draw(r, "steps")) * step)
		ranged, err := provider.(metrics.Ranger).Range(context.Background(), expression, from, to, step)
		if err != nil && !errors.Is(err, metrics.ErrNoData) {
			r.Fatal(err)
		}
		got := map[time.Time][]string{}
		for _, one := range ranged.Series {
			for _, sample := range one.Samples {
				got[sample.At] = append(got[sample.At], fmt.Sprint(math.Float64bits(sample.Value)))
			}
		}
		want := map[time.Time][]string{}
		for at := from; !at.After(to); at = at.Add(step) {
			answer, _ := provider.Query(context.Background(), expression, at)
			for _, value := range answer.Values {
				want[at] = append(want[at], fmt.Sprint(math.Float64bits(value)))
			}
		}
		if difference := cmp.Diff(want, got); difference != "" {
			r.Fatalf("%s from %s to %s by %s (-queries +range):\n%s", expression, from, to, step, difference)
		}
	})
}
