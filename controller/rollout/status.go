package rollout

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// persist writes what was decided into the status, against the version of the
// Rollout that was read; a conflict means that the decision was made on old
// knowledge. Nothing is written when nothing has changed.
func (r *Reconciler) persist(ctx context.Context, rollout *v1alpha1.Rollout, w *world, state progression.State) (*v1alpha1.Rollout, error) {
	changed := rollout.DeepCopy()
	translate.KeepRolloutState(&changed.Status, state)
	describe(&changed.Status, w, state)
	count(&changed.Status, rollout, w)
	summary := progression.Summarize(state, w.Observation)
	changed.Status.ObservedGeneration = rollout.Generation
	changed.Status.Phase, changed.Status.Message = v1alpha1.RolloutPhase(summary.Health), bounded(summary.Message, 2000)
	r.conditions(&changed.Status, rollout.Generation, w, summary)
	if equality.Semantic.DeepEqual(rollout.Status, changed.Status) {
		return changed, nil
	}
	return changed, r.Client.Status().Update(ctx, changed, client.FieldOwner(FieldManager))
}

// describe says where the release is, how the traffic is split and what the
// analyses say.
func describe(status *v1alpha1.RolloutStatus, w *world, state progression.State) {
	status.CurrentStep, status.CurrentStepIndex = "", nil
	if steps := int32(len(w.Spec.Steps)); state.Releasing() && steps > 0 {
		status.CurrentStep, status.CurrentStepIndex = fmt.Sprintf("%d/%d", min(state.Step+1, steps), steps), &state.Step
	}
	status.Canary = &v1alpha1.CanaryStatus{
		Weight: canaryShare(w, state), Verified: !w.Spec.Routed || w.Route.Verified,
		BackgroundAnalysis: reference(w, state.BackgroundRun), StepAnalysis: reference(w, state.StepRun),
	}
}

// canaryShare is the percentage of the traffic at a version that is not the stable one.
func canaryShare(w *world, state progression.State) int32 {
	if state.Stable == state.Current {
		return 0
	}
	if w.Spec.Routed {
		return w.Route.Weight
	}
	canary, all := w.Versions[state.Current].Available, int32(0)
	for _, version := range w.Versions {
		all += version.Available
	}
	if all == 0 {
		return 0
	}
	return canary * 100 / all
}

// reference is the state of a run, for people; nil without one.
func reference(w *world, key string) *v1alpha1.RunReference {
	run, exists := w.runs[key]
	if !exists {
		return nil
	}
	return &v1alpha1.RunReference{Name: run.Name, Status: run.Status.Phase, Message: bounded(run.Status.Message, 1000)}
}

// count counts the pods.
func count(status *v1alpha1.RolloutStatus, rollout *v1alpha1.Rollout, w *world) {
	status.Replicas, status.ReadyReplicas, status.AvailableReplicas, status.UpdatedReplicas = 0, 0, 0, 0
	for hash, replicaSet := range w.replicaSets {
		status.Replicas += replicaSet.Status.Replicas
		status.ReadyReplicas += replicaSet.Status.ReadyReplicas
		status.AvailableReplicas += w.Versions[hash].Available
		if hash == w.Template {
			status.UpdatedReplicas = replicaSet.Status.Replicas
		}
	}
	status.HPAReplicas = status.Replicas
	for _, replicaSet := range w.baselines {
		// The autoscaler finds them by the selector and counts what they serve: it must
		// know of them, or the others would look less busy than they are.
		status.HPAReplicas += replicaSet.Status.Replicas
	}
	status.Ready = fmt.Sprintf("%d/%d", status.ReadyReplicas, w.Spec.Replicas)
	if selector, err := metav1.LabelSelectorAsSelector(rollout.Spec.Selector); err == nil {
		status.Selector = selector.String()
	}
}

// conditions are the summary for programs (kstatus).
func (r *Reconciler) conditions(status *v1alpha1.RolloutStatus, generation int64, w *world, summary progression.Summary) {
	set := func(kind string, holds bool, reason, message string) {
		value := metav1.ConditionFalse
		if holds {
			value = metav1.ConditionTrue
		}
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{
			Type: kind, Status: value, Reason: reason, Message: bounded(message, 2000),
			ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(w.Now),
		})
	}
	progressing := summary.Health == progression.Advancing || summary.Health == progression.Paused
	set(v1alpha1.ConditionReady, summary.Health == progression.Healthy, summary.Reason, summary.Message)
	set(v1alpha1.ConditionReconciling, progressing && !summary.Stalled, summary.Reason, summary.Message)
	set(v1alpha1.ConditionStalled, summary.Stalled, summary.Reason, summary.Message)
	available := status.AvailableReplicas >= w.Spec.Replicas-w.Spec.MaxUnavailable
	set(v1alpha1.ConditionAvailable, available, map[bool]string{true: v1alpha1.ReasonMinimumAvailable, false: v1alpha1.ReasonMinimumNotAvailable}[available],
		fmt.Sprintf("%d of %d pods are available", status.AvailableReplicas, w.Spec.Replicas))
}
