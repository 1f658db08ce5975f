// Command replay measures how fast recorded metrics are replayed: a day of 1,000 series
// at 15 s, looked at every minute by three metrics, beside Prometheus' own range query
// over the same samples and beside a loop written by hand, which is as fast as it gets.
//
// What may come in: everything; it is a program.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

func main() {
	part := flag.String("part", "", "measure one way alone, for its memory; used by the program itself")
	from := flag.String("recording", "", "the recording that a part reads")
	rounds := flag.Int("rounds", 5, "how often each way is measured; the best time counts")
	flag.Parse()
	var err error
	if *part != "" {
		err = runPart(*part, *from)
	} else {
		err = run(*rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

// run makes the recording, measures all ways and prints a table.
func run(rounds int) error {
	folder, err := os.MkdirTemp("", "serin-replay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "day")
	fmt.Fprintln(os.Stderr, "writing a day of 1,000 series")
	if err := record(path); err != nil {
		return fmt.Errorf("writing the recording: %w", err)
	}
	fmt.Fprintln(os.Stderr, "measuring")
	table, err := measureAll(path, rounds)
	if err != nil {
		return err
	}
	whole, err := alone(path, rounds)
	if err != nil {
		return err
	}
	return report(os.Stdout, table, whole)
}

// alone measures each way in a process of its own, from opening the recording to the
// last look, and how much memory that took. The best time and the largest memory count.
func alone(path string, rounds int) ([]whole, error) {
	all := make([]whole, 0, 4)
	for _, name := range []string{evenName, unevenName, analysisName, rangeName} {
		best := whole{Name: name}
		for range max(rounds, 1) {
			command := exec.CommandContext(context.Background(), os.Args[0], "-part", name, "-recording", path)
			command.Stderr = os.Stderr
			said, err := command.Output()
			if err != nil {
				return nil, fmt.Errorf("measuring %s alone: %w", name, err)
			}
			var one whole
			if err := json.Unmarshal(said, &one); err != nil {
				return nil, err
			}
			if best.All == 0 || one.All < best.All {
				best.Opened, best.All, best.CPU = one.Opened, one.All, one.CPU
			}
			best.Peak = max(best.Peak, one.Peak)
		}
		all = append(all, best)
	}
	return all, nil
}

// whole is a replay from the opened recording to the last look.
type whole struct {
	Name string
	// CPU is the processor's time of All; on a busy machine it says more.
	Opened, All, CPU time.Duration
	// Peak is the largest resident set, in bytes.
	Peak int64
}
