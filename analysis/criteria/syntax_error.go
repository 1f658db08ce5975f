package criteria

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError is a condition that cannot be used.
type SyntaxError struct {
	// Condition is successCondition or failureCondition.
	Condition string
	// Line and Column count from 1; Column counts characters.
	Line, Column int
	// Message says what is wrong there.
	Message string
	// Snippet is the line, and below it a caret under the column.
	Snippet string
}

// Error says which condition, where and what, with the snippet below.
func (e *SyntaxError) Error() string {
	text := fmt.Sprintf("%s, line %d, column %d: %s", e.Condition, e.Line, e.Column, e.Message)
	if e.Snippet == "" {
		return text
	}
	return text + "\n" + e.Snippet
}

// snippetWidth is how many characters of a line are shown.
const snippetWidth = 120

// snippet shows a line of a source and a caret under a column.
func snippet(source string, line, column int) string {
	lines := strings.Split(source, "\n")
	if line > len(lines) {
		return ""
	}
	text := []rune(strings.Map(visible, lines[line-1]))
	if len(text) == 0 {
		return ""
	}
	column = min(max(column, 1), len(text)+1)
	if first := column - snippetWidth/2; len(text) > snippetWidth && first > 0 {
		text, column = text[first:], column-first
	}
	text = text[:min(len(text), snippetWidth)]
	return "  " + string(text) + "\n  " + strings.Repeat(" ", column-1) + "^"
}

// visible keeps a caret in place: each character takes one column.
func visible(r rune) rune {
	switch {
	case r == utf8.RuneError:
		return '?'
	case r < ' ' || r == 0x7f:
		return ' '
	default:
		return r
	}
}
