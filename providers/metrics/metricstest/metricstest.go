// Package metricstest is the conformance suite that every metrics.Provider
// passes: what the rest of Serin relies on, and no provider may see differently.
//
// What may come in: the contract and plain data. The suite speaks PromQL; a
// source with another language is wrapped by a test that translates the few
// expressions used here.
package metricstest

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// Start makes a provider whose source holds the given series. It cleans up by
// t.Cleanup.
type Start func(t testing.TB, held Held) metrics.Provider

// Held is what a source holds. Labels are in Prometheus' notation; a value of Stale
// ends a series.
type Held struct {
	Series  []series.Series
	Natives []NativeSeries
}

// NativeSeries is a series of native histograms as they are stored.
type NativeSeries struct {
	Labels  string
	Samples []NativeSample
}

// NativeSample is one native histogram that was scraped.
type NativeSample struct {
	At time.Time
	series.Native
}

// Stale is the value of a staleness marker: a NaN of its own.
func Stale() float64 { return math.Float64frombits(0x7ff0000000000002) }

// Run checks a provider.
func Run(t *testing.T, start Start) {
	t.Run("query", func(t *testing.T) { runQueries(t, start) })
	t.Run("samples", func(t *testing.T) { runSamples(t, start) })
	t.Run("native histograms", func(t *testing.T) { runHistograms(t, start) })
	t.Run("ranges", func(t *testing.T) { runRanges(t, start) })
	t.Run("windows share no sample and lose none", func(t *testing.T) { runWindows(t, start) })
	t.Run("refused selectors", func(t *testing.T) { runRefusals(t, start) })
	t.Run("context", func(t *testing.T) { runContext(t, start) })
	t.Run("concurrent use", func(t *testing.T) { runConcurrent(t, start) })
}

// Origin is the time of the first sample of the suite's series.
func Origin() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// after is a time in the suite.
func after(offset time.Duration) time.Time { return Origin().Add(offset) }

// scraped makes a series with a sample every ten seconds from Origin.
func scraped(labels string, values ...float64) series.Series {
	made := series.Series{Labels: labels}
	for i, value := range values {
		made.Samples = append(made.Samples, series.Sample{At: after(time.Duration(i) * 10 * time.Second), Value: value})
	}
	return made
}

// held is what the source holds in most checks.
func held() Held {
	return Held{Series: []series.Series{
		scraped(`requests_total{code="200", pod="a"}`, 0, 10, 20, 30, 40, 50),
		scraped(`requests_total{code="500", pod="a"}`, 0, 1, 2, 0, 1, 2),
		scraped(`requests_total{code="200", pod="b"}`, 5, 15, 25, Stale(), 0, 10),
		scraped(`temperature`, -1.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, 1),
		scraped(`gone{pod="c"}`, 1, 2, Stale()),
		scraped(`escaped{path="a\\b\"c\nd", Zone="é"}`, 1),
	}, Natives: natives()}
}

// kinds are the kinds that an error wraps.
func kinds(err error) []error {
	var found []error
	for _, kind := range []error{metrics.ErrNoData, metrics.ErrUnavailable, metrics.ErrInvalidQuery} {
		if errors.Is(err, kind) {
			found = append(found, kind)
		}
	}
	return found
}

// wantKind checks that an error wraps one kind, and no other.
func wantKind(t *testing.T, err, want error) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	if found := kinds(err); len(found) != 1 || found[0] != want {
		t.Errorf("error %q is of the kinds %v, want %q alone", err, found, want)
	}
}

// runContext checks that a caller who gives up is obeyed, and can tell it.
func runContext(t *testing.T, start Start) {
	provider := start(t, held())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := provider.Query(ctx, "temperature", Origin())
	wantKind(t, err, metrics.ErrUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Query: error %v, want it to wrap %v", err, context.Canceled)
	}
	_, err = provider.Samples(ctx, "temperature", Origin(), after(time.Minute))
	wantKind(t, err, metrics.ErrUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Samples: error %v, want it to wrap %v", err, context.Canceled)
	}
}
