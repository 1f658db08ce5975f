package lint

import (
	"fmt"
	"io"
	"strings"
)

// Paint colours a text by a severity. Nil leaves it as it is.
type Paint func(severity Severity, text string) string

// sourceWidth is how many characters of a line are shown.
const sourceWidth = 116

// WriteText writes a report for people: each diagnostic with its line and a caret, and a
// summary.
func WriteText(to io.Writer, report Report, paint Paint) error {
	if paint == nil {
		paint = func(_ Severity, text string) string { return text }
	}
	var text strings.Builder
	for _, d := range report.Diagnostics {
		number := fmt.Sprintf("%5d", d.Line)
		line, caret := excerpt(d.Source, d.Column)
		fmt.Fprintf(&text, "%s:%d:%d: %s: %s [%s]\n", d.File, d.Line, d.Column, paint(d.Severity, string(d.Severity)), d.Message, d.Rule)
		fmt.Fprintf(&text, "%s | %s\n%s | %s%s\n", number, line, strings.Repeat(" ", len(number)), caret, paint(d.Severity, "^"))
	}
	if len(report.Diagnostics) > 0 {
		text.WriteByte('\n')
	}
	text.WriteString(report.Summary() + "\n")
	_, err := io.WriteString(to, text.String())
	return err
}

// excerpt is the part of a line around a column, and the space before the caret below it.
func excerpt(source string, column int) (line, before string) {
	runes := []rune(source)
	for i, r := range runes {
		if r < ' ' && r != '\t' || r == 0x7f {
			runes[i] = ' '
		}
	}
	at := min(max(column-1, 0), len(runes))
	first := 0
	if at > sourceWidth*3/4 {
		first = at - sourceWidth/2
	}
	last := min(first+sourceWidth, len(runes))
	line, pad := string(runes[first:last]), make([]rune, 0, at-first+1)
	if first > 0 {
		line, pad = "…"+line, append(pad, ' ')
	}
	if last < len(runes) {
		line += "…"
	}
	for _, r := range runes[first:at] {
		if r != '\t' {
			r = ' '
		}
		pad = append(pad, r)
	}
	return line, string(pad)
}

// Summary is what was found, in a line.
func (r Report) Summary() string {
	var parts []string
	for _, severity := range []Severity{SeverityError, SeverityWarning, SeverityNote} {
		if count := r.Count(severity); count > 0 {
			parts = append(parts, plural(count, string(severity)))
		}
	}
	found := "nothing to complain about"
	if len(parts) > 0 {
		found = strings.Join(parts, ", ")
	}
	text := fmt.Sprintf("%s in %s of Serin's (%s)", found, plural(r.Objects, "object"), plural(r.Files, "file"))
	if r.Objects == 0 && len(parts) == 0 {
		text = fmt.Sprintf("no object of Serin's is in there (%s)", plural(r.Files, "file"))
	}
	if r.Foreign > 0 {
		text += fmt.Sprintf("; %s of other kinds left alone", plural(r.Foreign, "object"))
	}
	if r.Suppressed > 0 {
		text += fmt.Sprintf("; %d suppressed", r.Suppressed)
	}
	return text + "."
}

// plural writes a number of things.
func plural(count int, what string) string {
	if count == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", count, what)
}
