package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/convert"
)

// convertFlags are the flags of convert.
type convertFlags struct {
	from, meshProvider, folder, output string
	force                              bool
}

// newConvert converts configurations of other engines.
func newConvert(s *session) *cobra.Command {
	var flags convertFlags
	command := &cobra.Command{
		Use:   "convert [FILE|DIR|-]...",
		Short: "Turn configurations of Argo Rollouts, Flagger and Kayenta into Serin's",
		Long: `convert writes Rollouts and AnalysisTemplates of Serin for Rollouts and
AnalysisTemplates of Argo Rollouts, Canaries and MetricTemplates of Flagger, and
canary configs of Kayenta, as YAML on stdout. Give it files that belong together at
once: a Canary with its Deployment and its MetricTemplates.

Nothing is dropped in silence: a comment stands at everything whose meaning changes,
and what cannot be converted is listed on stderr, with why and what to do instead.
Other objects are passed on as they are. No cluster is asked.

It ends with 0 when all is converted, 1 when something could not be, and 2 when an
input cannot be read. docs/convert.md has the tables of what becomes of what.`,
		Example: fmt.Sprintf("  %[1]s convert canary.yaml deployment.yaml > serin.yaml\n  helm template ./chart | %[1]s convert - -d serin/", s.program),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(command.CommandPath()+" --help", "convert needs files or folders, or - for what is piped in")
			}
			if !slices.Contains([]string{"text", "json"}, flags.output) {
				return usage(command.CommandPath()+" --help", "unknown output %q; use text or json", flags.output)
			}
			if flags.from != "" && !slices.Contains(convert.Sources(), convert.Source(flags.from)) {
				return usage(command.CommandPath()+" --help", "unknown source %q; use argo, flagger or kayenta", flags.from)
			}
			return s.convert(flags, args)
		},
	}
	all := command.Flags()
	all.StringVar(&flags.from, "from", "", "argo, flagger or kayenta, for objects that do not say what they are")
	all.StringVar(&flags.meshProvider, "mesh-provider", "", "Flagger's flag of this name, for Canaries without spec.provider")
	all.StringVarP(&flags.folder, "dir", "d", "", "write each object into a file of its own in this folder, instead of stdout")
	all.BoolVar(&flags.force, "force", false, "with --dir: replace files that are there")
	all.StringVarP(&flags.output, "output", "o", "text", "how the report on stderr is printed: text or json")
	return command
}

// convert converts and writes, or writes nothing.
func (s *session) convert(flags convertFlags, paths []string) error {
	inputs, err := s.convertInputs(paths)
	if err != nil {
		return usage("name a file, a folder with YAML or JSON files, or - for stdin", "%s", oneLine(err))
	}
	result, err := convert.Convert(inputs, convert.Options{From: convert.Source(flags.from), MeshProvider: flags.meshProvider})
	var unreadable *convert.ReadError
	if errors.As(err, &unreadable) {
		return usage("correct it, or leave the file out", "reading %s", oneLine(err))
	}
	if err != nil {
		return err
	}
	if len(result.Outputs)+len(result.Findings) == 0 {
		return usage("name files with objects of Argo Rollouts, Flagger or Kayenta", "there is no object in %s", strings.Join(paths, ", "))
	}
	if flags.folder == "" {
		_, err = fmt.Fprint(s.Stdout, result.Stream())
	} else {
		err = s.convertInto(flags, result)
	}
	if err != nil {
		return err
	}
	report := result.WriteText
	if flags.output == "json" {
		report = result.WriteJSON
	}
	if err := report(s.Stderr); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if len(result.Refusals()) > 0 {
		return &failure{code: exitFailed}
	}
	return nil
}

// convertInputs reads files, folders with all that is below them, and stdin.
func (s *session) convertInputs(paths []string) ([]convert.Input, error) {
	var inputs []convert.Input
	for _, path := range paths {
		files, err := s.filesBelow(path)
		if err == nil && len(files) == 0 {
			err = noFiles(path, manifestExtensions)
		}
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			content, err := s.readLimited(file)
			if err != nil {
				return nil, err
			}
			inputs = append(inputs, convert.Input{Name: file, Text: content})
		}
	}
	return inputs, nil
}

// convertInto writes each object into a file of its own. No file is written when one is
// there already.
func (s *session) convertInto(flags convertFlags, result convert.Result) error {
	if err := os.MkdirAll(flags.folder, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", flags.folder, err)
	}
	names := make([]string, 0, len(result.Outputs))
	for _, output := range result.Outputs {
		name := output.FileName()
		for i := 2; slices.Contains(names, name); i++ {
			name = fmt.Sprintf("%s-%d", output.FileName(), i)
		}
		names = append(names, name)
		path := filepath.Join(flags.folder, name+".yaml")
		if _, err := os.Lstat(path); err == nil && !flags.force {
			return usage("choose another folder, or add --force", "%s is there already, and nothing was written", path)
		}
	}
	for i, output := range result.Outputs {
		path := filepath.Join(flags.folder, names[i]+".yaml")
		if err := replaceFile(path, output.YAML); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
		fmt.Fprintln(s.Stdout, path)
	}
	return nil
}

// replaceFile writes a whole file, or none.
func replaceFile(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
