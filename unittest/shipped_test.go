package unittest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShippedTestsCanFail breaks the templates that are shipped, one place at a time: each
// time a unit test of theirs must notice.
func TestShippedTestsCanFail(t *testing.T) {
	paths, err := filepath.Glob("../config/templates/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	breaks := [][2]string{
		{"5..", "4.."}, {`code_class="5"`, `code_class="4"`}, {"rq_timeout", "rq_completed"}, {"0|499", "7"}, {`"499"`, `"498"`},
		{"_bucket{", "_none{"}, {`, container!="", image!=""`, ""}, {"worse: higher", "worse: lower"},
		{`"{{args.canary}}"`, `"{{args.stable}}"`}, {"{{args.canary-", "{{args.stable-"}, {`canary!=""`, `canary=""`},
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, spec, _ := strings.Cut(string(content), "\nspec:")
		for _, b := range breaks {
			if strings.Contains(spec, b[0]) && passes(t, path, b) {
				t.Errorf("%s with %q instead of %q passes its tests", path, b[1], b[0])
			}
		}
	}
}

// passes says whether a template passes its tests with one text in the place of another.
func passes(t *testing.T, path string, instead [2]string) bool {
	t.Helper()
	r := runner()
	r.Read = func(name string) ([]byte, error) {
		content, err := os.ReadFile(name)
		if name == path {
			content = []byte(strings.ReplaceAll(string(content), instead[0], instead[1]))
		}
		return content, err
	}
	tests, err := r.Load([]string{filepath.Join(filepath.Dir(path), "tests", filepath.Base(path))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tests.Close()
	for _, one := range tests.cases {
		result, err := r.one(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		if !result.OK {
			return false
		}
	}
	return true
}
