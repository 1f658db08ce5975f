package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReports asks each command that writes a report for one. What stands in them is tested in
// package report.
func TestReports(t *testing.T) {
	t.Chdir("../..")
	out := filepath.Join(t.TempDir(), "report.html")
	examples := "cmd/serin/testdata/replay/"
	for name, c := range map[string]struct {
		args string
		want []string
	}{
		"replay": {
			"replay " + examples + "recording.yaml -f " + examples + "rollout.yaml -f " + examples + "errors.yaml --stable-hash aaa --canary-hash bbb --start 2026-03-01T03:01:00Z -o html",
			[]string{"rolled back", "<h2>Traffic to the new version</h2>"},
		},
		"backtest":         {"backtest backtest/testdata/corpus -f backtest/testdata/templates.yaml --fail-under recall=0.7 -o html", []string{"all bars are met", "shop/hardly-worse"}},
		"backtest, a file": {"backtest backtest/testdata/corpus -f backtest/testdata/templates.yaml -o html --out " + out, nil},
		"simulate":         {"simulate -f plan/testdata/checkout.yaml --good 2 --reps 1 --regressions errors=10% --no-changes -o html", []string{"checkout", "errors=10%"}},
	} {
		t.Run(name, func(t *testing.T) {
			page := offline(t, strings.Fields(c.args))
			if c.want == nil {
				if page != "" {
					t.Errorf("it is to go to a file, and this is printed:\n%s", page)
				}
				content, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				page = string(content)
			}
			for _, part := range append(c.want, "</html>\n") {
				if !strings.HasPrefix(page, "<!DOCTYPE html>\n") || !strings.Contains(page, part) {
					t.Errorf("no %q in\n%.2000s", part, page)
				}
			}
		})
	}
}
