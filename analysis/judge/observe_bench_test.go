package judge

import (
	"fmt"
	"testing"

	"github.com/serin-dev/serin/analysis/series"
)

// scrapes are windows of two canary pods and eighteen of the baseline, with twelve
// buckets each, one every 15 s.
func scrapes(n int) []HistogramWindow {
	var windows []HistogramWindow
	edges := []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
	for k := range n {
		w := HistogramWindow{From: at(float64(15 * k)), To: at(float64(15*k + 15)), Edges: edges}
		for p := range 20 {
			pod := series.PodBuckets{Pod: fmt.Sprintf("pod-%02d", p)}
			for b := range len(edges) + 1 {
				pod.Counts = append(pod.Counts, float64([]int{5, 20, 60, 90, 70, 30, 12, 5, 2, 1, 0, 0}[b]+(7*p+3*k+b)%4))
			}
			if p < 2 {
				w.Canary = append(w.Canary, pod)
			} else {
				w.Baseline = append(w.Baseline, pod)
			}
		}
		windows = append(windows, w)
	}
	return windows
}

// proportions are the same windows with the slowest requests for bad ones.
func proportions(windows []HistogramWindow) []Window {
	var all []Window
	for _, h := range windows {
		w := Window{From: h.From, To: h.To}
		for i, arm := range [][]series.PodBuckets{h.Canary, h.Baseline} {
			var sum Counts
			var pods []series.PodCounts
			for _, pod := range arm {
				c := pooled(pod.Counts)
				sum, pods = add(sum, c), append(pods, series.PodCounts{Pod: pod.Pod, Counts: c})
			}
			if i == 0 {
				w.Canary, w.CanaryPods = sum, pods
			} else {
				w.Baseline, w.BaselinePods = sum, pods
			}
		}
		all = append(all, w)
	}
	return all
}

// settle is how many windows a judge has seen before it is measured: all that it
// learns in long windows has begun.
const settle = 90

func BenchmarkHistogramObserve(b *testing.B) {
	h := Histogram{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}.Prepare()
	windows := scrapes(settle + 1000)
	var s HistogramState
	for _, w := range windows[:settle] {
		h.Observe(&s, w, at(0))
	}
	b.ReportAllocs()
	k := 0
	for b.Loop() {
		w := windows[settle+k%1000]
		w.From, w.To = at(float64(15*(settle+k))), at(float64(15*(settle+k)+15))
		if v := h.Observe(&s, w, at(0)); v.Decision != Pass {
			b.Fatal(v.Message)
		}
		k++
	}
}

func BenchmarkProportionObserve(b *testing.B) {
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}.Prepare()
	windows := proportions(scrapes(settle + 1000))
	var s ProportionState
	for _, w := range windows[:settle] {
		p.Observe(&s, w, at(0))
	}
	b.ReportAllocs()
	k := 0
	for b.Loop() {
		w := windows[settle+k%1000]
		w.From, w.To = at(float64(15*(settle+k))), at(float64(15*(settle+k)+15))
		if v := p.Observe(&s, w, at(0)); v.Decision != Pass {
			b.Fatal(v.Message)
		}
		k++
	}
}
