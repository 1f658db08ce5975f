package unittest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
)

// runner runs tests from files.
func runner() Runner {
	return Runner{
		Read: os.ReadFile, Open: recording.Open, Parallel: 2,
		Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"},
	}
}

// played are the results of files of tests.
func played(t *testing.T, paths ...string) []Result {
	t.Helper()
	r := runner()
	tests, err := r.Load(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tests.Close()
	results, err := r.Run(t.Context(), tests)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// TestScenarios: every kind of expectation that is met, and the unit tests of the
// templates that are shipped.
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("../config/templates/tests/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, result := range played(t, append(paths, "testdata/scenarios.yaml", "testdata/releases.yaml")...) {
		if !result.OK {
			var out strings.Builder
			result.text(&out)
			t.Error(out.String())
		}
	}
}

// TestSameEveryTime: in parallel or not, once or twice, the results are the same.
func TestSameEveryTime(t *testing.T) {
	const path = "testdata/scenarios.yaml"
	want := played(t, path)
	for _, parallel := range []int{0, 1, 7} {
		r := runner()
		r.Parallel = parallel
		tests, err := r.Load([]string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := r.Run(t.Context(), tests)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%d at a time: %v\n%s", parallel, err, diff)
			}
		}
	}
}

// TestLoad: mistakes in what a file names are told with the place where it is named.
func TestLoad(t *testing.T) {
	files := map[string]string{
		"dir/good.yaml":  "files: [t.yaml]\ntests:\n- {name: a, template: t, series: [{series: up, values: 1x5}], expect: {verdict: Failed}}\n",
		"dir/t.yaml":     "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\nspec: {}\n",
		"dir/wide.yaml":  "apiVersion: serin.dev/v1alpha1\nkind: ClusterAnalysisTemplate\nmetadata: {name: t}\nspec: {}\n",
		"dir/typo.yaml":  "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\nspec: {metric: []}\n",
		"dir/other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\n",
		"dir/torn.yaml":  "apiVersion: [\n",
	}
	around := func(files, test string) string {
		return "files: [" + files + "]\ntests:\n- {name: a, template: t, expect: {verdict: Failed}, " + test + "}\n"
	}
	const series = "series: [{series: up, values: 1x5}]"
	tests := []struct{ reason, text, want string }{
		{"a file that is not there", around("u.yaml", series), "dir/x.yaml:1:9: files: open dir/u.yaml: file does not exist; paths are relative to this file"},
		{"a file without templates", around("other.yaml", series), "dir/x.yaml:1:9: files: reading dir/other.yaml: there is no AnalysisTemplate, ClusterAnalysisTemplate or Rollout"},
		{"a file that is no YAML", around("torn.yaml", series), "dir/x.yaml:1:9: files: reading dir/torn.yaml, from line 1: yaml: line 1: did not find expected node content"},
		{"an unknown field of a template", around("typo.yaml", series), "dir/x.yaml:1:9: files: reading dir/typo.yaml, "},
		{"a file twice", around("t.yaml, ../dir/t.yaml", series), "dir/x.yaml:1:17: files: reading dir/t.yaml: AnalysisTemplate/t is in dir/t.yaml, too; name one of the files"},
		{"labels", around("t.yaml", "series: [{series: 'up{', values: 1x5}]"), "dir/x.yaml:3:62: series up{"},
		{"values", around("t.yaml", "series: [{series: up, values: one two}]"), "dir/x.yaml:3:62: series up"},
		{"no value at all", around("t.yaml", "series: [{series: up, values: _x5}]"), "dir/x.yaml:3:3: the test \"a\" has series without a single value"},
		{"a series twice", around("t.yaml", "series: [{series: 'up{a=\"b\", c=\"d\"}', values: 1}, {series: 'up{c=\"d\", a=\"b\"}', values: 1}]"), `dir/x.yaml:3:103: the test "a" has the series {__name__="up", a="b", c="d"} twice, first in line 3; remove one`},
		{"too many values", around("t.yaml", "series: [{series: up, values: 1x99999999999}]"), "dir/x.yaml:3:62: series up"},
		{"a recording that is not there", around("t.yaml", "recording: nowhere"), "dir/x.yaml:3:64: recording: "},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			r := runner()
			r.Read = func(path string) ([]byte, error) {
				if path == "dir/x.yaml" {
					return []byte(test.text), nil
				}
				text, known := files[path]
				if !known {
					return nil, &os.PathError{Op: "open", Path: path, Err: os.ErrNotExist}
				}
				return []byte(text), nil
			}
			_, err := r.Load([]string{"dir/good.yaml", "dir/x.yaml"}, nil)
			var problems Problems
			if !errors.As(err, &problems) || len(problems) != 1 || !strings.HasPrefix(problems[0].String(), test.want) {
				t.Errorf("got\n%v\nwant\n%s…", err, test.want)
			}
		})
	}
}

// TestMatch: only tests whose names match are run.
func TestMatch(t *testing.T) {
	tests, err := runner().Load([]string{"testdata/scenarios.yaml"}, regexp.MustCompile("^no data"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"no data holds, and is not bad"}, tests.Names()); diff != "" {
		t.Error(diff)
	}
}

// TestRecording: a recording plays like the series that it was made of.
func TestRecording(t *testing.T) {
	const template = "files: [templates.yaml]\ntests:\n- name: a\n  template: error-rate\n  kind: Step\n  args: {hash: new}\n  expect: {verdict: Successful, at: 2m}\n"
	// The sample that came i-th, with its value.
	value := func(i, each int) string { return fmt.Sprintf(`[%d.123,"%d"]`, 1767225600+15*i, each*i) }
	var good, bad []string
	for i := range 15 {
		good, bad = append(good, value(i, 990)), append(bad, value(i, 10))
	}
	recorded := fmt.Sprintf(`{"status":"success","data":{"resultType":"matrix","result":[`+
		`{"metric":{"__name__":"requests_total","code":"200","hash":"new"},"values":[%s]},`+
		`{"metric":{"__name__":"requests_total","code":"500","hash":"new"},"values":[%s]}]}}`, strings.Join(good, ","), strings.Join(bad, ","))
	dir := t.TempDir()
	for name, text := range map[string]string{
		"relative.yaml": template + "  recording: r.json\n  start: 1m\n",
		"moment.yaml":   template + "  recording: r.json\n  start: 2026-01-01T01:01:00+01:00\n",
		"r.json":        recorded,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	templates, err := os.ReadFile("testdata/templates.yaml")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "templates.yaml"), templates, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range played(t, filepath.Join(dir, "relative.yaml"), filepath.Join(dir, "moment.yaml")) {
		if !result.OK {
			t.Errorf("%+v", result)
		}
	}
}

// TestInterrupt: the run ends when its context does.
func TestInterrupt(t *testing.T) {
	r := runner()
	tests, err := r.Load([]string{"testdata/scenarios.yaml"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Run(ctx, tests); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
