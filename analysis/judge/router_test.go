package judge

import (
	"testing"

	"github.com/serin-dev/serin/analysis/sequential"
)

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
