package rollout

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// act carries out effects in order. The first failure ends the round: the next one
// derives them anew.
func (r *Reconciler) act(ctx context.Context, rollout *v1alpha1.Rollout, w *world, effects []progression.Effect) error {
	for _, effect := range effects {
		if err := r.actOne(ctx, rollout, w, effect); err != nil {
			return fmt.Errorf("%s: %w", effect, err)
		}
		switch effect.(type) {
		case progression.Wake:
		default:
			log.FromContext(ctx).Info(effect.String(), "revision", rollout.Status.Release.Revision)
		}
	}
	return nil
}

// actOne carries out one effect.
func (r *Reconciler) actOne(ctx context.Context, rollout *v1alpha1.Rollout, w *world, effect progression.Effect) error {
	switch e := effect.(type) {
	case progression.SetWeight:
		return w.router.SetWeight(ctx, e.Weight)
	case progression.PointService:
		return r.pointService(ctx, w, e)
	case progression.ScaleVersion:
		return r.scale(ctx, rollout, w, e)
	case progression.ScaleBaseline:
		return r.scaleBaseline(ctx, rollout, w, e)
	case progression.RemoveBaseline:
		return r.removeBaseline(ctx, w, e)
	case progression.StartRun:
		return r.startRun(ctx, rollout, w, e)
	case progression.MarkWeight:
		return r.patchRun(ctx, w, e.Key, func(spec *v1alpha1.AnalysisRunSpec) { translate.MarkWeight(spec, e) })
	case progression.StopRun:
		return r.patchRun(ctx, w, e.Key, func(spec *v1alpha1.AnalysisRunSpec) { spec.Terminate = true })
	case progression.Announce:
		r.announce(rollout, e)
		return nil
	case progression.Wake:
		return nil
	default:
		return fmt.Errorf("unknown effect %T; this is a defect of Serin", effect)
	}
}

// announce tells people what happened, by an event.
func (r *Reconciler) announce(rollout *v1alpha1.Rollout, e progression.Announce) {
	kind := corev1.EventTypeNormal
	if e.Warning {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(rollout, nil, kind, e.Reason, "Release", "%s", bounded(e.Message, 1000))
}

// bounded shortens a text that an event has no room for.
func bounded(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:limit-3] + "..."
}

// pointService makes a Service select a version. A merge patch with the version
// that was read: somebody else's edit in between is not overwritten.
func (r *Reconciler) pointService(ctx context.Context, w *world, e progression.PointService) error {
	service := w.services[e.Role]
	changed := service.DeepCopy()
	if changed.Spec.Selector == nil {
		changed.Spec.Selector = map[string]string{}
	}
	changed.Spec.Selector[v1alpha1.LabelPodTemplateHash] = e.Hash
	return r.Client.Patch(ctx, changed, client.MergeFromWithOptions(service, client.MergeFromWithOptimisticLock{}), client.FieldOwner(FieldManager))
}

// scale gives a version a number of pods, and creates it when it does not exist.
func (r *Reconciler) scale(ctx context.Context, rollout *v1alpha1.Rollout, w *world, e progression.ScaleVersion) error {
	if e.Create {
		return r.create(ctx, rollout, e)
	}
	replicaSet := w.replicaSets[e.Hash]
	changed := replicaSet.DeepCopy()
	changed.Spec.Replicas = &e.Pods
	stamp(changed, rollout, e.Hash)
	return r.Client.Patch(ctx, changed, client.MergeFromWithOptions(replicaSet, client.MergeFromWithOptimisticLock{}), client.FieldOwner(FieldManager))
}

// create makes the ReplicaSet of the current template. One that exists already
// without an owner, left by a Rollout that was deleted with its pods kept, is adopted.
func (r *Reconciler) create(ctx context.Context, rollout *v1alpha1.Rollout, e progression.ScaleVersion) error {
	replicaSet := newReplicaSet(rollout, e.Hash, e.Pods, rollout.Status.Release.Revision)
	err := r.Client.Create(ctx, replicaSet, client.FieldOwner(FieldManager))
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found := &appsv1.ReplicaSet{}
	if err := r.Reader.Get(ctx, client.ObjectKeyFromObject(replicaSet), found); err != nil {
		return err
	}
	owner := metav1.GetControllerOf(found)
	switch {
	case owner != nil && owner.UID == rollout.UID:
		return nil
	case owner != nil || found.Labels[v1alpha1.LabelPodTemplateHash] != e.Hash:
		return fmt.Errorf("ReplicaSet %s exists and belongs to somebody else; delete or rename it", found.Name)
	}
	adopted := found.DeepCopy()
	adopted.OwnerReferences = append(adopted.OwnerReferences, replicaSet.OwnerReferences...)
	return r.Client.Patch(ctx, adopted, client.MergeFromWithOptions(found, client.MergeFromWithOptimisticLock{}), client.FieldOwner(FieldManager))
}

