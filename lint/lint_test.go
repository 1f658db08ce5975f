package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lint"
)

// found are the diagnostics of a report, one a line: place, rule and message.
func found(report lint.Report) string {
	var text strings.Builder
	for _, d := range report.Diagnostics {
		fmt.Fprintf(&text, "%s:%d:%d %s %s: %s\n", d.File, d.Line, d.Column, d.Severity, d.Rule, d.Message)
	}
	return text.String()
}

// TestScenes lints the files of testdata/scenes, each a text with the files of a scene (`-- name --`
// begins one), and compares with its golden file.
func TestScenes(t *testing.T) {
	lintFiles, _ := lint.Warm(t)
	scenes, err := filepath.Glob("testdata/scenes/*.txt")
	if err != nil || len(scenes) == 0 {
		t.Fatal("no scenes", err)
	}
	for _, scene := range scenes {
		t.Run(filepath.Base(scene), func(t *testing.T) {
			content, err := os.ReadFile(scene)
			if err != nil {
				t.Fatal(err)
			}
			got := found(lintFiles(files(string(content)), lint.Options{}))
			golden := strings.TrimSuffix(scene, ".txt") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got); -update rewrites it:\n%s", diff)
			}
		})
	}
}

// files splits a scene.
func files(scene string) []lint.File {
	var files []lint.File
	for _, part := range strings.Split("\n"+scene, "\n-- ")[1:] {
		name, content, _ := strings.Cut(part, " --\n")
		files = append(files, lint.File{Name: name, Content: []byte(content + "\n")})
	}
	return files
}

// template is a template with one metric.
func template(condition, query string) string {
	return "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: x}\nspec:\n  args: [{name: h, value: canary}]\n  metrics:\n  - name: a\n    interval: 30s\n    " +
		condition + "\n    provider:\n      prometheus:\n        query: |-\n          " + query + "\n"
}

// TestAnswers holds the conclusions about what a query answers to what is known of
// PromQL: result[0] is refused of many series, result of a list, result[0] of a number.
func TestAnswers(t *testing.T) {
	_, text := lint.Warm(t)
	const h = `{h="{{args.h}}"}`
	for _, test := range []struct{ query, want string }{
		{`sum(m` + h + `)`, "one"},
		{`m` + h, "many"},
		{`sum by (pod) (m` + h + `)`, "many"},
		{`sum by (pod) (m{h="{{args.h}}",pod="a"})`, "one"},
		{`sum by (pod) (m{h="{{args.h}}",pod=~"a"})`, "many"},
		{`sum without (pod) (m` + h + `)`, "many"},
		{`sum by () (m` + h + `)`, "one"},
		{`topk(1, m` + h + `)`, "one"},
		{`topk(3, m` + h + `)`, "many"},
		{`topk by (pod) (1, m` + h + `)`, "many"},
		{`histogram_quantile(0.9, sum by (le) (rate(m_bucket` + h + `[1m])))`, "one"},
		{`histogram_quantile(0.9, sum by (le, pod) (rate(m_bucket` + h + `[1m])))`, "many"},
		{`histogram_quantile(0.9, rate(m_bucket` + h + `[1m]))`, "many"},
		{`scalar(sum(m` + h + `))`, "scalar"},
		{`1 + 2`, "scalar"},
		{`time()`, "scalar"},
		{`vector(1)`, "one"},
		{`absent(m` + h + `)`, "one"},
		{`sum(m` + h + `) / sum(n` + h + `)`, "one"},
		{`sum by (pod) (m` + h + `) / sum by (pod) (n` + h + `)`, "many"},
		{`sum by (pod) (m` + h + `) / on () group_left sum(n` + h + `)`, "many"},
		{`sum(m` + h + `) / on () sum(n` + h + `)`, "one"},
		{`m` + h + ` * on (pod) n` + h, "many"},
		{`sum(m` + h + `) * 2`, "one"},
		{`2 * m` + h, "many"},
		{`-sum(m` + h + `)`, "one"},
		{`(sum(m` + h + `)) or on () vector(1) + 0`, "one"},
		{`sum(m` + h + `) and sum(n` + h + `)`, "one"},
		{`clamp_max(sum(m` + h + `), 1)`, "one"},
		{`label_replace(sum(m` + h + `), "a", "b", "", "")`, "one"},
		{`count_values("v", m` + h + `)`, "many"},
		{`max_over_time(sum(m` + h + `)[5m:1m])`, "one"},
		{`quantile(0.9, m` + h + `)`, "one"},
	} {
		many := strings.Contains(found(text("x", template("successCondition: result[0] < 1", test.query))), "first-of-many")
		scalar := strings.Contains(found(text("x", template("successCondition: result[0] < 1", test.query))), "condition-shape")
		got := map[bool]string{true: "many", false: "one"}[many]
		if scalar {
			got = "scalar"
		}
		if got != test.want {
			t.Errorf("%s answers %s, want %s", test.query, got, test.want)
		}
		if shape := strings.Contains(found(text("x", template("successCondition: result < 1", test.query))), "condition-shape"); shape != (test.want != "scalar") {
			t.Errorf("%s: result < 1 is refused: %v", test.query, shape)
		}
	}
}

