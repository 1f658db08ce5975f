package unittest

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzRead: no text panics, problems have a message and a place in the file, and what is
// read can be played and can fail.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "files: [a]", "- a", "files: [t]\ntests:\n- &x {name: a, template: t, series: [{series: up, values: '1x5'}], expect: {verdict: Failed}}\n- *x",
		whole("expect: {verdict: Failed, within: 2m, metrics: {m: {reason: NoData}}}\ncheckpoints: [{at: 5m, verdict: Holding}]\nweight: 5\nunavailable: [{from: 1m, for: 2m}]"),
		"a: &a [*a]", "? {a: b}\n: c", "files: !!binary aGk=\ntests: !!set {a}", "%YAML 1.1\n---\nfiles: []\n...\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		suite, err := Read("f.yaml", text)
		if err != nil {
			checkProblems(t, err, text)
			return
		}
		for _, test := range suite.Tests {
			if test.Name == "" || (len(test.Templates) == 0) == (test.Rollout == "") || (len(test.Series) == 0) == (test.Recording.Path == "") || test.Interval < time.Millisecond ||
				!test.Expect.expects() && len(test.Checkpoints) == 0 {
				t.Errorf("%+v", test)
			}
		}
	})
}

// checkProblems holds problems against the file that they are about.
func checkProblems(t *testing.T, err error, text []byte) {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("%v is no list of problems", err)
	}
	lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + strings.Count(string(text), "\u2028") + strings.Count(string(text), "\u2029") + strings.Count(string(text), "\u0085") + 2
	for _, p := range problems {
		if p.Message == "" || p.Line < 0 || p.Line > lines || (p.Line > 0) != (p.Column > 0) {
			t.Errorf("%+v in a file of %d lines", p, lines)
		}
	}
}
