package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/recording"
	"github.com/serin-dev/serin/recording/capture"
)

// recordFlags are the flags of record.
type recordFlags struct {
	server                      serverFlags
	files, arguments, selectors []string
	start, end, out             string
	last, lookback              time.Duration
	maxSamples                  int
	dryRun                      bool
	from, to                    time.Time
	values                      map[string]string
	runName                     string
}

// newRecord records raw samples.
func newRecord(s *session) *cobra.Command {
	var flags recordFlags
	command := &cobra.Command{
		Use:   "record [analysisrun NAME] --out FOLDER",
		Short: "Record the raw samples of a window from a Prometheus-compatible server",
		Long: `record fetches the raw samples that templates, a Rollout or an AnalysisRun look
at (-f, or analysisrun NAME of the cluster), or those of selectors (--match), into
a folder: a TSDB block, and a manifest that says where it comes from. replay,
explain, backtest and test read it, and so does Prometheus.

Ranges, offsets and histories of the queries widen the window as they need. Where a
Rollout fills in the hash of a version, the samples of all versions are recorded.

The server is asked for one slice after the other, each of a bounded number of
samples. When the recording is interrupted, the same command goes on where it
stopped; until it is whole, nothing is at its place.

It ends with 0 when all is recorded, 2 when the input cannot be read, and 3 when
the server cannot be reached or refuses.`,
		Example: fmt.Sprintf(`  %[1]s record --prometheus http://localhost:9090 -f templates/ --arg service=web --last 2h --out friday
  %[1]s record --prometheus http://localhost:9090 analysisrun web-7c9b-2 -n shop --out friday
  %[1]s record --prometheus http://localhost:9090 --match "http_requests_total{job=\"web\"}" --last 1h --out friday`, s.program),
		RunE: func(command *cobra.Command, args []string) error {
			return s.record(command, args, flags)
		},
	}
	flags.server.add(command)
	add := command.Flags()
	add.StringArrayVarP(&flags.files, "file", "f", nil, "templates, Rollouts or AnalysisRuns: a file, a folder, or - for stdin; may be repeated")
	add.StringArrayVar(&flags.arguments, "arg", nil, "value of an argument, as name=value; may be repeated")
	add.StringArrayVar(&flags.selectors, "match", nil, "a selector to record; may be repeated")
	add.StringVar(&flags.start, "start", "", "when the window begins: 2026-03-01T03:00:00Z, or seconds since 1970 (default: when the AnalysisRun began)")
	add.StringVar(&flags.end, "end", "", "when it ends (default: when the AnalysisRun ended, else now)")
	add.DurationVar(&flags.last, "last", 0, "the window is the time up to the end, such as 2h, instead of --start")
	add.DurationVar(&flags.lookback, "lookback", 15*time.Minute, "how much earlier the recording begins, for counters to have a past")
	add.StringVar(&flags.out, "out", "", "folder of the recording; it must not exist")
	add.IntVar(&flags.maxSamples, "max-samples", capture.DefaultMaxSamples, "how many samples one request may answer")
	add.BoolVar(&flags.dryRun, "dry-run", false, "say what would be recorded, and ask no server")
	return command
}

// record finds out what to record, records it, and says what it has.
func (s *session) record(command *cobra.Command, args []string, flags recordFlags) error {
	ctx, help := command.Context(), command.CommandPath()+" --help"
	if err := flags.check(help, args); err != nil {
		return err
	}
	manifests, err := s.recordedManifests(ctx, flags)
	if err != nil {
		return err
	}
	if err := flags.window(s.Now(), manifests); err != nil {
		return err
	}
	selections, queries, addresses, err := flags.wanted(manifests)
	if err != nil {
		return err
	}
	if flags.dryRun {
		return s.printPlan(selections)
	}
	address, err := flags.chooseServer(addresses)
	if err != nil {
		return err
	}
	server, err := flags.server.connect(address)
	if err != nil {
		return err
	}
	defer server.Close()
	bar := s.progressOf("recording, seconds")
	result, err := capture.Record(ctx, capture.Options{
		Server: server, Out: flags.out, Selections: selections, MaxSamples: flags.maxSamples, Timeout: flags.server.timeout, Sleep: s.Sleep,
		Manifest: recording.Manifest{Tool: "serin " + s.Build, Source: withoutSecrets(address), From: flags.from.Add(-flags.lookback), To: flags.to, Queries: queries},
		Progress: func(p capture.Progress) {
			if p.Note != "" {
				bar.end()
				fmt.Fprintf(s.Stderr, "Note:  %s\n", byFlags(p.Note))
			}
			bar.at(int64(p.Done.Seconds()), int64(p.All.Seconds()), fmt.Sprintf("%d samples", p.Samples))
		},
	})
	bar.end()
	if err != nil {
		return s.cannotRecord(ctx, flags, err)
	}
	return s.printRecorded(result, flags)
}

