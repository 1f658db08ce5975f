package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// answers are what stands behind the arrows of a table: it takes long to simulate.
var answers = regexp.MustCompile(`→ [0-9 .M]*[0-9M]( \||$)`)

// TestThePageIsWhatTheCodeComputes holds the page to all that can be computed at once: what
// nobody can demand, the limits of all tables, and the judge's messages; and to one of the
// simulated numbers.
func TestThePageIsWhatTheCodeComputes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "statistics.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	want := plain(1)
	none := map[question]float64{}
	want["needed-errors"], want["needed-latency"] = errorsTable(none), latencyTable(none)
	want["needed-proof"], want["needed-tolerance"] = proofTable(none), toleranceTable(none)
	for name, computed := range want {
		written, err := section(page, name)
		if err != nil {
			t.Error(err)
			continue
		}
		if strings.HasPrefix(name, "needed") {
			written, computed = answers.ReplaceAllString(written, "→ |"), answers.ReplaceAllString(computed, "→ |")
		}
		if strings.TrimSpace(written) != strings.TrimSpace(computed) {
			t.Errorf("section %s of docs/statistics.md is not what the code computes; run make docs-statistics:\n%s\n\ncomputed:\n%s", name, written, computed)
		}
	}
	q := moreErrors{0.01, 10, firstShare, tolerance}
	cell := both(q, map[question]float64{q: simulations{seed: 1}.median(q)})
	if written, _ := section(page, "needed-errors"); !strings.Contains(written, "| "+cell+" |") {
		t.Errorf("no cell %q in the table of errors of docs/statistics.md; run make docs-statistics", cell)
	}
}

func TestReplace(t *testing.T) {
	page := "a\n<!-- begin: x -->\nold\n<!-- end: x -->\nb\n"
	got, err := replace(page, map[string]string{"x": "new\n\n"})
	if want := "a\n<!-- begin: x -->\nnew\n<!-- end: x -->\nb\n"; err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if again, err := replace(got, map[string]string{"x": "new"}); err != nil || again != got {
		t.Errorf("replaced again: %q, %v", again, err)
	}
	for _, broken := range []string{"", "<!-- end: x --><!-- begin: x -->"} {
		if _, err := replace(broken, map[string]string{"x": "new"}); err == nil {
			t.Errorf("%q was accepted", broken)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{requests(3.2), "4"},
		{requests(47.4), "47"},
		{requests(416), "420"},
		{requests(9960), "10 000"},
		{requests(1049), "1 000"},
		{requests(75_012), "75 000"},
		{requests(1_234_567), "1.2 M"},
		{duration(0.1), "15 s"},
		{duration(15.1), "30 s"},
		{duration(119), "2 min"},
		{duration(7200), "2 h"},
		{duration(86400 * 40), "40 days"},
		{duration(86400 * 3650), "10 years"},
		{percent(0.00015), "0.015 %"},
		{times(1.25), "×1.25"},
		{times(278.4), "×278"},
	} {
		if row.got != row.want {
			t.Errorf("%q, want %q", row.got, row.want)
		}
	}
}
