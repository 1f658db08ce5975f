package rollout

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// observeRivals finds another Rollout that claims the same pods, Services or routes.
// The older one keeps them.
func (r *Reconciler) observeRivals(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	var list v1alpha1.RolloutList
	if err := r.Client.List(ctx, &list, client.InNamespace(rollout.Namespace)); err != nil {
		return fmt.Errorf("listing Rollouts: %w", err)
	}
	for i := range list.Items {
		rival := &list.Items[i]
		if rival.UID == rollout.UID || !rival.DeletionTimestamp.IsZero() || younger(rival, rollout) {
			continue
		}
		for _, problem := range claims(rollout, rival) {
			w.problem(problem)
		}
	}
	return nil
}

// younger says whether a was created after b.
func younger(a, b *v1alpha1.Rollout) bool {
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.Name > b.Name
	}
	return b.CreationTimestamp.Before(&a.CreationTimestamp)
}

// claims are what two Rollouts both want.
func claims(rollout, rival *v1alpha1.Rollout) []translate.Problem {
	var problems []translate.Problem
	add := func(field, format string, args ...any) {
		problems = append(problems, translate.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if selects(rival.Spec.Selector, rollout.Spec.Template.Labels) || selects(rollout.Spec.Selector, rival.Spec.Template.Labels) {
		add("spec.selector", "Rollout %q owns pods with these labels already; give each Rollout labels of its own", rival.Name)
	}
	mine, theirs := rollout.Spec.Strategy.Canary, rival.Spec.Strategy.Canary
	if mine == nil || theirs == nil {
		return problems
	}
	for _, service := range []struct{ field, name string }{{"stableService", mine.StableService}, {"canaryService", mine.CanaryService}} {
		if service.name != "" && (service.name == theirs.StableService || service.name == theirs.CanaryService) {
			add("spec.strategy.canary."+service.field, "Service %q belongs to Rollout %q already; name another one", service.name, rival.Name)
		}
	}
	for i, mine := range routes(rollout) {
		for _, theirs := range routes(rival) {
			if mine == theirs {
				add(fmt.Sprintf("spec.strategy.canary.trafficRouting.gatewayAPI.httpRoutes[%d]", i), "HTTPRoute %q belongs to Rollout %q already; name another one", mine, rival.Name)
			}
		}
	}
	return problems
}

// selects says whether a selector finds pods with these labels.
func selects(selector *metav1.LabelSelector, set map[string]string) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && !parsed.Empty() && parsed.Matches(labels.Set(set))
}

// routes are the HTTPRoutes that a Rollout names.
func routes(rollout *v1alpha1.Rollout) []string {
	canary := rollout.Spec.Strategy.Canary
	if canary == nil || canary.TrafficRouting == nil || canary.TrafficRouting.GatewayAPI == nil {
		return nil
	}
	var names []string
	for _, route := range canary.TrafficRouting.GatewayAPI.HTTPRoutes {
		names = append(names, route.Name)
	}
	return names
}

// observeAnalyses resolves every analysis that the spec names, so that a mistake in
// a template is found before a release begins.
func (r *Reconciler) observeAnalyses(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	problems, err := r.releaseRuns(ctx, rollout, w).Problems(w.Spec.Baseline != nil)
	for _, problem := range problems {
		w.problem(problem)
	}
	return err
}

// releaseRuns makes the AnalysisRuns of a release.
func (r *Reconciler) releaseRuns(ctx context.Context, rollout *v1alpha1.Rollout, w *world) translate.ReleaseRuns {
	return translate.ReleaseRuns{
		Rollout: rollout, StableHash: w.state.Stable, LatestHash: w.Template,
		Fetch: r.fetch(ctx, rollout.Namespace), Checks: r.Checks,
	}
}

// fetch reads templates for the resolution.
func (r *Reconciler) fetch(ctx context.Context, namespace string) translate.Fetch {
	return func(reference v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		if reference.ClusterScope {
			template := &v1alpha1.ClusterAnalysisTemplate{}
			if err := r.Client.Get(ctx, client.ObjectKey{Name: reference.TemplateName}, template); err != nil {
				return nil, notFound(err)
			}
			return &template.Spec, nil
		}
		template := &v1alpha1.AnalysisTemplate{}
		if err := r.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: reference.TemplateName}, template); err != nil {
			return nil, notFound(err)
		}
		return &template.Spec, nil
	}
}

// notFound tells a template that does not exist from one that could not be read.
func notFound(err error) error {
	if apierrors.IsNotFound(err) {
		return translate.ErrTemplateNotFound
	}
	return fmt.Errorf("reading a template: %w", err)
}
