package celtest

import (
	"encoding/json"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestClientSideApplyFits writes each definition as `kubectl apply` does: with a
// copy of the whole object in an annotation, which the API server limits to
// 262,144 bytes.
func TestClientSideApplyFits(t *testing.T) {
	for _, definition := range definitions(t) {
		t.Run(definition.GetName(), func(t *testing.T) {
			if err := annotate(t, definition, ""); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("a definition that is too large is refused", func(t *testing.T) {
		padding := make([]byte, 262_144)
		for i := range padding {
			padding[i] = 'x'
		}
		if err := annotate(t, definitions(t)[0], string(padding)); err == nil {
			t.Error("the API server accepted an annotation of more than 262,144 bytes")
		}
	})
}

// annotate updates an installed definition, without writing, with its last applied
// configuration and some padding.
func annotate(t *testing.T, definition *unstructured.Unstructured, padding string) error {
	t.Helper()
	copied, err := json.Marshal(definition.Object)
	if err != nil {
		t.Fatal(err)
	}
	installed := &unstructured.Unstructured{}
	installed.SetGroupVersionKind(definition.GroupVersionKind())
	if err := server.Get(t.Context(), client.ObjectKeyFromObject(definition), installed); err != nil {
		t.Fatal(err)
	}
	annotations := installed.GetAnnotations()
	annotations["kubectl.kubernetes.io/last-applied-configuration"] = string(copied) + "\n" + padding
	installed.SetAnnotations(annotations)
	return server.Update(t.Context(), installed, client.DryRunAll)
}
