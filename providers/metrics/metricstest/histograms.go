package metricstest

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// natives are the native histograms that the source holds: of a schema, of a zero
// bucket and both signs, with bounds of their own, and one that ends.
func natives() []NativeSeries {
	growing := func(labels string, native func(n float64) series.Native) NativeSeries {
		made := NativeSeries{Labels: labels}
		for i := range 4 {
			made.Samples = append(made.Samples, NativeSample{At: after(time.Duration(i) * 10 * time.Second), Native: native(float64(i))})
		}
		return made
	}
	return []NativeSeries{
		growing(`latency{pod="b"}`, func(n float64) series.Native {
			return series.Native{Schema: 1, Count: 3 * n, PositiveSpans: []series.Span{{Offset: 1, Length: 1}, {Offset: 2, Length: 1}}, Positive: []float64{n, 2 * n}}
		}),
		growing(`latency{pod="a"}`, func(n float64) series.Native {
			return series.Native{Schema: 0, ZeroThreshold: 0.001, ZeroCount: 1, Count: 1 + 3*n,
				PositiveSpans: []series.Span{{Offset: -1, Length: 2}}, Positive: []float64{n, 0}, NegativeSpans: []series.Span{{Offset: 0, Length: 1}}, Negative: []float64{2 * n}}
		}),
		growing(`latency_custom`, func(n float64) series.Native {
			return series.Native{Schema: series.CustomBuckets, CustomBounds: []float64{0.1, 0.25, 1}, Count: 2 * n, PositiveSpans: []series.Span{{Offset: 1, Length: 1}, {Offset: 1, Length: 1}}, Positive: []float64{n, n}}
		}),
	}
}

// runHistograms checks that native histograms come raw, by the bounds of the buckets
// that hold something.
func runHistograms(t *testing.T, start Start) {
	provider := start(t, held())
	at := func(second int, count float64, buckets ...series.Bucket) series.Histogram {
		return series.Histogram{At: after(time.Duration(second) * time.Second), Count: count, Buckets: buckets}
	}
	cases := []struct {
		name, reason string
		selector     string
		from, to     time.Duration
		want         []series.HistogramSeries
	}{{
		name: "schemas", reason: "each histogram has the bounds of its schema, ascending, in the order of the labels",
		selector: "latency", from: 0, to: 10 * time.Second,
		want: []series.HistogramSeries{
			{Labels: `latency{pod="a"}`, Samples: []series.Histogram{at(10, 4, series.Bucket{Lower: -1, Upper: -0.5, Count: 2}, series.Bucket{Lower: -0.001, Upper: 0.001, Count: 1}, series.Bucket{Lower: 0.25, Upper: 0.5, Count: 1})}},
			{Labels: `latency{pod="b"}`, Samples: []series.Histogram{at(10, 3, series.Bucket{Lower: 1, Upper: math.Sqrt2, Count: 1}, series.Bucket{Lower: 2 * math.Sqrt2, Upper: 4, Count: 2})}},
		},
	}, {
		name: "custom bounds", reason: "left-open, right-closed windows and buckets; the highest one ends at +Inf",
		selector: "latency_custom", from: 10 * time.Second, to: 30 * time.Second,
		want: []series.HistogramSeries{{Labels: "latency_custom", Samples: []series.Histogram{
			at(20, 4, series.Bucket{Lower: 0.1, Upper: 0.25, Count: 2}, series.Bucket{Lower: 1, Upper: math.Inf(1), Count: 2}),
			at(30, 6, series.Bucket{Lower: 0.1, Upper: 0.25, Count: 3}, series.Bucket{Lower: 1, Upper: math.Inf(1), Count: 3}),
		}}},
	}, {
		name: "nothing observed", reason: "a histogram without observations is a sample, too",
		selector: "latency_custom", from: -time.Second, to: 0, want: []series.HistogramSeries{{Labels: "latency_custom", Samples: []series.Histogram{at(0, 0)}}},
	}}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			samples, err := provider.Samples(t.Context(), test.selector, after(test.from), after(test.to))
			wantKind(t, err, nil)
			if difference := cmp.Diff(test.want, samples.Histograms, cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-12, 0)); difference != "" || len(samples.Series) > 0 {
				t.Errorf("%s (-want +got):\n%s\n%d series of floats, want none", test.reason, difference, len(samples.Series))
			}
		})
	}
	t.Run("floats and histograms together", func(t *testing.T) {
		samples, err := provider.Samples(t.Context(), `{__name__=~"latency|requests_total"}`, after(0), after(10*time.Second))
		wantKind(t, err, nil)
		if len(samples.Series) != 3 || len(samples.Histograms) != 2 {
			t.Errorf("%d series of floats and %d of histograms, want 3 and 2", len(samples.Series), len(samples.Histograms))
		}
	})
	t.Run("a query", func(t *testing.T) {
		_, err := provider.Query(t.Context(), "latency", after(10*time.Second))
		wantKind(t, err, metrics.ErrInvalidQuery)
	})
}
