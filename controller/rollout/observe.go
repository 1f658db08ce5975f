package rollout

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/traffic"
)

// world is what a round sees: the observation for the core, and the objects that
// it was made from, for acting on them.
type world struct {
	progression.Observation
	state       progression.State
	replicaSets map[string]*appsv1.ReplicaSet
	baselines   map[string]*appsv1.ReplicaSet
	services    map[progression.Role]*corev1.Service
	router      traffic.Router
	runs        map[string]*v1alpha1.AnalysisRun
	history     []v1alpha1.AnalysisRun
}

// observe gathers everything that a decision depends on.
func (r *Reconciler) observe(ctx context.Context, rollout *v1alpha1.Rollout) (*world, error) {
	hash, err := translate.TemplateHash(rollout.Spec.Template)
	if err != nil {
		return nil, err
	}
	spec, problems := translate.RolloutSpec(rollout.Spec)
	w := &world{state: translate.RolloutState(rollout.Status)}
	w.Now, w.Spec, w.Template = r.now(), spec, hash
	w.Intent = translate.Intent(rollout.Annotations, w.state.Revision)
	for _, problem := range problems {
		w.problem(problem)
	}
	for _, look := range []func(context.Context, *v1alpha1.Rollout, *world) error{
		r.observeVersions, r.observeServices, r.observeRoute, r.observeRuns, r.observeRivals, r.observeAnalyses, r.observeTemplate,
	} {
		if err := look(ctx, rollout, w); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// problem notes why the spec cannot be released.
func (w *world) problem(problem translate.Problem) {
	w.Problems = append(w.Problems, problem.String())
}

// settled says that there is no release in progress and none to begin.
func (w *world) settled() bool {
	return w.state.Phase == progression.Idle && w.state.Current == w.Template
}

// reader reads Services and versions: from the cache while nothing moves, from the
// API server during a release, because a decision must not be older than the last
// thing that was done.
func (r *Reconciler) reader(w *world) client.Reader {
	if w.settled() {
		return r.Client
	}
	return r.Reader
}

// observeServices reads which versions the two Services select.
func (r *Reconciler) observeServices(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	w.services = map[progression.Role]*corev1.Service{}
	canary := rollout.Spec.Strategy.Canary
	if canary == nil {
		return nil
	}
	read := func(role progression.Role, name, field string, named, lost *bool, selected *string) error {
		if name == "" {
			return nil
		}
		*named = true
		service := &corev1.Service{}
		err := r.reader(w).Get(ctx, client.ObjectKey{Namespace: rollout.Namespace, Name: name}, service)
		if apierrors.IsNotFound(err) {
			*lost = true
			w.problem(translate.Problem{Field: field, Message: fmt.Sprintf("Service %q does not exist in namespace %q; create it", name, rollout.Namespace)})
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading Service %s: %w", name, err)
		}
		w.services[role] = service
		*selected = service.Spec.Selector[v1alpha1.LabelPodTemplateHash]
		return nil
	}
	services := &w.Services
	return errors.Join(
		read(progression.StableService, canary.StableService, "spec.strategy.canary.stableService", &services.StableNamed, &services.StableLost, &services.Stable),
		read(progression.CanaryService, canary.CanaryService, "spec.strategy.canary.canaryService", &services.CanaryNamed, &services.CanaryLost, &services.Canary),
	)
}

// observeRoute reads how the router splits the requests.
func (r *Reconciler) observeRoute(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	if !w.Spec.Routed {
		return nil
	}
	const field = "spec.strategy.canary.trafficRouting"
	router, err := r.Routers(rollout)
	if err != nil {
		w.Route.Lost = true
		w.problem(translate.Problem{Field: field, Message: err.Error()})
		return nil
	}
	w.router = router
	split, err := router.Split(ctx)
	w.Route = progression.Route{Weight: split.CanaryWeight, Uniform: split.Uniform, Verified: split.Verified, Message: split.Message}
	switch {
	case errors.Is(err, traffic.ErrNotFound), errors.Is(err, traffic.ErrInvalid), errors.Is(err, traffic.ErrConflict):
		w.Route.Lost = true
		w.problem(translate.Problem{Field: field, Message: err.Error()})
	case err != nil:
		return fmt.Errorf("reading how the router splits the requests: %w", err)
	}
	return nil
}

// observeTemplate lets the API server check the pod template of a version that does
// not exist yet: a mistake is found before anything is started.
func (r *Reconciler) observeTemplate(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	if _, exists := w.replicaSets[w.Template]; exists || len(w.Problems) > 0 || w.settled() {
		return nil
	}
	candidate := newReplicaSet(rollout, w.Template, 0, w.state.Revision+1)
	err := r.Client.Create(ctx, candidate, client.DryRunAll, client.FieldOwner(FieldManager))
	switch {
	case err == nil, apierrors.IsAlreadyExists(err):
		return nil
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err), apierrors.IsBadRequest(err):
		w.problem(translate.Problem{Field: "spec.template", Message: "the API server refuses it: " + reason(err)})
		return nil
	default:
		return fmt.Errorf("checking the pod template: %w", err)
	}
}

// reason is the API server's reason, without the name of the object that it was
// asked to make.
func reason(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return err.Error()
	}
	text := ""
	for i, cause := range status.Status().Details.Causes {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s: %s", cause.Field, cause.Message)
	}
	return text
}
