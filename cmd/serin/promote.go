package main

import (
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newPromote ends the step in progress, or all of them.
func newPromote(s *session) *cobra.Command {
	var full bool
	var r request
	action := func() string {
		if full {
			return v1alpha1.ActionPromoteFull
		}
		return v1alpha1.ActionPromote
	}
	command := newIntentCommand(s, "promote", "End the step in progress, or skip all that are left (--full)",
		`End the step in progress: a pause is over, an analysis is not waited for any
longer, a weight that waits for evidence is set without it. With --full, all
remaining steps and analyses are skipped. The status says who did it.`, action, &r)
	command.Flags().BoolVar(&full, "full", false, "skip all remaining steps and analyses")
	return command
}
