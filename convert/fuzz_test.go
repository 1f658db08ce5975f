package convert

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// exampleTexts are the texts of all examples.
func exampleTexts(t rapid.TB) map[string]string {
	texts := map[string]string{}
	for _, folder := range []string{"argo", "flagger", "kayenta", "other", "docs"} {
		entries, err := os.ReadDir("testdata/" + folder)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, entry := range entries {
			path := "testdata/" + folder + "/" + entry.Name()
			if strings.Contains(path, ".golden.") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v", err)
			}
			texts[path] = string(text)
		}
	}
	return texts
}

// FuzzConvert: whatever comes in, there is a result or an error with a place, the same
// each time; what is written can be read, and no value is lost.
func FuzzConvert(f *testing.F) {
	for _, text := range exampleTexts(f) {
		f.Add([]byte(text), "")
	}
	for _, text := range []string{
		"", "a", "[]", "{}", "- a\n- b", "null", "a: &a [*a]", "a: &a {b: c}\nd:\n  <<: *a", "? {a: b}\n: c", "a: 1\na: 2", "\x00", "{\"a\":\"\\ud83d\"}", "---\n---\n...\n",
		"apiVersion: argoproj.io/v1alpha1\nkind: Rollout", "apiVersion: flagger.app/v1beta1\nkind: Canary\nspec: {analysis: {metrics: [1], webhooks: {}}}",
		"metrics: []\njudge: {}", "canaryConfig: 1", "stages: [{type: kayentaCanary}]",
	} {
		f.Add([]byte(text), "argo")
		f.Add([]byte(text), "kayenta")
	}
	f.Fuzz(func(t *testing.T, text []byte, from string) {
		c := newConversion(Options{From: Source(from)})
		documents, err := read(Input{Name: "fuzz", Text: text}, Source(from))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz") {
				t.Errorf("the error %q has no place", err)
			}
			return
		}
		c.documents, c.unchecked = documents, true
		result, err := c.result()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		checkTraces(t, c, result)
		if _, err := read(Input{Name: "again", Text: []byte(result.Stream())}, Detect); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, result.Stream())
		}
		again := newConversion(Options{From: Source(from)})
		again.unchecked = true
		if again.documents, err = read(Input{Name: "fuzz", Text: text}, Source(from)); err != nil {
			t.Fatal(err)
		}
		same, err := again.result()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(result.Stream(), same.Stream()); diff != "" {
			t.Errorf("two conversions differ:\n%s", diff)
		}
		if diff := cmp.Diff(result.Findings, same.Findings); diff != "" {
			t.Errorf("two reports differ:\n%s", diff)
		}
	})
}
