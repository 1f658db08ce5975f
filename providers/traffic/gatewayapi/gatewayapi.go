// Package gatewayapi splits requests by the weights of the Gateway API's
// HTTPRoutes. It works on routes as they are, also on fields that this version
// does not know: nothing but weights is changed.
package gatewayapi

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/traffic"
)

// FieldManager names Serin as the author of the weights.
const FieldManager = "serin-controller"

// routeKind is the kind of an HTTPRoute.
func routeKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"}
}

// Config says which routes split between which Services.
type Config struct {
	// Namespace of the routes and of the Services.
	Namespace string
	// Routes are the names of the HTTPRoutes.
	Routes []string
	// StableService and CanaryService are the backends that share the requests.
	StableService, CanaryService string
	// Owner is the Rollout, as namespace/name; written to each route.
	Owner string
}

// Router splits requests by the weights of HTTPRoutes.
type Router struct {
	client client.Client
	config Config
}

// New makes a Router. The client must read HTTPRoutes from the API server, not
// from a cache: a decision must not be older than the last write.
func New(client client.Client, config Config) *Router {
	return &Router{client: client, config: config}
}

// Split reads the weights of all routes; see traffic.Router.
func (r *Router) Split(ctx context.Context) (traffic.Split, error) {
	split := traffic.Split{Uniform: true, Verified: true}
	first := true
	for _, name := range r.config.Routes {
		route, err := r.read(ctx, name)
		if err != nil {
			return traffic.Split{}, err
		}
		shares, err := r.shares(route)
		if err != nil {
			return traffic.Split{}, err
		}
		for _, share := range shares {
			split.Uniform = split.Uniform && share.exact && (first || share.canary == split.CanaryWeight)
			split.CanaryWeight = max(split.CanaryWeight, share.canary)
			first = false
		}
		if message := unaccepted(route); message != "" && split.Verified {
			split.Verified, split.Message = false, fmt.Sprintf("HTTPRoute %s: %s", name, message)
		}
	}
	return split, nil
}

// SetWeight writes the weights into all routes; see traffic.Router.
func (r *Router) SetWeight(ctx context.Context, canary int32) error {
	if canary < 0 || canary > 100 {
		return fmt.Errorf("setting weight %d: it is not a percentage; give 0 to 100", canary)
	}
	var errs []error
	for _, name := range r.config.Routes {
		if err := r.setWeight(ctx, name, canary); err != nil {
			errs = append(errs, fmt.Errorf("setting the weight of HTTPRoute %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// setWeight writes the weights of one route, if they differ.
func (r *Router) setWeight(ctx context.Context, name string, canary int32) error {
	route, err := r.read(ctx, name)
	if err != nil {
		return err
	}
	shares, err := r.shares(route)
	if err != nil {
		return err
	}
	right := route.GetAnnotations()[v1alpha1.AnnotationManagedBy] == r.config.Owner
	for _, share := range shares {
		right = right && share.exact && share.canary == canary
	}
	if right {
		return nil
	}
	return r.apply(ctx, route, canary)
}

// apply writes by server-side apply. spec.rules is one field to the API server: all
// of it is sent, with the version that was read, so that somebody else's edit in
// between is a conflict and not lost.
func (r *Router) apply(ctx context.Context, route *unstructured.Unstructured, canary int32) error {
	rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
	if err != nil {
		return fmt.Errorf("reading spec.rules: %w", err)
	}
	for _, rule := range rules {
		stable, other := r.backends(rule)
		if stable == nil || other == nil {
			continue
		}
		stable["weight"], other["weight"] = int64(100-canary), int64(canary)
	}
	patch := &unstructured.Unstructured{Object: map[string]any{}}
	patch.SetGroupVersionKind(routeKind())
	patch.SetNamespace(route.GetNamespace())
	patch.SetName(route.GetName())
	patch.SetResourceVersion(route.GetResourceVersion())
	patch.SetAnnotations(map[string]string{v1alpha1.AnnotationManagedBy: r.config.Owner})
	if err := unstructured.SetNestedSlice(patch.Object, rules, "spec", "rules"); err != nil {
		return fmt.Errorf("writing spec.rules: %w", err)
	}
	return r.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(patch), client.FieldOwner(FieldManager), client.ForceOwnership)
}

// read reads a route from the API server.
func (r *Router) read(ctx context.Context, name string) (*unstructured.Unstructured, error) {
	route := &unstructured.Unstructured{}
	route.SetGroupVersionKind(routeKind())
	err := r.client.Get(ctx, client.ObjectKey{Namespace: r.config.Namespace, Name: name}, route)
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("HTTPRoute %q does not exist in namespace %q; create it: %w", name, r.config.Namespace, traffic.ErrNotFound)
	case meta.IsNoMatchError(err):
		return nil, fmt.Errorf("this cluster has no HTTPRoute; install the Gateway API's CRDs: %w", traffic.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("reading HTTPRoute %s: %w", name, err)
	}
	if owner := route.GetAnnotations()[v1alpha1.AnnotationManagedBy]; owner != "" && owner != r.config.Owner {
		return nil, fmt.Errorf("HTTPRoute %q is managed by Rollout %s; name another route, or remove its annotation %s: %w", name, owner, v1alpha1.AnnotationManagedBy, traffic.ErrConflict)
	}
	return route, nil
}
