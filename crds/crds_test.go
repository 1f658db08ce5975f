package crds_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/crds"
)

// largest is how many bytes a definition may have as JSON. Client-side `kubectl
// apply` keeps such a copy in an annotation; all annotations together may have
// 262,144 bytes. Half of that leaves room for the fields that are still to come.
const largest = 131_072

// TestDefinitionsAreSmall keeps the definitions far below what `kubectl apply` can
// carry, and each of our own fields explained.
func TestDefinitionsAreSmall(t *testing.T) {
	files, err := fs.Glob(crds.Bases, "bases/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 {
		t.Fatalf("found %d definitions, want 4: %v", len(files), files)
	}
	for _, file := range files {
		definition := read(t, file)
		compact, err := json.Marshal(definition)
		if err != nil {
			t.Fatal(err)
		}
		if len(compact) > largest {
			t.Errorf("%s has %d bytes as JSON, more than %d: trim it with `make generate`", file, len(compact), largest)
		}
		t.Logf("%s: %d bytes as JSON", file, len(compact))
		for _, path := range unexplained(schema(definition), nil) {
			t.Errorf("%s: %s has no description; comment the field", file, path)
		}
	}
}

// read parses an embedded definition.
func read(t *testing.T, file string) map[string]any {
	t.Helper()
	content, err := crds.Bases.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	definition := map[string]any{}
	if err := yaml.Unmarshal(content, &definition); err != nil {
		t.Fatalf("parsing %s: %v", file, err)
	}
	return definition
}

// schema is the schema of a definition's first version.
func schema(definition map[string]any) map[string]any {
	version := definition["spec"].(map[string]any)["versions"].([]any)[0].(map[string]any)
	return version["schema"].(map[string]any)["openAPIV3Schema"].(map[string]any)
}

// unexplained are the paths of the properties without a description, outside the
// pod template and the object's metadata.
func unexplained(schema map[string]any, path []string) []string {
	var found []string
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		inner := append(path[:len(path):len(path)], name)
		switch strings.Join(inner, ".") {
		case "metadata":
			continue
		case "spec.template":
			property = map[string]any{"description": property.(map[string]any)["description"]}
		}
		if text, _ := property.(map[string]any)["description"].(string); text == "" {
			found = append(found, strings.Join(inner, "."))
		}
		found = append(found, unexplained(property.(map[string]any), inner)...)
	}
	if items, has := schema["items"].(map[string]any); has {
		found = append(found, unexplained(items, append(path[:len(path):len(path)], "[]"))...)
	}
	return found
}

// TestUnexplainedFieldsAreFound shows that the search can fail.
func TestUnexplainedFieldsAreFound(t *testing.T) {
	got := unexplained(map[string]any{"properties": map[string]any{
		"spec": map[string]any{"description": "x", "properties": map[string]any{"replicas": map[string]any{"type": "integer"}}},
	}}, nil)
	if len(got) != 1 || got[0] != "spec.replicas" {
		t.Errorf("got %v, want [spec.replicas]", got)
	}
}
