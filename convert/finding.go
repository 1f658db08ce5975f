package convert

import (
	"cmp"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Fate is what became of a field.
type Fate string

// The fates. What is translated as it is has no finding.
const (
	// Changed: it is translated, and means something else in Serin.
	Changed Fate = "changed"
	// Refused: it could not be converted.
	Refused Fate = "not converted"
	// Omitted: it is left out, and nothing is lost: what a cluster writes itself.
	Omitted Fate = "omitted"
	// Kept: an object of another kind, passed on as it is.
	Kept Fate = "kept"
	// Hint: it is translated, and there is something better.
	Hint Fate = "hint"
)

// Finding says what became of a field and all that is below it.
type Finding struct {
	Fate Fate   `json:"fate"`
	File string `json:"file"`
	// Line and Column begin with 1; a column of 0 is not known.
	Line   int `json:"line"`
	Column int `json:"column,omitempty"`
	// Object is the object of the input. Example: Canary/web.
	Object string `json:"object"`
	// Field is its path in the object; empty for the object itself.
	// Example: spec.analysis.webhooks[0].
	Field string `json:"field,omitempty"`
	// Why says what it is in Serin, or why it is not.
	Why string `json:"why"`
	// Instead is what to do; empty when there is nothing to do.
	Instead string `json:"instead,omitempty"`
}

// String is a line of the report.
func (f Finding) String() string {
	where := f.Object
	if f.Field != "" {
		where += " " + f.Field
	}
	line := fmt.Sprintf("%s:%d: %s: %s: %s", f.File, f.Line, f.Fate, where, f.Why)
	if f.Instead != "" {
		line += "; " + f.Instead
	}
	return line
}

// Refusals are the findings of what could not be converted.
func (r Result) Refusals() []Finding {
	var refused []Finding
	for _, finding := range r.Findings {
		if finding.Fate == Refused {
			refused = append(refused, finding)
		}
	}
	return refused
}

// byPlace orders findings by where they stand in the inputs.
func (c *conversion) byPlace() func(a, b Finding) int {
	order := map[string]int{}
	for i, d := range c.documents {
		if _, known := order[d.file]; !known {
			order[d.file] = i
		}
	}
	return func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line))
	}
}

// field is a field of the input, on its way to the output.
type field struct {
	// key is its name in the output: what is said about the field stands above it.
	key *yaml.Node
	// value is that of the input.
	value *yaml.Node
	path  string
}

// changed says what something means in Serin.
func (c *conversion) changed(f field, why string, args ...any) {
	c.note(Changed, f, fmt.Sprintf(why, args...), "")
}

// hint says what would be better.
func (c *conversion) hint(f field, why string, args ...any) {
	c.note(Hint, f, fmt.Sprintf(why, args...), "")
}

// refuse says why something is not converted, and what to do instead. All that is
// below the field has this fate.
func (c *conversion) refuse(f field, why, instead string) {
	c.note(Refused, f, why, instead)
	c.trace.mark(f.value, Refused)
}

// missing says that a field should be there and is not.
func (c *conversion) missing(f field, name, why, instead string) {
	f.path = join(f.path, name)
	c.note(Refused, f, why, instead)
}

// omit leaves something out that nobody will miss.
func (c *conversion) omit(f field, why string) {
	c.note(Omitted, field{value: f.value, path: f.path}, why, "")
	c.trace.mark(f.value, Omitted)
}

// note adds a finding, and a comment where the field has a place in the output.
func (c *conversion) note(fate Fate, f field, why, instead string) {
	line, column := 0, 0
	if f.value != nil {
		line, column = f.value.Line, f.value.Column
	}
	c.findings = append(c.findings, Finding{
		Fate: fate, File: c.current.file, Line: line, Column: column, Object: c.current.object(), Field: f.path, Why: why, Instead: instead,
	})
	if f.key == nil {
		return
	}
	comment := string(fate) + ": "
	if fate == Refused && f.path != "" {
		comment += fmt.Sprintf("%s (line %d): ", f.path, line)
	}
	comment += why
	if instead != "" {
		comment += "; " + instead
	}
	f.key.HeadComment = joinComments(f.key.HeadComment, asComment(comment))
}

// asComment wraps a text into lines of comment.
func asComment(text string) string {
	const width = 100
	var lines []string
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != "#" {
			lines = append(lines, line)
			line = "#  "
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}
