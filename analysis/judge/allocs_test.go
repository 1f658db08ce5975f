package judge

import "testing"

// TestObserveAllocates: bar 11. An observation of 20 pods and 12 buckets, with its
// verdict, makes at most ten allocations.
func TestObserveAllocates(t *testing.T) {
	const most, runs = 10, 200
	windows := scrapes(settle + runs + 1)
	h := Histogram{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}.Prepare()
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}.Prepare()
	var slow HistogramState
	var bad ProportionState
	counted := proportions(windows)
	for k := range settle {
		h.Observe(&slow, windows[k], at(0))
		p.Observe(&bad, counted[k], at(0))
	}
	k := settle
	allocations := testing.AllocsPerRun(runs, func() {
		if v := h.Observe(&slow, windows[k], at(0)); v.Decision != Pass {
			t.Errorf("%s: %s", v.Reason, v.Message)
		}
		k++
	})
	t.Logf("a Histogram makes %v allocations", allocations)
	if allocations > most {
		t.Errorf("a Histogram makes %v allocations", allocations)
	}
	k = settle
	allocations = testing.AllocsPerRun(runs, func() {
		if v := p.Observe(&bad, counted[k], at(0)); v.Decision != Pass {
			t.Errorf("%s: %s", v.Reason, v.Message)
		}
		k++
	})
	t.Logf("a Proportion makes %v allocations", allocations)
	if allocations > most {
		t.Errorf("a Proportion makes %v allocations", allocations)
	}
}
