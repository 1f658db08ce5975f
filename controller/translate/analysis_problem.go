package translate

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is a field of a spec that cannot be used.
type Problem struct {
	// Field is its path. Example: metrics[1].interval.
	Field string
	// Message says what is wrong with it and how to mend it.
	Message string
}

// String is "field: what; fix".
func (p Problem) String() string {
	return p.Field + ": " + p.Message
}

// Problems are what is wrong with a spec, sorted. It is an error when there are any.
type Problems []Problem

// maxListed is how many problems Error lists.
const maxListed = 20

// Error lists the problems, a line each.
func (p Problems) Error() string {
	lines := make([]string, 0, maxListed+1)
	for i, problem := range p {
		if i == maxListed {
			lines = append(lines, fmt.Sprintf("and %d more", len(p)-maxListed))
			break
		}
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// add notes a problem.
func (p *Problems) add(field, format string, values ...any) {
	*p = append(*p, Problem{Field: field, Message: fmt.Sprintf(format, values...)})
}

// sorted returns the problems in the order of their fields, each once.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if order := comparePaths(a.Field, b.Field); order != 0 {
			return order
		}
		return strings.Compare(a.Message, b.Message)
	})
	return slices.Compact(p)
}

// comparePaths orders paths as texts, but indices as numbers: metrics[2] before
// metrics[10].
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		digitsA, digitsB := leadingDigits(a), leadingDigits(b)
		if digitsA != "" && digitsB != "" {
			if len(digitsA) != len(digitsB) {
				return len(digitsA) - len(digitsB)
			}
			if digitsA != digitsB {
				return strings.Compare(digitsA, digitsB)
			}
			a, b = a[len(digitsA):], b[len(digitsB):]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// leadingDigits is the number that a text begins with.
func leadingDigits(text string) string {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return text[:end]
}
