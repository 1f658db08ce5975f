package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/cmd/serin/view"
)

// session is one run of the program: the environment, and the flags that all
// commands share.
type session struct {
	environment
	// program is what the user types: serin, or kubectl serin.
	program string
	// kubeconfig, context and namespace choose the cluster and the namespace.
	kubeconfig, context, namespace string
	noColor                        bool
}

// run runs the program and returns its exit code. A bug in it ends it with a
// message, not with a stack trace.
func run(env environment) (code int) {
	s := &session{environment: env, program: programName(env.Args)}
	defer func() {
		if bug := recover(); bug != nil {
			fmt.Fprintf(env.Stderr, "Error: %s has a bug: %v\nNext:  please report it with the command, at https://github.com/serin-dev/serin/issues\n", s.program, bug)
			code = exitFailed
		}
	}()
	ctx, stop := env.Signals()
	defer stop()
	root := newRootCommand(s)
	var args []string
	if len(env.Args) > 0 {
		args = append(args, env.Args[1:]...)
	}
	root.SetArgs(args)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	return s.report(root.ExecuteContext(ctx))
}

// report prints an error and what to do next, and returns the exit code.
func (s *session) report(err error) int {
	if err == nil {
		return exitOK
	}
	f := asFailure(err)
	if f.what != "" {
		style := view.Style{Color: s.style().Color}
		fmt.Fprintf(s.Stderr, "%s %s\n", style.Bad("Error:"), view.Clean(f.what))
	}
	if f.next != "" {
		fmt.Fprintf(s.Stderr, "Next:  %s\n", f.next)
	}
	return f.code
}

// programName is what the user types: kubectl runs its plugins by the name of
// their file.
func programName(args []string) string {
	if len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), "kubectl-") {
		return "kubectl serin"
	}
	return "serin"
}

// The groups of commands in the help.
const (
	groupLook    = "look"
	groupAct     = "act"
	groupOffline = "offline"
)

// newRootCommand puts the commands together.
func newRootCommand(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "serin",
		Short: "See what releases do, take part in them, and try templates on recorded metrics",
		Long: `serin shows what the releases of a cluster do and why, and asks their
controller to promote, abort, retry, pause or resume them. Without a cluster it
records metrics, replays releases over them by the code that decides live, and
checks, tests and converts templates.`,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: s.program},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          helpOr(unknownCommand),

		DisableFlagsInUseLine: true,
	}
	root.AddGroup(&cobra.Group{ID: groupLook, Title: "To look:"}, &cobra.Group{ID: groupAct, Title: "To act:"},
		&cobra.Group{ID: groupOffline, Title: "Without a cluster, before a template guards anything:"})
	s.addFlags(root)
	root.SetFlagErrorFunc(unknownFlag)
	add(root, groupLook, newGet(s), newList(s), newStatus(s), newExplain(s))
	add(root, groupAct, newPromote(s), newAbort(s), newRetry(s), newPause(s), newResume(s), newUndo(s))
	add(root, groupOffline, newRecord(s), newLint(s), newReplay(s), newTest(s), newBacktest(s), newSimulate(s), newConvert(s))
	add(root, "", newVersion(s), newExitCodes())
	return root
}

// add puts commands into a group.
func add(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, command := range commands {
		command.GroupID = group
		root.AddCommand(command)
	}
}

// addFlags adds the flags of all commands.
func (s *session) addFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "path of the kubeconfig (default: $KUBECONFIG, else ~/.kube/config)")
	flags.StringVar(&s.context, "context", "", "context of the kubeconfig to use")
	flags.StringVarP(&s.namespace, "namespace", "n", "", "namespace (default: that of the context)")
	flags.BoolVar(&s.noColor, "no-color", false, "no colours; NO_COLOR in the environment does the same")
}

// helpOr prints the help of a command that is typed without a subcommand, and
// refuses one that does not exist.
func helpOr(unknown func(*cobra.Command, string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknown(command, args[0])
		}
		return command.Help()
	}
}

// newExitCodes is the help topic of the exit codes.
func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long:  exitCodesHelp,
	}
}

// style is how the terminal wants its text.
func (s *session) style() view.Style {
	return view.Style{
		Color: s.IsTerminal && !s.noColor && s.Env("NO_COLOR") == "" && s.Env("TERM") != "dumb",
		ASCII: asciiOnly(s.Env),
	}
}

// asciiOnly says whether the locale rules UTF-8 out. Without a locale, UTF-8 is
// what terminals have today.
func asciiOnly(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(env(name)); value != "" {
			return !strings.Contains(value, "UTF-8") && !strings.Contains(value, "UTF8")
		}
	}
	return false
}

// settings are how a view is to be written now.
func (s *session) settings() view.Settings {
	width, _ := s.Size()
	if !s.IsTerminal {
		width = 0
	}
	return view.Settings{
		Now: s.Now(), Style: s.style(), Width: width, Command: s.program,
		Connection: s.connectionFlags(), Namespace: strings.TrimSpace(s.namespaceFlag()),
	}
}

// interrupted says whether the user has ended the program.
func interrupted(ctx context.Context) bool { return ctx.Err() != nil }
