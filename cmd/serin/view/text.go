package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// span writes a duration with its two largest units. Clocks that disagree can
// make it negative; that is written as 0s.
func span(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	hours := int(d / time.Hour)
	minutes, seconds := int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", seconds)
	case d < time.Hour:
		return units(minutes, "m", seconds, "s")
	case d < 24*time.Hour:
		return units(hours, "h", minutes, "m")
	default:
		return units(hours/24, "d", hours%24, "h")
	}
}

// units writes two units, and leaves the second out when it is zero.
func units(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return strconv.Itoa(large) + largeUnit
	}
	return strconv.Itoa(large) + largeUnit + strconv.Itoa(small) + smallUnit
}

// since writes how long ago a time was; empty without a time.
func (s Settings) since(at *metav1.MicroTime) string {
	if at.IsZero() {
		return ""
	}
	return span(s.Now.Sub(at.Time))
}

// cell is a text in a table, and its colour.
type cell struct {
	text, ansi string
}

// plain makes cells without colour.
func plain(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i].text = text
	}
	return cells
}

// table aligns rows in columns, two spaces apart, with a margin. The last column
// is as wide as it wants.
func table(style Style, margin string, rows [][]cell) []string {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	lines := make([]string, len(rows))
	for r, row := range rows {
		var line strings.Builder
		line.WriteString(margin)
		for i, c := range row {
			line.WriteString(style.paint(c.ansi, c.text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		lines[r] = strings.TrimRight(line.String(), " ")
	}
	return lines
}

// wrap breaks a text into lines of at most width columns, the later ones behind an
// indent. Without a width nothing is broken.
func wrap(text, indent string, width int) []string {
	text = strings.Join(strings.Fields(text), " ")
	if width <= 0 {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// number writes a decimal string with three digits that count, and large whole
// numbers in groups of three. Anything else is left as it is.
func number(decimal string) string {
	value, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return decimal
	}
	if value == float64(int64(value)) && value > -1e15 && value < 1e15 {
		return grouped(int64(value))
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}

// grouped writes a whole number in groups of three digits.
func grouped(value int64) string {
	if value < 0 {
		return "-" + grouped(-value)
	}
	if value < 1000 {
		return strconv.FormatInt(value, 10)
	}
	return fmt.Sprintf("%s,%03d", grouped(value/1000), value%1000)
}

// plural writes a number and its noun.
func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return grouped(int64(count)) + " " + noun + "s"
}
