package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/backtest"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/report"
)

// backtestFlags are those of backtest.
type backtestFlags struct {
	backtestOutput
	files, templates, args, chosen []string
	budget, shard                  string
	workers                        int
}

// backtestOutput are the flags that backtest and its merge share.
type backtestOutput struct {
	output, out, failUnder string
	allWrong               bool
	keepGoing              bool
}

// newBacktest judges templates by labelled recordings.
func newBacktest(s *session) *cobra.Command {
	var f backtestFlags
	command := &cobra.Command{
		Use:   "backtest CORPUS -f TEMPLATE...",
		Short: "Judge templates by a corpus of labelled recordings",
		Long: `backtest plays every case of a corpus by the code that decides live, and says
how many bad releases the templates take back and how many good ones, how soon,
which metric decided, and why the wrong cases went wrong. No cluster is asked.

A corpus is a folder of <dataset>/<case>/case.json, each beside one recording.
Templates say in the annotation backtest.serin.dev/datasets what they are for.
docs/cli/backtest.md describes both.

It ends with 0 when all is played and no bar of --fail-under is missed, 1 when
one is, and 2 when a case or a template cannot be read.`,
		Example: fmt.Sprintf("  %[1]s backtest ./corpus -f templates/\n  %[1]s backtest ./corpus -f templates/ --shard 1/8 -o json > 1.json\n  %[1]s backtest merge *.json --fail-under recall=0.9,false=0.02", s.program),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) != 1 || len(f.files) == 0 {
				return usage(command.CommandPath()+" --help", "backtest needs one corpus and the files of templates (-f)")
			}
			return s.backtest(command.Context(), args[0], f)
		},
	}
	flags := command.Flags()
	flags.StringSliceVarP(&f.files, "filename", "f", nil, "files or folders of AnalysisTemplates")
	flags.StringArrayVar(&f.templates, "template", nil, "DATASET=NAME: which template judges a dataset")
	flags.StringArrayVar(&f.args, "arg", nil, "NAME=VALUE: value of an argument of the templates")
	flags.StringArrayVar(&f.chosen, "select", nil, "KEY=PATTERN,…: only such cases; keys: case, dataset, expected, level, service")
	flags.StringVar(&f.budget, "budget", "", "falseAlarmBudget instead of the templates', such as 1%")
	flags.StringVar(&f.shard, "shard", "", "I/N: only the I-th of N parts of the corpus; index/N in a pod of an Indexed Job")
	flags.IntVar(&f.workers, "parallel", runtime.GOMAXPROCS(0), "how many cases are played at a time")
	f.add(command)
	command.AddCommand(newBacktestMerge(s))
	return command
}

// add adds the flags.
func (o *backtestOutput) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVarP(&o.output, "output", "o", "text", "how to print the result: text, json, or html (one file with plots)")
	flags.StringVar(&o.out, "out", "", "file to write the result to, instead of stdout")
	flags.StringVar(&o.failUnder, "fail-under", "", "end with 1 when a bar is missed: recall=0.9,false=0.05,DATASET.recall=…")
	flags.BoolVar(&o.keepGoing, "keep-going", false, "do not end with 2 when cases cannot be played")
	flags.BoolVar(&o.allWrong, "wrong", false, "show all cases that were decided wrongly")
}

// newBacktestMerge puts the results of shards together.
func newBacktestMerge(s *session) *cobra.Command {
	var f backtestOutput
	command := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Put the results of all shards together",
		Long: `merge puts together what backtest --shard I/N -o json has written: all shards of
one corpus, judged by the same templates with the same flags. The result is the
one of the whole corpus. Of a folder it takes all .json files.`,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(command.CommandPath()+" --help", "merge needs the results of all shards")
			}
			bars, err := f.check(command.CommandPath())
			if err != nil {
				return err
			}
			var parts []backtest.Named
			for _, path := range args {
				read, err := readResults(path)
				if err != nil {
					return usage("write them with "+s.program+" backtest --shard I/N -o json", "%v", err)
				}
				parts = append(parts, read...)
			}
			merged, err := backtest.Merge(parts)
			if err != nil {
				return usage(command.CommandPath()+" with one result of each shard", "%v", err)
			}
			return s.tell(merged, f, bars, f.keepGoing)
		},
	}
	f.add(command)
	return command
}

// check reads the flags of a command.
func (o backtestOutput) check(command string) (backtest.Bars, error) {
	if o.output != "text" && o.output != "json" && o.output != "html" {
		return nil, usage(command+" --help", "unknown output %q; use text, json or html", o.output)
	}
	if o.failUnder == "" {
		return nil, nil
	}
	bars, err := backtest.ParseBars(o.failUnder)
	if err != nil {
		return nil, usage(command+" --fail-under recall=0.9,false=0.05", "--fail-under: %v", err)
	}
	return bars, nil
}

