package unittest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// whole is a file around one test.
func whole(test string) string {
	return "files: [t.yaml]\ntests:\n- name: a\n  template: t\n  series: [{series: up, values: '1x5'}]\n  " + strings.ReplaceAll(test, "\n", "\n  ") + "\n"
}

// TestMistakes: each is told with its place and what to write. Lines of a test begin
// with 6.
//
// Long: it is a table.
func TestMistakes(t *testing.T) {
	const ok = "\nexpect: {verdict: Failed}"
	tests := []struct{ reason, text, want string }{
		{"nothing", "", "f.yaml: the file is empty; write such as {files:"},
		{"a comment", "# to do\n", "f.yaml: the file is empty; write such as"},
		{"no mapping", "[1]", "f.yaml:1:1: the file is a list; write fields, each as name: value"},
		{"no YAML", "files: [a\ntests: b", "f.yaml:1:1: this is no YAML: did not find expected ',' or ']'"},
		{"two documents", "files: [a]\n---\nfiles: [b]\n", "f.yaml:2:1: there is a second document; put each into a file of its own"},
		{"a template", "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\n---\na: b\n", "f.yaml:1:1: this is an object of Kubernetes, and no file of tests; name this path under files: in one"},
		{"no files", "tests: []", "f.yaml:1:1: no files: name those that hold the templates, as files: [template.yaml]"},
		{"no tests", "files: [a]", "f.yaml:1:1: no tests; write such as"},
		{"an empty list of tests", "files: [a]\ntests: []", "f.yaml:2:8: the list of tests is empty; write such as"},
		{"a typing error", "files: [a]\ntest: []", "f.yaml:2:1: the file has no field \"test\"; did you mean tests?"},
		{"an unknown field", whole("colour: red" + ok), "f.yaml:6:3: a test has no field \"colour\"; there are template, rollout, release, kind, args"},
		{"a field twice", whole("kind: Step\nkind: Step" + ok), "f.yaml:7:3: a test has \"kind\" twice; remove one"},
		{"a merge key", whole("<<: {kind: Step}" + ok), "f.yaml:6:3: a test has a key that is no plain name; merge keys and complex keys are not read"},
		{"no expectation", whole("kind: Step"), "f.yaml:3:3: the test \"a\" expects nothing, and cannot fail; write expect: {verdict: Failed, within: 2m}"},
		{"no name", "files: [t]\ntests:\n- {template: t, series: [{series: up, values: '1'}], expect: {verdict: Failed}}", "f.yaml:3:3: the test has no name; write name: what it shows"},
		{"no template", "files: [t]\ntests:\n- {name: a, series: [{series: up, values: '1'}], expect: {verdict: Failed}}", "f.yaml:3:3: the test \"a\" has no template"},
		{"no metrics", "files: [t]\ntests:\n- {name: a, template: t, expect: {verdict: Failed}}", "f.yaml:3:3: the test \"a\" has no metrics; write series: in promtool's notation, or recording: with a path"},
		{"series and a recording", whole("recording: r" + ok), "f.yaml:3:3: the test \"a\" has both series and a recording; remove one"},
		{"one name twice", "files: [t]\ndefaults: {template: t, series: [{series: up, values: '1'}]}\ntests:\n- {name: a, expect: {verdict: Failed}}\n- {name: a, expect: {verdict: Failed}}", "f.yaml:5:3: there are two tests \"a\"; give each a name of its own"},
		{"an empty value", whole("args: {a: }" + ok), "f.yaml:6:13: args.a is empty; write a value, \"\" for an empty text"},
		{"a list as a value", whole("args: {a: [1]}" + ok), "f.yaml:6:13: args.a is a list; write one value"},
		{"a number without unit", whole("duration: 90" + ok), "f.yaml:6:13: duration is 90 without a unit; write 90s or 90m"},
		{"no duration", whole("duration: soon" + ok), "f.yaml:6:13: duration is \"soon\"; write a duration such as 90s or 1h30m"},
		{"a negative duration", whole("duration: -5m" + ok), "f.yaml:6:13: duration is -5m; a time is counted forward, from 0s"},
		{"two years", whole("duration: 20000h" + ok), "f.yaml:6:13: duration is 20000h, which is longer than a year; write less"},
		{"no time at all", whole("duration: 0s" + ok), "f.yaml:6:13: duration is 0; write how long to play the run"},
		{"an interval of nothing", whole("interval: 1us" + ok), "f.yaml:6:13: interval is 1us; write the time from value to value, such as 15s"},
		{"a moment without zone", whole("start: 2026-03-01 12:00:00" + ok), "f.yaml:6:10: start is \"2026-03-01 12:00:00\"; write a moment with its time zone"},
		{"a moment of series", whole("start: 2026-03-01T12:00:00Z" + ok), "f.yaml:3:3: the test \"a\" starts at a moment, and series have none"},
		{"series as a mapping", "files: [t]\ntests:\n- name: b\n  template: t\n  expect: {verdict: Failed}\n\n  series: {a: b}\n", "f.yaml:7:11: series is a mapping; write a list"},
		{"series without values", "files: [t]\ndefaults: {series: [{series: up}]}\ntests: []", "f.yaml:2:21: a series needs its labels and its values"},
		{"an unknown verdict", whole("expect: {verdict: Faild}"), "f.yaml:6:21: verdict is \"Faild\"; did you mean Failed?"},
		{"a verdict of other engines", whole("expect: {verdict: Aborted}"), "f.yaml:6:21: verdict is \"Aborted\"; write one of Successful, Failed, Inconclusive, Running, Passing, Holding"},
		{"an unknown reason", whole("expect: {metrics: {m: {reason: NoDate}}}"), "f.yaml:6:34: metrics.m.reason is \"NoDate\"; did you mean NoData?"},
		{"a metric of nothing", whole("expect: {metrics: {m: {}}}"), "f.yaml:6:25: metrics.m expects nothing; write a verdict, a message or a reason"},
		{"a time without verdict", whole("expect: {within: 2m, message: a}"), "f.yaml:6:11: expect has a time without a verdict that is reached then"},
		{"at and within", whole("expect: {verdict: Failed, at: 1m, within: 2m}"), "f.yaml:6:11: expect has at beside within or after"},
		{"a tolerance alone", whole("expect: {verdict: Failed, tolerance: 1m}"), "f.yaml:6:11: expect has a tolerance without at"},
		{"never", whole("expect: {verdict: Failed, after: 3m, within: 2m}"), "f.yaml:6:11: expect is within 2m0s and after 3m0s, which is never"},
		{"a checkpoint without time", whole("checkpoints: [{verdict: Holding}]"), "f.yaml:6:17: a checkpoint needs its time; write at: 5m"},
		{"a checkpoint of nothing", whole("checkpoints: [{at: 5m}]"), "f.yaml:6:17: a checkpoint expects nothing"},
		{"a time in a checkpoint", whole("checkpoints: [{at: 5m, verdict: Holding, within: 2m}]"), "f.yaml:6:44: a checkpoint has no field \"within\""},
		{"a template and a Rollout", whole("rollout: web" + ok), "f.yaml:3:3: the test \"a\" has both a template and a rollout; remove one"},
		{"a verdict of a Rollout", whole("expect: {verdict: Promoted}"), "f.yaml:6:11: the verdict Promoted is one of a Rollout; write one of Successful, Failed"},
		{"a weight without a Rollout", whole("expect: {weight: 5}"), "f.yaml:6:11: a weight is expected, and templates set none"},
		{"a release of templates", whole("release: {canary: a}" + ok), "f.yaml:3:3: the test \"a\" has the field release, which is for a Rollout; remove it"},
		{"a kind of a Rollout", "files: [t]\ntests:\n- {name: a, rollout: w, kind: Step, recording: r, expect: {verdict: Promoted}}", "f.yaml:3:3: the test \"a\" has the field kind, which is for templates; remove it"},
		{"a verdict of a run", "files: [t]\ntests:\n- {name: a, rollout: w, recording: r, expect: {verdict: Failed}}", "f.yaml:3:47: the verdict Failed is one of templates; write one of Promoted, RolledBack, Waiting, Running"},
		{"neither yes nor no", whole("release: {checkSplit: maybe}" + ok), "f.yaml:6:25: release.checkSplit is \"maybe\"; write one of true, false"},
		{"a share of traffic", whole("weight: 120" + ok), "f.yaml:6:11: weight is \"120\"; write the canary's share of traffic in percent, 0 to 100"},
		{"weights in disorder", whole("weight: [{from: 5m, weight: 5}, {from: 1m, weight: 9}]" + ok), "f.yaml:6:35: weights must come in the order of their times"},
		{"an outage without end", whole("unavailable: [{from: 5m}]" + ok), "f.yaml:6:17: a time in unavailable needs its length; write {from: 2m, for: 3m}"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			_, err := Read("f.yaml", []byte(test.text))
			var problems Problems
			if !errors.As(err, &problems) || !strings.HasPrefix(problems[0].String(), test.want) {
				t.Errorf("got\n%v\nwant\n%s…", err, test.want)
			}
		})
	}
}

