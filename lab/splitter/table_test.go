package splitter

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNextSaysWhatTheGatewayAPIWants(t *testing.T) {
	web := []backend{{service: "web", weight: 1, found: true, pods: []string{"a"}}}
	for _, test := range []struct {
		rules  []rule
		path   string
		pod    string
		code   int
		reason string
	}{
		{nil, "/", "", http.StatusNotFound, "no route, no answer"},
		{[]rule{{backends: web}}, "/x", "a", http.StatusOK, "a rule without matches is for all paths"},
		{[]rule{{}}, "/", "", http.StatusInternalServerError, "a rule without backends"},
		{[]rule{{backends: []backend{{service: "web", weight: 0, found: true, pods: []string{"a"}}}}}, "/", "", http.StatusInternalServerError, "nothing but weight 0"},
		{[]rule{{backends: []backend{{service: "web", weight: 1}}}}, "/", "", http.StatusInternalServerError, "a Service that does not exist"},
		{[]rule{{backends: []backend{{service: "web", weight: 1, found: true}}}}, "/", "", http.StatusServiceUnavailable, "a Service without ready pods"},
		{[]rule{{paths: []path{{"/api", true}}, backends: web}}, "/api/users", "a", http.StatusOK, "a path below a prefix"},
		{[]rule{{paths: []path{{"/api", true}}, backends: web}}, "/api", "a", http.StatusOK, "the prefix itself"},
		{[]rule{{paths: []path{{"/api/", true}}, backends: web}}, "/api", "a", http.StatusOK, "a slash at a prefix's end means nothing"},
		{[]rule{{paths: []path{{"/api", true}}, backends: web}}, "/apis", "", http.StatusNotFound, "prefixes end at a slash"},
		{[]rule{{paths: []path{{"/", true}}, backends: web}}, "/apis", "a", http.StatusOK, "every path is below /"},
		{[]rule{{paths: []path{{"/api", false}}, backends: web}}, "/api/users", "", http.StatusNotFound, "an exact path is exact"},
		{[]rule{{paths: []path{{"/a", false}, {"/b", false}}, backends: web}}, "/b", "a", http.StatusOK, "any of a rule's matches will do"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			var table table
			table.set(test.rules)
			if pod, code := table.next(test.path); pod != test.pod || code != test.code {
				t.Errorf("next(%q) = %q, %d; want %q, %d", test.path, pod, code, test.pod, test.code)
			}
		})
	}
}

func TestTheSplitIsExactInEveryWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, 20), 1, 4).Draw(t, "weights")
		var table table
		table.set(rulesWith(weights))
		total := int64(0)
		for _, weight := range weights {
			total += weight
		}
		if total == 0 {
			return
		}
		// Any window of as many requests as the weights' sum will do.
		for range rapid.IntRange(0, 50).Draw(t, "earlier requests") {
			table.next("/")
		}
		got := make([]int64, len(weights))
		for range total {
			pod, _ := table.next("/")
			var i int
			fmt.Sscanf(pod, "pod-%d", &i)
			got[i]++
		}
		if difference := cmp.Diff(weights, got); difference != "" {
			t.Fatalf("the split differs from the weights (-want +got):\n%s", difference)
		}
	})
}

func TestNewEndpointsDoNotDisturbTheSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(1, 20), 2, 3).Draw(t, "weights")
		var calm, disturbed table
		calm.set(rulesWith(weights))
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			disturbed.set(rulesWith(weights))
			want, _ := calm.next("/")
			if got, _ := disturbed.next("/"); got != want {
				t.Fatalf("the next request goes to %s, want %s", got, want)
			}
		}
	})
}

func TestPodsTakeTurns(t *testing.T) {
	var table table
	table.set([]rule{{backends: []backend{{service: "web", weight: 1, found: true, pods: []string{"a", "b", "c"}}}}})
	got := map[string]int{}
	for range 30 {
		pod, _ := table.next("/")
		got[pod]++
	}
	if difference := cmp.Diff(map[string]int{"a": 10, "b": 10, "c": 10}, got); difference != "" {
		t.Errorf("the pods' requests differ (-want +got):\n%s", difference)
	}
}

// rulesWith makes one rule with a backend of one pod for each weight.
func rulesWith(weights []int64) []rule {
	var backends []backend
	for i, weight := range weights {
		name := fmt.Sprintf("pod-%d", i)
		backends = append(backends, backend{service: name, weight: weight, found: true, pods: []string{name}})
	}
	return []rule{{backends: backends}}
}
