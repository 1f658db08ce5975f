package gatewayapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/serin-dev/serin/providers/traffic"
)

func testConfig() Config {
	return Config{Namespace: "shop", Routes: []string{"web"}, StableService: "web", CanaryService: "web-canary", Owner: "shop/web"}
}

// routeOf makes a route of rules in YAML.
func routeOf(t testing.TB, rules string) *unstructured.Unstructured {
	t.Helper()
	object := map[string]any{}
	text := "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {namespace: shop, name: web, generation: 4}\n" + rules
	encoded, err := yaml.ToJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	made := &unstructured.Unstructured{Object: object}
	if err := made.UnmarshalJSON(encoded); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestParseRoute(t *testing.T) {
	for _, test := range []struct {
		name, reason, rules string
		// want are the pairs as rule:stable+canary; an error otherwise.
		want, wantText string
	}{
		{"one rule", "the usual", `spec: {rules: [{backendRefs: [{name: web}, {name: web-canary, weight: 0}]}]}`, "0:1+0", ""},
		{"several rules", "every rule with both is split, the others are not", `spec: {rules: [{backendRefs: [{name: web-canary}]}, {backendRefs: [{name: web, weight: 9}, {name: x}, {name: web-canary}]}, {backendRefs: [{name: web}]}, {backendRefs: [{name: web-canary}, {name: web}]}]}`, "1:9+1 3:1+1", ""},
		{"spelt out", "defaults may be written", `spec: {rules: [{backendRefs: [{name: web, kind: Service, group: "", namespace: shop}, {name: web-canary, namespace: ""}]}]}`, "0:1+1", ""},
		{"another namespace", "that is another Service of the same name", `spec: {rules: [{backendRefs: [{name: web}, {name: web-canary, namespace: other}]}]}`, "", "no rule has both"},
		{"another kind", "that is no Service", `spec: {rules: [{backendRefs: [{name: web, kind: TraefikService, group: traefik.io}, {name: web-canary}]}]}`, "", "no rule has both"},
		{"another group", "that is no Service", `spec: {rules: [{backendRefs: [{name: web, group: example.com}, {name: web-canary}]}]}`, "", "no rule has both"},
		{"each in a rule of its own", "nothing can be split there", `spec: {rules: [{backendRefs: [{name: web}]}, {backendRefs: [{name: web-canary}]}]}`, "", "Services web and web-canary as backends; add the missing one to backendRefs, with weight 0 for web-canary"},
		{"no rules", "nothing can be split", `spec: {}`, "", "no rule has both"},
		{"no spec", "nothing can be split", ``, "", "no rule has both"},
		{"twice", "which of them gets the weight would be a guess", `spec: {rules: [{backendRefs: [{name: web, port: 80}, {name: web, port: 81}, {name: web-canary}]}]}`, "", "rule 0 names Service web 2 times"},
		{"twice, without canary", "it is not split anyway", `spec: {rules: [{backendRefs: [{name: web, port: 80}, {name: web, port: 81}]}, {backendRefs: [{name: web}, {name: web-canary}]}]}`, "1:1+1", ""},
		{"negative weight", "it means nothing", `spec: {rules: [{backendRefs: [{name: web, weight: -1}, {name: web-canary}]}]}`, "", "weight"},
		{"weight in words", "it means nothing", `spec: {rules: [{backendRefs: [{name: web, weight: many}, {name: web-canary}]}]}`, "", "weight"},
		{"half a weight", "it means nothing", `spec: {rules: [{backendRefs: [{name: web, weight: 0.5}, {name: web-canary}]}]}`, "", "weight"},
		{"huge weight", "the Gateway API allows a million", `spec: {rules: [{backendRefs: [{name: web, weight: 1000001}, {name: web-canary}]}]}`, "", "weight"},
		{"rules that are none", "it cannot be read", `spec: {rules: 5}`, "", "rules cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			one, err := parseRoute(routeOf(t, test.rules), testConfig())
			if test.want == "" {
				if !errors.Is(err, traffic.ErrInvalid) || !strings.Contains(err.Error(), test.wantText) || !strings.Contains(err.Error(), "HTTPRoute shop/web") {
					t.Errorf("error %v, want %v that says %q (%s)", err, traffic.ErrInvalid, test.wantText, test.reason)
				}
				return
			}
			var pairs []string
			for _, found := range one.pairs {
				pairs = append(pairs, fmt.Sprintf("%d:%d+%d", found.rule, found.stableWeight, found.canaryWeight))
			}
			if got := strings.Join(pairs, " "); err != nil || got != test.want {
				t.Errorf("pairs %q, %v, want %q: %s", got, err, test.want, test.reason)
			}
		})
	}
}

