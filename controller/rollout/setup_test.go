package rollout

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// TestRolloutOfPod: the death of any pod of a Rollout calls for a round.
func TestRolloutOfPod(t *testing.T) {
	for _, test := range []struct {
		reason, owner, hash, baseline, want string
	}{
		{"a version's own pod", "web-0123456789", "0123456789", "", "shop/web"},
		{"a fresh baseline pod", "web-0123456789-fresh-2-0", "0123456789", "fresh", "shop/web"},
		{"a name that looks like both", "web-0123456789-fresh-2-0123456789", "0123456789", "", "shop/web-0123456789-fresh-2"},
		{"a name that holds the hash twice", "web-0123456789-fresh-1-0123456789-fresh-2-0", "0123456789", "fresh", "shop/web-0123456789-fresh-1"},
		{"a pod of something else", "web-5d9c", "0123456789", "", ""},
		{"a fresh pod of something else", "web-5d9c", "0123456789", "fresh", ""},
		{"a pod without a hash", "web-", "", "", ""},
	} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: test.owner}},
			Labels: map[string]string{v1alpha1.LabelPodTemplateHash: test.hash},
		}}
		if test.baseline != "" {
			pod.Labels[v1alpha1.LabelBaseline] = test.baseline
		}
		got := ""
		for _, request := range rolloutOfPod(t.Context(), client.Object(pod)) {
			got += request.String()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}
