package gatewayapi

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/traffic"
)

const (
	apiVersion = "gateway.networking.k8s.io/v1"
	kind       = "HTTPRoute"
)

// read reads all routes. A route that cannot split, or not for us, is a problem.
func (r *Router) read(ctx context.Context) (routes []route, problems []error) {
	for _, name := range r.config.Routes {
		one, err := r.readOne(ctx, name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		routes = append(routes, one)
	}
	return routes, problems
}

// readOne reads a route and finds the pairs of backends in it.
func (r *Router) readOne(ctx context.Context, name string) (route, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	where := fmt.Sprintf("HTTPRoute %s/%s", r.config.Namespace, name)
	err := r.client.Get(ctx, client.ObjectKey{Namespace: r.config.Namespace, Name: name}, object)
	switch {
	case meta.IsNoMatchError(err):
		return route{}, fmt.Errorf("reading %s: %w: the cluster has no Gateway API; install its CRDs (%v)", where, traffic.ErrNotFound, err)
	case apierrors.IsNotFound(err):
		return route{}, fmt.Errorf("reading %s: %w; create it, or correct trafficRouting.gatewayAPI.httpRoutes", where, traffic.ErrNotFound)
	case err != nil:
		return route{}, fmt.Errorf("reading %s: %w", where, err)
	}
	if owner := object.GetAnnotations()[v1alpha1.AnnotationManagedBy]; owner != "" && owner != r.config.Owner {
		return route{}, fmt.Errorf("reading %s: %w: %s manages it, and %s wants to; give each Rollout a route of its own, or remove the annotation %s if that Rollout is gone",
			where, traffic.ErrConflict, owner, r.config.Owner, v1alpha1.AnnotationManagedBy)
	}
	return parseRoute(object, r.config)
}

// write gives the canary a percentage of one route, if it has another. The
// version that was read goes along, so that an edit in between is not lost.
func (r *Router) write(ctx context.Context, one route, canary int32) error {
	rules, changed := one.withWeight(canary)
	if !changed {
		return nil
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion,
		"kind":       kind,
		"metadata": map[string]any{
			"namespace":       one.object.GetNamespace(),
			"name":            one.object.GetName(),
			"uid":             string(one.object.GetUID()),
			"resourceVersion": one.object.GetResourceVersion(),
			"annotations":     map[string]any{v1alpha1.AnnotationManagedBy: r.config.Owner},
		},
		"spec": map[string]any{"rules": rules},
	}}
	err := r.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(FieldManager), client.ForceOwnership)
	switch {
	case apierrors.IsConflict(err):
		return fmt.Errorf("setting the weights of %s: somebody changed it at the same time: %w; the next try reads it anew", one.name(), err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("setting the weights of %s: %w; let the controller patch httproutes", one.name(), err)
	case err != nil:
		return fmt.Errorf("setting the weights of %s: %w", one.name(), err)
	}
	return nil
}
