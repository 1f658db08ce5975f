package criteria

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// term is an expression over canary.share and baseline.share, with its value at any two
// numbers.
type term struct {
	text string
	at   func(x, y float64) float64
}

func drawTerm(t *rapid.T, depth int) term {
	if depth == 0 {
		c := float64(rapid.IntRange(-6, 6).Draw(t, "constant")) / 4
		return rapid.SampledFrom([]term{
			{"canary.share", func(x, _ float64) float64 { return x }},
			{"baseline.share", func(_, y float64) float64 { return y }},
			{fmt.Sprintf("(%g)", c), func(_, _ float64) float64 { return c }},
		}).Draw(t, "leaf")
	}
	a := drawTerm(t, depth-1)
	binary := func(text string, f func(a, b float64) float64) term {
		b := drawTerm(t, depth-1)
		return term{fmt.Sprintf(text, a.text, b.text), func(x, y float64) float64 { return f(a.at(x, y), b.at(x, y)) }}
	}
	switch rapid.IntRange(0, 7).Draw(t, "operation") {
	case 0:
		return binary("(%s + %s)", func(a, b float64) float64 { return a + b })
	case 1:
		return binary("(%s - %s)", func(a, b float64) float64 { return a - b })
	case 2:
		return binary("(%s * %s)", func(a, b float64) float64 { return a * b })
	case 3:
		return binary("(%s / %s)", func(a, b float64) float64 {
			if b == 0 {
				return math.NaN() // There is no such number.
			}
			return a / b
		})
	case 4:
		return binary("min(%s, %s)", math.Min)
	case 5:
		return binary("sum([%s, %s], # + 1)", func(a, b float64) float64 { return a + 1 + (b + 1) })
	case 6:
		return term{fmt.Sprintf("abs(%s)", a.text), func(x, y float64) float64 { return math.Abs(a.at(x, y)) }}
	default:
		return term{fmt.Sprintf("(-%s)", a.text), func(x, y float64) float64 { return -a.at(x, y) }}
	}
}

// drawBounds draws bounds, also such as touch 0, are one number, or are infinite.
func drawBounds(t *rapid.T) bounded {
	ends := rapid.OneOf(rapid.SampledFrom([]float64{-2, -1, -0.25, 0, 0.25, 1, 2}), rapid.Float64Range(-1e3, 1e3))
	a, b := ends.Draw(t, "end"), ends.Draw(t, "other end")
	v := bounded{lower: min(a, b), upper: max(a, b), samples: 100, of: requests}
	v.estimate = v.inside(rapid.Float64Range(0, 1).Draw(t, "estimate"))
	switch rapid.IntRange(0, 9).Draw(t, "infinite") {
	case 0:
		v.lower = math.Inf(-1)
	case 1:
		v.upper = math.Inf(1)
	}
	return v
}

// inside is a number within the bounds: 0 is the lower and 1 the upper one.
func (b bounded) inside(share float64) float64 {
	lower, upper := max(b.lower, -1e6), min(b.upper, 1e6)
	return min(max(lower+share*(upper-lower), lower), upper)
}

// widened are bounds further apart.
func widened(t *rapid.T, b bounded) bounded {
	more := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 10), rapid.Just(math.Inf(1)))
	b.lower -= more.Draw(t, "below")
	b.upper += more.Draw(t, "above")
	return b
}

