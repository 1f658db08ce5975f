package view_test

import (
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// kept makes a ReplicaSet whose hash is its revision with an h.
func kept(revision int) appsv1.ReplicaSet {
	hash := "h" + strconv.Itoa(revision)
	return appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:        hash,
			Labels:      map[string]string{v1alpha1.LabelPodTemplateHash: hash},
			Annotations: map[string]string{v1alpha1.AnnotationRevision: strconv.Itoa(revision)},
		},
		Spec: appsv1.ReplicaSetSpec{Template: template(revision)},
	}
}

// template makes a template whose image is its revision.
func template(revision int) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:" + strconv.Itoa(revision)}}}}
}

func TestUndoTarget(t *testing.T) {
	for _, test := range []struct {
		reason          string
		stable, current string
		spec            int
		stalled         bool
		sets            []int
		revision        int64
		want, wantErr   string
	}{
		{reason: "after a release: the revision before it", stable: "h7", current: "h7", sets: []int{5, 7, 6}, want: "h6"},
		{reason: "after going back to the stable version: not the revision that was left", stable: "h6", current: "h6", sets: []int{5, 6, 7}, want: "h5"},
		{reason: "in a release: the stable version", stable: "h5", current: "h7", sets: []int{5, 6, 7}, want: "h5"},
		{reason: "a wrong template was never released: the current version", stable: "h7", current: "h7", spec: 8, stalled: true, sets: []int{6, 7}, want: "h7"},
		{reason: "stalled for another reason", stable: "h7", current: "h7", spec: 7, stalled: true, sets: []int{6, 7}, want: "h6"},
		{reason: "by revision", stable: "h7", current: "h7", sets: []int{5, 6, 7}, revision: 5, want: "h5"},
		{reason: "the revision that is asked for already", stable: "h7", current: "h7", sets: []int{6, 7}, revision: 7, wantErr: "revision 7 is what the Rollout asks for already"},
		{reason: "a revision that is not kept", stable: "h7", current: "h7", sets: []int{6, 7}, revision: 3, wantErr: "revision 3 is not kept; kept: 7 (web:7), the current one; 6 (web:6)"},
		{reason: "the first version", stable: "h1", current: "h1", sets: []int{1}, wantErr: "there is no earlier revision to go back to; kept: 1 (web:1), the current one"},
		{reason: "ReplicaSets without revisions", stable: "h1", current: "h1", sets: nil, wantErr: "no ReplicaSet of this Rollout has a revision"},
		{reason: "the stable ReplicaSet is gone", stable: "h5", current: "h7", sets: []int{6, 7}, wantErr: "there is no earlier revision"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			rollout := &v1alpha1.Rollout{Spec: v1alpha1.RolloutSpec{Template: template(test.spec)}}
			rollout.Status.StableRS, rollout.Status.CurrentPodHash = test.stable, test.current
			if test.stalled {
				rollout.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue}}
			}
			o := view.Objects{Rollout: rollout}
			for _, revision := range test.sets {
				o.ReplicaSets = append(o.ReplicaSets, kept(revision))
			}
			target, err := view.UndoTarget(o, test.revision)
			switch {
			case test.wantErr != "":
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("got error %v, want %q", err, test.wantErr)
				}
			case err != nil:
				t.Errorf("unexpected error: %v", err)
			case target.Name != test.want:
				t.Errorf("got %s, want %s", target.Name, test.want)
			}
		})
	}
}
