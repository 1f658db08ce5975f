package recorded_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/metricstest"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/providers/metrics/prometheustest"
	"github.com/serin-dev/serin/providers/metrics/recorded"
)

// TestLive: a recording answers what the server answered: values to the bit, order,
// warnings and kinds of errors, raw samples and the bounds of buckets.
func TestLive(t *testing.T) {
	held := heldOf(world(7, 12))
	live, err := prometheus.New(prometheus.Config{Address: prometheustest.Serve(t, held).URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(live.Close)
	replayed := provider(t, recordingOf(t, held), recorded.Config{})
	for _, expression := range expressions() {
		if strings.Contains(expression, "offset -") {
			continue // A server that is asked later knows what came after.
		}
		for _, offset := range []time.Duration{time.Minute, 123456 * time.Millisecond, 4 * time.Minute, 9*time.Minute + 7*time.Second, 20 * time.Minute, time.Hour} {
			at := metricstest.Origin().Add(offset)
			want, got := sorted(expression, kinds(live, expression, at)), sorted(expression, kinds(replayed, expression, at))
			if difference := cmp.Diff(want, got); difference != "" {
				t.Errorf("%s at %s (-live +recorded):\n%s", expression, offset, difference)
			}
		}
	}
	for _, selector := range []string{"requests_total", `{__name__=~".+"}`, "native", "mixed", `latency_bucket{le!="1"}`, "missing", `{pod="a", __name__!~"n.*"}`} {
		for from := time.Duration(0); from < 10*time.Minute; from += 97 * time.Second {
			start, end := metricstest.Origin().Add(from), metricstest.Origin().Add(from+2*time.Minute)
			want, wantErr := live.Samples(t.Context(), selector, start, end)
			got, gotErr := replayed.Samples(t.Context(), selector, start, end)
			if difference := cmp.Diff(want, got, cmpopts.EquateNaNs()); difference != "" || kindOf(wantErr) != kindOf(gotErr) {
				t.Errorf("%s from %s: %v, %v (-live +recorded):\n%s", selector, from, wantErr, gotErr, difference)
			}
		}
	}
}

// heldOf is a recording as the suite writes it, which knows no stale histograms.
func heldOf(all source) metricstest.Held {
	var made metricstest.Held
	for _, one := range all {
		if len(one.Floats) > 0 {
			next := series.Series{Labels: one.Labels.String()}
			for _, point := range one.Floats {
				next.Samples = append(next.Samples, series.Sample{At: time.UnixMilli(point.T), Value: point.V})
			}
			made.Series = append(made.Series, next)
		}
		if len(one.Histograms) > 0 {
			next := metricstest.NativeSeries{Labels: one.Labels.String()}
			for _, point := range one.Histograms {
				if !value.IsStaleNaN(point.H.Sum) {
					next.Samples = append(next.Samples, metricstest.NativeSample{At: time.UnixMilli(point.T), Native: nativeOf(point.H)})
				}
			}
			made.Natives = append(made.Natives, next)
		}
	}
	return made
}

func nativeOf(held *histogram.FloatHistogram) series.Native {
	made := series.Native{Schema: held.Schema, ZeroThreshold: held.ZeroThreshold, ZeroCount: held.ZeroCount, Count: held.Count, Positive: held.PositiveBuckets}
	for _, span := range held.PositiveSpans {
		made.PositiveSpans = append(made.PositiveSpans, series.Span{Offset: span.Offset, Length: span.Length})
	}
	return made
}

// kinds is an answer as text, with the kind of its error.
func kinds(of metrics.Provider, expression string, at time.Time) []string {
	said := ask(of, expression, at)
	_, err := of.Query(context.Background(), expression, at)
	said[1] = fmt.Sprint(kindOf(err))
	return said
}

func kindOf(err error) error {
	for _, kind := range []error{metrics.ErrNoData, metrics.ErrUnavailable, metrics.ErrInvalidQuery} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

// sorted brings an answer into an order where the engine has none.
func sorted(expression string, said []string) []string {
	if strings.Contains(expression, "histogram_quantile") {
		slices.Sort(said[2:])
	}
	return said
}
