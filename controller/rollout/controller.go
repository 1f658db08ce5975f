// Package rollout is the live driver of a release: it observes the cluster, lets
// controller/progression decide, persists what was decided, and then acts.
//
// What may come in: controller-runtime, crds, translate, progression and the
// interface of the routers. No statistics, no thresholds, no decisions: those are
// made in the pure packages.
package rollout

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/traffic"
)

// FieldManager names Serin as the author of what it writes.
const FieldManager = "serin-controller"

// Options are what a Reconciler needs.
type Options struct {
	// Client reads from the cache; Reader reads from the API server.
	Client client.Client
	Reader client.Reader
	Clock  clock.PassiveClock
	// Recorder tells people what happened.
	Recorder events.EventRecorder
	// Routers make the router that a Rollout names; nil, without an error, for
	// one that names none.
	Routers func(*v1alpha1.Rollout) (traffic.Router, error)
	// Checks are the providers' checks of queries.
	Checks  translate.Checks
	Metrics *Metrics
}

// Reconciler drives the releases of Rollouts.
type Reconciler struct {
	Options
}

// Reconcile does one round for one Rollout.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	rollout := &v1alpha1.Rollout{}
	if err := r.Client.Get(ctx, request.NamespacedName, rollout); err != nil {
		r.Metrics.forget(request.NamespacedName)
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !rollout.DeletionTimestamp.IsZero() {
		r.Metrics.forget(request.NamespacedName)
		return reconcile.Result{}, nil
	}
	world, err := r.observe(ctx, rollout)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observing: %w", err)
	}
	state, effects := progression.Decide(world.state, world.Observation)
	persisted, err := r.persist(ctx, rollout, world, state)
	switch {
	case apierrors.IsConflict(err):
		// The cache was behind: what was decided is void, the newer object comes.
		return reconcile.Result{RequeueAfter: 50 * time.Millisecond}, nil
	case err != nil:
		return reconcile.Result{}, fmt.Errorf("persisting the decision: %w", err)
	}
	r.Metrics.observe(persisted)
	if err := r.act(ctx, persisted, world, effects); err != nil {
		return reconcile.Result{}, r.actFailed(persisted, err)
	}
	if err := r.tidy(ctx, persisted, world); err != nil {
		return reconcile.Result{}, fmt.Errorf("tidying up: %w", err)
	}
	after := r.nextLook(world, state, effects)
	log.FromContext(ctx).V(1).Info("round done", "phase", state.Phase, "step", state.Step, "weight", state.Weight, "effects", len(effects), "next", after)
	return reconcile.Result{RequeueAfter: after}, nil
}

// actFailed tells people that something could not be done: it is tried again, and
// may need them (a quota, a right). A conflict is not worth a word, and in a
// namespace that is going away there is nobody to tell.
func (r *Reconciler) actFailed(rollout *v1alpha1.Rollout, err error) error {
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	if !apierrors.IsConflict(err) {
		r.announce(rollout, progression.Announce{Warning: true, Reason: "ActionFailed", Message: err.Error() + "; it is tried again"})
	}
	return fmt.Errorf("acting: %w", err)
}

// routerPoll is how often the router is asked whether it follows, when nothing
// else announces it.
const routerPoll = 500 * time.Millisecond

// nextLook is when to look again without being called.
func (r *Reconciler) nextLook(world *world, state progression.State, effects []progression.Effect) time.Duration {
	var after time.Duration
	sooner := func(d time.Duration) {
		if after == 0 || d < after {
			after = max(d, time.Millisecond)
		}
	}
	moving := state.Releasing() || leaving(world, state)
	settling := moving && world.Spec.Routed && !world.Route.Lost && !world.Route.Verified
	for _, effect := range effects {
		switch e := effect.(type) {
		case progression.Wake:
			sooner(e.At.Sub(r.now()))
		case progression.SetWeight, progression.PointService:
			settling = true
		}
	}
	if settling {
		sooner(routerPoll)
	}
	if moving || len(world.Problems) > 0 {
		// What is missing may be created, and a route may be changed by hand, at any
		// time and where nothing is watched.
		sooner(10 * time.Second)
	}
	return after
}

// leaving says whether there are pods of a release that is over.
func leaving(world *world, state progression.State) bool {
	return len(state.Retiring) > 0 || len(world.Baselines) > 0 ||
		state.Phase == progression.Aborted && world.Versions[state.Current].Existing > 0
}

// now is the time as statuses keep it.
func (r *Reconciler) now() time.Time {
	return r.Clock.Now().UTC().Truncate(time.Microsecond)
}
