package criteria

import (
	"fmt"
	"math"
)

// unknown is the third truth value, and the value of everything that is computed
// from what is not there. It says why: it is one of the reasons of Blind.
type unknown string

const (
	// missing: the answer has no value to look at.
	missing unknown = NoData
	// notNumber: the answer is NaN or infinite.
	notNumber unknown = NotANumber
	// notKnownYet: the bounds are on both sides of what they are compared with.
	notKnownYet unknown = NotKnownYet
)

// isUnknown reports whether a value is unknown.
func isUnknown(v any) bool {
	_, is := v.(unknown)
	return is
}

// firstUnknown returns the first unknown of some values.
func firstUnknown(values ...any) (any, bool) {
	for _, v := range values {
		if isUnknown(v) {
			return v, true
		}
	}
	return nil, false
}

// truth is a value as a truth value; known is false when it is unknown.
func truth(v any) (value, known bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case unknown:
		return false, false
	default:
		panic(fmt.Errorf("expected true or false, but got %s", describe(v)))
	}
}

// isNumber reports whether a value is a number.
func isNumber(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	default:
		return false
	}
}

// toFloat is a number as a float64.
func toFloat(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	default:
		panic(fmt.Errorf("expected a number, but got %s", describe(v)))
	}
}

// finite reports whether a float64 is a number that can be compared.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// isList reports whether a value is a list. Lists are []float64 (result), []any
// (computed) and []int (ranges).
func isList(v any) bool {
	switch v.(type) {
	case []float64, []any, []int:
		return true
	default:
		return false
	}
}

// length is the number of items of a list.
func length(list any) int {
	switch list := list.(type) {
	case []float64:
		return len(list)
	case []any:
		return len(list)
	case []int:
		return len(list)
	default:
		panic(fmt.Errorf("expected a list, but got %s", describe(list)))
	}
}

// item is an item of a list.
func item(list any, i int) any {
	switch list := list.(type) {
	case []float64:
		return list[i]
	case []any:
		return list[i]
	case []int:
		return list[i]
	default:
		panic(fmt.Errorf("expected a list, but got %s", describe(list)))
	}
}

// describe names the kind of a value for a person.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return fmt.Sprintf("the truth value %t", v)
	case int, float64:
		return fmt.Sprintf("the number %v", v)
	case string:
		return fmt.Sprintf("the text %q", v)
	case []float64, []any, []int:
		return fmt.Sprintf("a list of %d", length(v))
	case bounded:
		return "a number with bounds"
	case side:
		return string(v)
	case theComparison:
		return "the comparison"
	default:
		return fmt.Sprintf("a %T", v)
	}
}
