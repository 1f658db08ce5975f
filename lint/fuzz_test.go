package lint

import (
	"os"
	"path/filepath"
	"testing"
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
	// The schemas are read once: they take longer than a text.
	warm := newLinter(Options{})
	for _, kind := range kinds() {
		if _, err := warm.schemaOf(kind); err != nil {
			f.Fatal(err)
		}
	}
	lint := func(content []byte) Report {
		l := newLinter(Options{ScrapeInterval: defaultScrapeInterval})
		l.schemas, l.rules = warm.schemas, warm.rules
		report := Report{Files: 1}
		l.read(File{Name: "x", Content: content}, &report)
		l.checkAll()
		return l.finish(report)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		report := lint(content)
		lines := newSource("x", content).lines
		for _, d := range report.Diagnostics {
			if d.Line < 1 || d.Line > len(lines) || d.Column < 1 || d.Column > len(lines[d.Line-1])+1 {
				t.Fatalf("%d:%d is not in the file: %+v", d.Line, d.Column, d)
			}
			if _, known := ruleNamed(d.Rule); !known {
				t.Fatalf("there is no rule %s", d.Rule)
			}
		}
		again := lint(content)
		if len(again.Diagnostics) != len(report.Diagnostics) {
			t.Fatalf("%d diagnostics, and then %d", len(report.Diagnostics), len(again.Diagnostics))
		}
		for i, d := range again.Diagnostics {
			if d != report.Diagnostics[i] {
				t.Fatalf("%+v, and then %+v", report.Diagnostics[i], d)
			}
		}
	})
}
