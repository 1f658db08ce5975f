package rollout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// observeRuns reads the AnalysisRuns of a Rollout: those of the release in progress
// for the core, the finished ones for tidying up.
func (r *Reconciler) observeRuns(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	w.runs, w.Runs = map[string]*v1alpha1.AnalysisRun{}, map[string]progression.Run{}
	var list v1alpha1.AnalysisRunList
	if err := r.Client.List(ctx, &list, client.InNamespace(rollout.Namespace), client.MatchingLabels{v1alpha1.LabelRollout: rollout.Name}); err != nil {
		return fmt.Errorf("listing AnalysisRuns: %w", err)
	}
	for i := range list.Items {
		run := &list.Items[i]
		if !metav1.IsControlledBy(run, rollout) || !run.DeletionTimestamp.IsZero() {
			continue
		}
		key := strings.TrimPrefix(run.Name, rollout.Name+"-"+run.Labels[v1alpha1.LabelPodTemplateHash]+"-")
		finished := run.Status.CompletedAt != nil || run.Status.Phase == v1alpha1.AnalysisError
		if finished && key != w.state.BackgroundRun && key != w.state.StepRun {
			w.history = append(w.history, *run)
			continue
		}
		w.runs[key] = run
		w.Runs[key] = translate.SeenRun(run, w.Now)
	}
	return nil
}

// startRun makes the AnalysisRun of a release.
func (r *Reconciler) startRun(ctx context.Context, rollout *v1alpha1.Rollout, w *world, start progression.StartRun) error {
	run, err := r.releaseRuns(ctx, rollout, w).Start(start)
	if err != nil || run == nil {
		return err
	}
	if err := r.Client.Create(ctx, run, client.FieldOwner(FieldManager)); client.IgnoreAlreadyExists(err) != nil {
		return fmt.Errorf("creating AnalysisRun %s: %w", run.Name, err)
	}
	return nil
}

// patchRun changes the spec of a run, against the version that was read.
func (r *Reconciler) patchRun(ctx context.Context, w *world, key string, change func(*v1alpha1.AnalysisRunSpec)) error {
	run, exists := w.runs[key]
	if !exists {
		return nil
	}
	changed := run.DeepCopy()
	change(&changed.Spec)
	if err := r.Client.Patch(ctx, changed, client.MergeFrom(run), client.FieldOwner(FieldManager)); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("changing AnalysisRun %s: %w", run.Name, err)
	}
	return nil
}

// tidyRuns deletes the oldest finished runs beyond the limits.
func (r *Reconciler) tidyRuns(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	slices.SortFunc(w.history, func(a, b v1alpha1.AnalysisRun) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	limits := map[bool]int32{true: 5, false: 5}
	if history := rollout.Spec.Analysis; history != nil {
		if history.SuccessfulRunHistoryLimit != nil {
			limits[true] = *history.SuccessfulRunHistoryLimit
		}
		if history.UnsuccessfulRunHistoryLimit != nil {
			limits[false] = *history.UnsuccessfulRunHistoryLimit
		}
	}
	for i := range w.history {
		run := &w.history[i]
		successful := run.Status.Phase == v1alpha1.AnalysisSuccessful
		if limits[successful]--; limits[successful] >= 0 {
			continue
		}
		if err := r.Client.Delete(ctx, run, client.PropagationPolicy(metav1.DeletePropagationBackground)); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting AnalysisRun %s: %w", run.Name, err)
		}
	}
	return nil
}
