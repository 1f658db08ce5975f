package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// How long to wait for the controller, and how often to look.
const (
	answerTimeout = 10 * time.Second
	answerPoll    = 200 * time.Millisecond
)

// maxReason is the longest reason that the API accepts.
const maxReason = 1024

// request is what the user asks of a release, as typed.
type request struct {
	name, action, reason string
	// revision is the release that is meant; 0 is the one in progress.
	revision int64
	// wait says whether to wait for the controller's answer.
	wait bool
}

// newIntentCommand is a command that asks the controller for something.
func newIntentCommand(s *session, verb, short, long string, action func() string, r *request) *cobra.Command {
	command := &cobra.Command{
		Use:   verb + " NAME",
		Short: short,
		Long: long + `

The controller is asked, and its answer is waited for (see --wait). What is asked
is about one revision: by default the one that is released now. If another one
has taken its place when the controller reads it, nothing happens.`,
		Example:           fmt.Sprintf("  %[1]s %[2]s web\n  %[1]s %[2]s web -n shop --revision 7", s.program, verb),
		ValidArgsFunction: s.completeNames,
		RunE: func(command *cobra.Command, args []string) error {
			name, err := rolloutName(command, args)
			if err != nil {
				return err
			}
			if command.Flags().Changed("revision") && r.revision < 1 {
				return usage(command.CommandPath()+" --help", "--revision must be at least 1, not %d", r.revision)
			}
			if len(r.reason) > maxReason {
				return usage(command.CommandPath()+" --help", "--reason must be at most %d bytes long, not %d", maxReason, len(r.reason))
			}
			r.name, r.action = name, action()
			return s.ask(command.Context(), *r)
		},
	}
	command.Flags().Int64Var(&r.revision, "revision", 0, "the revision that is meant (default: the one that is released now)")
	command.Flags().BoolVar(&r.wait, "wait", true, fmt.Sprintf("wait up to %s for the controller's answer", answerTimeout))
	return command
}

// ask writes what the user asks for, and waits for the answer.
func (s *session) ask(ctx context.Context, r request) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	rollout, err := s.observedRollout(ctx, c, r.name)
	if err != nil {
		return err
	}
	revision := rollout.Status.Release.Revision
	if r.revision != 0 && r.revision != revision {
		return refuse(s.about("get rollout", r.name), "rollout %s/%s: revision %d is no longer current: it is revision %d now; nothing was asked for",
			c.namespace, r.name, r.revision, revision)
	}
	if pending := view.Pending(rollout); pending != nil && pending.Revision == revision {
		fmt.Fprintf(s.Stderr, "%s this takes the place of %s by %s, which no controller has answered yet\n",
			s.style().Warning("Note:"), view.Clean(pending.Action), view.Clean(pending.By))
	}
	id, err := newID(s.Random)
	if err != nil {
		return err
	}
	intent := v1alpha1.Intent{ID: id, Action: r.action, Revision: revision, By: s.whoAmI(ctx, c), At: metav1.NewMicroTime(s.Now()), Reason: r.reason}
	if err := writeIntent(ctx, c, rollout, intent); err != nil {
		return s.explain(fmt.Sprintf("writing %s of revision %d on rollout %s/%s", r.action, revision, c.namespace, r.name), err)
	}
	if !r.wait {
		fmt.Fprintf(s.Stdout, "rollout %s/%s: asked for %s of revision %d as %s\n", c.namespace, r.name, r.action, revision, intent.By)
		return nil
	}
	return s.awaitAnswer(ctx, c, r.name, intent)
}

// observedRollout reads a Rollout once a controller has seen its latest change:
// before that, the release that its status tells of is not the one that is meant.
func (s *session) observedRollout(ctx context.Context, c *cluster, name string) (*v1alpha1.Rollout, error) {
	waiting, stop := context.WithTimeout(ctx, answerTimeout)
	defer stop()
	for {
		rollout, err := s.readRollout(ctx, c, name)
		if err != nil {
			return nil, err
		}
		if view.Observed(rollout) && rollout.Status.Release != nil {
			return rollout, nil
		}
		s.Sleep(waiting, answerPoll)
		if interrupted(ctx) {
			return nil, s.explain("waiting for the controller", ctx.Err())
		}
		if waiting.Err() != nil {
			return nil, refuse(s.controllerPods(), "rollout %s/%s: nothing was asked for: %s", c.namespace, name, view.Message(rollout))
		}
	}
}

// controllerPods is the command that shows whether the controller runs.
func (s *session) controllerPods() string {
	return s.kubectl("get pods -n serin-system")
}

// newID makes an id that nobody else makes.
func newID(random io.Reader) (string, error) {
	id := make([]byte, 10)
	if _, err := io.ReadFull(random, id); err != nil {
		return "", fmt.Errorf("making a random id: %w", err)
	}
	return hex.EncodeToString(id), nil
}

// writeIntent writes an intent into the Rollout's annotation, and nothing else.
func writeIntent(ctx context.Context, c *cluster, rollout *v1alpha1.Rollout, intent v1alpha1.Intent) error {
	value, err := json.Marshal(intent)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{v1alpha1.AnnotationIntent: string(value)},
	}})
	if err != nil {
		return err
	}
	return c.Patch(ctx, rollout.DeepCopy(), client.RawPatch(types.MergePatchType, patch))
}