// newReplicaSet is the ReplicaSet of a Rollout's template.
func newReplicaSet(rollout *v1alpha1.Rollout, hash string, pods int32, revision int64) *appsv1.ReplicaSet {
	template := *rollout.Spec.Template.DeepCopy()
	template.Labels = with(template.Labels, v1alpha1.LabelPodTemplateHash, hash)
	selector := rollout.Spec.Selector.DeepCopy()
	selector.MatchLabels = with(selector.MatchLabels, v1alpha1.LabelPodTemplateHash, hash)
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: rollout.Name + "-" + hash, Namespace: rollout.Namespace, Labels: template.Labels,
			Annotations:     memories(rollout.Spec.Template, revision),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rollout, v1alpha1.GroupVersion.WithKind("Rollout"))},
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: &pods, MinReadySeconds: rollout.Spec.MinReadySeconds, Selector: selector, Template: template},
	}
}

// maxTemplate is the longest template that a ReplicaSet remembers in an annotation;
// all annotations of an object may take 256 KiB.
const maxTemplate = 128 << 10

// memories are what a ReplicaSet remembers for `serin undo`: its revision, and the
// template as the Rollout has it.
func memories(template corev1.PodTemplateSpec, revision int64) map[string]string {
	annotations := map[string]string{v1alpha1.AnnotationRevision: strconv.FormatInt(revision, 10)}
	if text, err := translate.TemplateJSON(template); err == nil && len(text) <= maxTemplate {
		annotations[v1alpha1.AnnotationTemplate] = text
	}
	return annotations
}

// with is a copy of a map with one more entry.
func with(m map[string]string, key, value string) map[string]string {
	copied := map[string]string{key: value}
	for k, v := range m {
		if k != key {
			copied[k] = v
		}
	}
	return copied
}

// stamp keeps minReadySeconds and the revision of a ReplicaSet up to date, and says
// whether anything differed.
func stamp(replicaSet *appsv1.ReplicaSet, rollout *v1alpha1.Rollout, hash string) (changed bool) {
	if replicaSet.Spec.MinReadySeconds != rollout.Spec.MinReadySeconds {
		replicaSet.Spec.MinReadySeconds, changed = rollout.Spec.MinReadySeconds, true
	}
	revision := strconv.FormatInt(rollout.Status.Release.Revision, 10)
	if hash == rollout.Status.CurrentPodHash && replicaSet.Annotations[v1alpha1.AnnotationRevision] != revision {
		replicaSet.Annotations, changed = with(replicaSet.Annotations, v1alpha1.AnnotationRevision, revision), true
	}
	return changed
}

// tidy brings labels up to date and deletes what is kept no longer.
func (r *Reconciler) tidy(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	if rollout.Status.Release == nil {
		return nil
	}
	for hash, replicaSet := range w.replicaSets {
		changed := replicaSet.DeepCopy()
		if hash == rollout.Status.CurrentPodHash && stamp(changed, rollout, hash) {
			if err := r.Client.Patch(ctx, changed, client.MergeFrom(replicaSet), client.FieldOwner(FieldManager)); err != nil {
				return fmt.Errorf("stamping ReplicaSet %s: %w", replicaSet.Name, err)
			}
		}
	}
	if err := r.tidyVersions(ctx, rollout, w); err != nil {
		return err
	}
	return r.tidyRuns(ctx, rollout, w)
}

// tidyVersions deletes the oldest ReplicaSets without pods beyond the limit.
func (r *Reconciler) tidyVersions(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	var old []*appsv1.ReplicaSet
	for hash, replicaSet := range w.replicaSets {
		idle := pods(replicaSet) == 0 && replicaSet.Status.Replicas == 0
		if idle && hash != rollout.Status.StableRS && hash != rollout.Status.CurrentPodHash && hash != w.Template {
			old = append(old, replicaSet)
		}
	}
	limit := 10
	if rollout.Spec.RevisionHistoryLimit != nil {
		limit = int(*rollout.Spec.RevisionHistoryLimit)
	}
	slices.SortFunc(old, func(a, b *appsv1.ReplicaSet) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	for _, replicaSet := range old[min(limit, len(old)):] {
		err := r.Client.Delete(ctx, replicaSet, client.Preconditions{ResourceVersion: &replicaSet.ResourceVersion}, client.PropagationPolicy(metav1.DeletePropagationBackground))
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting ReplicaSet %s: %w", replicaSet.Name, err)
		}
	}
	return nil
}
