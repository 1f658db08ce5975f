package simulation_test

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/simulation"
)

var (
	seeds = flag.Int("seeds", 120, "how many storms to play")
	first = flag.Uint64("seed", 1, "the first seed; with -seeds=1 the whole log of that storm is printed")
)

// TestStorms plays random releases under random faults. A violation names its seed.
func TestStorms(t *testing.T) {
	events := map[string]int{}
	outcomes := map[progression.Outcome]int{}
	rounds := 0
	for seed := *first; seed < *first+uint64(*seeds); seed++ {
		report := simulation.Storm{Seed: seed, Length: 15 * time.Minute}.Run()
		rounds += report.Rounds
		for name, count := range report.Events {
			events[name] += count
		}
		for outcome, count := range report.Outcome {
			outcomes[outcome] += count
		}
		if *seeds == 1 {
			t.Log(strings.Join(report.Log, "\n"))
		}
		if report.Violation != "" {
			log := report.Log
			t.Fatalf("seed %d: %s\nthe end of its log (all of it: -seeds=1 -seed=%d -v):\n%s", seed, report.Violation, seed,
				strings.Join(log[max(0, len(log)-25):], "\n"))
		}
	}
	t.Logf("%d storms, %d rounds, events %v, outcomes %v", *seeds, rounds, events, outcomes)
	for _, outcome := range []progression.Outcome{progression.Promoted, progression.PromotedByUser, progression.WasAborted, progression.Reverted} {
		if *seeds >= 100 && outcomes[outcome] == 0 {
			t.Errorf("no storm has ended in %s: the storms test less than they say", outcome)
		}
	}
}
