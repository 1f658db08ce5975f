package analysisrun

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/analysis/journal"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// outcome is the status that a run is to have, and what is to be told of it.
type outcome struct {
	status v1alpha1.AnalysisRunStatus
	state  run.State
	// blind says that people should know that the run cannot see; wasBlind, that
	// they were told before.
	blind, wasBlind bool
}

// report is the status of a run that could be read.
func report(object *v1alpha1.AnalysisRun, spec run.Spec, before, state run.State, now time.Time) outcome {
	result := outcome{status: *object.Status.DeepCopy(), state: state}
	result.blind, result.wasBlind = state.View(spec, now).BlindReported, before.View(spec, now).BlindReported
	if run.Phase(object.Status.Phase).Live() {
		translate.SetRunStatus(&result.status, state)
	}
	result.finish(object, now)
	return result
}

// with adds what the run was told to its journal.
func (o outcome) with(told []journal.Entry) outcome {
	o.status.Journal = journal.Append(o.status.Journal, told...)
	return o
}

// refused is the status of a run that cannot be read.
func refused(object *v1alpha1.AnalysisRun, problems translate.Problems, now time.Time) outcome {
	result := outcome{status: *object.Status.DeepCopy()}
	moment := metav1.NewMicroTime(now)
	result.status.Phase, result.status.Message = v1alpha1.AnalysisError, problems.Error()
	result.status.CompletedAt, result.status.BlindSince = &moment, nil
	result.finish(object, now)
	return result
}

// endedSpec is enough of a spec for a run that has ended: its metrics' names.
func endedSpec(object *v1alpha1.AnalysisRun) run.Spec {
	var spec run.Spec
	for _, metric := range object.Spec.Metrics {
		spec.Metrics = append(spec.Metrics, run.Metric{Name: metric.Name})
	}
	return spec
}

// finish sets the conditions. A run that has ended without a success is stalled:
// it does not go on by itself. Messages of conditions do not change with each
// measurement; status.message does.
func (o *outcome) finish(object *v1alpha1.AnalysisRun, now time.Time) {
	o.status.ObservedGeneration = object.Generation
	phase := string(o.status.Phase)
	ready, reconciling, stalled := metav1.ConditionFalse, metav1.ConditionFalse, metav1.ConditionFalse
	reason, message := phase, bounded(o.status.Message)
	switch {
	case run.Phase(phase).Live():
		reconciling, reason, message = metav1.ConditionTrue, "Running", "Measuring"
		if o.blind {
			reason, message = v1alpha1.ReasonBlind, "A metric has not been seen for some time; see status.message"
		}
	case o.status.Phase == v1alpha1.AnalysisSuccessful:
		ready = metav1.ConditionTrue
	default:
		stalled = metav1.ConditionTrue
	}
	if o.status.Phase == v1alpha1.AnalysisError {
		reason = v1alpha1.ReasonInvalidSpec
	}
	for _, condition := range []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: ready},
		{Type: v1alpha1.ConditionReconciling, Status: reconciling},
		{Type: v1alpha1.ConditionStalled, Status: stalled},
	} {
		condition.Reason, condition.Message, condition.ObservedGeneration = reason, message, object.Generation
		condition.LastTransitionTime = metav1.NewTime(now)
		meta.SetStatusCondition(&o.status.Conditions, condition)
	}
}

// conclude persists a status, if it changes, and then tells of it. A result that
// asks for another look means that nothing was written.
func (r *Reconciler) conclude(ctx context.Context, job *job, object *v1alpha1.AnalysisRun, result outcome, answers []run.Measurement) (ctrl.Result, error) {
	if equality.Semantic.DeepEqual(object.Status, result.status) {
		job.taken(answers)
		return ctrl.Result{}, nil
	}
	before := object.Status.Phase
	replacement := object.DeepCopy()
	replacement.Status = result.status
	if err := r.client.Status().Update(ctx, replacement); err != nil {
		if apierrors.IsConflict(err) {
			return ctrl.Result{RequeueAfter: again}, nil
		}
		return ctrl.Result{}, client.IgnoreNotFound(fmt.Errorf("writing the status of AnalysisRun %s/%s: %w", object.Namespace, object.Name, err))
	}
	job.wrote(object.ResourceVersion)
	job.taken(answers)
	r.metrics.sawRun(client.ObjectKeyFromObject(object), result.status.Phase)
	for _, answer := range answers {
		r.metrics.recordedAnswer(result.state, answer)
	}
	r.tell(ctx, object, before, result)
	return ctrl.Result{}, nil
}

// tell says what has happened, in events and in the log.
func (r *Reconciler) tell(ctx context.Context, object *v1alpha1.AnalysisRun, before v1alpha1.AnalysisPhase, result outcome) {
	status := result.status
	if status.Phase != before && status.Phase != v1alpha1.AnalysisPending {
		kind, note := corev1.EventTypeNormal, bounded(status.Message)
		if status.Phase == v1alpha1.AnalysisRunning {
			note = "The analysis is running"
		}
		if !run.Phase(status.Phase).Live() && status.Phase != v1alpha1.AnalysisSuccessful {
			kind = corev1.EventTypeWarning
		}
		r.recorder.Eventf(object, nil, kind, "Analysis"+string(status.Phase), "Analyse", "%s", note)
		logr.FromContextOrDiscard(ctx).Info("analysis "+string(status.Phase), "message", status.Message)
	}
	switch {
	case result.blind && !result.wasBlind:
		r.recorder.Eventf(object, nil, corev1.EventTypeWarning, v1alpha1.ReasonBlind, "Analyse", "%s", bounded(status.Message))
	case result.wasBlind && !result.blind && run.Phase(status.Phase).Live():
		r.recorder.Eventf(object, nil, corev1.EventTypeNormal, "SeesAgain", "Analyse", "%s", bounded(status.Message))
	}
}

// recordedAnswer counts an answer that is in the status.
func (m *controllerMetrics) recordedAnswer(state run.State, answer run.Measurement) {
	for _, metric := range state.Metrics {
		if n := len(metric.Measurements); metric.Name == answer.Metric && n > 0 && metric.Count+metric.Blind == answer.Number+1 {
			m.recorded(metric.Measurements[n-1])
		}
	}
}

// longestNote is the longest note of an event, in bytes.
const longestNote = 1000

// bounded shortens a message to what an event and a condition can hold.
func bounded(message string) string {
	if len(message) <= longestNote {
		return message
	}
	end := longestNote - len("…")
	for end > 0 && !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + "…"
}
