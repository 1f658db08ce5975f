package lint

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteJSON writes a report for programs.
func WriteJSON(to io.Writer, report Report) error {
	if report.Diagnostics == nil {
		report.Diagnostics = []Diagnostic{}
	}
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// WriteGitHub writes a report as commands of GitHub's workflows, which show each
// diagnostic at its line of a pull request:
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands.
func WriteGitHub(to io.Writer, report Report) error {
	var text strings.Builder
	for _, d := range report.Diagnostics {
		command := map[Severity]string{SeverityError: "error", SeverityWarning: "warning", SeverityNote: "notice"}[d.Severity]
		fmt.Fprintf(&text, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", command, property(d.File), d.Line, d.Column, property("serin lint: "+d.Rule), data(d.Message))
	}
	_, err := io.WriteString(to, text.String())
	return err
}

// data escapes the text of a command.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// property escapes a property of a command.
func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}
