package unittest

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteText writes results for people: a line for each test, and below one that failed
// what was wanted, what was seen instead, and why. bad marks what is bad, such as by a
// colour; nil marks nothing.
func WriteText(to io.Writer, results []Result, bad func(string) string) error {
	var b strings.Builder
	failed := 0
	for _, r := range results {
		var one strings.Builder
		r.text(&one)
		line := one.String()
		if rest, found := strings.CutPrefix(line, failMark); found && bad != nil {
			line = bad(failMark) + rest
		}
		b.WriteString(line)
		if !r.OK {
			failed++
		}
	}
	switch {
	case failed > 0:
		fmt.Fprintf(&b, "\n%d of %s failed.\n", failed, counted(len(results), "test"))
	case len(results) == 1:
		b.WriteString("\nThe test is ok.\n")
	default:
		fmt.Fprintf(&b, "\nAll %d tests are ok.\n", len(results))
	}
	_, err := io.WriteString(to, b.String())
	return err
}

// failMark begins the line of a test that failed.
const failMark = "FAIL"

// text is what people read of one test.
func (r Result) text(b *strings.Builder) {
	if r.OK {
		fmt.Fprintf(b, "ok    %s: %s (%s)\n", r.Path, oneLine(r.Name), r.ended())
		return
	}
	fmt.Fprintf(b, "%s  %s:%d: %s\n", failMark, r.Path, r.Line, oneLine(r.Name))
	if r.Unplayable != "" {
		b.WriteString("      It cannot be played:\n")
		for _, line := range strings.Split(r.Unplayable, "\n") {
			fmt.Fprintf(b, "        %s\n", visible(line))
		}
		return
	}
	for _, d := range r.Differences {
		fmt.Fprintf(b, "      line %d, %s: want %s, got %s\n", d.Line, d.Where, d.Want, oneLine(d.Got))
		indented(b, "  ", d.Why)
	}
	indented(b, "note: ", strings.Join(r.Warnings, "\n"))
}

// indented writes lines below a test.
func indented(b *strings.Builder, prefix, text string) {
	for _, line := range strings.Split(text, "\n") {
		if line = oneLine(line); line != "" {
			fmt.Fprintf(b, "      %s%s\n", prefix, line)
		}
	}
}

// ended is how a test ended. Example: Failed at 1m35s.
func (r Result) ended() string {
	switch {
	case r.Verdict.final():
		return fmt.Sprintf("%s at %s", r.Verdict, short(r.Reached))
	case r.Verdict == Passing:
		return fmt.Sprintf("Passing, first at %s, played %s", short(r.Reached), short(r.Played))
	default:
		return fmt.Sprintf("%s, played %s", r.Verdict, short(r.Played))
	}
}

// oneLine is a text without line breaks, and without spaces in a row.
func oneLine(text string) string { return strings.Join(strings.Fields(visible(text)), " ") }

// visible is a text without control characters: they could change what a terminal shows.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
