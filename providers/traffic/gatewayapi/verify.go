package gatewayapi

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// condition is what a Gateway's controller says of a route.
type condition struct {
	status, reason, message string
	observedGeneration      int64
}

// unverified says why it is not known that every Gateway has taken the route as
// it stands; empty if it is. A Gateway has, when it reports Accepted for this
// generation, and no backend that cannot be resolved.
func (r route) unverified() string {
	parents, _, _ := unstructured.NestedSlice(r.object.Object, "status", "parents")
	reports := 0
	var missing []string
	for _, entry := range parents {
		parent, _ := entry.(map[string]any)
		controller, _, _ := unstructured.NestedString(parent, "controllerName")
		if controller == "" {
			continue
		}
		reports++
		if message := r.rejection(parent); message != "" {
			missing = append(missing, fmt.Sprintf("%s of %s %s", r.gateway(parent), controller, message))
		}
	}
	if reports == 0 {
		return fmt.Sprintf("%s: no Gateway has reported about it; check its parentRefs, and that the Gateway's controller runs", r.name())
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s", r.name(), strings.Join(missing, ", "))
}

// rejection says what one parent's report lacks.
func (r route) rejection(parent map[string]any) string {
	generation := r.object.GetGeneration()
	accepted, reported := conditionOf(parent, "Accepted")
	resolved, checked := conditionOf(parent, "ResolvedRefs")
	switch {
	case !reported:
		return "has not accepted it yet"
	case accepted.observedGeneration < generation:
		return fmt.Sprintf("has seen generation %d, and %d is written", accepted.observedGeneration, generation)
	case accepted.status != "True":
		return "does not accept it: " + accepted.why()
	case checked && resolved.status == "False":
		return "cannot resolve its backends: " + resolved.why()
	case checked && resolved.observedGeneration < generation:
		return fmt.Sprintf("has resolved the backends of generation %d, and %d is written", resolved.observedGeneration, generation)
	}
	return ""
}

// gateway names the parent that a report is about.
func (r route) gateway(parent map[string]any) string {
	text := func(field, otherwise string) string {
		value, _, _ := unstructured.NestedString(parent, "parentRef", field)
		if value == "" {
			return otherwise
		}
		return value
	}
	name := fmt.Sprintf("%s %s/%s", text("kind", "Gateway"), text("namespace", r.object.GetNamespace()), text("name", "unnamed"))
	if section := text("sectionName", ""); section != "" {
		name += " (" + section + ")"
	}
	return name
}

// conditionOf finds a condition of a report by its type.
func conditionOf(parent map[string]any, conditionType string) (condition, bool) {
	conditions, _, _ := unstructured.NestedSlice(parent, "conditions")
	for _, entry := range conditions {
		fields, _ := entry.(map[string]any)
		if fields["type"] != conditionType {
			continue
		}
		found := condition{}
		found.status, _ = fields["status"].(string)
		found.reason, _ = fields["reason"].(string)
		found.message, _ = fields["message"].(string)
		found.observedGeneration, _ = fields["observedGeneration"].(int64)
		return found, true
	}
	return condition{}, false
}

// why is the reason and the message, on one line.
func (c condition) why() string {
	text := strings.Join(strings.Fields(c.reason+": "+c.message), " ")
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return strings.TrimSuffix(text, ":")
}
