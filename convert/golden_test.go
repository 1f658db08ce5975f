package convert

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// examples are the inputs of testdata, each with what it becomes beside it.
func examples(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"testdata/*/*.yaml", "testdata/*/*.json"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if !strings.Contains(path, ".golden.") {
				found = append(found, path)
			}
		}
	}
	if len(found) < 8 {
		t.Fatalf("%d examples, want all of them", len(found))
	}
	return found
}

// load reads an example.
func load(t testing.TB, path string) Input {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Name: filepath.Base(path), Text: text}
}

// converted converts an example.
func converted(t testing.TB, path string) Result {
	t.Helper()
	result, err := Convert([]Input{load(t, path)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestExamples holds all that an example becomes, and all that is said about it,
// against golden files.
func TestExamples(t *testing.T) {
	for _, path := range examples(t) {
		t.Run(path, func(t *testing.T) {
			result := converted(t, path)
			base := strings.TrimSuffix(path, filepath.Ext(path))
			golden(t, base+".golden.yaml", result.Stream())
			var report strings.Builder
			for _, finding := range result.Findings {
				report.WriteString(finding.String() + "\n")
			}
			golden(t, base+".golden.txt", report.String())
		})
	}
}

// golden compares with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

// TestExamplesLint: what is written has no error in the eyes of lint: the schema, its
// rules, and the controller's own reading.
func TestExamplesLint(t *testing.T) {
	for _, path := range examples(t) {
		t.Run(path, func(t *testing.T) {
			for _, diagnostic := range lint.Text(path, converted(t, path).Stream()).Diagnostics {
				if diagnostic.Severity == lint.SeverityError {
					t.Errorf("line %d: %s: %s\n%s", diagnostic.Line, diagnostic.Rule, diagnostic.Message, diagnostic.Source)
				}
			}
		})
	}
}

// TestConvertingAgainChangesNothing: Serin's own objects are passed on as they are.
func TestConvertingAgainChangesNothing(t *testing.T) {
	for _, path := range examples(t) {
		t.Run(path, func(t *testing.T) {
			first := converted(t, path).Stream()
			second, err := Convert([]Input{{Name: "again", Text: []byte(first)}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if again := second.Stream(); !bytes.Equal([]byte(first), []byte(again)) {
				t.Errorf("another time differs (-first +second):\n%s", cmp.Diff(first, again))
			}
			if refused := second.Refusals(); len(refused) > 0 {
				t.Errorf("another time refuses %v", refused)
			}
		})
	}
}
