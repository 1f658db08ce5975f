package gatewayapi

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/providers/traffic"
)

// route is an HTTPRoute as it was read, and the pairs of backends in it.
type route struct {
	object *unstructured.Unstructured
	rules  []any
	pairs  []pair
}

// pair is the place of the two Services in one rule, and their weights.
type pair struct {
	rule                       int
	stable, canary             int
	stableWeight, canaryWeight int64
}

func (r route) name() string {
	return fmt.Sprintf("HTTPRoute %s/%s", r.object.GetNamespace(), r.object.GetName())
}

// parseRoute finds the rules that have both Services as backends. There must be
// at least one.
func parseRoute(object *unstructured.Unstructured, config Config) (route, error) {
	one := route{object: object}
	invalid := func(format string, args ...any) (route, error) {
		return route{}, fmt.Errorf("reading %s: %w: %s", one.name(), traffic.ErrInvalid, fmt.Sprintf(format, args...))
	}
	rules, _, err := unstructured.NestedSlice(object.Object, "spec", "rules")
	if err != nil {
		return invalid("its rules cannot be read: %v", err)
	}
	one.rules = rules
	for i := range rules {
		stable, canary := one.find(i, config.StableService), one.find(i, config.CanaryService)
		if len(stable) == 0 || len(canary) == 0 {
			continue
		}
		if len(stable) > 1 || len(canary) > 1 {
			return invalid("rule %d names Service %s %d times and %s %d times; name each once", i, config.StableService, len(stable), config.CanaryService, len(canary))
		}
		found := pair{rule: i, stable: stable[0], canary: canary[0]}
		var okStable, okCanary bool
		found.stableWeight, okStable = weight(one.backend(i, found.stable))
		found.canaryWeight, okCanary = weight(one.backend(i, found.canary))
		if !okStable || !okCanary {
			return invalid("rule %d has a weight that is no whole number from 0 to 1000000", i)
		}
		one.pairs = append(one.pairs, found)
	}
	if len(one.pairs) == 0 {
		return invalid("no rule has both Services %s and %s as backends; add the missing one to backendRefs, with weight 0 for %[2]s", config.StableService, config.CanaryService)
	}
	return one, nil
}

// find returns the places of a Service among the backends of a rule.
func (r route) find(rule int, service string) []int {
	var places []int
	for i := range r.references(rule) {
		if r.isService(r.backend(rule, i), service) {
			places = append(places, i)
		}
	}
	return places
}

// references are the backends of a rule; none if they are not a list.
func (r route) references(rule int) []any {
	fields, _ := r.rules[rule].(map[string]any)
	references, _ := fields["backendRefs"].([]any)
	return references
}

// backend is one backend of a rule; nil if it is not an object.
func (r route) backend(rule, place int) map[string]any {
	fields, _ := r.references(rule)[place].(map[string]any)
	return fields
}

// isService tells whether a backend is a Service in the namespace of the route.
func (r route) isService(backend map[string]any, name string) bool {
	is := func(field string, values ...string) bool {
		text, isText := backend[field].(string)
		if _, given := backend[field]; !given {
			isText = true
		}
		for _, value := range values {
			if isText && text == value {
				return true
			}
		}
		return false
	}
	return is("name", name) && is("group", "") && is("kind", "", "Service") && is("namespace", "", r.object.GetNamespace())
}

// weight reads a backend's weight. The Gateway API takes 1 where none is given.
func weight(backend map[string]any) (int64, bool) {
	const most = 1_000_000
	value, given := backend["weight"]
	if !given || value == nil {
		return 1, true
	}
	switch number := value.(type) {
	case int64:
		return number, number >= 0 && number <= most
	case float64:
		whole := int64(max(-1, min(number, most+1)))
		return whole, float64(whole) == number && whole >= 0 && whole <= most
	}
	return 0, false
}

// percent is the canary's share of what the two Services get, rounded up: it
// never says too little.
func (p pair) percent() int32 {
	if p.canaryWeight == 0 {
		return 0
	}
	total := p.stableWeight + p.canaryWeight
	return int32((100*p.canaryWeight + total - 1) / total)
}

// addUp tells whether the weights are percentages.
func (p pair) addUp() bool { return p.stableWeight+p.canaryWeight == 100 }

// canaryPercent is the largest share of the canary in the route's rules.
func (r route) canaryPercent() int32 {
	var largest int32
	for _, one := range r.pairs {
		largest = max(largest, one.percent())
	}
	return largest
}

// withWeight returns the rules with the canary at a percentage, and whether
// that changes anything. The rules that were read stay as they are.
func (r route) withWeight(canary int32) (rules []any, changed bool) {
	changedTo := route{object: r.object, rules: copied(r.rules)}
	for _, one := range r.pairs {
		if one.addUp() && one.canaryWeight == int64(canary) {
			continue
		}
		changed = true
		changedTo.backend(one.rule, one.stable)["weight"] = int64(100 - canary)
		changedTo.backend(one.rule, one.canary)["weight"] = int64(canary)
	}
	return changedTo.rules, changed
}

// copied is a deep copy.
func copied(rules []any) []any {
	result, _, _ := unstructured.NestedSlice(map[string]any{"rules": rules}, "rules")
	return result
}
