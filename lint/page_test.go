package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lint"
)

// page is where the rules are documented.
const page = "../docs/lint-rules.md"

// introduction of the page.
const introduction = `# The rules of serin lint

[` + "`serin lint`" + `](cli/lint.md) says what the API server and the controller would refuse (errors), what works, but probably not as it is meant
(warnings), and what is good to know (notes). This page is written by ` + "`go test ./lint -update`" + ` from the examples in
[lint/testdata/rules](../lint/testdata/rules), which a test holds to it: the bad one triggers its rule and no other, the good one triggers nothing.

A rule is turned off by a comment that gives a reason: at the end of a line, for that line; on a line of its own, for the next line and all that
is indented below it; before the first line of a document, for all of it.

` + "```yaml" + `
    # serin-lint: disable=first-of-many only one pod serves this queue
    successCondition: result[0] < 0.5
` + "```" + `
`

// TestPage writes docs/lint-rules.md from the rules and their examples.
func TestPage(t *testing.T) {
	var text strings.Builder
	text.WriteString(introduction)
	_, lintText := lint.Warm(t)
	for _, group := range lint.RuleGroups() {
		fmt.Fprintf(&text, "\n## %s\n", group.Title)
		for _, rule := range group.Rules {
			describe(t, &text, rule, lintText)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" && !*update {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", page, diff)
	}
	if *update {
		if err := os.WriteFile(page, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// describe writes the section of a rule: what it finds in its bad example, and what its
// good one has instead.
func describe(t *testing.T, text *strings.Builder, rule lint.Rule, lintText func(name, text string) lint.Report) {
	t.Helper()
	bad, good := read(t, rule.Name, "bad.yaml"), read(t, rule.Name, "good.yaml")
	report := lintText("bad.yaml", bad)
	if len(report.Diagnostics) > 1 {
		report.Diagnostics = report.Diagnostics[:1]
	}
	var found strings.Builder
	if err := lint.WriteText(&found, report, nil); err != nil {
		t.Fatal(err)
	}
	shown, _, _ := strings.Cut(found.String(), "\n\n")
	fmt.Fprintf(text, "\n### %s\n\n%s %s (%s)\n\n```\n%s\n```\n", rule.Name, rule.Summary, rule.Why, rule.Severity, shown)
	if instead := added(strings.Split(bad, "\n"), strings.Split(good, "\n")); len(instead) > 0 {
		fmt.Fprintf(text, "\nInstead:\n\n```yaml\n%s\n```\n", strings.Join(instead, "\n"))
	} else {
		text.WriteString("\nInstead, leave it out.\n")
	}
}

// read reads an example.
func read(t *testing.T, rule, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata/rules", rule, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// added are the lines of b that are not in a, by the longest common subsequence; of many,
// the first ones.
func added(a, b []string) []string {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	const most = 16
	var lines []string
	for i, j := 0, 0; j < len(b); {
		switch {
		case i < len(a) && a[i] == b[j]:
			i, j = i+1, j+1
		case i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			lines = append(lines, b[j])
			j++
		}
	}
	if len(lines) > most {
		lines = append(lines[:most], "…")
	}
	return lines
}
