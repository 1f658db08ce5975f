package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newVersion prints which binary this is.
func newVersion(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(command.CommandPath()+" --help", "version takes no argument; got %q", args[0])
			}
			fmt.Fprintf(s.Stdout, "serin %s, API %s\n", s.Build, v1alpha1.GroupVersion)
			return nil
		},
	}
}
