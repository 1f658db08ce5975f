package main

import (
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// rolloutName reads the name of a Rollout from the arguments: NAME, rollout/NAME,
// or, as users of Argo Rollouts and kubectl type, rollout NAME.
func rolloutName(command *cobra.Command, args []string) (string, error) {
	help := command.CommandPath() + " --help"
	if len(args) == 2 && isRolloutWord(args[0]) {
		args = args[1:]
	}
	switch {
	case len(args) == 0:
		return "", usage(help, "the name of the Rollout is missing")
	case len(args) > 1:
		return "", usage(help, "one Rollout at a time; got %s", strings.Join(args, " "))
	}
	name := args[0]
	if kind, rest, found := strings.Cut(name, "/"); found {
		if !isRolloutWord(kind) {
			return "", usage(help, "%q is not a Rollout; write NAME or rollout/NAME, and the namespace with -n", name)
		}
		name = rest
	}
	if name == "" {
		return "", usage(help, "the name of the Rollout is empty")
	}
	return name, nil
}

// isRolloutWord says whether a word names the kind Rollout, as kubectl accepts it.
func isRolloutWord(word string) bool {
	switch strings.ToLower(word) {
	case "rollout", "rollouts", "ro", "rollouts.serin.dev", "rollout.serin.dev":
		return true
	default:
		return false
	}
}

// completeNames offers the names of Rollouts to the shell.
func (s *session) completeNames(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := s.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var rollouts v1alpha1.RolloutList
	if err := c.List(command.Context(), &rollouts, client.InNamespace(c.namespace)); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, rollout := range rollouts.Items {
		names = append(names, rollout.Name+"\t"+string(rollout.Status.Phase))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
