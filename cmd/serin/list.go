package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newList lists Rollouts.
func newList(s *session) *cobra.Command {
	list := &cobra.Command{
		Use:   "list",
		Short: "List Rollouts",
		RunE:  helpOr(unknownCommand),

		DisableFlagsInUseLine: true,
	}
	var all bool
	var output string
	rollouts := &cobra.Command{
		Use:     "rollouts",
		Aliases: []string{"rollout", "ro"},
		Short:   "List the Rollouts of a namespace, or of all",
		Example: fmt.Sprintf("  %[1]s list rollouts\n  %[1]s list rollouts -A", s.program),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(s.about("get rollout", args[0]), "list rollouts takes no name")
			}
			if err := checkOutput(command, output); err != nil {
				return err
			}
			return s.list(command.Context(), all, output)
		},
	}
	rollouts.Flags().BoolVarP(&all, "all-namespaces", "A", false, "list the Rollouts of all namespaces")
	addOutputFlag(rollouts, &output)
	list.AddCommand(rollouts)
	return list
}

// list prints the Rollouts of a namespace, or of all.
func (s *session) list(ctx context.Context, all bool, output string) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	where, options := "namespace "+c.namespace, []client.ListOption{client.InNamespace(c.namespace)}
	if all {
		where, options = "all namespaces", nil
	}
	var rollouts v1alpha1.RolloutList
	if err := c.List(ctx, &rollouts, options...); err != nil {
		return s.explain("listing the Rollouts of "+where, err)
	}
	if output != "" {
		rollouts.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("RolloutList"))
		for i := range rollouts.Items {
			rollouts.Items[i].SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Rollout"))
			rollouts.Items[i].ManagedFields = nil
		}
		return s.print(rollouts, output)
	}
	if len(rollouts.Items) == 0 {
		fmt.Fprintf(s.Stderr, "No Rollouts in %s.\n", where)
		return nil
	}
	fmt.Fprint(s.Stdout, view.List(rollouts.Items, all, s.settings()))
	return nil
}
