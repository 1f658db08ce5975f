package main

import (
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newRetry releases a version again that was taken back.
func newRetry(s *session) *cobra.Command {
	return newIntentCommand(s, "retry", "Release a version again that was taken back",
		"Release a version again that was taken back, from the first step.",
		func() string { return v1alpha1.ActionRetry }, &request{})
}
