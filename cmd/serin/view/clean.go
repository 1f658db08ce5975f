package view

import (
	"strings"
	"unicode"
)

// Clean removes control characters from a text that others wrote, so that the
// status of an object cannot move the cursor of whoever looks at it. Line breaks
// become spaces.
func Clean(text string) string {
	return strings.Join(strings.Fields(strip(text, false)), " ")
}

// strip removes control characters except line breaks and, where colours are
// allowed, the colours that Style writes.
func strip(text string, colors bool) string {
	var clean strings.Builder
	for i, r := range text {
		switch {
		case r == '\n':
			clean.WriteRune(r)
		case r == '\t':
			clean.WriteByte(' ')
		case r == '\x1b' && colors && isColor(text[i+1:]):
			clean.WriteRune(r)
		case !unicode.IsControl(r):
			clean.WriteRune(r)
		}
	}
	return clean.String()
}

// isColor says whether a text begins with the rest of a colour: [, digits, m.
func isColor(text string) bool {
	rest, found := strings.CutPrefix(text, "[")
	if !found {
		return false
	}
	return strings.HasPrefix(strings.TrimLeft(rest, "0123456789"), "m")
}
