package criteria

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// notes are what a condition compared, in the order in which it did, for its message.
type notes struct {
	decided, open []string
	// items are comparisons of plain numbers in predicates, which are shown when there is
	// nothing else.
	items []string
}

// maxNotes is how many comparisons of a condition a message shows.
const maxNotes = 4

// text are the notes of the comparisons that were not decided, or all others. Where none
// is to blame, those are shown that were.
func (n notes) text(open bool) string {
	texts := n.decided
	if open && len(n.open) > 0 {
		texts = n.open
	}
	if len(texts) == 0 {
		texts = n.items
	}
	if len(texts) == 0 {
		return "nothing was compared"
	}
	return strings.Join(texts, "; ")
}

// add takes a note of a comparison.
func (n *notes) add(names [2]string, operator string, l, r, outcome any, item bool) {
	list := &n.decided
	switch {
	case isUnknown(outcome):
		list = &n.open
	case item && isNumber(l) && isNumber(r):
		list = &n.items
	}
	if len(*list) >= maxNotes {
		return
	}
	if _, is := l.(bool); is {
		return // The comparisons that it is made of have notes.
	}
	a, b := withUnits(l, r)
	text := words(names[0], a, l) + " " + operator + " " + words(names[1], b, r)
	if rests := restsOn(a, b); rests != "" {
		text += ", " + rests
	}
	if outcome == any(notKnownYet) {
		text += stillNeeded(a, b)
	}
	if !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// nameOf is how a message calls an operand; "" for a number that is written out.
func nameOf(n ast.Node) string {
	if _, is := literal(n); is {
		return ""
	}
	return n.String()
}

// withUnits are both operands as numbers with bounds; a plain number that is compared
// with a share is one, too.
func withUnits(l, r any) (a, b *bounded) {
	a, b = noted(l), noted(r)
	if a != nil && b != nil && (a.share && math.IsInf(b.samples, 1) || b.share && math.IsInf(a.samples, 1)) {
		a.share, b.share = true, true
	}
	return a, b
}

// noted is a number for a note; nil when it is none.
func noted(v any) *bounded {
	if !isNumber(v) && !hasBounds(v) {
		return nil
	}
	b, _ := asBounded(v)
	return &b
}

// words are an operand with its name, estimate and bounds.
func words(name string, b *bounded, v any) string {
	value := ""
	switch {
	case b == nil && v == any(missing):
		value = "(no data)"
	case b == nil && v == any(notNumber):
		value = "(not a number)"
	case b == nil && v == any(notKnownYet):
		value = "(not known yet)"
	case b == nil:
		value = ""
	case b.count:
		value = b.format(b.estimate) + " so far"
	case b.lower == b.upper:
		value = b.format(b.lower)
	default:
		value = fmt.Sprintf("%s (%s to %s)", b.format(b.estimate), b.format(b.lower), b.format(b.upper))
	}
	return strings.TrimSpace(name + " " + value)
}

// format writes a number in its unit, with three digits.
func (b *bounded) format(v float64) string {
	unit := ""
	if b.share {
		v, unit = 100*v, " %"
	}
	switch {
	case math.IsNaN(v):
		return "unknown"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "-∞"
	case math.Abs(v) >= 1000 && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64) + unit
	default:
		return strconv.FormatFloat(v, 'g', 3, 64) + unit
	}
}

// restsOn says on how much data a comparison rests.
func restsOn(a, b *bounded) string {
	fewest := bounded{samples: math.Inf(1)}
	for _, x := range []*bounded{a, b} {
		if x != nil && x.samples < fewest.samples && !x.count {
			fewest = *x
		}
	}
	if !finite(fewest.samples) || fewest.of == "" {
		return ""
	}
	return (&bounded{}).format(fewest.samples) + " " + fewest.of
}

// stillNeeded says about how many more requests decide a comparison of a share with a
// limit, if the share stays as it is: bounds shrink with the square root of their number.
func stillNeeded(a, b *bounded) string {
	if a == nil || b == nil {
		return ""
	}
	if math.IsInf(a.samples, 1) {
		a, b = b, a
	}
	if !a.shrinks || !math.IsInf(b.samples, 1) || b.lower != b.upper {
		return ""
	}
	width := a.upper - a.estimate
	if b.lower < a.estimate {
		width = a.estimate - a.lower
	}
	gap := math.Abs(b.lower - a.estimate)
	more := a.samples * (width*width/(gap*gap) - 1)
	if !(more >= 1 && more < 1e9) {
		return ""
	}
	return fmt.Sprintf(", about %s more %s needed", strconv.FormatFloat(roundUp(more), 'f', 0, 64), a.of)
}

// roundUp rounds a number up to two digits: more would be made up.
func roundUp(v float64) float64 {
	if v < 10 {
		return math.Ceil(v)
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return math.Ceil(v/unit) * unit
}
