package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"
)

// environment is all that the program takes from the process around it.
type environment struct {
	// Args are the name of the program and its arguments.
	Args []string
	// Env looks an environment variable up.
	Env func(string) string
	// Stdin is what is piped in.
	Stdin io.Reader
	// Stdout and Stderr get the answer, and what went wrong.
	Stdout, Stderr io.Writer
	// Now is the clock.
	Now func() time.Time
	// Sleep waits for a time, or until the context ends.
	Sleep func(context.Context, time.Duration)
	// Random is where the ids of intents come from.
	Random io.Reader
	// IsTerminal says that Stdout is a terminal, and ErrIsTerminal that Stderr is.
	IsTerminal, ErrIsTerminal bool
	// Size is the number of columns and lines of that terminal; 0, 0 without one.
	Size func() (columns, lines int)
	// Signals makes a context that ends at Ctrl-C.
	Signals func() (context.Context, context.CancelFunc)
	// Build describes the binary. Example: v0.1.0 (go1.26.8, linux/amd64).
	Build string
}

// processEnvironment is the environment of this process.
func processEnvironment() environment {
	terminal := int(os.Stdout.Fd())
	return environment{
		Args:          os.Args,
		Env:           os.Getenv,
		Stdin:         os.Stdin,
		Stdout:        os.Stdout,
		Stderr:        os.Stderr,
		Now:           time.Now,
		Sleep:         sleep,
		Random:        rand.Reader,
		IsTerminal:    term.IsTerminal(terminal),
		ErrIsTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Size: func() (int, int) {
			columns, lines, err := term.GetSize(terminal)
			if err != nil {
				return 0, 0
			}
			return columns, lines
		},
		Signals: func() (context.Context, context.CancelFunc) {
			return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		},
		Build: build(),
	}
}

// sleep waits for a time, or until the context ends.
func sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// build describes the binary, as the Go toolchain stamped it.
func build() string {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return fmt.Sprintf("%s (%s, %s/%s)", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
