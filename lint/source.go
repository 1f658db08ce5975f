package lint

import (
	"fmt"
	"slices"
	"strings"
)

// place is a position in a file, both numbers from 1.
type place struct{ line, column int }

// source is a file while it is linted.
type source struct {
	name  string
	lines [][]rune
	found []Diagnostic
	// comments turn rules off.
	comments []suppression
}

// newSource splits a text into lines. The mark of the byte order is no character of it,
// and a line may end with \r\n.
func newSource(name string, content []byte) *source {
	text := strings.ToValidUTF8(strings.TrimPrefix(string(content), "\uFEFF"), "\uFFFD")
	s := &source{name: name}
	for line := range strings.SplitSeq(text, "\n") {
		s.lines = append(s.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	return s
}

// line is the text of a line; empty when there is none.
func (s *source) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	return string(s.lines[number-1])
}

// report adds a diagnostic.
func (s *source) report(at place, rule, object, format string, values ...any) {
	at.line = min(max(at.line, 1), len(s.lines))
	at.column = min(max(at.column, 1), len(s.lines[at.line-1])+1)
	text := s.line(at.line)
	if rule == "plain-secret" || rule == "credentials-in-address" { // It must not get into the logs, too.
		text = string(s.lines[at.line-1][:at.column-1]) + "(not shown here)"
	}
	s.found = append(s.found, Diagnostic{
		File: s.name, Line: at.line, Column: at.column, Severity: severityOf(rule), Rule: rule, Object: object,
		Message: oneLine(fmt.Sprintf(format, values...)), Source: text,
	})
}

// oneLine keeps a message on its line, and what is quoted in it from the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

// document is one YAML document of a file: the lines from first (from 1) on.
type document struct {
	first int
	lines [][]rune
}

// text of the document.
func (d document) text() string {
	var text strings.Builder
	for _, line := range d.lines {
		text.WriteString(string(line))
		text.WriteByte('\n')
	}
	return text.String()
}

// documents splits a file at the lines that begin with --- or ..., where YAML ends a
// document whatever it is in the middle of. One that cannot be read leaves the others alone.
func (s *source) documents() []document {
	var documents []document
	begin := 0
	end := func(at int) {
		if slices.ContainsFunc(s.lines[begin:at], notEmpty) {
			documents = append(documents, document{first: begin + 1, lines: s.lines[begin:at]})
		}
	}
	for i, line := range s.lines {
		marker := len(line) >= 3 && (len(line) == 3 || line[3] == ' ' || line[3] == '\t')
		switch {
		case !marker:
		case string(line[:3]) == "---":
			end(i)
			begin = i
		case string(line[:3]) == "...":
			end(i)
			begin = i + 1
		}
	}
	end(len(s.lines))
	return documents
}

// notEmpty says whether a line holds more than a comment or a marker.
func notEmpty(line []rune) bool {
	text := strings.TrimSpace(strings.TrimPrefix(string(line), "---"))
	return text != "" && !strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "%")
}
