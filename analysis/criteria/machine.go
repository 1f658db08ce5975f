package criteria

import (
	"errors"
	"fmt"
)

// maxSteps bounds the work of one evaluation: visited nodes, and items of lists
// that are walked or made. It is some tens of milliseconds.
const maxSteps = 1_000_000

// errBudget ends an evaluation that would take too long or too much memory.
const errBudget = problem("the condition takes too many steps on this answer")

// errBounds ends an evaluation that would take a number with bounds for a plain one.
const errBounds = problem("a plain number is needed, and this one has bounds: take its estimate(…), lower(…) or upper(…)")

// problem is an error that is a constant.
type problem string

// Error is the text.
func (p problem) Error() string { return string(p) }

// evaluator computes the value of one node. It panics with what cannot be
// evaluated; run turns that into an error.
type evaluator func(*machine) any

// scope is what a predicate sees: #, #index and #acc.
type scope struct {
	item  any
	index int
	acc   any
}

// machine is the state of one evaluation.
type machine struct {
	result any
	// nothing says why there is not one finite value in the answer; "" when there
	// is one.
	nothing   unknown
	steps     int
	variables []any
	scopes    []scope

	// comparison is what canary, baseline and result are; nil when result is the
	// answer of a query. The bounds have the confidence, and those known were computed.
	comparison *Comparison
	confidence float64
	known      map[quantity]any
	notes      notes
}

// newMachine is a machine for one answer.
func newMachine(r Result, variables int) *machine {
	m := &machine{nothing: missing, variables: make([]any, variables)}
	for _, v := range r.Values {
		if finite(v) {
			m.nothing = ""
			break
		}
		m.nothing = notNumber
	}
	switch {
	case !r.Scalar:
		m.result = r.Values
		if r.Values == nil {
			m.result = []float64{}
		}
	case len(r.Values) == 0:
		m.result = missing
	default:
		m.result = r.Values[0]
	}
	return m
}

// run evaluates a condition. It is the one place where a panic, of ours or of
// the library's, becomes an error.
func (m *machine) run(evaluate evaluator) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			cause, ok := r.(error)
			if !ok {
				cause = fmt.Errorf("%v", r)
			}
			value, err = nil, cause
		}
	}()
	value = evaluate(m)
	if _, isBool := value.(bool); !isBool && !isUnknown(value) {
		return nil, fmt.Errorf("expected true or false, but got %s", describe(value))
	}
	return value, nil
}

// charge pays for work.
func (m *machine) charge(steps int) {
	m.steps += steps
	if steps < 0 || m.steps > maxSteps {
		panic(errBudget)
	}
}

// top is the scope of the innermost predicate.
func (m *machine) top() *scope {
	if len(m.scopes) == 0 {
		panic(errors.New("# is used outside of a predicate"))
	}
	return &m.scopes[len(m.scopes)-1]
}

// unseen is the unknown that a list stands for when it is empty only because
// there was nothing to see.
func (m *machine) unseen(list any) (any, bool) {
	if m.nothing != "" && isList(list) && length(list) == 0 {
		return m.nothing, true
	}
	return nil, false
}

// incomparable is the unknown that a value makes of a comparison: NaN, infinity, a
// list with one of them, a list that is empty because there was nothing to see.
func (m *machine) incomparable(v any) (any, bool) {
	switch v := v.(type) {
	case unknown:
		return v, true
	case bounded:
		panic(errBounds)
	case float64:
		return notNumber, !finite(v)
	case []float64, []any, []int:
		if why, is := m.unseen(v); is {
			return why, true
		}
		n := length(v)
		m.charge(n)
		for i := range n {
			if why, is := m.incomparable(item(v, i)); is {
				return why, true
			}
		}
	}
	return nil, false
}
