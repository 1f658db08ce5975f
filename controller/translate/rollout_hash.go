package translate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// TemplateHash identifies a pod template: the first 10 hexadecimal digits of the
// SHA-256 of its JSON. Serin's own label is left out, so that a template taken from
// a ReplicaSet has the hash of the one that it was made from.
func TemplateHash(template corev1.PodTemplateSpec) (string, error) {
	template = *template.DeepCopy()
	delete(template.Labels, v1alpha1.LabelPodTemplateHash)
	if len(template.Labels) == 0 {
		template.Labels = nil
	}
	text, err := json.Marshal(template)
	if err != nil {
		return "", fmt.Errorf("hashing the pod template: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:10], nil
}
