package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// newExplain says why something live or recorded has been decided as it was.
func newExplain(s *session) *cobra.Command {
	var flags replayFlags
	command := &cobra.Command{
		Use:   "explain rollout NAME | analysisrun NAME | RECORDING -f FILE... | -f FILE",
		Short: "Say why it was decided so, what it waits for, and how many requests it needs",
		Long: `explain says why a live Rollout or AnalysisRun, one that was exported to a file,
or one that is played over a recording has decided what it has decided: by which
margin, what it waits for, how many requests it still needs and how long that
takes at the present rate, what it could not see, and what would have changed it.

It ends with 0 when there is an answer, whatever that is.`,
		Example: fmt.Sprintf(`  %[1]s explain rollout web
  %[1]s explain analysisrun web-7c9b-2-0-1-background
  %[1]s explain -f exported-run.yaml
  %[1]s explain recordings/friday -f rollout.yaml -f templates/`, s.program),
		ValidArgsFunction: s.completeExplain,
		RunE: func(command *cobra.Command, args []string) error {
			if flags.output != "text" && flags.output != "json" {
				return usage(command.CommandPath()+" --help", "unknown output %q; use text or json", flags.output)
			}
			why, err := s.why(command, args, flags)
			if err != nil {
				return err
			}
			return s.printWhy(why, flags.output)
		},
	}
	flags.add(command)
	command.Flags().StringVarP(&flags.output, "output", "o", "text", "how to print the answer: text or json")
	return command
}

// completeExplain offers the kinds, files, and the names of Rollouts to the shell.
func (s *session) completeExplain(command *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return []string{"rollout", "analysisrun"}, cobra.ShellCompDirectiveDefault
	case len(args) == 1 && isRolloutWord(args[0]):
		return s.completeNames(command, nil, typed)
	default:
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// printWhy prints an explanation.
func (s *session) printWhy(why replay.Why, output string) error {
	if output == "json" {
		return s.print(why, output)
	}
	settings := s.settings()
	_, err := fmt.Fprint(s.Stdout, view.Text(view.Explain(why, settings), settings.Style))
	return err
}

// why finds out what is asked about, and explains it.
func (s *session) why(command *cobra.Command, args []string, flags replayFlags) (replay.Why, error) {
	ctx, help := command.Context(), command.CommandPath()+" --help"
	if len(flags.files) > 0 {
		switch len(args) {
		case 0:
			return s.whyExported(flags)
		case 1:
			result, err := s.play(ctx, args[0], flags)
			if err != nil {
				return replay.Why{}, err
			}
			return result.Why(), nil
		default:
			return replay.Why{}, usage(help, "one recording at a time; got %s", strings.Join(args, " "))
		}
	}
	kind, name, err := kindAndName(args)
	switch {
	case err != nil:
		return replay.Why{}, usage(help, "%v", err)
	case kind == "rollout":
		return s.whyRollout(ctx, name)
	default:
		return s.whyRun(ctx, name)
	}
}

// kindAndName reads "rollout NAME", "rollout/NAME" and the same of AnalysisRuns.
func kindAndName(args []string) (kind, name string, err error) {
	words := args
	if len(args) == 1 {
		words = strings.SplitN(args[0], "/", 2)
	}
	if len(words) == 0 {
		return "", "", fmt.Errorf("say what to explain: rollout NAME, analysisrun NAME, or a recording with -f")
	}
	if len(words) != 2 || words[1] == "" {
		return "", "", fmt.Errorf("%q is neither rollout NAME nor analysisrun NAME; to explain a recording, say with -f what to play over it", strings.Join(args, " "))
	}
	switch word := strings.ToLower(words[0]); {
	case isRolloutWord(word):
		return "rollout", words[1], nil
	case word == "ar" || strings.TrimSuffix(strings.TrimSuffix(word, ".serin.dev"), "s") == "analysisrun":
		return "analysisrun", words[1], nil
	default:
		return "", "", fmt.Errorf("%q cannot be explained; write rollout NAME or analysisrun NAME", words[0])
	}
}

// whyRollout explains a Rollout of the cluster.
func (s *session) whyRollout(ctx context.Context, name string) (replay.Why, error) {
	c, err := s.connect()
	if err != nil {
		return replay.Why{}, err
	}
	objects, err := s.readObjects(ctx, c, name)
	if err != nil {
		return replay.Why{}, err
	}
	why := replay.WhyRollout(objects.Rollout, view.CountingRuns(objects), s.Now())
	why.State, why.Message, why.Warnings = view.Phase(objects.Rollout), view.Message(objects.Rollout), objects.Unread
	return why, nil
}

// whyRun explains an AnalysisRun of the cluster.
func (s *session) whyRun(ctx context.Context, name string) (replay.Why, error) {
	c, err := s.connect()
	if err != nil {
		return replay.Why{}, err
	}
	run := &v1alpha1.AnalysisRun{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, run); err != nil {
		failed := asFailure(s.explain(fmt.Sprintf("reading analysisrun %s/%s", c.namespace, name), err))
		if failed.code == exitNotFound && !kindMissing(err) {
			failed.next = s.kubectl("get analysisruns.serin.dev") + s.namespaceFlag()
		}
		return replay.Why{}, failed
	}
	return replay.WhyRun(run, s.Now()), nil
}

// whyExported explains an AnalysisRun of a file by its status.
func (s *session) whyExported(flags replayFlags) (replay.Why, error) {
	manifests, err := s.readManifests(flags.files)
	if err != nil {
		return replay.Why{}, err
	}
	run, err := manifests.Run(flags.options.Name)
	if err != nil {
		return replay.Why{}, usage("name the recording to play a Rollout or templates over: "+s.program+" explain RECORDING -f …", "%v", err)
	}
	if run.Status.Phase == "" {
		return replay.Why{}, usage("export it with its status: kubectl get analysisrun "+run.Name+" -o yaml", "AnalysisRun %s has no status; without a recording there is nothing to explain", run.Name)
	}
	return replay.WhyRun(run, replay.LastLook(run)), nil
}
