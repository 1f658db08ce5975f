package celtest

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/lint"
)

// agrees holds `serin lint` to the API server: what the one refuses the other does, too.
func agrees(t *testing.T, object *unstructured.Unstructured, refused bool) {
	t.Helper()
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	found := lint.Text("object.yaml", string(text)).Diagnostics
	bySchema := slices.ContainsFunc(found, func(d lint.Diagnostic) bool { return d.Rule == "schema" || d.Rule == "unknown-field" })
	anyError := slices.ContainsFunc(found, func(d lint.Diagnostic) bool { return d.Severity == lint.SeverityError })
	switch {
	case refused && !anyError:
		t.Errorf("serin lint takes what the API server refuses:\n%s", text)
	case !refused && bySchema:
		t.Errorf("serin lint refuses what the API server takes: %+v\n%s", found, text)
	}
}