// TestAllMistakesAreToldAtOnce, up to a number that a person can read.
func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := Read("f.yaml", []byte(whole("kind: Steps\nweight: many\nexpect: {verdict: Never, within: 2}")))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 4 {
		t.Errorf("%v", err)
	}
	_, err = Read("f.yaml", []byte("files: ["+strings.Repeat("[], ", 100)+"]"))
	if !errors.As(err, &problems) || len(problems) != maxProblems {
		t.Errorf("%d problems", len(problems))
	}
}

// TestAliasesDoNotBlowUp: a file of a few lines is not read for ever.
func TestAliasesDoNotBlowUp(t *testing.T) {
	text := "files: &a0 [x]\n"
	bomb := "a0"
	for i := 1; i < 9; i++ {
		next := fmt.Sprintf("a%d", i)
		text += fmt.Sprintf("f%d: &%s [%s]\n", i, next, strings.TrimSuffix(strings.Repeat("*"+bomb+", ", 12), ", "))
		bomb = next
	}
	text = "defaults: {series: &s [" + strings.TrimSuffix(strings.Repeat("{series: up, values: '1'}, ", 500), ", ") + "]}\n" + text +
		"tests: [" + strings.TrimSuffix(strings.Repeat("{name: a, series: *s}, ", 1000), ", ") + "]\n"
	_, err := Read("f.yaml", []byte(text))
	if err == nil || !strings.Contains(err.Error(), "aliases") && !strings.Contains(err.Error(), "has no field") {
		t.Errorf("%v", err)
	}
}

