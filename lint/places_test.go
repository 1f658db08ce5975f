package lint_test

import (
	"strings"
	"testing"

	"github.com/serin-dev/serin/lint"
)

// TestCarets writes one mistake, called oops, in all the ways in which YAML and JSON can
// hold a text, and wants the caret under its first letter.
//
// Long: it is a table, and its loop.
func TestCarets(t *testing.T) {
	_, text := lint.Warm(t)
	metric := func(fields string) string {
		return "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: x}\nspec:\n  args: [{name: long, value: \"a-value-that-is-longer\"}, {name: limit, value: \"1\"}]\n  metrics:\n  - name: a\n    interval: 30s\n" +
			"    provider: {prometheus: {query: 'sum(x{a=\"{{args.long}}\",b=\"{{args.limit}}\"})'}}\n" + fields
	}
	query := func(fields string) string {
		return "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: x}\nspec:\n  args: [{name: long, value: \"a-value-that-is-longer\"}]\n  metrics:\n  - name: a\n    interval: 30s\n" +
			"    successCondition: result[0] < 1\n    provider:\n      prometheus:\n" + fields
	}
	for _, test := range []struct{ reason, text, rule string }{
		{"plain", metric("    successCondition: result[0] < oops"), "condition-syntax"},
		{"plain over two lines", metric("    successCondition: result[0]\n      < oops"), "condition-syntax"},
		{"plain over lines with an empty one", metric("    successCondition: result[0]   \n\n      < oops"), "condition-syntax"},
		{"single quotes", metric("    successCondition: 'result[0] < oops'"), "condition-syntax"},
		{"single quotes in single quotes", metric("    successCondition: 'result[0] == 1 /* it''s */ && oops'"), "condition-syntax"},
		{"double quotes", metric("    successCondition: \"result[0] < oops\""), "condition-syntax"},
		{"escapes", metric("    successCondition: \"result[0] \\u003c \\x31 \\x26& \\t oops\""), "condition-syntax"},
		{"an escaped line break", metric("    successCondition: \"result[0] \\\n      < oops\""), "condition-syntax"},
		{"double quotes over lines", metric("    successCondition: \"result[0]\n\n      <\n       oops\""), "condition-syntax"},
		{"literal", metric("    successCondition: |\n      result[0]\n        < oops"), "condition-syntax"},
		{"literal with chomping and indentation", metric("    successCondition: |2-\n        result[0]\n\n        < oops"), "condition-syntax"},
		{"folded", metric("    successCondition: >-\n      result[0]\n      < oops\n"), "condition-syntax"},
		{"folded with more indentation", metric("    successCondition: >\n      result[0]\n        <\n\n      oops\n"), "condition-syntax"},
		{"letters that are not ASCII before it", metric("    successCondition: result[0] < 1 /* äöü 漢字 */ && oops"), "condition-syntax"},
		{"an argument before it", metric("    successCondition: result[0] < {{ args.limit }} && oops"), "condition-syntax"},
		{"an alias", metric("    failureCondition: &c result[0] < oops\n    successCondition: *c"), "condition-syntax"},
		{"line ends of Windows", strings.ReplaceAll(metric("    successCondition: |\n      result[0]\n        < oops\n"), "\n", "\r\n"), "condition-syntax"},
		{"a mark of the byte order", "\uFEFF" + metric("    successCondition: result[0] < oops"), "condition-syntax"},
		{"the second document", "a: b\n---\n# comment\n---\n" + metric("    successCondition: result[0] < oops"), "condition-syntax"},
		{"a list", "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(metric("    successCondition: result[0] < oops"), "\n", "\n  "), "condition-syntax"},
		{"JSON with tabs", "{\n\t\"apiVersion\": \"serin.dev/v1alpha1\", \"kind\": \"AnalysisTemplate\", \"metadata\": {\"name\": \"x\"},\n\t\"spec\": {\"metrics\": [{\"name\": \"a\",\t\"interval\": \"30s\", \"successCondition\": \"result[0] \\u003c oops\",\n\t\"provider\": {\"prometheus\": {\"query\": \"sum(x{h=\\\"canary\\\"})\"}}}]}}", "condition-syntax"},
		{"a function that there is not", query("        query: sum(x{a=\"{{args.long}}\"}) + oops(x)"), "promql-syntax"},
		{"a function, in a block", query("        query: |\n          # per second\n          sum(x{a=\"{{args.long}}\"})\n            + oops(x)\n"), "promql-syntax"},
		{"a counter without a rate", query("        query: >-\n          sum(x{a=\"{{args.long}}\"})\n          + sum(oops_total)\n"), "raw-counter"},
		{"an argument", query("        query: \"sum(x{a=\\\"{{args.long}}\\\", b=\\\"\" # serin\n        timeout: 1\n        address: http://{{ oops }}"), "undeclared-arg"},
		{"a field", query("        query: sum(x{a=\"{{args.long}}\"})\n        oops: 1"), "unknown-field"},
		{"a field in braces", query("        query: sum(x{a=\"{{args.long}}\"})\n        tls: {ca: a, oops: 1}"), "unknown-field"},
		{"a word", query("        query: sum(x{a=\"{{args.long}}\"})\n    count: oops"), "invalid-spec"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			report := text("x.yaml", test.text)
			seen := false
			for _, d := range report.Diagnostics {
				if d.Rule != test.rule {
					continue
				}
				lines := strings.Split(strings.TrimPrefix(test.text, "\uFEFF"), "\n")
				rest := string([]rune(lines[d.Line-1])[d.Column-1:])
				rest = strings.TrimLeft(strings.TrimPrefix(rest, "{{"), ` "`)
				if strings.HasPrefix(rest, "oops") {
					seen = true
				} else if d.Rule == "condition-syntax" {
					t.Errorf("%d:%d is at %q", d.Line, d.Column, rest)
				}
			}
			if !seen {
				t.Errorf("no caret is under oops:\n%s\n%+v", test.text, report.Diagnostics)
			}
		})
	}
}

// TestExcerpt keeps the caret under its character in long lines, and beside tabs.
func TestExcerpt(t *testing.T) {
	for _, test := range []struct{ reason, source string }{
		{"short", "a oops"},
		{"tabs", "\ta\t oops"},
		{"long before", strings.Repeat("x ", 300) + "oops"},
		{"long after", "ö oops " + strings.Repeat("x ", 300)},
	} {
		column := len([]rune(test.source[:strings.Index(test.source, "oops")])) + 1
		var text strings.Builder
		report := lint.Report{Diagnostics: []lint.Diagnostic{{File: "x", Line: 7, Column: column, Source: test.source, Severity: lint.SeverityNote}}}
		if err := lint.WriteText(&text, report, nil); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text.String(), "\n")
		caret := strings.Index(lines[2], "^")
		if under := string([]rune(lines[1])[len([]rune(lines[2][:caret])):]); !strings.HasPrefix(under, "oops") {
			t.Errorf("%s: the caret is under %q:\n%s", test.reason, under, text.String())
		}
		if strings.Contains(test.source, "\t") && strings.Count(lines[1][:strings.Index(lines[1], "oops")], "\t") != strings.Count(lines[2], "\t") {
			t.Errorf("%s: tabs are not kept:\n%s", test.reason, text.String())
		}
	}
}
