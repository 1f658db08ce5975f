package screen

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// style is how a text looks on a terminal: the number of an ANSI colour or weight.
type style int

const (
	plain  style = 0
	bold   style = 1
	dim    style = 2
	red    style = 31
	green  style = 32
	yellow style = 33
)

// span is a piece of a line in one style.
type span struct {
	text  string
	style style
}

// line is one line of the block.
type line []span

// render writes a line, cut to a width, with or without its styles.
func (l line) render(width int, styled bool) string {
	var out strings.Builder
	for _, piece := range l {
		text := cut(piece.text, width)
		width -= utf8.RuneCountInString(text)
		if styled && piece.style != plain && text != "" {
			fmt.Fprintf(&out, "\x1b[%dm%s\x1b[0m", piece.style, text)
			continue
		}
		out.WriteString(text)
	}
	return strings.TrimRight(out.String(), " ")
}

// cut cuts a text to a number of characters.
func cut(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width])
}

// wrap breaks a text into lines of at most a width, at spaces.
func wrap(text string, width int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(text) {
		switch {
		case current == "":
			current = word
		case utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) <= width:
			current += " " + word
		default:
			lines = append(lines, current)
			current = word
		}
	}
	return append(lines, current)
}

// count writes a number with separators. Example: 12,345.
func count(number int64) string {
	digits := strconv.FormatInt(number, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// share writes a share in percent; nothing of nothing is none.
func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 2, 64) + " %"
}

// seconds writes a duration. Example: 41.2 s.
func seconds(duration time.Duration) string {
	return strconv.FormatFloat(duration.Seconds(), 'f', 1, 64) + " s"
}

// plural writes a number of things.
func plural(number int64, thing string) string {
	if number == 1 {
		return "1 " + thing
	}
	return count(number) + " " + thing + "s"
}
