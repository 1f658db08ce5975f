package translate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

func TestOriginalTemplate(t *testing.T) {
	original := rolloutSpec().Template
	original.Spec.Containers = []corev1.Container{{Name: "web", Image: "web:1"}}
	hash, err := translate.TemplateHash(original)
	if err != nil {
		t.Fatal(err)
	}
	text, err := translate.TemplateJSON(original)
	if err != nil {
		t.Fatal(err)
	}
	filled := *original.DeepCopy()
	filled.Spec.DNSPolicy = corev1.DNSClusterFirst
	for _, test := range []struct {
		reason, annotation string
		stored, want       corev1.PodTemplateSpec
		exact              bool
	}{
		{"what the API server filled in is left out", text, filled, original, true},
		{"a ReplicaSet that remembers nothing", "", filled, filled, false},
		{"nothing was filled in", "", original, original, true},
		{"somebody has changed the memory", `{"spec":{"containers":[{"name":"web","image":"evil:1"}]}}`, filled, filled, false},
		{"the memory is damaged", "{", filled, filled, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			stored := *test.stored.DeepCopy()
			stored.Labels[v1alpha1.LabelPodTemplateHash] = hash
			set := &metav1.ObjectMeta{
				Labels:      map[string]string{v1alpha1.LabelPodTemplateHash: hash},
				Annotations: map[string]string{v1alpha1.AnnotationTemplate: test.annotation},
			}
			got, exact := translate.OriginalTemplate(set, stored)
			if diff := cmp.Diff(test.want, got); diff != "" || exact != test.exact {
				t.Errorf("exact %t, want %t (-want +got):\n%s", exact, test.exact, diff)
			}
		})
	}
}
