package run

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/series"
)

// naiveCounts plays every look of the past, and shows each all samples.
func naiveCounts(m Metric, baseline series.Counters, until time.Time) (windows []series.Window) {
	policy := series.Policy{Grace: settled, Lookback: m.policy().Lookback}
	begin, looks := m.pastLooks(until, len(baseline.Bad)+len(baseline.Total))
	cursor := series.Begin(begin, time.Time{}, policy)
	for _, to := range looks {
		var window series.Window
		if window, cursor = cursor.Advance(series.Arms{Baseline: baseline}, to, policy); window.Baseline.Total > 0 {
			windows = append(windows, window)
		}
	}
	return windows
}

// naiveHistograms is naiveCounts for histograms.
func naiveHistograms(m Metric, baseline series.Histograms, until time.Time) (windows []series.HistogramWindow) {
	policy := series.Policy{Grace: settled, Lookback: m.policy().Lookback}
	begin, looks := m.pastLooks(until, len(baseline.Classic)+len(baseline.Native))
	cursor := series.BeginHistograms(begin, time.Time{}, policy)
	for _, to := range looks {
		var window series.HistogramWindow
		if window, cursor = cursor.Advance(series.HistogramArms{Canary: baseline, Baseline: baseline}, to, policy); len(window.Baseline) > 0 {
			window.Canary = nil
			windows = append(windows, window)
		}
	}
	return windows
}

// drawnCounter is a counter of a pod that may be younger than the past, be restarted, miss
// scrapes, or, seldom, be out of order.
func drawnCounter(t *rapid.T, labels string) series.Series {
	one := series.Series{Labels: labels}
	at := epoch.Add(-time.Duration(rapid.IntRange(-60, 1800).Draw(t, "age")) * time.Second)
	value := 0.0
	for ; !at.After(epoch.Add(30 * time.Second)); at = at.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "gap")) * time.Second) {
		value += float64(rapid.IntRange(0, 50).Draw(t, "more"))
		switch rapid.IntRange(0, 40).Draw(t, "odd") {
		case 0:
			value = 0
		case 1:
			one.Samples = append(one.Samples, series.Sample{At: at.Add(-time.Second), Value: math.NaN()})
		}
		one.Samples = append(one.Samples, series.Sample{At: at, Value: value})
	}
	if n := len(one.Samples); n > 2 && rapid.IntRange(0, 10).Draw(t, "unordered") == 0 {
		one.Samples[0], one.Samples[n-1] = one.Samples[n-1], one.Samples[0]
	}
	return one
}

// TestThePastIsReadAsBefore: to leave out looks and samples changes no window.
func TestThePastIsReadAsBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Metric{Interval: time.Duration(rapid.IntRange(5, 400).Draw(t, "interval")) * time.Second}
		var counters series.Counters
		var histograms series.Histograms
		for pod := range rapid.IntRange(0, 3).Draw(t, "pods") {
			counters.Total = append(counters.Total, drawnCounter(t, fmt.Sprintf(`{pod="%d"}`, pod)))
			if rapid.Bool().Draw(t, "bad") {
				counters.Bad = append(counters.Bad, drawnCounter(t, fmt.Sprintf(`{code="500",pod="%d"}`, pod)))
			}
			inf := drawnCounter(t, fmt.Sprintf(`{le="+Inf",pod="%d"}`, pod))
			half := series.Series{Labels: fmt.Sprintf(`{le="0.5",pod="%d"}`, pod)}
			for _, sample := range inf.Samples {
				half.Samples = append(half.Samples, series.Sample{At: sample.At, Value: math.Floor(sample.Value / 2)})
			}
			histograms.Classic = append(histograms.Classic, half, inf)
			if rapid.Bool().Draw(t, "native") {
				one := series.HistogramSeries{Labels: fmt.Sprintf(`{pod="%d"}`, pod)}
				for _, sample := range drawnCounter(t, "").Samples {
					one.Samples = append(one.Samples, series.Histogram{At: sample.At, Count: sample.Value, Buckets: []series.Bucket{{Lower: 0.5, Upper: 1, Count: sample.Value}}})
				}
				histograms.Native = append(histograms.Native, one)
			}
		}
		if diff := cmp.Diff(naiveCounts(m, counters, epoch), m.pastCounts(counters, epoch)); diff != "" {
			t.Fatalf("counters (-all +what is needed)\n%s", diff)
		}
		if diff := cmp.Diff(naiveHistograms(m, histograms, epoch), m.pastHistograms(histograms, epoch)); diff != "" {
			t.Fatalf("histograms (-all +what is needed)\n%s", diff)
		}
	})
}
