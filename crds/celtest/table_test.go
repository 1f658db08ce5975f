package celtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// rule is a row of a table: a change of a valid object, as YAML that is merged
// into it (null removes a key, a list replaces a list), and what the API server
// answers. No answer means that the object is accepted.
type rule struct {
	reason string
	change string
	// want are the refusals: "field: message", all of them.
	want []string
}

// check sends each row to the API server, which writes nothing.
func check(t *testing.T, base string, rules []rule) {
	t.Helper()
	for _, rule := range rules {
		t.Run(rule.reason, func(t *testing.T) {
			object := merged(t, base, rule.change)
			sent := object.DeepCopy() // The API server's answer has its defaults.
			err := server.Create(t.Context(), object, client.DryRunAll)
			compare(t, refusals(t, err), rule.want)
			agrees(t, sent, err != nil)
		})
	}
}

// compare holds the API server's refusals against the wanted ones.
func compare(t *testing.T, got []metav1.StatusCause, want []string) {
	t.Helper()
	var left []string
	for _, message := range want {
		found := slices.IndexFunc(got, func(cause metav1.StatusCause) bool { return says(cause, message) })
		if found < 0 {
			left = append(left, message)
			continue
		}
		got = slices.Delete(slices.Clone(got), found, found+1)
	}
	for _, message := range left {
		t.Errorf("the API server did not say\n\t%s", message)
	}
	for _, cause := range got {
		t.Errorf("the API server also said\n\t%s: %s", cause.Field, cause.Message)
	}
}

// says tells whether a refusal is about the field, and ends with the message, of
// "field: message". What the server puts between them is the offending value.
func says(cause metav1.StatusCause, wanted string) bool {
	field, message, _ := strings.Cut(wanted, ": ")
	return cause.Field == field && (cause.Message == message || strings.HasSuffix(cause.Message, ": "+message))
}

// refusals are the reasons of an error of the API server.
func refusals(t *testing.T, err error) []metav1.StatusCause {
	t.Helper()
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		t.Fatalf("the API server gave no list of refusals: %v", err)
	}
	return slices.DeleteFunc(status.Status().Details.Causes, func(cause metav1.StatusCause) bool {
		// The server's note that it left rules out because of the other errors.
		return strings.HasPrefix(cause.Message, "Invalid value: null: some validation rules were not checked")
	})
}

// merged is the object of a manifest with a change merged into it.
func merged(t *testing.T, base, change string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{Object: merge(parse(t, base), parse(t, change))}
	if object.GetKind() != "ClusterAnalysisTemplate" && object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	return object
}

// parse reads YAML whose numbers are whole.
func parse(t *testing.T, manifest string) map[string]any {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatalf("parsing\n%s\n: %v", manifest, err)
	}
	object := unstructured.Unstructured{}
	if strings.TrimSpace(string(content)) == "null" {
		return map[string]any{}
	}
	// Unstructured's own decoder keeps int64 apart from float64; it wants a kind.
	wrapped := append([]byte(`{"kind":"x","apiVersion":"x","content":`), append(content, '}')...)
	if err := object.UnmarshalJSON(wrapped); err != nil {
		t.Fatalf("parsing\n%s\n: %v", manifest, err)
	}
	return object.Object["content"].(map[string]any)
}

// merge puts a change into a base: maps are merged, null removes, all else replaces.
func merge(base, change map[string]any) map[string]any {
	for key, value := range change {
		from, isMap := base[key].(map[string]any)
		into, alsoMap := value.(map[string]any)
		switch {
		case value == nil:
			delete(base, key)
		case isMap && alsoMap:
			base[key] = merge(from, into)
		default:
			base[key] = value
		}
	}
	return base
}

// created writes an object for real and removes it at the end of the test.
func created(t *testing.T, manifest string) *unstructured.Unstructured {
	t.Helper()
	object := merged(t, manifest, "")
	if err := server.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Delete(context.Background(), object); err != nil {
			t.Error(err)
		}
	})
	return object
}

// TestTheTablesCanFail shows that a row is red when the API server answers
// anything else than it says.
func TestTheTablesCanFail(t *testing.T) {
	cause := metav1.StatusCause{Field: "spec.x", Message: `Invalid value: 3: must be less`}
	for _, row := range []struct {
		reason, wanted string
		want           bool
	}{
		{"field and message are the ones", "spec.x: must be less", true},
		{"another field", "spec.y: must be less", false},
		{"another message", "spec.x: must be more", false},
		{"the end of a message is not the message", "spec.x: less", false},
	} {
		if diff := cmp.Diff(row.want, says(cause, row.wanted)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", row.reason, diff)
		}
	}
}

// text writes YAML.
func text(t *testing.T, content any) string {
	t.Helper()
	written, err := yaml.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}
