package main

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// readRollout reads one Rollout.
func (s *session) readRollout(ctx context.Context, c *cluster, name string) (*v1alpha1.Rollout, error) {
	rollout := &v1alpha1.Rollout{}
	err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, rollout)
	if err != nil {
		return nil, s.explain(fmt.Sprintf("reading rollout %s/%s", c.namespace, name), err)
	}
	rollout.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Rollout"))
	return rollout, nil
}

// readObjects reads a Rollout and what belongs to it. What may not be read is
// named and left out; the Rollout alone says the most.
func (s *session) readObjects(ctx context.Context, c *cluster, name string) (view.Objects, error) {
	rollout, err := s.readRollout(ctx, c, name)
	if err != nil {
		return view.Objects{}, err
	}
	o := view.Objects{Rollout: rollout}
	selector, err := metav1.LabelSelectorAsSelector(rollout.Spec.Selector)
	if err != nil {
		return o, refuse(s.kubectl("edit rollouts.serin.dev "+name)+s.namespaceFlag(), "reading spec.selector of rollout %s/%s: %v", c.namespace, name, err)
	}
	var sets appsv1.ReplicaSetList
	var pods corev1.PodList
	var runs v1alpha1.AnalysisRunList
	for _, kind := range []struct {
		name  string
		list  client.ObjectList
		which client.ListOption
	}{
		{"ReplicaSets", &sets, client.MatchingLabelsSelector{Selector: selector}},
		{"pods", &pods, client.MatchingLabelsSelector{Selector: selector}},
		{"AnalysisRuns", &runs, client.MatchingLabels{v1alpha1.LabelRollout: name}},
	} {
		err := c.List(ctx, kind.list, client.InNamespace(c.namespace), kind.which)
		switch {
		case apierrors.IsForbidden(err), kindMissing(err):
			o.Unread = append(o.Unread, kind.name+": "+oneLine(err))
		case err != nil:
			return o, s.explain(fmt.Sprintf("reading the %s of rollout %s/%s", kind.name, c.namespace, name), err)
		}
	}
	o.ReplicaSets, o.Pods, o.Runs = owned(sets.Items, rollout), pods.Items, runs.Items
	return o, nil
}

// owned are the ReplicaSets that a Rollout controls.
func owned(sets []appsv1.ReplicaSet, rollout *v1alpha1.Rollout) []appsv1.ReplicaSet {
	return slices.DeleteFunc(sets, func(set appsv1.ReplicaSet) bool { return !metav1.IsControlledBy(&set, rollout) })
}