func TestUnverified(t *testing.T) {
	const accepted = `{type: Accepted, status: "True", reason: Accepted, observedGeneration: 4}`
	const resolved = `{type: ResolvedRefs, status: "True", reason: ResolvedRefs, observedGeneration: 4}`
	report := func(gateway string, conditions ...string) string {
		return fmt.Sprintf(`{controllerName: traefik.io/gateway-controller, parentRef: {name: %s}, conditions: [%s]}`, gateway, strings.Join(conditions, ","))
	}
	for _, test := range []struct {
		name, reason string
		parents      []string
		want         string
	}{
		{"accepted", "one Gateway has it all", []string{report("a", accepted, resolved)}, ""},
		{"without ResolvedRefs", "what is not said is not False", []string{report("a", accepted)}, ""},
		{"newer", "a report may be ahead of what was read", []string{report("a", strings.Replace(accepted, "4", "5", 1), resolved)}, ""},
		{"ResolvedRefs unknown", "that is not False either", []string{report("a", accepted, strings.Replace(resolved, `"True"`, "Unknown", 1))}, ""},
		{"other conditions", "they are other matters", []string{report("a", accepted, resolved, `{type: Programmed, status: "False", observedGeneration: 1}`)}, ""},
		{"no report", "nobody may have seen it", nil, "HTTPRoute shop/web: no Gateway has reported about it; check its parentRefs, and that the Gateway's controller runs"},
		{"report of nobody", "a report without a controller is none", []string{`{parentRef: {name: a}, conditions: [` + accepted + `]}`}, "HTTPRoute shop/web: no Gateway has reported about it; check its parentRefs, and that the Gateway's controller runs"},
		{"nobody and somebody", "the other report counts", []string{`{parentRef: {name: a}}`, report("b", accepted, resolved)}, ""},
		{"no conditions", "it is not accepted yet", []string{report("a")}, "HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller has not accepted it yet"},
		{"older", "the weights of now are not those that were accepted", []string{report("a", strings.Replace(accepted, "4", "3", 1), resolved)}, "HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller has seen generation 3, and 4 is written"},
		{"of no generation", "nothing says that it is this one", []string{report("a", `{type: Accepted, status: "True"}`)}, "HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller has seen generation 0, and 4 is written"},
		{"not accepted", "with the Gateway's words", []string{report("a", `{type: Accepted, status: "False", reason: NoMatchingListenerHostname, message: "no listener\n takes it", observedGeneration: 4}`)},
			"HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller does not accept it: NoMatchingListenerHostname: no listener takes it"},
		{"unknown", "Unknown is not True", []string{report("a", `{type: Accepted, status: Unknown, reason: Pending, observedGeneration: 4}`)}, "HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller does not accept it: Pending"},
		{"backend not found", "the canary would answer 500", []string{report("a", accepted, `{type: ResolvedRefs, status: "False", reason: BackendNotFound, message: no service web-canary, observedGeneration: 4}`)},
			"HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller cannot resolve its backends: BackendNotFound: no service web-canary"},
		{"backends of an older generation", "both must be about now", []string{report("a", accepted, strings.Replace(resolved, "4", "3", 1))}, "HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller has resolved the backends of generation 3, and 4 is written"},
		{"one of two", "all who have the route must follow", []string{report("a", accepted, resolved), report("b")}, "HTTPRoute shop/web: Gateway shop/b of traefik.io/gateway-controller has not accepted it yet"},
		{"one of two controllers", "whoever they are", []string{report("a", accepted), `{controllerName: example.com/other, parentRef: {kind: Service, namespace: mesh, name: web, sectionName: http}, conditions: []}`},
			"HTTPRoute shop/web: Service mesh/web (http) of example.com/other has not accepted it yet"},
		{"none of two", "each is named", []string{report("a"), report("b")}, "HTTPRoute shop/web: Gateway shop/a of traefik.io/gateway-controller has not accepted it yet, Gateway shop/b of traefik.io/gateway-controller has not accepted it yet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			one := route{object: routeOf(t, "status: {parents: ["+strings.Join(test.parents, ",")+"]}")}
			if difference := cmp.Diff(test.want, one.unverified()); difference != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, difference)
			}
		})
	}
}

