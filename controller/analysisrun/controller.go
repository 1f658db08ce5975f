// Package analysisrun drives AnalysisRuns on a live cluster: it measures what
// analysis/run says is due, and keeps what it says in the status.
//
// A reconcile never waits for a source of metrics. Measurements run in goroutines
// of their own; each leaves its answer in memory and wakes the run up:
//
//	read the run → take in the answers → persist the status → start what is due → sleep until the next
//
// The status is the only memory that matters. Answers that are lost with the
// process are asked for again, and an answer that the status does not wait for is
// dropped, so that nothing is counted twice.
//
// What may come in: controller-runtime, crds, analysis/run, controller/translate,
// providers.
package analysisrun

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/serin-dev/serin/analysis/journal"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// again is when a run is looked at once more because what was read is not the
// newest. The watch usually comes first.
const again = 100 * time.Millisecond

// Reconcile takes in what was measured of a run, and starts what is due.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	object := &v1alpha1.AnalysisRun{}
	if err := r.client.Get(ctx, request.NamespacedName, object); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(request)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("reading AnalysisRun %s: %w", request.NamespacedName, err)
	}
	r.metrics.sawRun(request.NamespacedName, object.Status.Phase)
	if !object.DeletionTimestamp.IsZero() {
		r.jobs.drop(request.NamespacedName)
		return ctrl.Result{}, nil
	}
	job := r.jobs.of(object)
	if job.outdated(object) {
		return ctrl.Result{RequeueAfter: again}, nil
	}
	spec, problems := r.read(job, object)
	// The time comes after the answers: none of them is of the future.
	answers := job.answers(spec)
	now := r.options.Clock.Now()
	if len(problems) > 0 {
		return r.conclude(ctx, job, object, refused(object, problems, now), nil)
	}
	before := translate.RunState(spec, object.Status)
	state, told := advance(logr.FromContextOrDiscard(ctx), object, spec, before, answers, now)
	result, err := r.conclude(ctx, job, object, report(object, spec, before, state, now).with(told), answers)
	if err != nil || result.RequeueAfter > 0 {
		return result, err
	}
	return ctrl.Result{RequeueAfter: r.startDue(job, object, spec, state, now)}, nil
}

// read parses the spec of a run that is live. One that has ended was readable.
func (r *Reconciler) read(job *job, object *v1alpha1.AnalysisRun) (run.Spec, translate.Problems) {
	if !run.Phase(object.Status.Phase).Live() {
		return endedSpec(object), nil
	}
	return job.parse(object, r.options.Checks)
}

// advance takes in the answers that have come, and the wish to end; told is what the run
// has heard, for its journal.
func advance(log logr.Logger, object *v1alpha1.AnalysisRun, spec run.Spec, state run.State, answers []run.Measurement, now time.Time) (next run.State, told []journal.Entry) {
	if state.StartedAt.IsZero() && state.Phase.Live() {
		state = run.Start(spec, now)
	}
	for _, answer := range answers {
		metric, waits := run.Waits(spec, state, answer)
		state, answer = record(log, spec, state, answer)
		if waits {
			told = append(told, journal.Of(metric, answer, weightOf(object.Spec)))
		}
	}
	if object.Spec.Terminate && state.Phase.Live() {
		state = run.Terminate(spec, state, now)
		told = append(told, journal.Entry{Metric: journal.ByHand, StartedAt: now})
	}
	return state, told
}

// weightOf is what a run knows of the traffic, for its journal.
func weightOf(spec v1alpha1.AnalysisRunSpec) journal.Weight {
	var weight journal.Weight
	if spec.Weight != nil {
		weight.Known, weight.Percent = true, *spec.Weight
	}
	if spec.WeightSince != nil {
		weight.Since = spec.WeightSince.Time
	}
	return weight
}

// record is run.Record with panics contained: a judge that cannot bear an answer
// must not keep its run from ever being looked at again. Taken is what was taken in.
func record(log logr.Logger, spec run.Spec, state run.State, answer run.Measurement) (next run.State, taken run.Measurement) {
	defer func() {
		if fault := recover(); fault != nil {
			log.Error(fmt.Errorf("panic: %v", fault), "judging a measurement", "metric", answer.Metric)
			answer.Result, answer.Samples = nil, nil
			answer.Failure = &run.Failure{Reason: run.ConditionError, Message: "the judge panicked; the controller's log has the details"}
			next, taken = run.Record(spec, state, answer), answer
		}
	}()
	return run.Record(spec, state, answer), answer
}

// startDue starts the measurements that are due, and says when to look again.
func (r *Reconciler) startDue(job *job, object *v1alpha1.AnalysisRun, spec run.Spec, state run.State, now time.Time) time.Duration {
	if !state.Phase.Live() {
		job.cancel()
		if !run.Phase(object.Status.Phase).Live() {
			// The cache shows the end too: nothing older will be read any more.
			r.jobs.drop(client.ObjectKeyFromObject(object))
		}
		return 0
	}
	looks, next := run.Due(spec, state, now)
	for _, look := range looks {
		job.start(look, func(ctx context.Context) run.Measurement {
			return r.measurer.measure(ctx, object.Namespace, metricOf(object, look.Metric), object.Spec.Args, look)
		}, r.wake(object))
	}
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(now), time.Millisecond)
}

// wake returns what brings a run into the queue.
func (r *Reconciler) wake(object *v1alpha1.AnalysisRun) func(context.Context) {
	wakeup := event.GenericEvent{Object: &v1alpha1.AnalysisRun{}}
	wakeup.Object.SetNamespace(object.Namespace)
	wakeup.Object.SetName(object.Name)
	return func(ctx context.Context) {
		select {
		case r.wakeups <- wakeup:
		case <-ctx.Done():
		}
	}
}

// forget drops what is remembered of a run that is gone.
func (r *Reconciler) forget(request ctrl.Request) {
	r.jobs.drop(request.NamespacedName)
	r.metrics.forgetRun(request.NamespacedName)
}

// metricOf is a metric of a run, by name; the spec was parsed from the same object.
func metricOf(object *v1alpha1.AnalysisRun, name string) v1alpha1.Metric {
	for _, metric := range object.Spec.Metrics {
		if metric.Name == name {
			return metric
		}
	}
	return v1alpha1.Metric{Name: name}
}