// TestSilence are queries and conditions that are right as they are.
func TestSilence(t *testing.T) {
	_, text := lint.Warm(t)
	const sum, ok = `sum(rate(m_total{h="{{args.h}}"}[1m]))`, "successCondition: result[0] < 1"
	for _, test := range []struct{ reason, condition, query string }{
		{"bool", ok, sum + " > bool 1"},
		{"a comparison that selects", ok, sum + " and on () sum(rate(n_total[1m])) > 10"},
		{"a comparison that is counted", ok, `count(up{h="{{args.h}}"} == 0) or vector(0) + 0 * count(up{h="{{args.h}}"})`},
		{"errors that may be missing", ok, "(" + sum + " or vector(0)) + 1"},
		{"bad requests that may be missing", ok, `(sum(rate(m_total{h="{{args.h}}",code=~"5.."}[1m])) or vector(0)) / count(up{h="{{args.h}}"})`},
		{"all but the bad requests", ok, `sum(rate(m_total{h="{{args.h}}",code!~"5.."}[1m]))`},
		{"the good requests", ok, `sum(rate(m_total{h="{{args.h}}",code=~"2..|3.."}[1m]))`},
		{"a division by what is counted", ok, sum + ` / count(up{h="{{args.h}}"})`},
		{"a guarded division", ok, sum + ` / (sum(rate(n_total[1m])) > 0)`},
		{"a gauge that is called a count", ok, `max(jvm_threads_count{h="{{args.h}}"})`},
		{"a counter that is there", ok, `sum(changes(m_total{h="{{args.h}}"}[5m]))`},
		{"a recording rule", ok, `sum(job:m_total:rate1m{h="{{args.h}}"})`},
		{"a histogram that is native", ok, `histogram_quantile(0.9, sum(rate(m{h="{{args.h}}"}[1m])))`},
		{"without other labels than le", ok, `histogram_quantile(0.9, sum(sum without (pod) (rate(m_bucket{h="{{args.h}}"}[1m]))) by (le))`},
		{"all of many", `successCondition: "all(result, # < 1)"`, `m{h="{{args.h}}"}`},
		{"both conditions with a gap", "successCondition: result[0] < 1\n    failureCondition: result[0] > 2", sum},
		{"a guard that Serin does not need", "successCondition: len(result) > 0 && result[0] < 1", sum},
		{"an interval", "successCondition: result[0] > 0.9 and result[0] < 1.1", sum},
		{"equality", "failureCondition: result[0] == 37", sum},
		{"several lines", "successCondition: |\n      let m = mean(result);\n      m < 1", sum},
	} {
		if got := found(text("x", template(test.condition, test.query))); got != "" {
			t.Errorf("%s: %s\n%s%s", test.reason, test.condition, test.query, "\n"+got)
		}
	}
}

