package celtest

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds"
)

// bound is one limit of one field, and a value beyond it.
type bound struct {
	path    []any // keys of maps (string) and indices of lists (int)
	keyword string
	limit   any
}

// TestBounds breaks each limit of each field below spec and status, outside the
// pod template, in an example that has the field.
func TestBounds(t *testing.T) {
	for kind, examples := range filled {
		schema := schemaOf(t, kind)
		for _, part := range []string{"spec", "status"} {
			for _, bound := range boundsOf(property(schema, part), []any{part}) {
				t.Run(fmt.Sprintf("%s %s %s", kind, dotted(bound.path), bound.keyword), func(t *testing.T) {
					breakBound(t, examples, bound)
				})
			}
		}
	}
}

// phrases are what the API server says about a broken limit.
var phrases = map[string]string{
	"minimum":       "greater than or equal to",
	"maximum":       "less than or equal to",
	"minLength":     "at least",
	"maxLength":     "Too long",
	"minItems":      "at least",
	"maxItems":      "Too many",
	"maxProperties": "Too many",
	"enum":          "supported values",
	"pattern":       "should match",
}

// breakBound sends the first example that has the field, with a value beyond the
// limit, and wants a refusal that names the field.
func breakBound(t *testing.T, examples []string, bound bound) {
	for _, example := range examples {
		object := merged(t, example, "")
		value, found := lookup(object.Object, bound.path)
		if !found {
			continue
		}
		replace(object.Object, bound.path, beyond(t, bound, value))
		causes := refusals(t, send(t, example, object, bound.path[0] == "status"))
		if !slices.ContainsFunc(causes, func(cause metav1.StatusCause) bool {
			return cause.Field == dotted(bound.path) && strings.Contains(cause.Message, phrases[bound.keyword])
		}) {
			t.Errorf("%s %v is not enforced; the API server said %v", bound.keyword, bound.limit, causes)
		}
		return
	}
	t.Errorf("no example has the field; add it to the filled manifests")
}

// send lets the API server look at an object, or at the status of one that exists.
func send(t *testing.T, example string, object *unstructured.Unstructured, status bool) error {
	if !status {
		return server.Create(t.Context(), object, client.DryRunAll)
	}
	object.SetResourceVersion(created(t, example).GetResourceVersion())
	return server.Status().Update(t.Context(), object, client.DryRunAll)
}

// beyond is a value just past a limit.
func beyond(t *testing.T, bound bound, value any) any {
	number, _ := bound.limit.(int64)
	switch bound.keyword {
	case "minimum":
		return number - 1
	case "maximum":
		return number + 1
	case "minLength":
		return ""
	case "maxLength":
		return strings.Repeat("1", int(number)+1)
	case "minItems":
		return []any{}
	case "maxItems":
		return slices.Repeat(value.([]any)[:1], int(number)+1)
	case "maxProperties":
		full := map[string]any{}
		for i := range number + 1 {
			full[fmt.Sprint("key", i)] = "x"
		}
		return full
	case "enum":
		return "serin"
	case "pattern":
		return "!"
	}
	t.Fatalf("no way to break %s", bound.keyword)
	return nil
}

// boundsOf are the limits of a schema and of all schemas in it, in a fixed order.
func boundsOf(schema map[string]any, path []any) []bound {
	var found []bound
	for _, keyword := range []string{"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties", "enum", "pattern"} {
		if limit, has := schema[keyword]; has {
			found = append(found, bound{slices.Clone(path), keyword, limit})
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if dotted(append(slices.Clone(path), name)) != "spec.template" {
			found = append(found, boundsOf(property(schema, name), append(slices.Clone(path), name))...)
		}
	}
	if items, has := schema["items"].(map[string]any); has {
		found = append(found, boundsOf(items, append(slices.Clone(path), 0))...)
	}
	return found
}

// lookup finds the value at a path.
func lookup(value any, path []any) (any, bool) {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			entries, _ := value.(map[string]any)
			next, has := entries[step]
			if !has {
				return nil, false
			}
			value = next
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil, false
			}
			value = list[step]
		}
	}
	return value, true
}

// replace puts a value at a path that exists.
func replace(value any, path []any, replacement any) {
	parent, _ := lookup(value, path[:len(path)-1])
	switch last := path[len(path)-1].(type) {
	case string:
		parent.(map[string]any)[last] = replacement
	case int:
		parent.([]any)[last] = replacement
	}
}

// dotted writes a path as the API server does.
func dotted(path []any) string {
	var text strings.Builder
	for i, step := range path {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", step)
		case string:
			if i > 0 {
				text.WriteByte('.')
			}
			text.WriteString(step)
		}
	}
	return text.String()
}

// schemaOf is the schema of a kind, from the generated definitions.
func schemaOf(t *testing.T, kind string) map[string]any {
	t.Helper()
	for _, definition := range definitions(t) {
		if name, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind"); name == kind {
			versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
			schema, _ := lookup(versions[0], []any{"schema", "openAPIV3Schema"})
			return schema.(map[string]any)
		}
	}
	t.Fatalf("no definition of %s", kind)
	return nil
}

// property is the schema of one property, empty where there is none.
func property(schema map[string]any, name string) map[string]any {
	found, _ := lookup(schema, []any{"properties", name})
	inner, _ := found.(map[string]any)
	return inner
}

// definitions are the generated CustomResourceDefinitions.
func definitions(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := fs.Glob(crds.Bases, "bases/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for _, file := range files {
		content, err := crds.Bases.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &unstructured.Unstructured{Object: parse(t, string(content))})
	}
	return all
}
