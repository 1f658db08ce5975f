package measurement

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

var epoch = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// minutes is a gauge that is the minute since epoch; by a label of its own before and
// after a change of pods.
type minutes struct{ queries int }

func (m *minutes) Query(_ context.Context, expression string, at time.Time) (metrics.Answer, error) {
	m.queries++
	switch minute := at.Sub(epoch).Minutes(); {
	case expression == "young" && minute < -2:
		return metrics.Answer{Kind: metrics.Vector}, metrics.ErrNoData
	case expression == "two":
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{1, 2}}, nil
	case expression == "gone" && minute < 0:
		return metrics.Answer{}, metrics.ErrUnavailable
	case expression == "odd" && minute == -2:
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{math.NaN()}}, nil
	default:
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{minute}}, nil
	}
}

func (m *minutes) Samples(context.Context, string, time.Time, time.Time) (metrics.Samples, error) {
	return metrics.Samples{}, errors.New("a gauge is queried")
}

// ranged is minutes with ranges.
type ranged struct{ *minutes }

func (r ranged) Range(ctx context.Context, expression string, from, to time.Time, step time.Duration) (metrics.Samples, error) {
	before, after := series.Series{Labels: `{pod="1"}`}, series.Series{Labels: `{pod="2"}`}
	for at := from; !at.After(to); at = at.Add(step) {
		answer, err := r.Query(ctx, expression, at)
		r.queries--
		if errors.Is(err, metrics.ErrNoData) {
			continue
		}
		if err != nil {
			return metrics.Samples{}, err
		}
		for i, value := range answer.Values {
			one := &after
			if i > 0 || at.Before(epoch.Add(-2*time.Minute)) {
				one = &before
			}
			one.Samples = append(one.Samples, series.Sample{At: at, Value: value})
		}
	}
	return metrics.Samples{Series: []series.Series{after, before}}, nil
}

// TestTheFirstLookBringsThePast: the same from a source that answers ranges and from one
// that does not.
func TestTheFirstLookBringsThePast(t *testing.T) {
	look := run.Look{Metric: "m", Past: run.Past{From: epoch.Add(-3 * time.Minute), To: epoch.Add(-time.Minute), Every: time.Minute}}
	for _, test := range []struct {
		query string
		look  run.Look
		want  []float64
		err   error
	}{
		{"all", look, []float64{-3, -2, -1, 0}, nil},
		{"all", run.Look{Metric: "m"}, []float64{0}, nil},
		{"young", look, []float64{-2, -1, 0}, nil},
		{"odd", look, []float64{-3, -1, 0}, nil},
		{"two", look, nil, metrics.ErrInvalidQuery},
		{"gone", look, nil, metrics.ErrUnavailable},
	} {
		source := &v1alpha1.PrometheusMetric{Canary: &v1alpha1.VersionMetrics{Query: "all"}, Baseline: &v1alpha1.VersionMetrics{Query: test.query}}
		for _, provider := range []metrics.Provider{&minutes{}, ranged{&minutes{}}} {
			taken, err := Take(t.Context(), provider, source, test.look, epoch)
			if !errors.Is(err, test.err) {
				t.Errorf("%T, %s: %v, want %v", provider, test.query, err, test.err)
			}
			if err != nil {
				continue
			}
			var got []float64
			for _, p := range taken.Samples.BaselinePoints {
				got = append(got, p.Value)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%T, %s (-want +got)\n%s", provider, test.query, diff)
			}
			if r, is := provider.(ranged); is && r.queries != 2 {
				t.Errorf("%s: %d queries beside the range", test.query, r.queries)
			}
		}
	}
}
