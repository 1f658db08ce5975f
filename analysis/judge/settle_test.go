package judge

import (
	"testing"

	"github.com/serin-dev/serin/analysis/sequential"
)

// TestSettle: what a change of the baseline may explain is no difference, and what it
// cannot explain is one.
func TestSettle(t *testing.T) {
	events := func(total float64, events ...float64) sequential.PodEvents {
		return sequential.PodEvents{Total: total, Events: events}
	}
	tests := []struct {
		reason                string
		before, now, canary   sequential.PodEvents
		unsteady, nothing     bool
		counted, countedOfPod float64 // of the first kind
	}{
		{"a steady baseline", events(1000, 10), events(1000, 12), events(100, 9), false, false, 9, 4},
		{"an incident that both see, and the canary more of it", events(10000, 10), events(10000, 400), events(500, 40), true, true, 20, 4},
		{"an incident that ends for the baseline first", events(1000, 80), events(1000, 20), events(100, 8), true, true, 2, 1},
		{"a noisy baseline that explains nothing", events(10000, 1300), events(10000, 1900), events(100, 100), false, false, 100, 4},
		{"a noisy baseline that may explain it", events(10000, 1300), events(10000, 1900), events(100, 35), true, true, 19, 4},
		{"one edge is noisy, the other one is not", events(10000, 1300, 1000), events(10000, 1900, 1010), events(100, 35, 30), true, false, 19, 4},
		{"nothing is known of the baseline before", sequential.PodEvents{}, events(1000, 190), events(100, 100), false, false, 100, 4},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			pod := make([]float64, len(test.canary.Events))
			for j := range pod {
				pod[j] = 4
			}
			w := Waiting{Baseline: arm{Sum: test.now}, Canary: arm{Sum: test.canary, Pods: []sequential.PodEvents{events(50, pod...)}}}
			given := test.canary.Events[0]
			unsteady, nothing := w.settle(test.before)
			if unsteady != test.unsteady || nothing != test.nothing {
				t.Errorf("unsteady %t, nothing left %t", unsteady, nothing)
			}
			if got := w.Canary.Sum.Events[0]; got != test.counted {
				t.Errorf("the canary counts %v events, want %v", got, test.counted)
			}
			if got := w.Canary.Pods[0].Events[0]; got > test.countedOfPod {
				t.Errorf("its pod counts %v, want at most %v", got, test.countedOfPod)
			}
			if test.canary.Events[0] != given {
				t.Error("the window itself was changed")
			}
		})
	}
}

// TestARoutersPodsAreNotTheVersions: a pod that serves both versions tells nothing about
// how much the pods of a version differ.
func TestARoutersPodsAreNotTheVersions(t *testing.T) {
	var l look
	pods := func(names ...string) (pods []sequential.PodEvents) {
		for _, name := range names {
			pods = append(pods, sequential.PodEvents{Pod: name, Total: 10, Events: []float64{0}})
		}
		return pods
	}
	l.window.canary.Pods, l.window.baseline.Pods = pods("a", "b"), pods("c", "d", "e")
	l.tellRouters()
	if len(l.window.canary.Pods) != 2 || len(l.window.baseline.Pods) != 3 || len(l.warnings) != 0 {
		t.Errorf("pods of the versions: %d and %d are left, warnings %q", len(l.window.canary.Pods), len(l.window.baseline.Pods), l.warnings)
	}
	l.window.canary.Pods = pods("router-1", "router-2")
	l.window.baseline.Pods = pods("router-1", "router-2")
	l.tellRouters()
	if len(l.window.canary.Pods) != 0 || len(l.window.baseline.Pods) != 0 || len(l.warnings) != 1 {
		t.Errorf("pods of a router: %d and %d are left, warnings %q", len(l.window.canary.Pods), len(l.window.baseline.Pods), l.warnings)
	}
}
