package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/cmd/serin/view"
)

// newGet shows one Rollout, or lists them.
func newGet(s *session) *cobra.Command {
	get := &cobra.Command{
		Use:   "get",
		Short: "Show what a release does, why, and what can be typed now",

		DisableFlagsInUseLine: true,
		RunE: helpOr(func(command *cobra.Command, typed string) error {
			name, err := rolloutName(command, []string{typed})
			if err == nil && len(similarCommands(command, typed)) == 0 {
				return usage(s.about("get rollout", name), "unknown command %q", "get "+typed)
			}
			return unknownCommand(command, typed)
		}),
	}
	get.AddCommand(newGetRollout(s))
	return get
}

// getFlags are the flags of `get rollout`.
type getFlags struct {
	watch, all bool
	output     string
}

// newGetRollout shows one Rollout; without a name it lists them.
func newGetRollout(s *session) *cobra.Command {
	var flags getFlags
	command := &cobra.Command{
		Use:     "rollout NAME",
		Aliases: []string{"rollouts", "ro"},
		Short:   "Show a Rollout: what it does, why, and what can be typed now",
		Long: `Show a Rollout: what it is doing and why, its versions with their share of the
traffic, the steps, the analysis with its evidence, what people have done to it,
and the commands that make sense now.

Without a name, all Rollouts of the namespace are listed.`,
		Example: fmt.Sprintf(`  %[1]s get rollout web
  %[1]s get rollout web --watch
  %[1]s get rollout web -o yaml`, s.program),
		ValidArgsFunction: s.completeNames,
		RunE: func(command *cobra.Command, args []string) error {
			return s.getOrList(command, args, flags)
		},
	}
	command.Flags().BoolVarP(&flags.watch, "watch", "w", false, "keep showing it as it changes, until Ctrl-C")
	command.Flags().BoolVarP(&flags.all, "all-namespaces", "A", false, "list the Rollouts of all namespaces")
	addOutputFlag(command, &flags.output)
	return command
}

// getOrList shows the Rollout that is named, or lists them all.
func (s *session) getOrList(command *cobra.Command, args []string, flags getFlags) error {
	if err := checkOutput(command, flags.output); err != nil {
		return err
	}
	help := command.CommandPath() + " --help"
	switch {
	case flags.watch && flags.output != "":
		return usage(help, "--watch cannot be used with -o")
	case flags.watch && len(args) == 0:
		return usage(help, "--watch needs the name of a Rollout")
	case flags.all && len(args) > 0:
		return usage(help, "-A lists Rollouts, and cannot be used with a name")
	case len(args) == 0:
		return s.list(command.Context(), flags.all, flags.output)
	}
	name, err := rolloutName(command, args)
	if err != nil {
		return err
	}
	return s.getRollout(command.Context(), name, flags)
}

// getRollout shows one Rollout, once or as it changes.
func (s *session) getRollout(ctx context.Context, name string, flags getFlags) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	if flags.watch {
		return s.watchRollout(ctx, c, name)
	}
	if flags.output != "" {
		rollout, err := s.readRollout(ctx, c, name)
		if err != nil {
			return err
		}
		rollout.ManagedFields = nil
		return s.print(rollout, flags.output)
	}
	objects, err := s.readObjects(ctx, c, name)
	if err != nil {
		return err
	}
	settings := s.settings()
	fmt.Fprint(s.Stdout, view.Text(view.Rollout(objects, settings), settings.Style))
	return nil
}