// TestDefaults: what a test does not say is what the defaults say.
func TestDefaults(t *testing.T) {
	suite, err := Read("f.yaml", []byte(`
files: [a.yaml, b.yaml]
defaults:
  template: [t, u]
  kind: Step
  interval: 1m
  args: {a: 007, b: "", c: yes}
  series: [{series: one, values: '1'}]
  start: 5m
  weight: 5%
tests:
- {name: as they are, expect: {verdict: Running}}
- {name: more, args: {b: x}, series: [{series: two, values: '2'}], kind: Background, interval: 5s, start: 0s, expect: {verdict: Running}}
- {name: another template, template: v, args: {z: 1e5}, expect: {verdict: Running}}
- {name: a recording, recording: r, start: 2026-03-01T13:00:00+01:00, expect: {verdict: Running}}
`))
	if err != nil {
		t.Fatal(err)
	}
	one, two := Series{Labels: "one", Values: "1", Inherited: true}, Series{Labels: "two", Values: "2"}
	plain := Test{
		Templates: []string{"t", "u"}, Kind: "Step", Interval: time.Minute, Args: []Arg{{"a", "007"}, {"b", ""}, {"c", "yes"}},
		Series: []Series{one}, Start: 5 * time.Minute, Weights: []Weight{{Weight: 5}}, Expect: Expectation{Verdict: Running},
	}
	more, another, recorded := plain, plain, plain
	plain.Name = "as they are"
	more.Name, more.Kind, more.Interval, more.Start = "more", "Background", 5*time.Second, 0
	more.Args, more.Series = []Arg{{"b", "x"}, {"a", "007"}, {"c", "yes"}}, []Series{one, two}
	another.Name, another.Templates, another.Args = "another template", []string{"v"}, []Arg{{"z", "1e5"}}
	recorded.Name, recorded.Series, recorded.Recording = "a recording", nil, File{Path: "r"}
	recorded.Start, recorded.StartAt = 0, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if diff := cmp.Diff([]Test{plain, more, another, recorded}, suite.Tests, placeless()...); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// placeless compares without places.
func placeless() []cmp.Option {
	return []cmp.Option{cmpopts.IgnoreTypes(place{}), cmpopts.EquateEmpty()}
}

// TestWhatIsWrittenIsRead: a suite that is written as YAML, in block or flow style, is
// read as it was.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawTests(t)
		var tests []any
		for _, test := range want {
			tests = append(tests, test.written())
		}
		text, err := yaml.Marshal(map[string]any{"files": []string{"t.yaml"}, "tests": tests})
		if err != nil {
			t.Fatal(err)
		}
		suite, err := Read("f.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(want, suite.Tests, placeless()...); diff != "" {
			t.Fatalf("(-want +got)\n%s\n%s", diff, text)
		}
	})
}
