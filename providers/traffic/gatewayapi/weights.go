package gatewayapi

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/providers/traffic"
)

// share is how one rule splits between the two Services.
type share struct {
	// canary is the canary's percentage of what both get together, rounded up.
	canary int32
	// exact says that the weights are written as percentages that add up to 100.
	exact bool
}

// shares are the splits of the rules that have both Services as backends. The
// others are somebody else's and left alone.
func (r *Router) shares(route *unstructured.Unstructured) ([]share, error) {
	rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
	if err != nil {
		return nil, fmt.Errorf("reading spec.rules of HTTPRoute %q: %v: %w", route.GetName(), err, traffic.ErrInvalid)
	}
	var shares []share
	for _, rule := range rules {
		stable, canary := r.backends(rule)
		if stable == nil || canary == nil {
			continue
		}
		a, b := weight(stable), weight(canary)
		split := share{exact: a+b == 100}
		if a+b > 0 {
			split.canary = int32((b*100 + a + b - 1) / (a + b))
		}
		shares = append(shares, split)
	}
	if len(shares) == 0 {
		return nil, fmt.Errorf("HTTPRoute %q has no rule with both %q and %q in backendRefs; add the missing one with weight 0: %w",
			route.GetName(), r.config.StableService, r.config.CanaryService, traffic.ErrInvalid)
	}
	return shares, nil
}

// backends finds the two Services among the backends of a rule; nil for one that is
// not there.
func (r *Router) backends(rule any) (stable, canary map[string]any) {
	fields, ok := rule.(map[string]any)
	if !ok {
		return nil, nil
	}
	references, _ := fields["backendRefs"].([]any)
	for _, reference := range references {
		backend, ok := reference.(map[string]any)
		if !ok || !r.isService(backend) {
			continue
		}
		switch backend["name"] {
		case r.config.StableService:
			stable = backend
		case r.config.CanaryService:
			canary = backend
		}
	}
	return stable, canary
}

// isService says whether a backend is a Service of the Rollout's namespace.
func (r *Router) isService(backend map[string]any) bool {
	is := func(field string, values ...any) bool {
		value, set := backend[field]
		if !set {
			return true
		}
		for _, allowed := range values {
			if value == allowed {
				return true
			}
		}
		return false
	}
	return is("kind", "Service") && is("group", "") && is("namespace", r.config.Namespace)
}

// weight is the weight of a backend; one that has none has 1.
func weight(backend map[string]any) int64 {
	switch value := backend["weight"].(type) {
	case int64:
		return value
	case float64:
		return int64(value)
	default:
		return 1
	}
}

// unaccepted says why the data plane does not follow a route as it stands; empty
// when it does: every parent has accepted this generation and found all backends.
func unaccepted(route *unstructured.Unstructured) string {
	parents, _, _ := unstructured.NestedSlice(route.Object, "status", "parents")
	if len(parents) == 0 {
		return "no gateway has accepted it; check its parentRefs"
	}
	for _, parent := range parents {
		fields, ok := parent.(map[string]any)
		if !ok {
			return "its status cannot be read"
		}
		gateway, _, _ := unstructured.NestedString(fields, "parentRef", "name")
		conditions, _, _ := unstructured.NestedSlice(fields, "conditions")
		if message := unmet(conditions, route.GetGeneration()); message != "" {
			return fmt.Sprintf("gateway %s: %s", gateway, message)
		}
	}
	return ""
}

// unmet says which condition of a parent does not hold for a generation.
func unmet(conditions []any, generation int64) string {
	accepted := false
	for _, condition := range conditions {
		fields, ok := condition.(map[string]any)
		if !ok {
			continue
		}
		kind, status := fields["type"], fields["status"]
		observed, _ := fields["observedGeneration"].(int64)
		switch {
		case kind != "Accepted" && kind != "ResolvedRefs":
		case observed < generation:
			return fmt.Sprintf("has not seen generation %d yet", generation)
		case kind == "Accepted" && status == "True":
			accepted = true
		case status == "False":
			return fmt.Sprintf("%s is False: %v", kind, fields["message"])
		}
	}
	if !accepted {
		return "has not accepted it"
	}
	return ""
}
