package criteria

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
)

// What canary, baseline and result are, for the type check. A number with bounds has
// the type of a number.
type (
	comparisonEnvironment struct {
		Canary   arm    `expr:"canary"`
		Baseline arm    `expr:"baseline"`
		Result   effect `expr:"result"`
	}
	arm struct {
		Share    float64               `expr:"share"`
		Bad      float64               `expr:"bad"`
		Total    float64               `expr:"total"`
		Mean     float64               `expr:"mean"`
		Points   []float64             `expr:"points"`
		Quantile func(float64) float64 `expr:"quantile"`
		Above    func(float64) float64 `expr:"above"`
	}
	effect struct {
		Ratio      float64 `expr:"ratio"`
		Difference float64 `expr:"difference"`
	}
)

// What there is, for errors.
const (
	armFields    = "canary and baseline have share, bad, total, mean, points, quantile(p) and above(limit)"
	effectFields = "result, the comparison of canary and baseline, has ratio and difference, pValue(result) and eValue(result)"
)

// comparisonFunctions are the functions that only conditions on a comparison have. They
// are never called, as those of options are not.
func comparisonFunctions() []expr.Option {
	notCalled := func(...any) (any, error) { return nil, errNotCalled }
	var added []expr.Option
	add := func(types []any, names ...string) {
		for _, name := range names {
			added = append(added, expr.Function(name, notCalled, types...))
		}
	}
	// The last type is the one that an error is about.
	add([]any{new(func(float64, float64) float64), new(func(float64) float64)}, "lower", "upper")
	add([]any{new(func(float64) float64)}, "estimate", "samples")
	add([]any{new(func(float64, float64) float64), new(func(float64, bool) bool)}, "confidence")
	add([]any{new(func(effect) float64)}, "pValue", "eValue")
	add(append(directedPoints(), pointLists()...), "mannWhitney", "kolmogorovSmirnov", "welch", "brunnerMunzel")
	add([]any{new(func(arm, arm, string) float64), new(func(arm, arm) float64)}, "fisher", "poissonRatio", "twoProportions")
	add([]any{new(func(arm, arm, float64) float64)}, "nonInferiority")
	add(pointLists(), "superiority", "hodgesLehmann")
	return added
}

// pointLists are the types of functions of two lists of numbers: points, or what was
// made of them.
func pointLists() []any {
	return []any{
		new(func([]any, []any) float64), new(func([]float64, []any) float64),
		new(func([]any, []float64) float64), new(func([]float64, []float64) float64),
	}
}

// directedPoints are pointLists with a direction.
func directedPoints() []any {
	return []any{
		new(func([]any, []any, string) float64), new(func([]float64, []any, string) float64),
		new(func([]any, []float64, string) float64), new(func([]float64, []float64, string) float64),
	}
}

// errNotCalled guards the functions of the type check.
const errNotCalled = problem("conditions are not run by the library")

// compileComparison type-checks and translates a condition on a comparison.
func compileComparison(name, source string) (*condition, error) {
	if len(source) > maxLength {
		return nil, newSyntaxError(name, source, fmt.Errorf("the condition is longer than %d bytes", maxLength))
	}
	p, err := translate(source, comparisonEnvironment{}, &translator{comparison: true}, comparisonFunctions()...)
	if err != nil {
		e := newSyntaxError(name, source, err)
		e.Message = inOurWords(e.Message)
		return nil, e
	}
	return &condition{name: name, source: source, comparison: p}, nil
}

// inOurWords names the types of the check as the author knows them, and what he may
// have meant.
func inOurWords(message string) string {
	message = strings.TrimSpace(message)
	hint := ""
	switch {
	case strings.Contains(message, "criteria.arm"):
		hint = "; " + armFields
	case strings.Contains(message, "criteria.effect"):
		hint = "; " + effectFields
	case strings.HasPrefix(message, "unknown name "):
		hint = "; there are canary, baseline and result"
	case strings.HasPrefix(message, "type criteria.comparisonEnvironment"):
		hint = "; there are canary, baseline and result"
	}
	if _, field, is := strings.Cut(message, " has no field "); is {
		return "there is no field " + field + hint
	}
	if _, method, is := strings.Cut(message, " has no method "); is {
		return "there is no function " + method + hint
	}
	message = strings.ReplaceAll(message, "criteria.arm", "canary or baseline")
	return strings.ReplaceAll(message, "criteria.effect", "result") + hint
}
