package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// interval is a share with its interval, as a text and as a bar; places are in percent.
type interval struct {
	// Known is false of no cases.
	Known           bool
	Text            string
	At, Left, Width float64
}

func newInterval(some, of int, value, low, high float64) interval {
	if of == 0 {
		return interval{Text: "–"}
	}
	return interval{
		Known: true, Text: fmt.Sprintf("%d of %d, %s (%s to %s)", some, of, short(value), short(low), short(high)),
		At: tenth(100 * value), Left: tenth(100 * low), Width: max(tenth(100*(high-low)), 0.5),
	}
}

// String is 3 of 4, 75 % (30 % to 95 %).
func (i interval) String() string { return i.Text }

// tenth rounds, so that the page does not grow by digits that nobody sees.
func tenth(v float64) float64 { return math.Round(10*v) / 10 }

// short is a share in percent with two digits: 4.2 %, 97 %; the space does not break.
func short(share float64) string {
	p := 100 * share
	digits := 1
	switch {
	case p == 0 || p >= 9.95:
		digits = 0
	case p < 0.95:
		digits = 2
	}
	text := strconv.FormatFloat(p, 'f', digits, 64)
	if digits > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text + "\u00a0%"
}

// counted is "1 case" or "2 cases".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(float64(n)) + " " + one + "s"
}