// check refuses flags that do not fit together.
func (f *recordFlags) check(help string, args []string) error {
	isRun := len(args) == 2 && (args[0] == "ar" || strings.HasPrefix(args[0], "analysisrun"))
	if isRun {
		f.runName = args[1]
	}
	switch {
	case len(args) > 0 && !isRun:
		return usage(help, "%q cannot be recorded; write analysisrun NAME, or what to record with -f or --match", strings.Join(args, " "))
	case f.runName == "" && len(f.files) == 0 && len(f.selectors) == 0:
		return usage(help, "nothing to record; name templates with -f, selectors with --match, or analysisrun NAME")
	case f.out == "" && !f.dryRun:
		return usage("write --out friday", "the folder of the recording is missing")
	case f.start != "" && f.last != 0:
		return usage("leave one of them out", "--start and --last both say when the window begins")
	case f.last < 0 || f.lookback < 0:
		return usage(help, "--last and --lookback cannot be negative")
	}
	return f.readArguments()
}

// readArguments reads the values of --arg, and looks whether --out is free.
func (f *recordFlags) readArguments() error {
	if f.maxSamples < 1 {
		return usage("leave it out, or write a million", "--max-samples is %d and must be at least 1", f.maxSamples)
	}
	if f.out != "" {
		if err := recording.Free(f.out); err != nil {
			return usage("name another folder with --out", "%v", err)
		}
	}
	f.values = map[string]string{}
	for _, text := range f.arguments {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return usage("write it as --arg service=web", "--arg %q has no name or no value", text)
		}
		f.values[name] = value
	}
	return nil
}

// recordedManifests reads the files, and the AnalysisRun from the cluster.
func (s *session) recordedManifests(ctx context.Context, flags recordFlags) (*replay.Manifests, error) {
	manifests, err := s.readManifests(flags.files)
	if err != nil || flags.runName == "" {
		return manifests, err
	}
	c, err := s.connect()
	if err != nil {
		return nil, err
	}
	run := &v1alpha1.AnalysisRun{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: flags.runName}, run); err != nil {
		failed := asFailure(s.explain(fmt.Sprintf("reading analysisrun %s/%s", c.namespace, flags.runName), err))
		if failed.code == exitNotFound && !kindMissing(err) {
			failed.next = s.kubectl("get analysisruns.serin.dev") + s.namespaceFlag()
		}
		return nil, failed
	}
	manifests.Runs = append(manifests.Runs, *run)
	return manifests, nil
}

// window finds out when the window begins and ends: by flags, else by the AnalysisRuns.
func (f *recordFlags) window(now time.Time, manifests *replay.Manifests) error {
	f.ofRuns(manifests.Runs)
	for _, moment := range []struct {
		flag, text string
		at         *time.Time
	}{{"start", f.start, &f.from}, {"end", f.end, &f.to}} {
		if moment.text == "" {
			continue
		}
		at, err := replay.ParseTime(moment.text)
		if err != nil {
			return usage("", "--%s: %v", moment.flag, err)
		}
		*moment.at = at
	}
	if f.to.IsZero() {
		f.to = now
		// What was interrupted goes on with the window that it had.
		if end, begun := capture.Begun(f.out); begun {
			f.to = end
		}
	}
	if f.last > 0 {
		f.from = f.to.Add(-f.last)
	}
	f.from, f.to = f.from.UTC().Truncate(time.Millisecond), f.to.UTC().Truncate(time.Millisecond) // As samples are.
	switch {
	case f.from.IsZero():
		return usage("write --last 2h, or --start and --end", "when the window begins is missing")
	case !f.from.Before(f.to):
		return usage("swap --start and --end", "the window ends at %s, before it begins at %s", replay.Clock(f.to), replay.Clock(f.from))
	case f.from.After(now):
		return usage("which day is it? It is "+replay.Clock(now), "the window begins at %s, which is in the future", replay.Clock(f.from))
	}
	return nil
}

// ofRuns takes the window from the times of AnalysisRuns: the widest.
// One of a file that had not ended when it was exported ends with its last look.
func (f *recordFlags) ofRuns(runs []v1alpha1.AnalysisRun) {
	for i, run := range runs {
		if begun := run.Status.StartedAt; begun != nil && (f.from.IsZero() || begun.Time.Before(f.from)) {
			f.from = begun.Time
		}
		live := f.runName != "" && i == len(runs)-1
		switch ended := run.Status.CompletedAt; {
		case ended != nil && ended.After(f.to):
			f.to = ended.Time
		case ended == nil && !live && run.Status.StartedAt != nil && replay.LastLook(&runs[i]).After(f.to):
			f.to = replay.LastLook(&runs[i])
		}
	}
}

