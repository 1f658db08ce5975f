package main

import (
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newAbort takes a release back.
func newAbort(s *session) *cobra.Command {
	var r request
	command := newIntentCommand(s, "abort", "Take a release back: all traffic to the stable version",
		`Take a release back: all traffic goes to the stable version at once. The template
of the Rollout stays as it is: retry releases it again, undo goes back to the
stable version's.`, func() string { return v1alpha1.ActionAbort }, &r)
	command.Flags().StringVar(&r.reason, "reason", "", "why, for those who look later; example: \"checkout is slow\"")
	return command
}
