package judge

import (
	"testing"

	"github.com/serin-dev/serin/analysis/series"
)

// TestAStallOfBothFailsNobody: the whole machine stalls while the canary has been scraped
// and the baseline nearly: the baseline shows it at one edge, the canary at another.
func TestAStallOfBothFailsNobody(t *testing.T) {
	h := Histogram{RelativeTolerance: 0.03, MinRequests: 100, Budget: 0.005}.Prepare()
	var s HistogramState
	window := func(k int, canary, baseline []float64) HistogramWindow {
		return HistogramWindow{
			From: at(float64(5 * k)), To: at(float64(5*k + 5)), Edges: []float64{0.05, 0.5},
			CanaryAt: at(float64(5*k + 3)), BaselineAt: at(float64(5*k + 4)),
			Canary: []series.PodBuckets{{Pod: "canary", Counts: canary}}, Baseline: []series.PodBuckets{{Pod: "a", Counts: baseline}},
		}
	}
	for k := range 20 {
		h.Observe(&s, window(k, []float64{1200, 45, 0}, []float64{1200, 48, 0}), at(0))
	}
	before := s.LogE()
	v := h.Observe(&s, window(20, []float64{890, 300, 60}, []float64{900, 345, 1}), at(0))
	if v.Decision == Fail || s.LogE() > before {
		t.Errorf("%s %s: %s", v.Decision, v.Reason, v.Message)
	}
	// Without the change of the baseline it is what it looks like.
	if v = h.Observe(&s, window(21, []float64{1140, 45, 60}, []float64{900, 345, 1}), at(0)); v.Decision != Fail {
		t.Errorf("60 of 1245 requests are new in the tail, and the answer is %s %s: %s", v.Decision, v.Reason, v.Message)
	}
}
