package lint_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/serin-dev/serin/lint"
)

// TestOurManifests holds what this repository ships and documents to its own rules:
// everything below config and cmd/serin-demo, and each YAML block of the documentation
// that is a manifest. Tests have mistakes on purpose, and are left out.
func TestOurManifests(t *testing.T) {
	var files []lint.File
	for _, root := range []string{"../config", "../cmd/serin-demo", "../benchmark"} {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if filepath.Ext(name) != ".yaml" {
				return nil
			}
			content, err := os.ReadFile(name)
			files = append(files, lint.File{Name: name, Content: content})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	complain(t, files, 10)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../docs/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	objects := 0
	for _, page := range append(append(pages, more...), "../README.md", "../config/README.md") {
		if filepath.Base(page) == "lint-rules.md" { // Its blocks are excerpts of examples, which have a test of their own.
			continue
		}
		objects += complain(t, blocks(t, page), 0)
	}
	if objects < 2 {
		t.Errorf("%d objects in the documentation, want those of the README at least", objects)
	}
}

// complain lints files, and fails at whatever is found. It returns how many objects of
// ours were in them.
func complain(t *testing.T, files []lint.File, least int) int {
	t.Helper()
	report := lint.Files(files, lint.Options{})
	for _, d := range report.Diagnostics {
		t.Errorf("%s:%d:%d: %s: %s [%s]\n%s", d.File, d.Line, d.Column, d.Severity, d.Message, d.Rule, d.Source)
	}
	if report.Objects < least {
		t.Errorf("%d objects, want at least %d", report.Objects, least)
	}
	return report.Objects
}

// blocks are the YAML blocks of a page that are manifests, at their lines.
func blocks(t *testing.T, page string) []lint.File {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var files []lint.File
	for _, found := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatchIndex(content, -1) {
		text := string(content[found[2]:found[3]])
		if !regexp.MustCompile(`(?m)^apiVersion: serin\.dev/`).MatchString(text) {
			continue
		}
		lines := strings.Repeat("\n", strings.Count(string(content[:found[2]]), "\n"))
		files = append(files, lint.File{Name: page, Content: []byte(lines + text)})
	}
	return files
}
