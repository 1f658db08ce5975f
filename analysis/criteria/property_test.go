package criteria

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"
)

// TestSameAsTheLibraryOnNumbers holds the evaluators against expr-lang's own
// virtual machine, on data where three values cannot differ from two.
func TestSameAsTheLibraryOnNumbers(t *testing.T) {
	decided := 0
	total := 0
	rapid.Check(t, func(t *rapid.T) {
		source := drawCondition(t, rapid.IntRange(0, 4).Draw(t, "depth"))
		values := rapid.SliceOfN(rapid.Custom(drawFinite), 3, 6).Draw(t, "values")
		want, wantErr := runLibrary(t, source, values)
		got, gotErr := runOurs(t, source, Result{Values: values})
		total++
		switch {
		case isUnknown(got):
			return // Some operation left the finite numbers: x/0, the mean of nothing.
		case gotErr != nil && wantErr == nil:
			t.Fatalf("%s on %v: %v, the library says %v", source, values, gotErr, want)
		case gotErr != nil, wantErr != nil && strings.Contains(wantErr.Error(), "<nil>"):
			return // The library's min and max of nothing are nil, ours are not a number.
		case wantErr != nil:
			t.Fatalf("%s on %v is %v, the library says %v", source, values, got, wantErr)
		case got != want:
			t.Fatalf("%s on %v is %v, the library says %v", source, values, got, want)
		}
		decided++
	})
	if decided*10 < total*7 {
		t.Errorf("only %d of %d conditions were compared", decided, total)
	}
}

func drawFinite(t *rapid.T) float64 { return float64(rapid.IntRange(-4, 6).Draw(t, "halves")) / 2 }

