package convert

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Stream is all outputs as one text of YAML documents.
func (r Result) Stream() string {
	var text strings.Builder
	for i, output := range r.Outputs {
		if i > 0 {
			text.WriteString("---\n")
		}
		text.Write(output.YAML)
	}
	return text.String()
}

// FileName is a name for an output in a folder of its own, without its ending.
// Example: rollout-web.
func (o Output) FileName() string {
	name := strings.Trim(unsafeInFile.ReplaceAllString(strings.ToLower(o.Kind+"-"+o.Name), "-"), "-.")
	if len(name) > 200 {
		name = name[:200]
	}
	if name == "" {
		return "object"
	}
	return name
}

// unsafeInFile is what does not belong into the name of a file.
var unsafeInFile = regexp.MustCompile(`[^a-z0-9.-]+`)

// Count is how many findings have a fate.
func (r Result) Count(fate Fate) int {
	count := 0
	for _, finding := range r.Findings {
		if finding.Fate == fate {
			count++
		}
	}
	return count
}

// WriteText writes the report for people: what could not be converted, and the sum.
func (r Result) WriteText(to io.Writer) error {
	var text strings.Builder
	for _, finding := range r.Refusals() {
		fmt.Fprintln(&text, finding)
	}
	kept := 0
	for _, output := range r.Outputs {
		if output.Kept {
			kept++
		}
	}
	fmt.Fprintf(&text, "%s written", counted(len(r.Outputs)-kept, "object"))
	if kept > 0 {
		fmt.Fprintf(&text, ", %s of other kinds passed on", counted(kept, "object"))
	}
	fmt.Fprintf(&text, "; %s on what changes its meaning", counted(r.Count(Changed), "comment"))
	if hints := r.Count(Hint); hints > 0 {
		fmt.Fprintf(&text, ", %s", counted(hints, "hint"))
	}
	if refused := len(r.Refusals()); refused > 0 {
		fmt.Fprintf(&text, "; %s not converted", counted(refused, "thing"))
	}
	text.WriteString("\n")
	_, err := io.WriteString(to, text.String())
	return err
}

// counted is a number with its noun.
func counted(number int, noun string) string {
	if number == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", number, noun)
}

// WriteJSON writes the report for programs: all outputs without their text, and all
// findings.
func (r Result) WriteJSON(to io.Writer) error {
	type output struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace,omitempty"`
		Name      string `json:"name"`
		From      string `json:"from"`
		Kept      bool   `json:"kept,omitempty"`
	}
	report := struct {
		Outputs  []output  `json:"outputs"`
		Findings []Finding `json:"findings"`
	}{Outputs: []output{}, Findings: []Finding{}}
	for _, o := range r.Outputs {
		report.Outputs = append(report.Outputs, output{o.Kind, o.Namespace, o.Name, o.From, o.Kept})
	}
	report.Findings = append(report.Findings, r.Findings...)
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}
