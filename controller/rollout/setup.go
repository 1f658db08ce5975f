package rollout

import (
	"context"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Workers is how many Rollouts are worked on at the same time.
const Workers = 10

// SetupWithManager registers the reconciler, with everything that it is to be
// called for. HTTPRoutes are watched only where the cluster knows them.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager, watchRoutes bool) error {
	own := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
	setup := ctrl.NewControllerManagedBy(manager).
		Named("rollout").
		For(&v1alpha1.Rollout{}, builder.WithPredicates(own)).
		Owns(&appsv1.ReplicaSet{}).
		Owns(&v1alpha1.AnalysisRun{}).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(rolloutOfPod)).
		Watches(&corev1.Service{}, handler.EnqueueRequestsFromMapFunc(r.naming(namesService))).
		Watches(&v1alpha1.AnalysisTemplate{}, handler.EnqueueRequestsFromMapFunc(r.naming(hasAnalysis))).
		Watches(&v1alpha1.ClusterAnalysisTemplate{}, handler.EnqueueRequestsFromMapFunc(r.naming(hasAnalysis))).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: Workers,
			// What fails at night is tried again soon, not in a quarter of an hour.
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](50*time.Millisecond, 10*time.Second),
		})
	if watchRoutes {
		setup = setup.Watches(&gatewayv1.HTTPRoute{}, handler.EnqueueRequestsFromMapFunc(r.naming(namesRoute)))
	}
	return setup.Complete(r)
}

// rolloutOfPod finds the Rollout of a pod by the name of its ReplicaSet, which ends
// in the pod's own hash, or, for a fresh baseline pod, in the name of its set.
func rolloutOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	hash := pod.GetLabels()[v1alpha1.LabelPodTemplateHash]
	for _, owner := range pod.GetOwnerReferences() {
		name, found := strings.CutSuffix(owner.Name, "-"+hash)
		if pod.GetLabels()[v1alpha1.LabelBaseline] != "" {
			cut := strings.LastIndex(owner.Name, "-"+hash+baselineInfix)
			name, found = owner.Name[:max(cut, 0)], cut > 0
		}
		if hash != "" && found && owner.Kind == "ReplicaSet" {
			return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: pod.GetNamespace(), Name: name}}}
		}
	}
	return nil
}

// naming finds the Rollouts that an object matters to.
func (r *Reconciler) naming(matters func(*v1alpha1.Rollout, client.Object) bool) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		var list v1alpha1.RolloutList
		if err := r.Client.List(ctx, &list, client.InNamespace(object.GetNamespace())); err != nil {
			return nil
		}
		var requests []reconcile.Request
		for i := range list.Items {
			if matters(&list.Items[i], object) {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
			}
		}
		return requests
	}
}

// namesService says whether a Rollout names a Service.
func namesService(rollout *v1alpha1.Rollout, service client.Object) bool {
	canary := rollout.Spec.Strategy.Canary
	return canary != nil && (canary.StableService == service.GetName() || canary.CanaryService == service.GetName())
}

// namesRoute says whether a Rollout names an HTTPRoute.
func namesRoute(rollout *v1alpha1.Rollout, route client.Object) bool {
	return slices.Contains(routes(rollout), route.GetName())
}

// hasAnalysis says whether a Rollout names templates at all: one may include others.
func hasAnalysis(rollout *v1alpha1.Rollout, _ client.Object) bool {
	canary := rollout.Spec.Strategy.Canary
	if canary == nil {
		return false
	}
	return canary.Analysis != nil || slices.ContainsFunc(canary.Steps, func(step v1alpha1.CanaryStep) bool { return step.Analysis != nil })
}
