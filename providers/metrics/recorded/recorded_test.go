package recorded_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/metricstest"
	"github.com/serin-dev/serin/providers/metrics/prometheustest"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

func TestConformance(t *testing.T) {
	for name, config := range map[string]recorded.Config{"plans": {}, "engine only": {EngineOnly: true}} {
		t.Run(name, func(t *testing.T) {
			metricstest.Run(t, func(t testing.TB, held metricstest.Held) metrics.Provider {
				return provider(t, recordingOf(t, held), config)
			})
		})
	}
}

// provider makes a provider over a source that holds a day around the suite's origin.
func provider(t testing.TB, source recorded.Source, config recorded.Config) *recorded.Provider {
	t.Helper()
	config.Name = "test"
	config.From, config.To = metricstest.Origin().Add(-24*time.Hour), metricstest.Origin().Add(24*time.Hour)
	made, err := recorded.New(source, config)
	if err != nil {
		t.Fatalf("making a provider: %v", err)
	}
	return made
}

// source is a recording in memory.
type source []recording.Series

func (s source) Select(ctx context.Context, from, to time.Time, matchers ...*labels.Matcher) ([]recording.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []recording.Series
	for _, one := range s {
		if !slices.ContainsFunc(matchers, func(matcher *labels.Matcher) bool { return !matcher.Matches(one.Labels.Get(matcher.Name)) }) {
			found = append(found, one)
		}
	}
	return found, nil
}

// recordingOf is what the suite wants to be held, as a recording holds it.
func recordingOf(t testing.TB, held metricstest.Held) source {
	t.Helper()
	var made source
	for _, one := range held.Series {
		next := recording.Series{Labels: prometheustest.Labels(t, one.Labels)}
		for _, sample := range one.Samples {
			next.Floats = append(next.Floats, recording.Point{T: sample.At.UnixMilli(), V: sample.Value})
		}
		made = append(made, next)
	}
	for _, one := range held.Natives {
		next := recording.Series{Labels: prometheustest.Labels(t, one.Labels)}
		for _, sample := range one.Samples {
			next.Histograms = append(next.Histograms, recording.HistogramPoint{T: sample.At.UnixMilli(), H: prometheustest.Stored(sample.Native)})
		}
		if known := slices.IndexFunc(made, func(other recording.Series) bool { return labels.Equal(other.Labels, next.Labels) }); known >= 0 {
			made[known].Histograms = next.Histograms
			continue
		}
		made = append(made, next)
	}
	return made
}