// backtest plays a corpus.
func (s *session) backtest(ctx context.Context, dir string, f backtestFlags) error {
	name := s.program + " backtest"
	bars, err := f.check(name)
	if err != nil {
		return err
	}
	shown := s.progressOf("back-testing")
	b, err := s.prepareBacktest(f, dir, func(done, all int, last string) { shown.at(int64(done), int64(all), last) })
	if err != nil {
		return usage(name+" --help", "%v", err)
	}
	if err := bars.Check(b.Datasets()); err != nil {
		return usage(name+" --help", "--fail-under: %v", err)
	}
	result, err := b.Run(ctx)
	shown.end()
	switch {
	case interrupted(ctx):
		return refuse("", "interrupted")
	case err != nil:
		return usage(name+" --help", "%v", err)
	}
	return s.tell(result, f.backtestOutput, bars, f.keepGoing)
}

// prepareBacktest reads the templates and the flags, and lists the corpus.
func (s *session) prepareBacktest(f backtestFlags, dir string, progress func(done, all int, last string)) (*backtest.Backtest, error) {
	options := backtest.Options{
		Args: map[string]string{}, Budget: f.budget, Workers: f.workers, Progress: progress,
		Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector},
	}
	for _, text := range f.args {
		name, value, cut := strings.Cut(text, "=")
		if !cut {
			return nil, fmt.Errorf("--arg %q: write NAME=VALUE", text)
		}
		options.Args[name] = value
	}
	var err error
	if options.Filter, err = backtest.ParseFilter(f.chosen); err != nil {
		return nil, fmt.Errorf("--select: %w", err)
	}
	if f.shard != "" {
		index, err := f.indexed(s.Env)
		if err != nil {
			return nil, err
		}
		shard, err := backtest.ParseShard(index)
		if err != nil {
			return nil, fmt.Errorf("--shard: %w", err)
		}
		if options.Shard = &shard; f.failUnder != "" {
			return nil, errors.New("--fail-under says nothing about one shard; give it to backtest merge")
		}
	}
	templates, err := f.read(s)
	if err != nil {
		return nil, err
	}
	corpus, err := backtest.OpenCorpus(os.DirFS(dir), dir)
	if err != nil {
		return nil, err
	}
	return backtest.New(corpus, templates, options)
}

// indexed is --shard, with the index of a pod of an Indexed Job, which counts from 0.
func (f backtestFlags) indexed(env func(string) string) (string, error) {
	of, is := strings.CutPrefix(f.shard, "index/")
	if !is {
		return f.shard, nil
	}
	index, err := strconv.Atoi(env("JOB_COMPLETION_INDEX"))
	if err != nil {
		return "", fmt.Errorf("--shard %s: JOB_COMPLETION_INDEX is %q; Kubernetes sets it in pods of an Indexed Job, elsewhere write 1/%s", f.shard, env("JOB_COMPLETION_INDEX"), of)
	}
	return fmt.Sprintf("%d/%s", index+1, of), nil
}

// read reads the templates.
func (f backtestFlags) read(s *session) (*backtest.Templates, error) {
	templates := backtest.NewTemplates()
	for _, path := range f.files {
		files, err := filesIn(path, manifestExtensions...)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := s.readLimited(file)
			if err != nil {
				return nil, err
			}
			if err := templates.Add(file, text); err != nil {
				return nil, err
			}
		}
	}
	for _, text := range f.templates {
		dataset, name, cut := strings.Cut(text, "=")
		if !cut {
			return nil, fmt.Errorf("--template %q: write DATASET=NAME", text)
		}
		if err := templates.Choose(dataset, name); err != nil {
			return nil, fmt.Errorf("--template %s: %w", text, err)
		}
	}
	return templates, nil
}

// readResults reads the result of a shard, or those in a folder.
func readResults(path string) ([]backtest.Named, error) {
	files, err := filesIn(path, ".json")
	if err != nil {
		return nil, err
	}
	var all []backtest.Named
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		result, err := backtest.ReadJSON(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, backtest.Named{File: file, Result: result})
	}
	return all, nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".serin-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if err := errors.Join(write(file), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// tell prints a result, and says what it misses.
func (s *session) tell(r backtest.Result, o backtestOutput, bars backtest.Bars, keepGoing bool) error {
	write := func(w io.Writer) error { return r.WriteText(w, o.allWrong) }
	switch o.output {
	case "json":
		write = r.WriteJSON
	case "html":
		write = func(w io.Writer) error { return report.Backtest(w, &r, bars) }
	}
	put := func() error { return write(s.Stdout) }
	if o.out != "" {
		put = func() error { return writeWhole(o.out, write) }
	}
	err := put()
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	missed, err := bars.Missed(r)
	if err != nil {
		return usage("", "--fail-under: %v", err)
	}
	if broken := len(r.Broken) + r.BrokenLeftOut; broken > 0 && !keepGoing {
		return usage("correct them, or leave them out with --select; --keep-going accepts them", "%d of %d cases could not be played, the first being %s: %s", broken, r.Cases, r.Broken[0].Case, r.Broken[0].Problem)
	}
	if len(missed) > 0 {
		return refuse("", "missed: %s", strings.Join(missed, "; "))
	}
	return nil
}
