package splitter

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// verdict is what the data plane thinks of a route.
type verdict struct {
	unsupported string
	unresolved  *problem
}

// report writes the status of the route, when it differs.
func (s *Splitter) report(ctx context.Context, route *gatewayv1.HTTPRoute, verdict verdict) error {
	changed := route.DeepCopy()
	changed.Status.Parents = parents(route, verdict)
	if equality.Semantic.DeepEqual(route.Status, changed.Status) {
		return nil
	}
	return s.client.Status().Update(ctx, changed)
}

// parents is the status for each of the route's gateways; what other controllers
// wrote stays.
func parents(route *gatewayv1.HTTPRoute, verdict verdict) []gatewayv1.RouteParentStatus {
	var result []gatewayv1.RouteParentStatus
	own := map[int]gatewayv1.RouteParentStatus{}
	for _, status := range route.Status.DeepCopy().Parents {
		if status.ControllerName != ControllerName {
			result = append(result, status)
			continue
		}
		i := slices.IndexFunc(route.Spec.ParentRefs, func(reference gatewayv1.ParentReference) bool {
			return equality.Semantic.DeepEqual(reference, status.ParentRef)
		})
		own[i] = status
	}
	for i, reference := range route.Spec.ParentRefs {
		status := own[i]
		status.ControllerName, status.ParentRef = ControllerName, reference
		for _, condition := range verdict.conditions() {
			condition.ObservedGeneration = route.Generation
			meta.SetStatusCondition(&status.Conditions, condition)
		}
		result = append(result, status)
	}
	return result
}

// conditions says the verdict in the words of the Gateway API.
func (v verdict) conditions() []metav1.Condition {
	accepted := metav1.Condition{
		Type: string(gatewayv1.RouteConditionAccepted), Status: metav1.ConditionTrue,
		Reason: string(gatewayv1.RouteReasonAccepted), Message: "the weights are in force",
	}
	if v.unsupported != "" {
		accepted.Status, accepted.Reason, accepted.Message = metav1.ConditionFalse, string(gatewayv1.RouteReasonUnsupportedValue), v.unsupported
	}
	resolved := metav1.Condition{
		Type: string(gatewayv1.RouteConditionResolvedRefs), Status: metav1.ConditionTrue,
		Reason: string(gatewayv1.RouteReasonResolvedRefs), Message: "all Services exist",
	}
	if v.unresolved != nil {
		resolved.Status, resolved.Reason, resolved.Message = metav1.ConditionFalse, string(v.unresolved.reason), v.unresolved.message
	}
	return []metav1.Condition{accepted, resolved}
}
