package view_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// now is the time of all scenarios.
var now = time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC)

// scenarioSettings are the settings that a scenario may change.
type scenarioSettings struct {
	Color, ASCII        bool
	Width               int
	Command, Connection string
	Namespace           string
	Unread              []string
	Forget              bool
}

// TestRollout draws every scenario of testdata. Each has a paragraph with its
// reason, the file rollout.yaml with a merge patch of the Rollout of base.yaml,
// more.yaml with further objects (same kind and name replaces), settings.yaml, and
// the file want with the text.
func TestRollout(t *testing.T) {
	base, err := os.ReadFile("testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("finding scenarios: %v, %d files", err, len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(bytes.TrimSpace(archive.Comment)) == 0 {
				t.Error("the scenario has no reason: begin the file with one")
			}
			objects, settings := scenario(t, base, archive)
			got := view.Text(view.Rollout(objects, settings), settings.Style)
			checkWant(t, file, archive, got)
		})
	}
}

// scenario reads objects and settings.
func scenario(t *testing.T, base []byte, archive *txtar.Archive) (view.Objects, view.Settings) {
	t.Helper()
	var o view.Objects
	readObjects(t, base, &o)
	chosen := scenarioSettings{Command: "serin"}
	for _, file := range archive.Files {
		switch file.Name {
		case "rollout.yaml":
			o.Rollout = patched(t, o.Rollout, file.Data)
		case "more.yaml":
			readObjects(t, file.Data, &o)
		case "settings.yaml":
			if err := yaml.UnmarshalStrict(file.Data, &chosen); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.Unread = chosen.Unread
	if chosen.Forget {
		o.ReplicaSets, o.Pods, o.Runs = nil, nil, nil
	}
	return o, view.Settings{
		Now: now, Style: view.Style{Color: chosen.Color, ASCII: chosen.ASCII}, Width: chosen.Width,
		Command: chosen.Command, Connection: chosen.Connection, Namespace: chosen.Namespace,
	}
}

// patched changes a Rollout by a JSON merge patch, written as YAML.
func patched(t *testing.T, rollout *v1alpha1.Rollout, patch []byte) *v1alpha1.Rollout {
	t.Helper()
	before, err := json.Marshal(rollout)
	if err != nil {
		t.Fatal(err)
	}
	change, err := yaml.YAMLToJSON(patch)
	if err != nil {
		t.Fatal(err)
	}
	after, err := jsonpatch.MergePatch(before, change)
	if err != nil {
		t.Fatal(err)
	}
	var result v1alpha1.Rollout
	if err := yaml.UnmarshalStrict(after, &result); err != nil {
		t.Fatal(err)
	}
	return &result
}

// readObjects reads YAML documents. An object replaces one of the same kind and name.
func readObjects(t *testing.T, data []byte, o *view.Objects) {
	t.Helper()
	for _, document := range strings.Split(string(data), "\n---\n") {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatal(err)
		}
		var err error
		switch kind.Kind {
		case "Rollout":
			err = yaml.UnmarshalStrict([]byte(document), &o.Rollout)
		case "ReplicaSet":
			o.ReplicaSets, err = replace(o.ReplicaSets, document)
		case "Pod":
			o.Pods, err = replace(o.Pods, document)
		case "AnalysisRun":
			o.Runs, err = replace(o.Runs, document)
		default:
			t.Fatalf("unknown kind %q", kind.Kind)
		}
		if err != nil {
			t.Fatalf("reading a %s: %v\n%s", kind.Kind, err, document)
		}
	}
}

// named is a pointer to an object with a name.
type named[T any] interface {
	*T
	GetName() string
}

// replace adds an object, in the place of one with the same name.
func replace[T any, P named[T]](objects []T, document string) ([]T, error) {
	var object T
	if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
		return nil, err
	}
	for i := range objects {
		if P(&objects[i]).GetName() == P(&object).GetName() {
			objects[i] = object
			return objects, nil
		}
	}
	return append(objects, object), nil
}

// checkWant compares a text with the file want, or rewrites it.
func checkWant(t *testing.T, path string, archive *txtar.Archive, got string) {
	t.Helper()
	want := ""
	for i := range archive.Files {
		if archive.Files[i].Name == "want" {
			want = string(archive.Files[i].Data)
			archive.Files[i].Data = []byte(got)
		}
	}
	if *update {
		if want == "" {
			archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
		}
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the text differs (-want +got); -update rewrites it:\n%s", diff)
	}
}
