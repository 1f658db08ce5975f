package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
	"github.com/serin-dev/serin/unittest"
)

// newTest runs unit tests of templates.
func newTest(s *session) *cobra.Command {
	var output, match string
	var parallel int
	command := &cobra.Command{
		Use:   "test FILE...",
		Short: "Run unit tests of templates and Rollouts: series, and the verdict they must come to",
		Long: `test plays analysis templates, or a release of a Rollout, over series in
promtool's notation or over a recording, by the code that decides live, and
compares the verdict, when it falls and why with what the file expects. No
cluster is asked.

It ends with 0 when all tests are ok, 1 when one is not, and 2 when a file cannot
be read. The format is that of docs/cli/test.md.`,
		Example: fmt.Sprintf("  %[1]s test tests/golden-signals.yaml\n  %[1]s test tests/*.yaml --run 'errors' -o junit", s.program),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(command.CommandPath()+" --help", "test needs the files to run")
			}
			write, err := s.testOutput(command, output)
			if err != nil {
				return err
			}
			wanted, err := regexp.Compile(match)
			if err != nil {
				return usage(command.CommandPath()+" FILE... --run 'part of a name'", "--run is no regular expression: %v", err)
			}
			return s.test(command.Context(), args, wanted, parallel, write)
		},
	}
	flags := command.Flags()
	flags.StringVarP(&output, "output", "o", "text", "how to print the results: text, json or junit")
	flags.StringVar(&match, "run", "", "run only tests whose name matches this regular expression")
	flags.IntVar(&parallel, "parallel", runtime.GOMAXPROCS(0), "how many tests are run at a time")
	return command
}

// testOutput is how results are printed.
func (s *session) testOutput(command *cobra.Command, output string) (func(io.Writer, []unittest.Result) error, error) {
	switch output {
	case "text":
		style := view.Style{Color: s.style().Color}
		return func(to io.Writer, results []unittest.Result) error { return unittest.WriteText(to, results, style.Bad) }, nil
	case "json":
		return unittest.WriteJSON, nil
	case "junit":
		return unittest.WriteJUnit, nil
	default:
		return nil, usage(command.CommandPath()+" --help", "unknown output %q; use text, json or junit", output)
	}
}

// test runs the tests of files.
func (s *session) test(ctx context.Context, paths []string, match *regexp.Regexp, parallel int, write func(io.Writer, []unittest.Result) error) error {
	runner := unittest.Runner{
		Read: readTestFile, Open: recording.Open, Parallel: parallel,
		// Where a template's metrics are does not matter: they are in the test.
		Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"},
	}
	tests, err := runner.Load(paths, match)
	if err != nil {
		return s.cannotTest(err)
	}
	defer tests.Close()
	if len(tests.Names()) == 0 {
		return usage(s.program+" test "+strings.Join(paths, " "), "no test has a name that matches %q", match)
	}
	results, err := runner.Run(ctx, tests)
	if errors.Is(err, context.Canceled) {
		return refuse("", "interrupted")
	}
	if err != nil {
		return err
	}
	if err := write(s.Stdout, results); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	for _, result := range results {
		if !result.OK {
			return &failure{code: exitFailed}
		}
	}
	return nil
}

// cannotTest tells of mistakes in files, a line each.
func (s *session) cannotTest(err error) error {
	const next = "correct that, and run it again; the format is that of docs/cli/test.md"
	var problems unittest.Problems
	if !errors.As(err, &problems) || len(problems) == 1 {
		return usage(next, "%v", err)
	}
	for _, problem := range problems {
		fmt.Fprintln(s.Stderr, view.Clean(problem.String()))
	}
	return usage(next, "%d mistakes, and no test was run", len(problems))
}

// maxTestFile is the largest file of tests or templates, in bytes.
const maxTestFile = 16 << 20

// readTestFile reads a file of tests or templates.
func readTestFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name its files, as %s/*.yaml", path, strings.TrimSuffix(path, "/"))
	}
	content, err := io.ReadAll(io.LimitReader(file, maxTestFile+1))
	if err == nil && len(content) > maxTestFile {
		return nil, fmt.Errorf("%s has more than %d MB; tests and templates are small: is it a recording?", path, maxTestFile>>20)
	}
	return content, err
}
