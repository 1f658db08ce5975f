// Command statistics computes the tables and draws the pictures of docs/statistics.md with
// the judge's own code: how many requests a decision takes, what nobody can demand, what a
// verdict says, and what the evidence does meanwhile.
//
// `make docs-statistics` runs it. The text of the page is written by hand; what stands
// between a pair of markers,
//
//	<!-- begin: name -->
//	<!-- end: name -->
//
// is replaced. The same seed gives the same page.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "statistics:", err)
		os.Exit(1)
	}
}

// start reads the flags, and writes the page and its pictures.
func start(arguments []string) error {
	flags := flag.NewFlagSet("statistics", flag.ExitOnError)
	page := flags.String("page", "docs/statistics.md", "page whose tables are replaced; its pictures go to a folder of the same name")
	seed := flags.Uint64("seed", 1, "seed of all random numbers")
	workers := flags.Int("workers", 2, "simulations at the same time")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	text, err := os.ReadFile(*page)
	if err != nil {
		return err
	}
	s := simulations{seed: *seed, workers: max(*workers, 1)}
	measured := s.measure(questions())
	looks := s.peek()
	sections := plain(*seed)
	sections["needed-errors"] = errorsTable(measured)
	sections["needed-latency"] = latencyTable(measured)
	sections["needed-proof"] = proofTable(measured)
	sections["needed-tolerance"] = toleranceTable(measured)
	sections["needed-time"] = timeTable(measured)
	sections["peeking"] = peekingTable(looks)
	written, err := replace(string(text), sections)
	if err != nil {
		return fmt.Errorf("%s: %w", *page, err)
	}
	if err := pictures(filepath.Join(filepath.Dir(*page), "statistics"), s, measured, looks); err != nil {
		return err
	}
	return os.WriteFile(*page, []byte(written), 0o644)
}

// plain are the sections that take no long simulation.
func plain(seed uint64) map[string]string {
	m := tell(seed)
	return map[string]string{
		"impossible":       impossibleTable(),
		"message-mounting": m.mounting,
		"message-failed":   m.failed,
		"message-pod":      m.onePod,
		"message-passed":   m.passed,
	}
}
