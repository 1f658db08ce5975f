package main

import (
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newPause holds a release.
func newPause(s *session) *cobra.Command {
	return newIntentCommand(s, "pause", "Hold a release where it is",
		`Hold a release where it is, until resume. It is still taken back when it turns
out to be bad. Only this release is held; spec.paused holds all.`,
		func() string { return v1alpha1.ActionPause }, &request{})
}
