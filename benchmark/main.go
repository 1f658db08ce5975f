// Command benchmark measures judges on made-up rollouts and writes docs/benchmark.md: how
// often each takes a good release back, how many requests a bad one serves until it is taken
// back, and which bars the candidate meets.
//
// `make bench-judge` runs it in full. While a judge is tuned, a part is enough:
//
//	go run ./benchmark -out "" -only 'A4|A12|B15' -judges 'serin|oracle' -reps 100
//
// The judges are listed in judges.go.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/serin-dev/serin/benchmark/report"
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// start reads the flags, measures, and writes the page.
func start(arguments []string) error {
	flags := flag.NewFlagSet("benchmark", flag.ExitOnError)
	out := flags.String("out", "docs", "folder to write benchmark.md and its pictures to; empty: print the page")
	reps := flags.Int("reps", 0, fmt.Sprintf("replays of each family; 0: %d of A, %d of B", replaysGood, replaysBad))
	seed := flags.Uint64("seed", 1, "seed of all random numbers")
	only := flags.String("only", ".*", "names of the families, as a regular expression")
	judges := flags.String("judges", ".*", "names of the judges, as a regular expression")
	candidate := flags.String("candidate", "", "judge that the bars are for; empty: serin, or else the prototype")
	corpus := flags.String("recordings", "../shared/recordings", "folder of labelled incidents, <dataset>/<case>/case.json; they are left out if it is not there")
	workers := flags.Int("workers", 2, "replays at the same time")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	r := run{seed: *seed, replays: *reps, workers: max(*workers, 1), newJudges: newJudges, progress: os.Stderr}
	var err error
	if r.families, err = whole(*only); err != nil {
		return err
	}
	if r.judges, err = whole(*judges); err != nil {
		return err
	}
	results := r.measure()
	results.Command = command(flags)
	results.Candidate = choose(*candidate, results.Judges)
	if results.Candidate == "serin" {
		results.Promotions = promotions(*seed)
	}
	if results.Recordings, err = recorded(*corpus, r.progress); err != nil {
		return err
	}
	if *out == "" {
		return results.Markdown(os.Stdout)
	}
	return write(*out, results)
}

// whole compiles an expression that has to match a whole name.
func whole(expression string) (*regexp.Regexp, error) {
	compiled, err := regexp.Compile("^(?:" + expression + ")$")
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w", expression, err)
	}
	return compiled, nil
}

// command is the command that gives the same page.
func command(flags *flag.FlagSet) string {
	text := "go run ./benchmark"
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name == "seed" || f.Name != "workers" && f.Value.String() != f.DefValue {
			value := f.Value.String()
			if strings.ContainsAny(value, "|*() ") {
				value = "'" + value + "'"
			}
			text += fmt.Sprintf(" -%s %s", f.Name, value)
		}
	})
	return text
}

// choose gives the judge that the bars are for.
func choose(name string, judges []string) string {
	switch {
	case name != "":
		return name
	case slices.Contains(judges, "serin"):
		return "serin"
	}
	return "prototype"
}

// write writes the page and its pictures.
func write(folder string, results report.Results) error {
	var page bytes.Buffer
	if err := results.Markdown(&page); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(report.ExposurePicture)), 0o755); err != nil {
		return err
	}
	for name, draw := range map[string]func() (*plot.Plot, error){
		report.ExposurePicture:       results.Exposure,
		report.FalseRollbacksPicture: results.FalseRollbacks,
	} {
		picture, err := draw()
		if err != nil {
			return err
		}
		if err := picture.Save(report.PictureWidth, report.PictureHeight, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return os.WriteFile(filepath.Join(folder, "benchmark.md"), page.Bytes(), 0o644)
}
