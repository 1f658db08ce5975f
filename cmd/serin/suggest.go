package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/serin-dev/serin/lint"
)

// unknownCommand says that there is no such command, and which one may be meant.
func unknownCommand(parent *cobra.Command, typed string) error {
	what := fmt.Sprintf("unknown command %q", typed)
	if similar := similarCommands(parent, typed); len(similar) > 0 {
		what += "; did you mean " + alternatives(similar) + "?"
	}
	return usage(parent.CommandPath()+" --help", "%s", what)
}

// similarCommands are the subcommands that look like what was typed.
func similarCommands(parent *cobra.Command, typed string) []string {
	parent.SuggestionsMinimumDistance = 2
	return parent.SuggestionsFor(typed)
}

// unknownFlag says that a flag is wrong, and which one may be meant.
func unknownFlag(command *cobra.Command, err error) error {
	what := err.Error()
	var missing *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		what = fmt.Sprintf("--%s must be %s, not %q", invalid.GetFlag().Name, wanted(invalid.GetFlag()), invalid.GetValue())
	}
	if errors.As(err, &missing) && missing.GetSpecifiedShortnames() == "" {
		if similar := similarFlags(command, missing.GetSpecifiedName()); len(similar) > 0 {
			what += "; did you mean " + alternatives(similar) + "?"
		}
	}
	return usage(command.CommandPath()+" --help", "%s", what)
}

// wanted says what a flag takes.
func wanted(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "bool":
		return "true or false"
	case "duration":
		return "a duration such as 30s or 10m"
	case "int64":
		return "a whole number"
	default:
		return "a " + flag.Value.Type()
	}
}

// similarFlags are the flags of a command that look like what was typed.
func similarFlags(command *cobra.Command, typed string) []string {
	var similar []string
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && (strings.HasPrefix(flag.Name, typed) || lint.EditDistance(flag.Name, typed) <= 2) {
			similar = append(similar, "--"+flag.Name)
		}
	})
	return similar
}

// alternatives lists names with "or".
func alternatives(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, " or ")
}
