package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/lint"
)

// lintFlags are the flags of lint.
type lintFlags struct {
	output, failOn string
	rules          bool
	scrapeInterval time.Duration
}

// newLint checks manifests.
func newLint(s *session) *cobra.Command {
	var flags lintFlags
	command := &cobra.Command{
		Use:   "lint [FILE|DIR|-]...",
		Short: "Check templates and Rollouts: fields, conditions, queries, arguments, steps",
		Long: `lint says what the API server and the controller would refuse, and what they take
although it cannot work as it is meant: each with its line, what would happen, and
what to write instead. It reads files, whole folders, and what is piped in (-),
such as the output of helm template or kustomize build; objects of other kinds are
left alone. No cluster is asked.

It ends with 0 when there are no errors (--fail-on warning: and no warnings), 1 when
there are, and 2 when something cannot be read. A comment turns a rule off:
  # serin-lint: disable=RULE the reason`,
		Example: fmt.Sprintf("  %[1]s lint deploy/\n  helm template charts/shop | %[1]s lint -\n  %[1]s lint --fail-on warning -o github .", s.program),
		RunE: func(command *cobra.Command, args []string) error {
			return s.lint(command, args, flags)
		},
	}
	set := command.Flags()
	set.StringVarP(&flags.output, "output", "o", "text", "how to print what is found: text, json or github")
	set.StringVar(&flags.failOn, "fail-on", "error", "what makes the exit code 1: error or warning")
	set.BoolVar(&flags.rules, "rules", false, "list the rules, and check nothing")
	set.DurationVar(&flags.scrapeInterval, "scrape-interval", 15*time.Second, "how often Prometheus scrapes")
	return command
}

// lint checks files and prints what is found.
func (s *session) lint(command *cobra.Command, paths []string, flags lintFlags) error {
	severity := lint.Severity(flags.failOn)
	switch {
	case severity != lint.SeverityError && severity != lint.SeverityWarning:
		return usage(command.CommandPath()+" --help", "unknown --fail-on %q; use error or warning", flags.failOn)
	case flags.scrapeInterval <= 0:
		return usage(command.CommandPath()+" --help", "--scrape-interval %s is no interval; write for example 15s", flags.scrapeInterval)
	}
	write, err := s.lintOutput(command, flags.output)
	if err != nil {
		return err
	}
	if flags.rules {
		return s.printRules(flags.output)
	}
	if len(paths) == 0 {
		return usage(command.CommandPath()+" .", "lint needs files or folders, or - for what is piped in")
	}
	files, err := s.lintFiles(paths)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return usage("name the files, or another folder", "%s: no .yaml, .yml or .json file is in there", strings.Join(paths, " "))
	}
	report := lint.Files(files, lint.Options{ScrapeInterval: flags.scrapeInterval})
	if err := write(s.Stdout, report); err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	if report.Fails(severity) {
		return &failure{code: exitFailed}
	}
	return nil
}

// lintOutput is how diagnostics are printed.
func (s *session) lintOutput(command *cobra.Command, output string) (func(io.Writer, lint.Report) error, error) {
	switch output {
	case "text":
		style := view.Style{Color: s.style().Color}
		return func(to io.Writer, report lint.Report) error {
			return lint.WriteText(to, report, func(severity lint.Severity, text string) string {
				switch severity {
				case lint.SeverityError:
					return style.Bad(text)
				case lint.SeverityWarning:
					return style.Warning(text)
				default:
					return text
				}
			})
		}, nil
	case "json":
		return lint.WriteJSON, nil
	case "github":
		return lint.WriteGitHub, nil
	default:
		return nil, usage(command.CommandPath()+" --help", "unknown output %q; use text, json or github", output)
	}
}

// printRules lists the rules.
func (s *session) printRules(output string) error {
	if output == "json" {
		return s.print(lint.Rules(), "json")
	}
	for _, group := range lint.RuleGroups() {
		fmt.Fprintf(s.Stdout, "%s\n", group.Title)
		for _, rule := range group.Rules {
			fmt.Fprintf(s.Stdout, "  %-22s  %-7s  %s\n", rule.Name, rule.Severity, rule.Summary)
		}
	}
	_, err := fmt.Fprintln(s.Stdout, "\ndocs/lint-rules.md has the reasons and examples.")
	return err
}

// lintFiles reads what was named, each file once.
func (s *session) lintFiles(paths []string) ([]lint.File, error) {
	var files []lint.File
	seen := map[string]bool{}
	for _, path := range paths {
		found, err := s.filesBelow(path)
		if err != nil {
			return nil, usage("name a file, a folder with YAML files, or - for what is piped in", "%s", oneLine(err))
		}
		for _, name := range found {
			if seen[name] {
				continue
			}
			seen[name] = true
			content, err := s.readLimited(name)
			if err != nil {
				return nil, usage("correct it, or leave the file out", "%s", oneLine(err))
			}
			if name == "-" {
				if len(content) == 0 {
					return nil, usage("see what the command before the | says", "nothing was piped in")
				}
				name = "stdin"
			}
			files = append(files, lint.File{Name: filepath.ToSlash(name), Content: content})
		}
	}
	return files, nil
}
