package lint_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/serin-dev/serin/lint"
)

var update = flag.Bool("update", false, "rewrite docs/lint-rules.md and the golden files")

// TestRules holds each rule to its two examples: the bad one triggers it, and nothing
// else; the good one triggers nothing.
func TestRules(t *testing.T) {
	folders, err := os.ReadDir("testdata/rules")
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for _, folder := range folders {
		examples = append(examples, folder.Name())
	}
	_, text := lint.Warm(t)
	for _, rule := range lint.Rules() {
		if !slices.Contains(examples, rule.Name) {
			t.Errorf("rule %s has no examples; write testdata/rules/%[1]s/bad.yaml and good.yaml", rule.Name)
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			bad := text("bad.yaml", read(t, rule.Name, "bad.yaml"))
			if len(bad.Diagnostics) == 0 {
				t.Error("bad.yaml triggers nothing")
			}
			for _, d := range bad.Diagnostics {
				if d.Rule != rule.Name {
					t.Errorf("bad.yaml triggers another rule: %d:%d %s: %s", d.Line, d.Column, d.Rule, d.Message)
				}
			}
			for _, d := range text("good.yaml", read(t, rule.Name, "good.yaml")).Diagnostics {
				t.Errorf("good.yaml triggers %s at %d:%d: %s", d.Rule, d.Line, d.Column, d.Message)
			}
		})
	}
	for _, name := range examples {
		if !slices.ContainsFunc(lint.Rules(), func(r lint.Rule) bool { return r.Name == name }) {
			t.Errorf("testdata/rules/%s is of no rule", name)
		}
	}
}

// TestRulesAreExplained keeps the texts of rules in shape.
func TestRulesAreExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range lint.Rules() {
		switch {
		case seen[rule.Name]:
			t.Errorf("%s is there twice", rule.Name)
		case rule.Summary == "" || rule.Why == "" || !strings.HasSuffix(rule.Summary, ".") || !strings.HasSuffix(rule.Why, "."):
			t.Errorf("%s: %q, %q: both are sentences", rule.Name, rule.Summary, rule.Why)
		case rule.Severity != lint.SeverityError && rule.Severity != lint.SeverityWarning && rule.Severity != lint.SeverityNote:
			t.Errorf("%s has the severity %q", rule.Name, rule.Severity)
		}
		seen[rule.Name] = true
	}
}