func runOurs(t *rapid.T, source string, r Result) (any, error) {
	c, err := compile(successCondition, source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return newMachine(r, c.list.variables).run(c.list.evaluate)
}

// runLibrary evaluates a condition as expr-lang does.
func runLibrary(t *rapid.T, source string, values []float64) (any, error) {
	program, err := expr.Compile(source, expr.Env(listEnvironment{}), expr.AsBool(),
		expr.Function("asInt", func(args ...any) (any, error) { return int(toFloat(args[0])), nil }, new(func(any) int)),
		expr.Function("asFloat", func(args ...any) (any, error) { return toFloat(args[0]), nil }, new(func(any) float64)))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return expr.Run(program, listEnvironment{Result: values})
}

// TestUnknownIsSound: what is decided although a value is not a number must be
// decided in the same way whatever that value had been. That is what makes
// unknown safe: nothing that was not seen can have changed the outcome.
func TestUnknownIsSound(t *testing.T) {
	blind := 0
	rapid.Check(t, func(t *rapid.T) {
		source := drawCondition(t, rapid.IntRange(0, 4).Draw(t, "depth"))
		values := rapid.SliceOfN(rapid.Custom(drawAny), 3, 5).Draw(t, "values")
		got, err := runOurs(t, source, Result{Values: values})
		if err != nil {
			return
		}
		if isUnknown(got) {
			blind++
			return
		}
		for range 5 {
			filled := fill(t, values)
			other, err := runOurs(t, source, Result{Values: filled})
			if err == nil && !isUnknown(other) && other != got {
				t.Fatalf("%s is %v on %v but %v on %v", source, got, values, other, filled)
			}
		}
	})
	if blind == 0 {
		t.Error("no condition was ever unknown")
	}
}

func drawAny(t *rapid.T) float64 {
	return rapid.OneOf(rapid.Custom(drawFinite), rapid.SampledFrom([]float64{nan, inf, -inf})).Draw(t, "value")
}

// fill puts numbers in place of what is not one.
func fill(t *rapid.T, values []float64) []float64 {
	filled := make([]float64, len(values))
	for i, v := range values {
		filled[i] = v
		if !finite(v) {
			filled[i] = rapid.Custom(drawFinite).Draw(t, "filled")
		}
	}
	return filled
}

// formula is a truth value over comparisons, with a dumb three-valued evaluation:
// 1 is true, 0 is false, ½ is unknown; and is min, or is max, not is 1-x.
type formula struct {
	text string
	eval func(values []float64) float64
}

func drawFormula(t *rapid.T, depth int) formula {
	if depth == 0 {
		return drawAtom(t)
	}
	a := drawFormula(t, depth-1)
	switch rapid.IntRange(0, 3).Draw(t, "connective") {
	case 0:
		return formula{"!(" + a.text + ")", func(v []float64) float64 { return 1 - a.eval(v) }}
	case 1:
		b := drawFormula(t, depth-1)
		return formula{"(" + a.text + ") && (" + b.text + ")", func(v []float64) float64 { return min(a.eval(v), b.eval(v)) }}
	case 2:
		b := drawFormula(t, depth-1)
		return formula{"(" + a.text + ") or (" + b.text + ")", func(v []float64) float64 { return max(a.eval(v), b.eval(v)) }}
	default:
		b := drawFormula(t, depth-1)
		return formula{"(" + a.text + ") != (" + b.text + ")", func(v []float64) float64 {
			x, y := a.eval(v), b.eval(v)
			return max(min(x, 1-y), min(1-x, y))
		}}
	}
}

// drawAtom draws a comparison, a quantified one, or a question by name.
func drawAtom(t *rapid.T) formula {
	i := rapid.IntRange(0, 2).Draw(t, "index")
	bound := rapid.IntRange(-2, 3).Draw(t, "bound")
	less := func(v float64) float64 {
		switch {
		case !finite(v):
			return 0.5
		case v < float64(bound):
			return 1
		default:
			return 0
		}
	}
	fold := func(pick func(...float64) float64) func([]float64) float64 {
		return func(v []float64) float64 { return pick(less(v[0]), less(v[1]), less(v[2])) }
	}
	lowest := func(x ...float64) float64 { return min(x[0], x[1], x[2]) }
	highest := func(x ...float64) float64 { return max(x[0], x[1], x[2]) }
	switch rapid.IntRange(0, 4).Draw(t, "atom") {
	case 0:
		return formula{fmt.Sprintf("all(result, # < %d)", bound), fold(lowest)}
	case 1:
		return formula{fmt.Sprintf("any(result, # < %d)", bound), fold(highest)}
	case 2:
		return formula{fmt.Sprintf("none(result, # < %d)", bound), func(v []float64) float64 { return 1 - fold(highest)(v) }}
	case 3:
		return formula{fmt.Sprintf("isNaN(result[%d])", i), func(v []float64) float64 {
			if math.IsNaN(v[i]) {
				return 1
			}
			return 0
		}}
	default:
		return formula{fmt.Sprintf("result[%d] < %d", i, bound), func(v []float64) float64 { return less(v[i]) }}
	}
}

// TestKleene holds the evaluators against the dumb three-valued arithmetic.
func TestKleene(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFormula(t, rapid.IntRange(0, 5).Draw(t, "depth"))
		values := rapid.SliceOfN(rapid.Custom(drawAny), 3, 3).Draw(t, "values")
		got, err := runOurs(t, f.text, Result{Values: values})
		if err != nil {
			t.Fatalf("%s on %v: %v", f.text, values, err)
		}
		want := map[float64]any{0: false, 0.5: notNumber, 1: true}[f.eval(values)]
		if got != want {
			t.Fatalf("%s on %v is %v, want %v", f.text, values, got, want)
		}
	})
}

// TestNothingIsSeenInAnEmptyAnswer: without data, no condition that does not name
// emptiness decides anything, whatever it would say about data.
func TestNothingIsSeenInAnEmptyAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFormula(t, rapid.IntRange(0, 5).Draw(t, "depth"))
		for _, pair := range [][2]string{{f.text, ""}, {"", f.text}, {f.text, f.text}} {
			conditions, err := Compile(pair[0], pair[1])
			if err != nil {
				t.Fatal(err)
			}
			if got := conditions.Judge(none); got.Outcome != Blind || got.Reason != NoData {
				t.Fatalf("%q on an empty answer is %v", pair, got)
			}
		}
	})
}
