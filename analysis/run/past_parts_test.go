package run

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/series"
)

// TestPastIsReadInParts compares the windows of the past with those that are counted in
// all samples every time, as an unordered answer is.
func TestPastIsReadInParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	metric, until := Metric{Name: "m", Interval: 20 * time.Second}, time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var counters series.Counters
	var histograms series.Histograms
	for pod := range 3 {
		var total, bad []series.Sample
		var native []series.Histogram
		sum, errors := 0.0, 0.0
		for at := until.Add(-40 * time.Minute); at.Before(until); at = at.Add(15 * time.Second) {
			if sum += float64(rng.IntN(100)); rng.IntN(40) == 0 {
				sum, errors = 0, 0
			}
			if rng.IntN(10) == 0 {
				continue
			}
			errors = min(errors+float64(rng.IntN(2)), sum)
			total, bad = append(total, series.Sample{At: at, Value: sum}), append(bad, series.Sample{At: at, Value: errors})
			native = append(native, series.Histogram{At: at, Count: sum, Buckets: []series.Bucket{{Upper: .1, Count: sum - errors}, {Lower: .1, Upper: 1, Count: errors}}})
		}
		labels := fmt.Sprintf(`{pod="%d"}`, pod)
		counters.Total, counters.Bad = append(counters.Total, series.Series{Labels: labels, Samples: total}), append(counters.Bad, series.Series{Labels: labels, Samples: bad})
		histograms.Native = append(histograms.Native, series.HistogramSeries{Labels: labels, Samples: native})
		histograms.Classic = append(histograms.Classic, series.Series{Labels: fmt.Sprintf(`{le="1", pod="%d"}`, pod), Samples: total}, series.Series{Labels: fmt.Sprintf(`{le="+Inf", pod="%d"}`, pod), Samples: total})
	}
	unorderedCounters, unorderedHistograms := series.Counters{Total: swapped(counters.Total), Bad: swapped(counters.Bad)}, series.Histograms{Native: histograms.Native, Classic: swapped(histograms.Classic)}
	got, want := metric.pastCounts(counters, until), metric.pastCounts(unorderedCounters, until)
	if len(got) < 20 {
		t.Fatalf("%d windows of counters show nothing", len(got))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counters (-all +parts):\n%s", diff)
	}
	for _, of := range [][2]series.Histograms{{histograms, unorderedHistograms}, {{Classic: histograms.Classic}, {Classic: unorderedHistograms.Classic}}} {
		got, want := metric.pastHistograms(of[0], until), metric.pastHistograms(of[1], until)
		if len(got) < 20 {
			t.Fatalf("%d windows of histograms show nothing", len(got))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("histograms (-all +parts):\n%s", diff)
		}
	}
}

// swapped are series whose first two samples are in the wrong order.
func swapped(all []series.Series) []series.Series {
	var out []series.Series
	for _, one := range all {
		samples := append([]series.Sample(nil), one.Samples...)
		samples[0], samples[1] = samples[1], samples[0]
		out = append(out, series.Series{Labels: one.Labels, Samples: samples})
	}
	return out
}
