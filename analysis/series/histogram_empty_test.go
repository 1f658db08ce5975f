package series

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRestartAtTheFirstLook: a native histogram that was scraped empty just before the
// first look tells of no bounds then; what its process observed before is counted all
// the same, by the bounds of earlier scrapes.
func TestRestartAtTheFirstLook(t *testing.T) {
	empty := func(second float64) Histogram { return Histogram{At: at(second)} }
	custom := func(second, low, high float64) Histogram {
		return Histogram{At: at(second), Count: low + high, Buckets: []Bucket{{0, 0.1, low}, {0.1, inf, high}}}
	}
	tests := []struct {
		reason  string
		samples []Histogram
		edge    float64
		want    [2]float64 // Up to the edge, and above.
	}{
		{"custom bounds", []Histogram{custom(-5, 9, 9), custom(5, 14, 10), empty(8)}, 0.1, [2]float64{5, 1}},
		{"exponential bounds", []Histogram{exponential(t, -5, 0, 1, 1, 1), exponential(t, 5, 0, 1, 4, 6), empty(8)}, 2, [2]float64{3, 5}},
		{"empty twice", []Histogram{custom(-5, 9, 9), custom(2, 14, 10), empty(5), empty(8)}, 0.1, [2]float64{5, 1}},
	}
	for _, test := range tests {
		arm := Histograms{Native: []HistogramSeries{{Labels: `latency{pod="a"}`, Samples: test.samples}}}
		window, _ := BeginHistograms(at(0), time.Time{}, Policy{}).Advance(HistogramArms{Canary: arm, Baseline: arm}, at(10), Policy{})
		if len(window.Canary) != 1 || len(window.Doubts) > 0 {
			t.Errorf("%s: %+v", test.reason, window)
			continue
		}
		var got [2]float64
		for i, count := range window.Canary[0].Counts {
			if i < len(window.Edges) && window.Edges[i] <= test.edge {
				got[0] += count
			} else {
				got[1] += count
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}
