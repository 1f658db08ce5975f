// Command serin-demo shows two releases on real parts: a good one, which promotes
// itself, and one whose errors rise, which takes itself back. It needs no cluster:
// it starts a control plane, pods, a router and a Prometheus on loopback, and the
// real controller as a process of its own. `make demo` builds and runs it.
//
// Everything may come in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/serin-dev/serin/cmd/serin-demo/screen"
)

// longest is for how long the whole demo may take; it takes about a minute.
const longest = 5 * time.Minute

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run tells the story and leaves nothing behind, however it ends.
func run(args []string, stdout *os.File, stderr io.Writer) int {
	settings, err := parse(args, stderr)
	if err != nil {
		return exitUsage
	}
	traces := &traces{terminal: stdout}
	ctx, stop := interruptible(traces)
	defer stop()
	if err := traces.makeFolder(); err != nil {
		fmt.Fprintln(stderr, "serin-demo:", err)
		return exitFailed
	}
	silenceLibraries()
	view := newScreen(stdout)
	demo := &demo{settings: settings, screen: view, world: newWorld(traces.folder), begin: time.Now()}
	err = demo.tell(ctx)
	view.Leave()
	detail := demo.world.logTail()
	if problem := demo.world.end(); err == nil {
		err = problem
	}
	traces.remove()
	return exitCode(err, detail, stderr)
}

// exitCode says how the story ended.
func exitCode(err error, detail string, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(stderr, "\nInterrupted. Everything that the demo started has ended.")
		return exitInterrupted
	}
	fmt.Fprintf(stderr, "\nThe demo did not end as it should: %v\n", err)
	if detail != "" {
		fmt.Fprintf(stderr, "\nThe end of the controller's log:\n%s", detail)
	}
	return exitFailed
}

// settings are the flags.
type settings struct {
	controller string
	stay       bool
}

// parse reads the flags.
func parse(args []string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("serin-demo", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.controller, "controller", "bin/serin-controller", "the controller's binary; `make build` makes it")
	flags.BoolVar(&s.stay, "stay", false, "keep everything running after the summary, until Ctrl-C")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(output, "serin-demo: unexpected argument %q; see -help\n", flags.Arg(0))
		return s, errors.New("unexpected argument")
	}
	return s, nil
}

// newScreen draws in place on a terminal, and appends lines everywhere else.
func newScreen(stdout *os.File) screen.Screen {
	if !inPlace(stdout) {
		return screen.NewLines(stdout)
	}
	return screen.NewLive(stdout, func() (columns, lines int) {
		columns, lines, err := term.GetSize(int(stdout.Fd()))
		if err != nil {
			return 80, 24
		}
		return columns, lines
	})
}

// inPlace says whether the output is a terminal on which one may draw.
func inPlace(stdout *os.File) bool {
	return term.IsTerminal(int(stdout.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && os.Getenv("TERM") != ""
}

// sleep waits for a time, or until the context ends.
func sleep(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
