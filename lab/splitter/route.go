package splitter

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Reconcile reads the route and its endpoints, obeys, and then says so.
func (s *Splitter) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	if request.NamespacedName != s.route {
		return ctrl.Result{}, nil
	}
	route := &gatewayv1.HTTPRoute{}
	if err := s.client.Get(ctx, s.route, route); err != nil {
		s.table.set(nil)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	verdict := verdict{unsupported: unsupported(route)}
	if verdict.unsupported == "" {
		rules, problem, err := s.rules(ctx, route)
		if err != nil {
			return ctrl.Result{}, err
		}
		verdict.unresolved = problem
		s.table.set(rules)
	}
	return ctrl.Result{}, s.report(ctx, route, verdict)
}

// unsupported says what of a route this data plane does not know. Such a route is
// refused, and the last one that was accepted stays in force.
func unsupported(route *gatewayv1.HTTPRoute) string {
	if len(route.Spec.Hostnames) > 0 {
		return "hostnames are not supported"
	}
	for i, rule := range route.Spec.Rules {
		if len(rule.Filters) > 0 || rule.Timeouts != nil || rule.Retry != nil || rule.SessionPersistence != nil {
			return fmt.Sprintf("rules[%d]: filters, timeouts, retry and sessionPersistence are not supported", i)
		}
		if j := slices.IndexFunc(rule.Matches, beyondPaths); j >= 0 {
			return fmt.Sprintf("rules[%d].matches[%d]: only the path can be matched, exactly or by prefix", i, j)
		}
		for j, reference := range rule.BackendRefs {
			if len(reference.Filters) > 0 {
				return fmt.Sprintf("rules[%d].backendRefs[%d]: filters are not supported", i, j)
			}
		}
	}
	return ""
}

// beyondPaths says whether a match asks for more than an exact path or a prefix.
func beyondPaths(match gatewayv1.HTTPRouteMatch) bool {
	expression := match.Path != nil && match.Path.Type != nil && *match.Path.Type == gatewayv1.PathMatchRegularExpression
	return expression || len(match.Headers) > 0 || len(match.QueryParams) > 0 || match.Method != nil
}

// problem says why a reference of a route leads nowhere.
type problem struct {
	reason  gatewayv1.RouteConditionReason
	message string
}

// rules turns a route's rules into a table's, with the endpoints of the moment.
func (s *Splitter) rules(ctx context.Context, route *gatewayv1.HTTPRoute) ([]rule, *problem, error) {
	var first *problem
	rules := make([]rule, 0, len(route.Spec.Rules))
	for _, from := range route.Spec.Rules {
		to := rule{paths: paths(from.Matches)}
		for _, reference := range from.BackendRefs {
			backend, problem, err := s.backend(ctx, reference.BackendRef)
			if err != nil {
				return nil, nil, err
			}
			first = cmp.Or(first, problem)
			to.backends = append(to.backends, backend)
		}
		rules = append(rules, to)
	}
	return rules, first, nil
}

// paths turns a rule's matches into conditions; none means every path.
func paths(matches []gatewayv1.HTTPRouteMatch) []path {
	var paths []path
	for _, match := range matches {
		p := path{value: "/", prefix: true}
		if match.Path != nil && match.Path.Value != nil {
			p.value = *match.Path.Value
		}
		if match.Path != nil && match.Path.Type != nil {
			p.prefix = *match.Path.Type == gatewayv1.PathMatchPathPrefix
		}
		paths = append(paths, p)
	}
	return paths
}

// backend finds the Service that a reference names, and its ready pods.
func (s *Splitter) backend(ctx context.Context, reference gatewayv1.BackendRef) (backend, *problem, error) {
	result := backend{service: string(reference.Name), weight: 1}
	if reference.Weight != nil {
		result.weight = int64(*reference.Weight)
	}
	if reference.Kind != nil && *reference.Kind != "Service" || reference.Group != nil && *reference.Group != "" {
		return result, &problem{gatewayv1.RouteReasonInvalidKind, fmt.Sprintf("%s is no Service", reference.Name)}, nil
	}
	if reference.Namespace != nil && string(*reference.Namespace) != s.route.Namespace {
		return result, &problem{gatewayv1.RouteReasonRefNotPermitted, fmt.Sprintf("Service %s is in another namespace", reference.Name)}, nil
	}
	name := types.NamespacedName{Namespace: s.route.Namespace, Name: result.service}
	err := s.client.Get(ctx, name, &corev1.Service{})
	if apierrors.IsNotFound(err) {
		return result, &problem{gatewayv1.RouteReasonBackendNotFound, fmt.Sprintf("there is no Service %s", reference.Name)}, nil
	}
	if err != nil {
		return result, nil, err
	}
	result.found = true
	result.pods, err = s.readyPods(ctx, name)
	return result, nil, err
}

// readyPods are the names of the pods that are ready endpoints of a Service.
func (s *Splitter) readyPods(ctx context.Context, service types.NamespacedName) ([]string, error) {
	endpointSlices := &discoveryv1.EndpointSliceList{}
	err := s.client.List(ctx, endpointSlices, client.InNamespace(service.Namespace),
		client.MatchingLabels{discoveryv1.LabelServiceName: service.Name})
	if err != nil {
		return nil, err
	}
	var pods []string
	for _, endpointSlice := range endpointSlices.Items {
		for _, endpoint := range endpointSlice.Endpoints {
			ready := endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready
			if ready && endpoint.TargetRef != nil && endpoint.TargetRef.Kind == "Pod" {
				pods = append(pods, endpoint.TargetRef.Name)
			}
		}
	}
	slices.Sort(pods)
	return slices.Compact(pods), nil
}
