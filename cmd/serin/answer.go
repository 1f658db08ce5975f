package main

import (
	"context"
	"fmt"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// awaitAnswer waits until the controller has answered an intent, and says what was
// done or why not.
func (s *session) awaitAnswer(ctx context.Context, c *cluster, name string, intent v1alpha1.Intent) error {
	waiting, stop := context.WithTimeout(ctx, answerTimeout)
	defer stop()
	about := fmt.Sprintf("rollout %s/%s: %s of revision %d", c.namespace, name, intent.Action, intent.Revision)
	var trouble error
	for {
		rollout, err := s.readRollout(waiting, c, name)
		switch {
		case interrupted(ctx):
			return refuse(s.about("get rollout", name), "%s: interrupted while waiting for the answer; it stays asked for", about)
		case err != nil && asFailure(err).code != exitUnreachable:
			return err
		case err == nil:
			if done, result := s.answered(rollout, intent, about); done {
				return result
			}
		}
		if waiting.Err() != nil {
			return s.unanswered(name, about, trouble)
		}
		trouble = err
		s.Sleep(waiting, answerPoll)
	}
}

// answered looks for the answer in the status.
func (s *session) answered(rollout *v1alpha1.Rollout, intent v1alpha1.Intent, about string) (done bool, result error) {
	if last := rollout.Status.LastIntent; last != nil && last.ID == intent.ID {
		if !last.Accepted {
			return true, refuse(s.about("get rollout", rollout.Name), "%s was refused: %s", about, view.Clean(last.Message))
		}
		fmt.Fprintf(s.Stdout, "%s was accepted: %s\n", about, view.Clean(last.Message))
		return true, nil
	}
	if pending := view.Pending(rollout); pending != nil && pending.ID != intent.ID {
		return true, refuse(s.about("get rollout", rollout.Name), "%s was overtaken: %s by %s took its place before a controller had answered",
			about, pending.Action, pending.By)
	}
	return false, nil
}

// unanswered says that no answer came in time.
func (s *session) unanswered(name, about string, trouble error) error {
	why := "is serin-controller running?"
	if trouble != nil {
		why = asFailure(trouble).what
	}
	return refuse(s.controllerPods()+"; then "+s.about("get rollout", name),
		"%s: no controller has answered within %s (%s). It stays asked for, and is obeyed as soon as a controller reads it, if that revision is still current",
		about, answerTimeout, why)
}
