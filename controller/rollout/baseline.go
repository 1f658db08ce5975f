package rollout

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// baselineInfix stands in the name of fresh baseline pods behind the hash of their
// version, as the core names them.
const baselineInfix = "-fresh-"

// baselineName is the core's name of a ReplicaSet of fresh baseline pods, if it is one
// of this Rollout. One that lost its owner, because a Rollout of this name was deleted
// with its pods kept, belongs to it as well: nobody else would ever remove it.
func baselineName(rollout *v1alpha1.Rollout, replicaSet *appsv1.ReplicaSet) (name string, fresh bool) {
	if replicaSet.Labels[v1alpha1.LabelBaseline] != v1alpha1.BaselineFresh {
		return "", false
	}
	name, ours := strings.CutPrefix(replicaSet.Name, rollout.Name+"-")
	if !ours || !strings.HasPrefix(name, replicaSet.Labels[v1alpha1.LabelPodTemplateHash]+baselineInfix) {
		return "", false
	}
	return name, metav1.IsControlledBy(replicaSet, rollout) || metav1.GetControllerOf(replicaSet) == nil
}

// scaleBaseline gives a release a number of fresh baseline pods.
func (r *Reconciler) scaleBaseline(ctx context.Context, rollout *v1alpha1.Rollout, w *world, e progression.ScaleBaseline) error {
	if e.Create {
		return r.createBaseline(ctx, rollout, w, e)
	}
	replicaSet := w.baselines[e.Name]
	changed := replicaSet.DeepCopy()
	changed.Spec.Replicas = &e.Pods
	changed.Spec.MinReadySeconds = rollout.Spec.MinReadySeconds
	return r.Client.Patch(ctx, changed, client.MergeFromWithOptions(replicaSet, client.MergeFromWithOptimisticLock{}), client.FieldOwner(FieldManager))
}

// createBaseline makes the ReplicaSet of fresh baseline pods from that of the stable
// version. The pods keep the version's hash, so that the stable Service selects them;
// the ReplicaSet's selector asks for their own label, too.
func (r *Reconciler) createBaseline(ctx context.Context, rollout *v1alpha1.Rollout, w *world, e progression.ScaleBaseline) error {
	stable, exists := w.replicaSets[e.Hash]
	if !exists {
		return fmt.Errorf("there is no ReplicaSet of version %s to start fresh pods of", e.Hash)
	}
	template := *stable.Spec.Template.DeepCopy()
	template.Labels = with(template.Labels, v1alpha1.LabelBaseline, v1alpha1.BaselineFresh)
	selector := stable.Spec.Selector.DeepCopy()
	selector.MatchLabels = with(selector.MatchLabels, v1alpha1.LabelBaseline, v1alpha1.BaselineFresh)
	replicaSet := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: rollout.Name + "-" + e.Name, Namespace: rollout.Namespace, Labels: template.Labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rollout, v1alpha1.GroupVersion.WithKind("Rollout"))},
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: &e.Pods, MinReadySeconds: rollout.Spec.MinReadySeconds, Selector: selector, Template: template},
	}
	err := r.Client.Create(ctx, replicaSet, client.FieldOwner(FieldManager))
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found := &appsv1.ReplicaSet{}
	if err := r.Reader.Get(ctx, client.ObjectKeyFromObject(replicaSet), found); err != nil {
		return client.IgnoreNotFound(err)
	}
	if _, ours := baselineName(rollout, found); !ours {
		return fmt.Errorf("ReplicaSet %s exists and belongs to somebody else; delete or rename it", found.Name)
	}
	return nil
}

// removeBaseline removes fresh baseline pods together with their ReplicaSet.
func (r *Reconciler) removeBaseline(ctx context.Context, w *world, e progression.RemoveBaseline) error {
	replicaSet := w.baselines[e.Name]
	err := r.Client.Delete(ctx, replicaSet, client.Preconditions{UID: &replicaSet.UID}, client.PropagationPolicy(metav1.DeletePropagationBackground))
	return client.IgnoreNotFound(err)
}
