package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
	"github.com/serin-dev/serin/report"
)

// replayFlags are the flags of commands that play something over a recording.
type replayFlags struct {
	files, arguments        []string
	start, end, canarySince string
	kind, output            string
	looks                   bool
	options                 replay.Options
}

// newReplay plays templates, runs and Rollouts over a recording.
func newReplay(s *session) *cobra.Command {
	var flags replayFlags
	command := &cobra.Command{
		Use:   "replay RECORDING -f FILE...",
		Short: "Play a Rollout, an AnalysisRun or templates over recorded metrics",
		Long: `replay plays a Rollout, an exported AnalysisRun or templates over recorded
metrics, by the code that decides live and with a virtual clock. It tells what
would have happened when, and why. No cluster is asked.

Of what the files hold, a Rollout is played, with its templates; else an
AnalysisRun; else the templates, together as one run.

It ends with 0 when the version is promoted (or the run Successful), with 1 when
it is taken back (or Failed), with 2 when the input cannot be played, and with 5
when there is no verdict: Inconclusive, waiting for a person, or the recording
ended first.`,
		Example: fmt.Sprintf(`  %[1]s replay recordings/friday -f templates/errors.yaml --arg service=web
  %[1]s replay recordings/friday -f rollout.yaml -f templates/ --stable-hash 5f6d --canary-hash 7c9b
  %[1]s replay recordings/friday -f exported-run.yaml -o json`, s.program),
		RunE: func(command *cobra.Command, args []string) error {
			return s.replay(command, args, flags)
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&flags.looks, "looks", false, "show every look, not only changes")
	command.Flags().StringVarP(&flags.output, "output", "o", "text", "how to print the result: text, json, or html (one file with plots: … -o html > report.html)")
	return command
}

// add adds the flags that say what is played.
func (f *replayFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringArrayVarP(&f.files, "file", "f", nil, "manifests to play: a file, a folder, or - for stdin; may be repeated")
	flags.StringArrayVar(&f.arguments, "arg", nil, "value of an argument, as name=value; may be repeated")
	flags.StringVar(&f.options.Name, "name", "", "which Rollout, AnalysisRun or template, when the files hold several")
	flags.StringVar(&f.start, "start", "", "when it begins: 2026-03-01T03:00:00Z, or seconds since 1970 (default: the object's own, else the recording's start)")
	flags.StringVar(&f.end, "end", "", "after when nothing is played (default: the recording's end)")
	flags.StringVar(&f.kind, "kind", "", "templates: step or background (default: step when each metric can end)")
	flags.StringVar(&f.canarySince, "canary-since", "", "templates: when the canary's first pods may have started; their counters began at zero then")
	flags.BoolVar(&f.options.Schedule, "by-schedule", false, "AnalysisRun: as a new run, not by the journal of the live one")
	flags.StringVar(&f.options.Release.StableHash, "stable-hash", "", "Rollout: pod-template hash of the stable version in the recording")
	flags.StringVar(&f.options.Release.CanaryHash, "canary-hash", "", "Rollout: pod-template hash of the new version in the recording")
	flags.DurationVar(&f.options.Release.Startup, "pods-ready", 10*time.Second, "Rollout: how long a pod takes to become ready")
	flags.BoolVar(&f.options.Release.CheckSplit, "check-split", false, "Rollout: the recorded traffic was split by its weights, hold it to them")
	flags.BoolVar(&f.options.Release.PromotePauses, "promote-pauses", false, "Rollout: promote at each pause that waits for a person")
}

// replay plays and prints.
func (s *session) replay(command *cobra.Command, args []string, flags replayFlags) error {
	help := command.CommandPath() + " --help"
	switch {
	case len(args) == 0:
		return usage(help, "the recording is missing")
	case len(args) > 1:
		return usage(help, "one recording at a time; got %s", strings.Join(args, " "))
	case len(flags.files) == 0:
		return usage(help, "nothing to play; name a Rollout, an AnalysisRun or templates with -f")
	case flags.output != "text" && flags.output != "json" && flags.output != "html":
		return usage(help, "unknown output %q; use text, json or html", flags.output)
	}
	result, err := s.play(command.Context(), args[0], flags)
	if err != nil {
		return err
	}
	if err := s.printReplay(result, flags); err != nil {
		return err
	}
	return verdictFailure(result.Verdict.Outcome)
}

// printReplay prints a result.
func (s *session) printReplay(result *replay.Result, flags replayFlags) error {
	switch flags.output {
	case "json":
		return s.print(result, "json")
	case "html":
		return report.Replay(s.Stdout, result)
	}
	settings := s.settings()
	blocks := append(view.Replay(result, flags.looks, settings), view.Block{Name: "Next", Lines: s.afterReplay(result, flags)})
	_, err := fmt.Fprint(s.Stdout, view.Text(blocks, settings.Style))
	return err
}

// afterReplay are the commands that make sense now, with the flags that led here.
func (s *session) afterReplay(result *replay.Result, flags replayFlags) []string {
	var typed []string
	for _, word := range s.Args[1:] {
		if word != "replay" && word != "--looks" {
			typed = append(typed, shellQuote(word))
		}
	}
	rest := strings.Join(typed, " ")
	lines := []string{fmt.Sprintf("  %s explain %s", s.program, rest)}
	if !flags.looks {
		lines = append(lines, fmt.Sprintf("  %s replay %s --looks", s.program, rest))
	}
	if result.Verdict.Outcome == replay.Waiting && result.Verdict.Reason == progression.WaitPauseStep {
		lines = append(lines, fmt.Sprintf("  %s replay %s --promote-pauses", s.program, rest))
	}
	return lines
}

// verdictFailure is a verdict as an exit code. What was printed says why.
func verdictFailure(outcome replay.Outcome) error {
	switch {
	case outcome.Good():
		return nil
	case outcome.Bad():
		return &failure{code: exitFailed}
	default:
		return &failure{code: exitUnfinished}
	}
}

// play plays over a recording what the flags say.
func (s *session) play(ctx context.Context, path string, flags replayFlags) (*replay.Result, error) {
	options, err := flags.read()
	if err != nil {
		return nil, err
	}
	manifests, err := s.readManifests(flags.files)
	if err != nil {
		return nil, err
	}
	opened, err := recording.Open(path)
	if err != nil {
		return nil, &failure{code: exitUsage, what: oneLine(err), cause: err, next: "a recording is made with: " + s.program + " record --help"}
	}
	defer opened.Close()
	manifest := opened.Manifest()
	in, err := manifests.Prepare(options, replay.Recording{
		Path: path, Format: manifest.Format, Source: manifest.Source, Start: manifest.From.UTC(), End: manifest.To.UTC(), Series: manifest.Series, Samples: int(manifest.Samples),
	}, offlineChecks())
	if errors.Is(err, replay.ErrHashes) {
		next := "the recording has no label with hash in its name; which label tells its versions apart?"
		if labels := replay.HashLabels(ctx, opened, manifest.From, manifest.To); labels != "" {
			next = "the recording has " + labels
		}
		return nil, usage(next, "%v", err)
	}
	if err != nil {
		return nil, s.cannotPlay(err)
	}
	in.Provider, err = recorded.New(opened, recorded.Config{Name: path, From: in.Recording.Start, To: in.Recording.End})
	if err != nil {
		return nil, s.cannotPlay(err)
	}
	in.Missing = replay.Catalogue(opened, in.Recording.Start, in.Recording.End)
	in.Warnings = append(in.Warnings, opened.Warnings()...)
	bar := s.progressOf("replaying, seconds")
	in.Progress = func(now time.Time) {
		bar.at(int64(now.Sub(in.Start).Seconds()), int64(in.End.Sub(in.Start).Seconds()), now.UTC().Format(time.RFC3339))
	}
	defer bar.end()
	result, err := replay.Play(ctx, in)
	if interrupted(ctx) {
		return nil, refuse("", "interrupted")
	}
	if err != nil {
		return nil, s.cannotPlay(err)
	}
	return result, nil
}

// offlineChecks are those of the live controller. Where a template's metrics are does
// not matter: they are in the recording.
func offlineChecks() translate.Checks {
	return translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"}
}

// read reads the values of the flags.
func (f replayFlags) read() (replay.Options, error) {
	o := f.options
	switch strings.ToLower(f.kind) {
	case "":
	case "step":
		o.Kind = translate.Step
	case "background":
		o.Kind = translate.Background
	default:
		return o, usage("write --kind step or --kind background", "unknown kind %q", f.kind)
	}
	for _, text := range f.arguments {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return o, usage("write it as --arg service=web", "--arg %q has no name or no value", text)
		}
		if slices.ContainsFunc(o.Arguments, func(a replay.Argument) bool { return a.Name == name }) {
			return o, usage("leave one of them out", "--arg %s is given twice", name)
		}
		o.Arguments = append(o.Arguments, replay.Argument{Name: name, Value: value})
	}
	for _, moment := range []struct {
		flag, text string
		at         *time.Time
	}{{"start", f.start, &o.Start}, {"end", f.end, &o.End}, {"canary-since", f.canarySince, &o.CanarySince}} {
		if moment.text == "" {
			continue
		}
		at, err := replay.ParseTime(moment.text)
		if err != nil {
			return o, usage("correct --"+moment.flag, "%v", err)
		}
		*moment.at = at
	}
	return o, nil
}

// cannotPlay tells of mistakes in manifests, a line each.
func (s *session) cannotPlay(err error) error {
	var problems translate.Problems
	if !errors.As(err, &problems) {
		return usage("", "%v", err)
	}
	next := "correct that, and play it again"
	for _, problem := range problems {
		fmt.Fprintln(s.Stderr, view.Clean(problem.String()))
		switch {
		case strings.Contains(problem.Message, "duplicate name"):
			next = "templates that are alternatives are played one at a time; choose one with --name"
		case problem.Field == "args":
			next = "when templates are played by themselves, give their arguments with --arg name=value"
		}
	}
	if len(problems) == 1 {
		return usage(next, "this cannot be played")
	}
	return usage(next, "this cannot be played: %d mistakes", len(problems))
}