// TestNoise are queries of which each triggers its rule, in other words than its example.
func TestNoise(t *testing.T) {
	_, text := lint.Warm(t)
	const ok = "successCondition: result[0] < 1"
	for _, test := range []struct{ rule, condition, query string }{
		{"hidden-no-data", ok, `sum(rate(m_total{h="{{args.h}}"}[1m])) / clamp_min(sum(rate(n_total[1m])), 1)`},
		{"hidden-no-data", ok, `sum(rate(m_total{h="{{args.h}}"}[1m])) / (sum(rate(n_total[1m])) or vector(1))`},
		{"absent-errors", ok, `sum(rate(m_total{h="{{args.h}}",status=~"(4|5).*"}[1m])) / sum(rate(m_total{h="{{args.h}}"}[1m]))`},
		{"absent-errors", ok, `1 - sum(rate(m_total{h="{{args.h}}",grpc_code="Internal"}[1m]))`},
		{"zero-traffic", ok, `100 * (1 - sum(rate(m_total{h="{{args.h}}"}[1m])) / sum(increase(n_total[1m])))`},
		{"filtered", ok, `avg(m{h="{{args.h}}"} > 0)`},
		{"filtered", ok, `sum(rate(m_total{h="{{args.h}}"}[1m])) == sum(rate(n_total[1m]))`},
		{"quantile-of-quantiles", ok, `avg(d_seconds{quantile="0.99",h="{{args.h}}"})`},
		{"quantile-of-quantiles", ok, `max(avg_over_time(d_seconds{quantile="0.99",h="{{args.h}}"}[5m]))`},
		{"quantile-of-quantiles", ok, `max_over_time(histogram_quantile(0.9, sum by (le) (rate(b_bucket{h="{{args.h}}"}[1m])))[5m:])`},
		{"missing-le", ok, `histogram_quantile(0.9, sum without (le, pod) (rate(b_bucket{h="{{args.h}}"}[1m])))`},
		{"rate-of-sum", ok, `increase((sum(m_total{h="{{args.h}}"}))[5m:1m])`},
		{"raw-counter", ok, `sum(avg_over_time(m_total{h="{{args.h}}"}[5m]))`},
		{"fixed-time", ok, `sum(rate(m_total{h="{{args.h}}"}[1m] @ 1700000000))`},
		{"condition-index", `successCondition: result[-2] < 1`, `sum(m{h="{{args.h}}"})`},
		{"first-of-many", `successCondition: first(result) < 1`, `m{h="{{args.h}}"}`},
		{"no-data-passes", `successCondition: isNaN(result[0]) || result[0] < 1`, `sum(m{h="{{args.h}}"})`},
		{"no-data-passes", `successCondition: default(result[0], 0) < 1`, `sum(m{h="{{args.h}}"})`},
		{"no-data-passes", `successCondition: (result[0] ?? 0) < 1`, `sum(m{h="{{args.h}}"})`},
		{"no-data-passes", `successCondition: isNaN(result) || result < 1`, `scalar(sum(m{h="{{args.h}}"}))`},
		{"no-data-fails", `failureCondition: isNaN(result[0])`, `sum(m{h="{{args.h}}"})`},
		{"condition-constant", `successCondition: "true"`, `sum(m{h="{{args.h}}"})`},
		{"condition-constant", `successCondition: result[0] < 1 && result[0] > 2`, `sum(m{h="{{args.h}}"})`},
		{"condition-constant", `successCondition: result[0] < 1 || result[0] >= 1`, `sum(m{h="{{args.h}}"})`},
		{"condition-shape", "successCondition: result[0] < 1\n    failureCondition: result > 2", `sum(m{h="{{args.h}}"})`},
		{"promql-syntax", ok, `m{h="{{args.h}}"}[5m]`},
		{"promql-syntax", ok, `"{{args.h}}"`},
		{"promql-syntax", ok, `sum(rate(m{h="{{args.h}}"}[$__rate_interval]))`},
	} {
		if got := found(text("x", template(test.condition, test.query))); !strings.Contains(got, " "+test.rule+": ") {
			t.Errorf("%s is not found in %s, %s\n%s", test.rule, test.condition, test.query, got)
		}
	}
}

// TestOutputs compares the formats for people, programs and GitHub.
func TestOutputs(t *testing.T) {
	report := lint.Text("a,b:c%.yaml", template("successCondition: result < 1", `sum(m{h="{{args.h}}"}) /`)+"    oops: 1\n")
	var github strings.Builder
	if err := lint.WriteGitHub(&github, report); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%2Cb%3Ac%25.yaml,line=13,col=35,title=serin lint%3A promql-syntax::the query cannot be parsed: unexpected end of input\n" +
		"::error file=a%2Cb%3Ac%25.yaml,line=14,col=5,title=serin lint%3A unknown-field::spec.metrics[0] has no field \"oops\", and the API server would drop it; remove it\n"
	if diff := cmp.Diff(want, github.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var empty strings.Builder
	if err := lint.WriteJSON(&empty, lint.Report{Files: 1}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(empty.String(), `"diagnostics": []`) {
		t.Errorf("without diagnostics the list is no list: %s", empty.String())
	}
}

// TestFails is what makes the exit code 1.
func TestFails(t *testing.T) {
	for _, test := range []struct {
		found         lint.Severity
		error, warned bool
	}{{lint.SeverityError, true, true}, {lint.SeverityWarning, false, true}, {lint.SeverityNote, false, false}} {
		report := lint.Report{Diagnostics: []lint.Diagnostic{{Severity: test.found}}}
		if report.Fails(lint.SeverityError) != test.error || report.Fails(lint.SeverityWarning) != test.warned {
			t.Errorf("%s: fails on error %v, on warning %v", test.found, report.Fails(lint.SeverityError), report.Fails(lint.SeverityWarning))
		}
	}
}

// TestScrapeInterval moves the limits of windows and intervals.
func TestScrapeInterval(t *testing.T) {
	text := strings.Replace(template("successCondition: result[0] < 1", `sum(rate(m_total{h="{{args.h}}"}[10s]))`), "interval: 30s", "interval: 5s", 1)
	files := []lint.File{{Name: "x", Content: []byte(text)}}
	if got := found(lint.Files(files, lint.Options{ScrapeInterval: 5 * time.Second})); got != "" {
		t.Errorf("scraped every 5 s: %s", got)
	}
	if got := found(lint.Files(files, lint.Options{})); !strings.Contains(got, "short-window") || !strings.Contains(got, "short-interval") {
		t.Errorf("scraped every 15 s: %s", got)
	}
}