// wanted is what is recorded: what manifests touch, and the selectors that were typed.
func (f *recordFlags) wanted(manifests *replay.Manifests) (all []capture.Selection, queries []string, addresses []string, err error) {
	if len(manifests.Files) > 0 || len(manifests.Runs) > 0 {
		touched, err := touchedBy(manifests, f.values)
		if err != nil {
			return nil, nil, nil, usage("mend it, or name selectors with --match", "%s", oneLine(err))
		}
		if all, queries, err = touched.selections(f.from, f.lookback, f.to); err != nil {
			return nil, nil, nil, usage("mend it; see: serin lint", "%s", oneLine(err))
		}
		addresses = slices.Sorted(maps.Keys(touched.addresses))
	}
	for _, text := range f.selectors {
		selection, err := capture.OfSelector(text, f.from.Add(-f.lookback), f.to)
		if err != nil {
			return nil, nil, nil, usage(`write it as --match 'up{job="web"}'`, "%s", oneLine(err))
		}
		all = append(all, selection)
	}
	all = capture.Unite(all)
	if len(all) == 0 {
		return nil, nil, nil, usage("name selectors with --match", "no query of these files selects a series")
	}
	for _, selection := range all {
		if err := selection.Check(); err != nil {
			return nil, nil, nil, usage("name a metric, or give more arguments with --arg", "%v", err)
		}
	}
	return all, queries, addresses, nil
}

// chooseServer is the address of the server.
func (f *recordFlags) chooseServer(addresses []string) (string, error) {
	switch {
	case f.server.address != "":
		return f.server.address, nil
	case len(addresses) == 1:
		return addresses[0], nil
	case len(addresses) > 1:
		return "", usage("name the one to record with --prometheus, and record the others by themselves", "the metrics name several servers: %s", strings.Join(addresses, ", "))
	}
	return "", usage("write --prometheus http://localhost:9090", "the address of the server is missing")
}

// withoutSecrets is an address as a manifest may show it.
func withoutSecrets(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}).String()
}

// cannotRecord gives an error of recording its exit code and what to do next.
func (s *session) cannotRecord(ctx context.Context, flags recordFlags, err error) error {
	f := &failure{code: exitFailed, what: byFlags(oneLine(err)), cause: err}
	var kept *capture.Interrupted
	if errors.As(err, &kept) {
		f.next = "the same command goes on where it stopped"
	}
	switch {
	case interrupted(ctx) && kept != nil:
		f.what = fmt.Sprintf("interrupted; %d samples have come and are kept in %s", kept.Samples, kept.Folder)
	case interrupted(ctx):
		f.what = "interrupted; nothing was recorded"
	case errors.Is(err, syscall.ENOSPC):
		f.next = "make room on the disk of " + flags.out + ", then type the same command again"
	case errors.Is(err, metrics.ErrUnavailable):
		f.code = exitUnreachable
	case errors.Is(err, metrics.ErrInvalidQuery):
		f.code = exitUsage
	}
	return f
}

// printPlan says what would be recorded.
func (s *session) printPlan(all []capture.Selection) error {
	fmt.Fprintln(s.Stdout, "Would record")
	for _, selection := range all {
		fmt.Fprintf(s.Stdout, "  %s\n      from %s to %s (%s)\n", selection.Selector(), replay.Clock(selection.From), replay.Clock(selection.To), selection.To.Sub(selection.From).Round(time.Second))
	}
	return nil
}

// printRecorded says what was recorded, and what can be done with it.
func (s *session) printRecorded(result capture.Result, flags recordFlags) error {
	fmt.Fprintf(s.Stdout, "Recorded %d samples of %d series into %s, by %s.\n", result.Samples, result.Series, flags.out, result.Transport)
	if result.Resumed > 0 {
		fmt.Fprintf(s.Stdout, "%d slices were there from an attempt before.\n", result.Resumed)
	}
	for _, note := range result.Notes {
		fmt.Fprintf(s.Stdout, "It lacks: %s.\n", note)
	}
	switch {
	case flags.runName != "":
		fmt.Fprintf(s.Stdout, "Next:  %s -o yaml > run.yaml && %s replay %s -f run.yaml\n", s.kubectl("get analysisruns.serin.dev "+flags.runName+s.namespaceFlag()), s.program, shellQuote(flags.out))
	case len(flags.files) > 0:
		next := s.program + " replay " + shellQuote(flags.out)
		for _, file := range flags.files {
			next += " -f " + shellQuote(file)
		}
		for _, argument := range flags.arguments {
			next += " --arg " + shellQuote(argument)
		}
		fmt.Fprintln(s.Stdout, "Next:  "+next)
	}
	return nil
}