// evaluated is what a condition comes to when both shares are already known.
func evaluated(t *rapid.T, source string, canary, baseline bounded) any {
	c, err := compileComparison(successCondition, source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	m := &machine{
		variables:  make([]any, c.comparison.variables),
		comparison: &Comparison{Canary: Arm{Total: 1}, Baseline: Arm{Total: 1}}, confidence: defaultConfidence,
		known: map[quantity]any{
			{of: theCanary, name: "share", confidence: defaultConfidence}:   canary,
			{of: theBaseline, name: "share", confidence: defaultConfidence}: baseline,
		},
	}
	value, err := m.run(c.comparison.evaluate)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return value
}

// TestIntervalsContain: what a comparison decides holds for all numbers within the
// bounds, whatever was computed from them.
func TestIntervalsContain(t *testing.T) {
	decided := map[any]int{}
	rapid.Check(t, func(t *rapid.T) {
		a := drawTerm(t, rapid.IntRange(0, 4).Draw(t, "depth"))
		operator := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "operator")
		limit := rapid.OneOf(rapid.SampledFrom([]float64{-1, 0, 0.25, 1}), rapid.Float64Range(-100, 100)).Draw(t, "limit")
		canary, baseline := drawBounds(t), drawBounds(t)
		source := fmt.Sprintf("%s %s %v", a.text, operator, limit)
		if math.Signbit(limit) {
			source = fmt.Sprintf("%s %s (%v)", a.text, operator, limit)
		}
		got := evaluated(t, source, canary, baseline)
		decided[got]++
		if isUnknown(got) {
			return
		}
		for range 8 {
			x := canary.inside(rapid.Float64Range(0, 1).Draw(t, "x"))
			y := baseline.inside(rapid.Float64Range(0, 1).Draw(t, "y"))
			v := a.at(x, y)
			if math.IsNaN(v) {
				continue
			}
			if want := pointwise(operator, v, limit); got != want {
				t.Fatalf("%s is %v, but at %v and %v, within %+v and %+v, it is %v: %v", source, got, x, y, canary, baseline, want, v)
			}
		}
	})
	for _, outcome := range []any{true, false, notKnownYet} {
		if decided[outcome] < 5 {
			t.Errorf("only %d conditions came to %v", decided[outcome], outcome)
		}
	}
}

func pointwise(operator string, v, limit float64) bool {
	switch operator {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	case ">=":
		return v >= limit
	case "==":
		return v == limit
	default:
		return v != limit
	}
}

// drawVerdict draws a truth value over comparisons of terms.
func drawVerdict(t *rapid.T, depth int) string {
	if depth == 0 {
		operator := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "operator")
		return fmt.Sprintf("%s %s %s", drawTerm(t, rapid.IntRange(0, 2).Draw(t, "left")).text, operator, drawTerm(t, rapid.IntRange(0, 2).Draw(t, "right")).text)
	}
	a := drawVerdict(t, depth-1)
	switch rapid.IntRange(0, 5).Draw(t, "connective") {
	case 0:
		return "not (" + a + ")"
	case 1:
		return fmt.Sprintf("(%s) && (%s)", a, drawVerdict(t, depth-1))
	case 2:
		return fmt.Sprintf("(%s) || (%s)", a, drawVerdict(t, depth-1))
	case 3:
		return fmt.Sprintf("(%s) == (%s)", a, drawVerdict(t, depth-1))
	case 4:
		return fmt.Sprintf("(%s) ? (%s) : (%s)", a, drawVerdict(t, depth-1), drawVerdict(t, depth-1))
	default:
		return fmt.Sprintf("any([canary.share, baseline.share], # < 1) || (%s)", a)
	}
}

// TestWideningNeverFlips: less data, which is wider bounds, makes a verdict unknown or
// leaves it as it is.
func TestWideningNeverFlips(t *testing.T) {
	seen := map[[2]any]int{}
	rapid.Check(t, func(t *rapid.T) {
		source := drawVerdict(t, rapid.IntRange(0, 3).Draw(t, "depth"))
		canary, baseline := drawBounds(t), drawBounds(t)
		narrow := evaluated(t, source, canary, baseline)
		wide := evaluated(t, source, widened(t, canary), widened(t, baseline))
		seen[[2]any{narrow, wide}]++
		if !isUnknown(wide) && !isUnknown(narrow) && wide != narrow {
			t.Fatalf("%s is %v within %+v and %+v, but %v when they are wider", source, narrow, canary, baseline, wide)
		}
	})
	for _, change := range [][2]any{{true, true}, {false, false}, {true, notKnownYet}, {false, notKnownYet}} {
		if seen[change] == 0 {
			t.Errorf("no condition went from %v to %v", change[0], change[1])
		}
	}
}
