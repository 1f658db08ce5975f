package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// traces is what the demo may leave on the machine: processes and files. All files
// are in one folder, because it is the folder for temporary files of everything
// that runs in or under this process.
type traces struct {
	folder   string
	terminal *os.File
}

// makeFolder makes the folder and has everybody use it.
func (t *traces) makeFolder() error {
	folder, err := os.MkdirTemp("", "serin-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for temporary files: %w", err)
	}
	t.folder = folder
	return os.Setenv("TMPDIR", folder)
}

// remove ends all processes that are left, without mercy, and removes all files.
// It looks more than once: something may just be starting, and a process that is
// dying may still write a file.
func (t *traces) remove() {
	const atLeast, atMost = 3, 40
	for round := range atMost {
		left := killChildren()
		err := os.RemoveAll(t.folder) // The empty name is nothing to remove.
		if round >= atLeast && left == 0 && err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// errInterrupted: somebody pressed Ctrl-C.
var errInterrupted = errors.New("interrupted")

// interruptible makes a context that ends at the first Ctrl-C, and after the
// longest time that the demo may take. The second Ctrl-C ends the process at once.
func interruptible(t *traces) (context.Context, func()) {
	timed, cancelTimer := context.WithTimeoutCause(context.Background(), longest, fmt.Errorf("it took longer than %s", longest))
	ctx, cancel := context.WithCancelCause(timed)
	signals := make(chan os.Signal, 4)
	// SIGPIPE too: without it, `make demo | head` would end us before we can tidy up.
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel(errInterrupted)
		case <-done:
			return
		}
		for {
			select {
			case received := <-signals:
				if received != syscall.SIGPIPE {
					t.leaveAtOnce()
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
		cancelTimer()
	}
}

// leaveAtOnce ends everything without waiting for anybody.
func (t *traces) leaveAtOnce() {
	if inPlace(t.terminal) {
		const showCursor = "\x1b[?25h"
		_, _ = io.WriteString(t.terminal, showCursor)
	}
	t.remove()
	os.Exit(exitInterrupted)
}

// silenceLibraries keeps what libraries log out of the picture.
func silenceLibraries() {
	ctrl.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	log.SetOutput(io.Discard)
}
