package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/serin-dev/serin/lab/node"
)

// options say where things are, and what to do.
type options struct {
	// kubernetes is the folder with kubelet and kube-scheduler.
	kubernetes string
	// traefik and prometheus are their binaries.
	traefik, prometheus string
	// programs is the folder with app, pause, serin and serin-controller.
	programs string
	// repository is the root of this repository.
	repository string
	// logs is the folder for the logs and the recordings.
	logs string
	// markdown is where a copy of the table goes; empty for nowhere.
	markdown string
	// recordings is where recordings of releases are kept; empty for nowhere.
	recordings string
	// scenarios to run, by id; none means all.
	scenarios []string
}

func parseOptions(arguments []string) (options, error) {
	var o options
	var scenarios string
	flags := flag.NewFlagSet("e2e", flag.ContinueOnError)
	flags.StringVar(&o.kubernetes, "kubernetes", "", "the folder with kubelet and kube-scheduler")
	flags.StringVar(&o.traefik, "traefik", "", "the Traefik binary")
	flags.StringVar(&o.prometheus, "prometheus", "", "the Prometheus binary")
	flags.StringVar(&o.programs, "programs", "", "the folder with app, pause, serin and serin-controller")
	flags.StringVar(&o.repository, "repository", ".", "the root of this repository, for CRDs and rights")
	flags.StringVar(&o.logs, "logs", "", "the folder for logs and recordings; it is emptied first")
	flags.StringVar(&o.markdown, "markdown", "", "also write the table to this file")
	flags.StringVar(&o.recordings, "recordings", "", "also keep the recordings of releases in this folder")
	flags.StringVar(&scenarios, "scenarios", "", "run only these, for example S1,S4; default: all")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	for _, id := range strings.FieldsFunc(scenarios, func(r rune) bool { return r == ',' || r == ' ' }) {
		o.scenarios = append(o.scenarios, strings.ToUpper(id))
	}
	for _, path := range []*string{&o.kubernetes, &o.traefik, &o.prometheus, &o.programs, &o.repository, &o.logs} {
		if *path == "" {
			return o, errors.New("a folder or binary is missing; `make e2e` knows them all")
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		// The box forgets what is written to these two.
		if strings.HasPrefix(absolute, "/var/") || strings.HasPrefix(absolute, "/run/") {
			return o, fmt.Errorf("%s is below /var or /run, which the box does not share; set SERIN_CACHE to another place", absolute)
		}
		*path = absolute
	}
	return o, nil
}

func main() {
	options, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(2)
	}
	code, err := node.RunInBox(func(ctx context.Context) int { return runAll(ctx, options) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// runAll runs the chosen scenarios and says with its exit code whether all of
// them met their bars.
func runAll(ctx context.Context, options options) int {
	chosen, err := choose(scenarios(), options.scenarios)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 2
	}
	cluster, err := startCluster(ctx, options)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: starting the cluster:", err)
		return 1
	}
	defer cluster.stop()
	began := time.Now()
	var rows []row
	for _, scenario := range chosen {
		rows = append(rows, runUntilValid(ctx, cluster, scenario))
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "e2e: interrupted")
			break
		}
	}
	return report(options, rows, time.Since(began))
}

// attempts at a scenario while the machine stands still.
const attempts = 3

// runUntilValid plays a scenario and prints what came of it. A run that missed a bar while
// the machine stood still is void, and played again: it is said, not hidden.
func runUntilValid(ctx context.Context, cluster *cluster, scenario scenario) row {
	fmt.Printf("\n%s  %s\n", scenario.id, scenario.title)
	for attempt := 1; ; attempt++ {
		result, err := run(ctx, cluster, scenario)
		row := judge(scenario, result, err)
		printRow(os.Stdout, row)
		void := len(row.misses) > 0 && result.stall > tooLong
		if !void || attempt == attempts || ctx.Err() != nil {
			return row
		}
		fmt.Printf("    void: played again\n")
	}
}

// report prints the table, writes its copy, and says whether all is well.
func report(options options, rows []row, took time.Duration) int {
	fmt.Println()
	printTable(os.Stdout, rows)
	missed := 0
	for _, row := range rows {
		if len(row.misses) > 0 {
			missed++
		}
	}
	fmt.Printf("\n%d of %d rows meet their bars, in %s. Logs and recordings: %s\n", len(rows)-missed, len(rows), took.Round(time.Second), options.logs)
	if options.markdown != "" {
		if err := os.WriteFile(options.markdown, []byte(markdown(rows)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: writing the copy of the table:", err)
			return 1
		}
	}
	if missed > 0 {
		return 1
	}
	return 0
}
