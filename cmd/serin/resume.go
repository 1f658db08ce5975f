package main

import (
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newResume lets a release go on.
func newResume(s *session) *cobra.Command {
	return newIntentCommand(s, "resume", "Let a release go on that was paused",
		"Let a release go on that was held by pause. A pause step is ended by promote.",
		func() string { return v1alpha1.ActionResume }, &request{})
}
