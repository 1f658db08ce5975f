package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// UndoTarget finds the ReplicaSet whose template `serin undo` goes back to: that
// of a revision, or, for 0, the stable version while the Rollout asks for another
// one, else the revision before the current one. A template that is wrong, so that
// it was never released, is left for the current version. The error says why there
// is none.
func UndoTarget(o Objects, revision int64) (*appsv1.ReplicaSet, error) {
	status, sets := o.Rollout.Status, released(o.ReplicaSets)
	current := find(sets, func(set *appsv1.ReplicaSet) bool { return hash(set) == status.CurrentPodHash })
	if revision > 0 {
		if current != nil && Revision(*current) == revision && !neverReleased(o.Rollout, current) {
			return nil, fmt.Errorf("revision %d is what the Rollout asks for already", revision)
		}
		target := find(sets, func(set *appsv1.ReplicaSet) bool { return Revision(*set) == revision })
		if target == nil {
			return nil, fmt.Errorf("revision %d is not kept; %s", revision, kept(sets, current))
		}
		return target, nil
	}
	if current != nil && neverReleased(o.Rollout, current) {
		return current, nil
	}
	target := find(sets, func(set *appsv1.ReplicaSet) bool {
		if status.CurrentPodHash != status.StableRS {
			return hash(set) == status.StableRS
		}
		return set != current && (current == nil || Revision(*set) < Revision(*current))
	})
	if target == nil {
		return nil, fmt.Errorf("there is no earlier revision to go back to; %s", kept(sets, current))
	}
	return target, nil
}

// neverReleased says whether the Rollout is stalled because its template cannot be
// released: it asks for something that the current version is not.
func neverReleased(r *v1alpha1.Rollout, current *appsv1.ReplicaSet) bool {
	return r.Status.CurrentPodHash == r.Status.StableRS &&
		meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ConditionStalled) &&
		!equality.Semantic.DeepDerivative(r.Spec.Template.Spec, current.Spec.Template.Spec)
}

// released are the ReplicaSets that have a revision, the newest first.
func released(all []appsv1.ReplicaSet) []*appsv1.ReplicaSet {
	var sets []*appsv1.ReplicaSet
	for i := range all {
		if Revision(all[i]) > 0 && !fresh(all[i].Labels) {
			sets = append(sets, &all[i])
		}
	}
	slices.SortFunc(sets, func(a, b *appsv1.ReplicaSet) int { return cmp.Compare(Revision(*b), Revision(*a)) })
	return sets
}

// find is the first ReplicaSet that meets a condition, or nil.
func find(sets []*appsv1.ReplicaSet, condition func(*appsv1.ReplicaSet) bool) *appsv1.ReplicaSet {
	for _, set := range sets {
		if condition(set) {
			return set
		}
	}
	return nil
}

// hash is the version that a ReplicaSet runs.
func hash(set *appsv1.ReplicaSet) string {
	return set.Labels[v1alpha1.LabelPodTemplateHash]
}

// kept lists the revisions that ReplicaSets remember.
func kept(sets []*appsv1.ReplicaSet, current *appsv1.ReplicaSet) string {
	if len(sets) == 0 {
		return "no ReplicaSet of this Rollout has a revision"
	}
	var lines []string
	for _, set := range sets {
		line := fmt.Sprintf("%d (%s)", Revision(*set), strings.Join(Images(set.Spec.Template), ", "))
		if set == current {
			line += ", the current one"
		}
		lines = append(lines, line)
	}
	return "kept: " + strings.Join(lines, "; ")
}
