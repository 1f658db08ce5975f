package lint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzFiles feeds texts to lint: whatever they are, it answers, with places that are in the
// file, and the same twice.
func FuzzFiles(f *testing.F) {
	examples, err := filepath.Glob("testdata/rules/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	scenes, err := filepath.Glob("testdata/scenes/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(examples, scenes...) {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	for _, text := range []string{"", "---", "a: &a [*a]", "\t", "{\"kind\": \"Rollout\", \"apiVersion\": \"serin.dev/v1alpha1\"}", "kind: Rollout\napiVersion: serin.dev/v1alpha1\n<<: *x", "\xff\xfe"} {
		f.Add([]byte(text))
	}
	_, text := Warm(f)
	lint := func(content []byte) Report { return text("x", string(content)) }
	f.Fuzz(func(t *testing.T, content []byte) { hold(t, content, lint) })
}

// hold lints a text twice, and checks what comes out.
func hold(t *testing.T, content []byte, lint func([]byte) Report) {
	t.Helper()
	report, again := lint(content), lint(content)
	lines := newSource("x", content).lines
	for _, d := range report.Diagnostics {
		if d.Line < 1 || d.Line > len(lines) || d.Column < 1 || d.Column > len(lines[d.Line-1])+1 {
			t.Fatalf("%d:%d is not in the file: %+v", d.Line, d.Column, d)
		}
		if _, known := ruleNamed(d.Rule); !known {
			t.Fatalf("there is no rule %s", d.Rule)
		}
	}
	if diff := cmp.Diff(report, again); diff != "" {
		t.Fatalf("the same text, and another report (-first +second):\n%s", diff)
	}
}
