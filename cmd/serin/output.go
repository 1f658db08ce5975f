package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// addOutputFlag adds -o.
func addOutputFlag(command *cobra.Command, output *string) {
	command.Flags().StringVarP(output, "output", "o", "", "print the object as the API server has it: json or yaml")
}

// checkOutput refuses an unknown -o.
func checkOutput(command *cobra.Command, output string) error {
	switch output {
	case "", "json", "yaml":
		return nil
	default:
		return usage(command.CommandPath()+" --help", "unknown output %q; use json or yaml", output)
	}
}

// print writes an object as JSON or YAML.
func (s *session) print(object any, output string) error {
	text, err := json.MarshalIndent(object, "", "  ")
	if err == nil && output == "yaml" {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", output, err)
	}
	if output == "json" {
		text = append(text, '\n')
	}
	_, err = s.Stdout.Write(text)
	return err
}
