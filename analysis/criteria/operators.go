package criteria

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// unary is not x, -x or +x.
func (t *translator) unary(n *ast.UnaryNode) evaluator {
	operand := t.node(n.Node)
	switch n.Operator {
	case "!", "not":
		return func(m *machine) any { return negation(operand(m)) }
	case "-":
		return func(m *machine) any { return negative(operand(m)) }
	case "+":
		return operand
	default:
		return t.unsupported(n, "operator %s has no place in a condition", n.Operator)
	}
}

// negation is Kleene's not: the opposite of unknown is unknown.
func negation(v any) any {
	value, known := truth(v)
	if !known {
		return v
	}
	return !value
}

func negative(v any) any {
	if isUnknown(v) {
		return v
	}
	if b, is := v.(bounded); is {
		return b.negative()
	}
	return runtime.Negate(v)
}

// binary is any operator with two operands.
func (t *translator) binary(n *ast.BinaryNode) evaluator {
	left, right := t.node(n.Left), t.node(n.Right)
	if t.comparison {
		if evaluate := t.boundedBinary(n, left, right); evaluate != nil {
			return evaluate
		}
	}
	switch n.Operator {
	case "and", "&&":
		return connective(left, right, false)
	case "or", "||":
		return connective(left, right, true)
	case "??":
		return fallback(left, right)
	case "==", "!=":
		return equality(n, left, right)
	case "in":
		return strict(left, right, membership)
	case "..":
		return strict(left, right, span)
	}
	if compare := comparison(n.Operator); compare != nil {
		return comparing(left, right, compare)
	}
	if compute := arithmetic(n.Operator); compute != nil {
		return strict(left, right, compute)
	}
	return t.unsupported(n, "operator %s is for texts; result holds numbers", n.Operator)
}

// connective is Kleene's or (decisive is true) and and (decisive is false): one
// decisive operand decides, whatever the other one is.
func connective(left, right evaluator, decisive bool) evaluator {
	return func(m *machine) any {
		l := left(m)
		first, firstKnown := truth(l)
		if firstKnown && first == decisive {
			return decisive
		}
		r := right(m)
		second, secondKnown := truth(r)
		switch {
		case secondKnown && second == decisive:
			return decisive
		case !firstKnown:
			return l
		default:
			return r
		}
	}
}

// fallback is left ?? right: like default(left, right).
func fallback(left, right evaluator) evaluator {
	return func(m *machine) any {
		if l := left(m); l != nil && l != any(missing) {
			return l
		}
		return right(m)
	}
}

// strict is an operator that is unknown when an operand is.
func strict(left, right evaluator, compute func(m *machine, l, r any) any) evaluator {
	return func(m *machine) any {
		l, r := left(m), right(m)
		if isUnknown(l) {
			return l
		}
		if isUnknown(r) {
			return r
		}
		return compute(m, l, r)
	}
}

// comparing is a comparison: unknown when an operand is no finite number.
func comparing(left, right evaluator, compare func(l, r any) bool) evaluator {
	return func(m *machine) any {
		l, r := left(m), right(m)
		if why, is := m.incomparable(l); is {
			return why
		}
		if why, is := m.incomparable(r); is {
			return why
		}
		return compare(l, r)
	}
}

// comparison is the function of a comparing operator, or nil.
func comparison(operator string) func(l, r any) bool {
	switch operator {
	case "<":
		return runtime.Less
	case "<=":
		return runtime.LessOrEqual
	case ">":
		return runtime.More
	case ">=":
		return runtime.MoreOrEqual
	default:
		return nil
	}
}

// equality is == or !=. Comparing with nil asks whether something is there.
func equality(n *ast.BinaryNode, left, right evaluator) evaluator {
	equal := comparing(left, right, runtime.Equal)
	if _, is := n.Right.(*ast.NilNode); is {
		equal = func(m *machine) any { return absent(left(m)) }
	} else if _, is := n.Left.(*ast.NilNode); is {
		equal = func(m *machine) any { return absent(right(m)) }
	}
	if n.Operator == "==" {
		return equal
	}
	return func(m *machine) any { return negation(equal(m)) }
}

// absent reports whether a value is not there; an unknown for another reason
// stays unknown.
func absent(v any) any {
	if isUnknown(v) && v != any(missing) {
		return v
	}
	return v == nil || v == any(missing)
}

// arithmetic is the function of a computing operator, or nil. NaN and infinity
// go through it; a comparison makes them unknown.
func arithmetic(operator string) func(m *machine, l, r any) any {
	var compute func(l, r any) any
	switch operator {
	case "+":
		compute = runtime.Add
	case "-":
		compute = runtime.Subtract
	case "*":
		compute = runtime.Multiply
	case "/":
		compute = func(l, r any) any { return runtime.Divide(l, r) }
	case "%":
		compute = func(l, r any) any { return runtime.Modulo(l, r) }
	case "**", "^":
		compute = func(l, r any) any { return runtime.Exponent(l, r) }
	default:
		return nil
	}
	return func(_ *machine, l, r any) any {
		if hasBounds(l) || hasBounds(r) {
			return computed(operator, l, r)
		}
		if !isNumber(l) || !isNumber(r) {
			panic(fmt.Errorf("operator %s needs two numbers, but got %s and %s", operator, describe(l), describe(r)))
		}
		value := compute(l, r)
		if finite(toFloat(value)) && !(finite(toFloat(l)) && finite(toFloat(r))) {
			return notNumber // 1/∞ and NaN**0 would hide what was not a number.
		}
		return value
	}
}

// membership is needle in list: a list with something unknown in it can say yes,
// but never no.
func membership(m *machine, needle, list any) any {
	if why, is := m.incomparable(needle); is {
		return why
	}
	n := length(list)
	m.charge(n)
	for i := range n {
		if candidate := item(list, i); !isList(candidate) && runtime.Equal(candidate, needle) {
			return true
		}
	}
	if why, is := m.incomparable(list); is {
		return why
	}
	return false
}

// span is from..to, the list of whole numbers.
func span(m *machine, from, to any) any {
	first, isInt := from.(int)
	last, areInts := to.(int)
	if !isInt || !areInts {
		panic(fmt.Errorf("operator .. needs two whole numbers, but got %s and %s", describe(from), describe(to)))
	}
	if last < first {
		return []int{}
	}
	if width := uint64(last) - uint64(first); width >= maxSteps {
		panic(errBudget)
	}
	m.charge(last - first + 1)
	return runtime.MakeRange(first, last)
}

// conditional is test ? a : b. When the test is unknown, both must agree.
func (t *translator) conditional(n *ast.ConditionalNode) evaluator {
	test, then, otherwise := t.node(n.Cond), t.node(n.Exp1), t.node(n.Exp2)
	return func(m *machine) any {
		v := test(m)
		holds, known := truth(v)
		switch {
		case known && holds:
			return then(m)
		case known:
			return otherwise(m)
		}
		a, b := then(m), otherwise(m)
		if x, is := a.(bool); is {
			if y, is := b.(bool); is && x == y {
				return x
			}
		}
		return v
	}
}
