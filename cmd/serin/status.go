package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newStatus tells scripts how a Rollout is.
func newStatus(s *session) *cobra.Command {
	var watch bool
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "status NAME",
		Short: "Tell in one line, and by the exit code, how a Rollout is",
		Long: `Tell in one line, and by the exit code, how a Rollout is: 0 when it is Healthy, 1
when it is Degraded, 5 while a release is not over. A change that no controller
has seen yet counts as a release that is not over.

With --watch, wait until it is Healthy or Degraded, and print each change.`,
		Example:           fmt.Sprintf("  %[1]s status web\n  %[1]s status web --watch --timeout 30m", s.program),
		ValidArgsFunction: s.completeNames,
		RunE: func(command *cobra.Command, args []string) error {
			name, err := rolloutName(command, args)
			if err != nil {
				return err
			}
			if timeout < 0 || timeout > 0 && !watch {
				return usage(command.CommandPath()+" --help", "--timeout is a time to --watch for, such as 30m")
			}
			return s.status(command.Context(), name, watch, timeout)
		},
	}
	command.Flags().BoolVarP(&watch, "watch", "w", false, "wait until the Rollout is Healthy or Degraded")
	command.Flags().DurationVarP(&timeout, "timeout", "t", 0, "with --watch: for how long to wait (default: without end)")
	return command
}

// status prints the state of a Rollout, once or until the release is over.
func (s *session) status(ctx context.Context, name string, watch bool, timeout time.Duration) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	if !watch {
		rollout, err := s.readRollout(ctx, c, name)
		if err != nil {
			return err
		}
		s.printStatus(rollout)
		return stateFailure(rollout)
	}
	if timeout > 0 {
		limited, stop := context.WithTimeout(ctx, timeout)
		defer stop()
		ctx = limited
	}
	return s.watchStatus(ctx, c, name)
}

// watchStatus prints each change until the release is over, or the time is.
func (s *session) watchStatus(ctx context.Context, c *cluster, name string) error {
	var last *v1alpha1.Rollout
	away := false
	for {
		rollout, err := s.readRollout(ctx, c, name)
		switch {
		case interrupted(ctx):
			return s.unfinished(name, last)
		case err == nil:
			if last == nil || statusLine(last) != statusLine(rollout) {
				s.printStatus(rollout)
			}
			last, away = rollout, false
			if failure := stateFailure(rollout); failure == nil || asFailure(failure).code != exitUnfinished {
				return failure
			}
		case last == nil || asFailure(err).code != exitUnreachable:
			return err
		case !away:
			fmt.Fprintf(s.Stderr, "%s; trying again\n", asFailure(err).what)
			away = true
		}
		s.Sleep(ctx, watchPoll)
		if interrupted(ctx) {
			return s.unfinished(name, last)
		}
	}
}

// unfinished says that the release was not over in time.
func (s *session) unfinished(name string, last *v1alpha1.Rollout) error {
	what := "the time was over before the Rollout could be read"
	if last != nil {
		what = fmt.Sprintf("rollout %s/%s: the release was not over in time", last.Namespace, last.Name)
	}
	return &failure{code: exitUnfinished, what: what, next: s.about("get rollout", name)}
}

// printStatus prints the one line.
func (s *session) printStatus(rollout *v1alpha1.Rollout) {
	fmt.Fprintln(s.Stdout, statusLine(rollout))
}

// statusLine is phase and message.
func statusLine(rollout *v1alpha1.Rollout) string {
	return fmt.Sprintf("%s/%s  %s  %s", rollout.Namespace, rollout.Name, view.Phase(rollout), view.Clean(view.Message(rollout)))
}

// stateFailure is the state of a Rollout as an exit code: nil when it is healthy.
// The line that was printed says why.
func stateFailure(rollout *v1alpha1.Rollout) error {
	switch v1alpha1.RolloutPhase(view.Phase(rollout)) {
	case v1alpha1.PhaseHealthy:
		return nil
	case v1alpha1.PhaseDegraded:
		return &failure{code: exitFailed}
	default:
		return &failure{code: exitUnfinished}
	}
}
