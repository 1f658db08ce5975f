package criteria

import (
	"fmt"

	"pgregory.net/rapid"
)

// The generators draw conditions as text: first any condition of the language,
// then (formula) only truth values over comparisons.

// drawCondition draws a condition over a list of at least three values.
func drawCondition(t *rapid.T, depth int) string {
	if depth == 0 {
		return drawComparison(t, depth)
	}
	sub := func() string { return "(" + drawCondition(t, depth-1) + ")" }
	switch rapid.IntRange(0, 9).Draw(t, "condition") {
	case 0:
		return sub() + " && " + sub()
	case 1:
		return sub() + " || " + sub()
	case 2:
		return "not " + sub()
	case 3:
		return sub() + " == " + sub()
	case 4:
		return sub() + " ? " + sub() + " : " + sub()
	case 5:
		quantifier := rapid.SampledFrom([]string{"all", "any", "none", "one"}).Draw(t, "quantifier")
		return fmt.Sprintf("%s(%s, %s)", quantifier, drawList(t, depth-1), drawPredicate(t))
	case 6:
		return fmt.Sprintf("(let x%d = %s; x%d > %s)", depth, drawNumber(t, depth-1), depth, drawNumber(t, depth-1))
	case 7:
		return drawNumber(t, 0) + " in " + drawList(t, depth-1)
	default:
		return drawComparison(t, depth-1)
	}
}

func drawComparison(t *rapid.T, depth int) string {
	operator := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "operator")
	return drawNumber(t, depth) + " " + operator + " " + drawNumber(t, depth)
}

func drawPredicate(t *rapid.T) string {
	operator := rapid.SampledFrom([]string{"<", ">", "==", "!="}).Draw(t, "operator")
	return fmt.Sprintf("%s %s %d", rapid.SampledFrom([]string{"#", "# * 2", "result[0]"}).Draw(t, "item"), operator, rapid.IntRange(-2, 3).Draw(t, "bound"))
}

// drawNumber draws an expression whose value is a number.
func drawNumber(t *rapid.T, depth int) string {
	if depth <= 0 {
		return rapid.SampledFrom([]string{"result[0]", "result[1]", "result[-1]", "1", "0.5", "2", "-1", "len(result)", "first(result)", "last(result)"}).Draw(t, "number")
	}
	sub := func() string { return "(" + drawNumber(t, depth-1) + ")" }
	switch rapid.IntRange(0, 9).Draw(t, "computed") {
	case 0:
		return sub() + rapid.SampledFrom([]string{" + ", " - ", " * ", " / ", " ** "}).Draw(t, "arithmetic") + sub()
	case 1:
		return rapid.SampledFrom([]string{"abs", "ceil", "floor", "round", "-", "float", "asFloat", "int", "asInt"}).Draw(t, "function") + sub()
	case 2:
		return rapid.SampledFrom([]string{"mean", "median", "min", "max", "sum", "len"}).Draw(t, "aggregate") + "(" + drawList(t, depth-1) + ")"
	case 3:
		return fmt.Sprintf("count(%s, %s)", drawList(t, depth-1), drawPredicate(t))
	case 4:
		return fmt.Sprintf("sum(%s, # + 1)", drawList(t, depth-1))
	case 5:
		return fmt.Sprintf("reduce(%s, #acc + # * 2, 1)", drawList(t, depth-1))
	case 6:
		// findLast and findLastIndex are left out: in v1.17.8 of the library they are
		// false, not nil, when nothing is found. They have tests of their own.
		return fmt.Sprintf("(%s(%s, %s) ?? %s)", rapid.SampledFrom([]string{"find", "findIndex"}).Draw(t, "find"), drawList(t, depth-1), drawPredicate(t), drawNumber(t, 0))
	case 7:
		return fmt.Sprintf("(get(%s, 1) ?? 7)", drawList(t, depth-1))
	default:
		return drawNumber(t, 0)
	}
}

// drawList draws an expression whose value is a list of numbers.
func drawList(t *rapid.T, depth int) string {
	if depth <= 0 {
		return rapid.SampledFrom([]string{"result", "result", "[1, 2, result[0]]", "1..3", "result[1:]", "result[:2]"}).Draw(t, "list")
	}
	sub := func() string { return drawList(t, depth-1) }
	switch rapid.IntRange(0, 6).Draw(t, "derived") {
	case 0:
		return fmt.Sprintf("filter(%s, %s)", sub(), drawPredicate(t))
	case 1:
		return fmt.Sprintf("map(%s, # + 1)", sub())
	case 2:
		return rapid.SampledFrom([]string{"sort", "reverse", "uniq"}).Draw(t, "reorder") + "(" + sub() + ")"
	case 3:
		return fmt.Sprintf("sortBy(%s, -#)", sub())
	case 4:
		return fmt.Sprintf("take(%s, 2)", sub())
	case 5:
		return fmt.Sprintf("concat(%s, %s)", sub(), sub())
	default:
		return drawList(t, 0)
	}
}