// FuzzRoute takes any object for a route: whatever it is, nothing panics, and of a
// route that can split nothing changes but the two weights of each pair.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		`{"spec":{"rules":[{"unknown":[1.5,null,{"a":"b"}],"backendRefs":[{"name":"web","x":true},{"name":"web-canary","weight":3}]}]}}`,
		`{"spec":{"rules":[null,5,{"backendRefs":[null,{"name":5},{"name":"web"},{"name":"web-canary"}]}]},"status":{"parents":[{"controllerName":"c","conditions":[{"type":"Accepted"}]}]}}`,
		`{"spec":{"rules":[{"backendRefs":[{"name":"web","weight":1e300},{"name":"web-canary"}]}]},"status":{"parents":[5,null,{"controllerName":"c","parentRef":5,"conditions":[7]}]}}`,
		`{"spec":5,"status":5}`,
	} {
		f.Add([]byte(seed), int32(5))
	}
	f.Fuzz(func(t *testing.T, encoded []byte, canary int32) {
		canary = (canary%101 + 101) % 101
		object := &unstructured.Unstructured{}
		if err := json.Unmarshal(encoded, &object.Object); err != nil || object.Object == nil {
			return
		}
		integers(object.Object)
		one, err := parseRoute(object, testConfig())
		if err != nil {
			if !errors.Is(err, traffic.ErrInvalid) {
				t.Fatalf("error %v of no kind", err)
			}
			return
		}
		_ = one.unverified()
		before := mustMarshal(t, one.rules)
		rules, changed := one.withWeight(canary)
		if mustMarshal(t, one.rules) != before {
			t.Fatal("the rules that were read have changed")
		}
		if changed == (mustMarshal(t, rules) == before) && !implicit(one) {
			t.Fatalf("changed is %t, of %s into %s", changed, before, mustMarshal(t, rules))
		}
		wantOnlyWeights(t, one, rules, canary)
	})
}

// wantOnlyWeights takes the weights of each pair out of both, and compares.
func wantOnlyWeights(t *testing.T, one route, rules []any, canary int32) {
	t.Helper()
	after := route{object: one.object, rules: rules}
	for _, found := range one.pairs {
		stable, now := after.backend(found.rule, found.stable), after.backend(found.rule, found.canary)
		a, okA := weight(stable)
		b, okB := weight(now)
		if !okA || !okB || a != int64(100-canary) || b != int64(canary) {
			t.Errorf("rule %d has %d and %d, want %d %%", found.rule, a, b, canary)
		}
		for _, backend := range []map[string]any{stable, now, one.backend(found.rule, found.stable), one.backend(found.rule, found.canary)} {
			delete(backend, "weight")
		}
	}
	if difference := cmp.Diff(one.rules, rules); difference != "" {
		t.Errorf("more than weights has changed (-before +after):\n%s", difference)
	}
}

// implicit tells routes whose weights may be right without being written out.
func implicit(one route) bool {
	for _, found := range one.pairs {
		for _, place := range []int{found.stable, found.canary} {
			if _, whole := one.backend(found.rule, place)["weight"].(int64); !whole {
				return true
			}
		}
	}
	return false
}

func mustMarshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// integers makes whole numbers int64, as the API's own decoder does.
func integers(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, held := range value {
			value[key] = integer(held)
		}
	case []any:
		for i, held := range value {
			value[i] = integer(held)
		}
	}
}

func integer(value any) any {
	if number, ok := value.(float64); ok && number == float64(int64(number)) && number > -1e15 && number < 1e15 {
		return int64(number)
	}
	integers(value)
	return value
}
