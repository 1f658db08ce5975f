package translate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// TemplateHash identifies a pod template: the first 10 hexadecimal digits of the
// SHA-256 of its JSON, without Serin's own label. A ReplicaSet's template has
// another one, because the API server fills it up with defaults: use
// OriginalTemplate.
func TemplateHash(template corev1.PodTemplateSpec) (string, error) {
	text, err := TemplateJSON(template)
	if err != nil {
		return "", fmt.Errorf("hashing the pod template: %w", err)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:10], nil
}

// TemplateJSON is a pod template without Serin's own label, for AnnotationTemplate.
func TemplateJSON(template corev1.PodTemplateSpec) (string, error) {
	template = *template.DeepCopy()
	delete(template.Labels, v1alpha1.LabelPodTemplateHash)
	if len(template.Labels) == 0 {
		template.Labels = nil
	}
	text, err := json.Marshal(template)
	return string(text), err
}

// OriginalTemplate is the template of a Rollout that a ReplicaSet was made from,
// with the very hash of that ReplicaSet: set is its metadata, and template its own.
// Exact is false when the ReplicaSet does not remember it: the result is then its
// own template, with the API server's defaults, which counts as a new version.
func OriginalTemplate(set metav1.Object, template corev1.PodTemplateSpec) (original corev1.PodTemplateSpec, exact bool) {
	want := set.GetLabels()[v1alpha1.LabelPodTemplateHash]
	if err := json.Unmarshal([]byte(set.GetAnnotations()[v1alpha1.AnnotationTemplate]), &original); err == nil {
		if hash, err := TemplateHash(original); err == nil && hash == want {
			return original, true
		}
	}
	original = *template.DeepCopy()
	delete(original.Labels, v1alpha1.LabelPodTemplateHash)
	hash, err := TemplateHash(original)
	return original, err == nil && hash == want
}
