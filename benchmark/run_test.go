package main

import (
	"bytes"
	"flag"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/benchmark/report"
	"github.com/serin-dev/serin/benchmark/world"
)

// small is a run of a few replays.
func small(t *testing.T, seed uint64, workers int) run {
	t.Helper()
	families, err := whole("A3|B3|B18")
	if err != nil {
		t.Fatal(err)
	}
	judges, err := whole("flagger|kayenta|oracle|eproc")
	if err != nil {
		t.Fatal(err)
	}
	return run{seed: seed, replays: 4, workers: workers, families: families, judges: judges, newJudges: newJudges, progress: io.Discard}
}

// page measures and writes the page.
func page(t *testing.T, r run) string {
	t.Helper()
	results := r.measure()
	results.Candidate = choose("eproc", results.Judges)
	var written bytes.Buffer
	if err := results.Markdown(&written); err != nil {
		t.Fatal(err)
	}
	return written.String()
}

// TestSeedDecides has several workers, and other seeds.
func TestSeedDecides(t *testing.T) {
	one := page(t, small(t, 1, 1))
	if diff := cmp.Diff(one, page(t, small(t, 1, 5))); diff != "" {
		t.Errorf("the number of workers changes the page:\n%s", diff)
	}
	if one == page(t, small(t, 2, 1)) {
		t.Error("another seed gives the same page")
	}
}

// TestSelection runs what was asked for, in the order of the lists.
func TestSelection(t *testing.T) {
	results := small(t, 1, 2).measure()
	if diff := cmp.Diff([]string{"flagger", "kayenta", "eproc", "oracle"}, results.Judges); diff != "" {
		t.Errorf("judges (-want +got):\n%s", diff)
	}
	var families []string
	for _, family := range results.Families {
		families = append(families, family.Scenario.Name)
	}
	if diff := cmp.Diff([]string{"A3", "B3", "B18"}, families); diff != "" {
		t.Errorf("families (-want +got):\n%s", diff)
	}
}

// TestExposureCounts counts what a canary served, from a late regression's begin on.
func TestExposureCounts(t *testing.T) {
	r := world.Rollout{N: make([]int32, world.Ticks*world.Pods), X: make([]int32, world.Ticks*world.Pods), H: make([][world.Buckets]int32, world.Ticks*world.Pods)}
	for cell := range r.N {
		r.N[cell], r.X[cell] = 10, 1
	}
	r.Truth.Scenario.Late = 80
	for _, c := range []struct {
		tick int
		want report.Outcome
	}{
		{80, report.Outcome{Tick: 80, Requests: 50, Errors: 5}},
		{120, report.Outcome{Tick: 120, Requests: 40*50 + 100, Errors: 40*5 + 10}},
		{-1, report.Outcome{Tick: -1, Requests: 40*50 + 40*100, Errors: 40*5 + 40*10}},
		{10, report.Outcome{Tick: 10}},
	} {
		if diff := cmp.Diff(c.want, outcome(r, c.tick)); diff != "" {
			t.Errorf("rollback at %d (-want +got):\n%s", c.tick, diff)
		}
	}
}

// TestCommand says how to get the same page.
func TestCommand(t *testing.T) {
	flags := flag.NewFlagSet("benchmark", flag.ContinueOnError)
	flags.Uint64("seed", 1, "")
	flags.Int("workers", 2, "")
	flags.String("only", ".*", "")
	flags.String("out", "docs", "")
	if err := flags.Parse([]string{"-workers", "7", "-only", "A1|A2"}); err != nil {
		t.Fatal(err)
	}
	if got, want := command(flags), "go run ./benchmark -only 'A1|A2' -seed 1"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
