package criteria

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// function computes a value from arguments of which none is unknown.
type function func(m *machine, args []any) any

// builtin is a call of one of expr-lang's own functions.
func (t *translator) builtin(n *ast.BuiltinNode) evaluator {
	if evaluate := t.quantifier(n); evaluate != nil {
		return evaluate
	}
	if f := builtinFunction(n.Name); f != nil {
		t.plainArguments(n)
		return calling(t.nodes(n.Arguments), f)
	}
	return t.unsupported(n, "%s", notAvailable(n.Name))
}

// call is a call of one of the functions that Argo Rollouts adds.
func (t *translator) call(n *ast.CallNode) evaluator {
	name, is := n.Callee.(*ast.IdentifierNode)
	if !is {
		if evaluate := t.armFunction(n); evaluate != nil {
			return evaluate
		}
		return t.unsupported(n, "only functions can be called")
	}
	if t.comparison {
		if evaluate := t.comparisonCall(name.Value, n); evaluate != nil {
			return evaluate
		}
	}
	args := t.nodes(n.Arguments)
	switch {
	case name.Value == "isNil" && len(args) == 1:
		return func(m *machine) any { return absent(args[0](m)) }
	case name.Value == "default" && len(args) == 2:
		return fallback(args[0], args[1])
	}
	if f := argoFunction(name.Value); f != nil {
		t.needPlain(name.Value, n.Arguments...)
		return calling(args, f)
	}
	return t.unsupported(n, "%s", notAvailable(name.Value))
}

// calling evaluates the arguments; one unknown makes the call unknown.
func calling(args []evaluator, f function) evaluator {
	return func(m *machine) any {
		values := make([]any, len(args))
		for i, evaluate := range args {
			values[i] = evaluate(m)
		}
		if why, is := firstUnknown(values...); is {
			return why
		}
		return f(m, values)
	}
}

// argoFunction is a function that Argo Rollouts adds, or nil. isNil and default
// are translated by call.
func argoFunction(name string) function {
	switch name {
	case "asInt":
		return toInt
	case "asFloat":
		return func(_ *machine, args []any) any { return toFloat(args[0]) }
	case "isNaN":
		return func(_ *machine, args []any) any { return math.IsNaN(toFloat(args[0])) }
	case "isInf":
		return func(_ *machine, args []any) any { return math.IsInf(toFloat(args[0]), 0) }
	default:
		return nil
	}
}

// builtinFunction is a function of expr-lang without a predicate, or nil.
func builtinFunction(name string) function {
	switch name {
	case "len":
		return func(_ *machine, args []any) any { return length(args[0]) }
	case "int":
		return toInt
	case "float":
		return func(_ *machine, args []any) any { return toFloat(args[0]) }
	case "abs", "ceil", "floor", "round":
		return onNumber(name)
	case "mean", "median", "min", "max":
		return aggregate(name)
	case "first", "last", "get", "take", "reverse", "concat":
		return onList(name)
	case "sort":
		return ordered(name, false)
	case "uniq":
		return ordered(name, true)
	default:
		return nil
	}
}

// library calls a function of expr-lang.
func library(name string, args []any) any {
	f := builtin.Builtins[builtin.Index[name]]
	var value any
	var err error
	switch {
	case f.Fast != nil:
		value = f.Fast(args[0])
	case f.Safe != nil:
		value, _, err = f.Safe(args...)
	default:
		value, err = f.Func(args...)
	}
	if err != nil {
		panic(err)
	}
	return value
}

// onNumber is a function of one number; NaN and infinity stay what they are.
func onNumber(name string) function {
	return func(_ *machine, args []any) any {
		if b, is := args[0].(bounded); is && name == "abs" {
			return b.absolute()
		}
		toFloat(args[0])
		return library(name, args)
	}
}

// onList is a function that moves items and does not look at them.
func onList(name string) function {
	return func(m *machine, args []any) any {
		for _, arg := range args {
			if why, is := m.unseen(arg); is {
				return why
			}
			if isList(arg) {
				m.charge(length(arg))
			}
			if v, is := arg.(float64); is && !finite(v) {
				return notNumber
			}
		}
		return library(name, args)
	}
}

// ordered is a function that compares items with each other: each with some
// (sort), or each with all (uniq).
func ordered(name string, all bool) function {
	return func(m *machine, args []any) any {
		before := m.steps
		if why, is := m.incomparable(args[0]); is {
			return why
		}
		if cost := m.steps - before; all && cost > 0 {
			m.charge(min(cost*length(args[0]), maxSteps+1))
		}
		return library(name, args)
	}
}

// aggregate is mean, median, min or max. Of nothing it is not a number, and a
// finite answer that was made by dropping NaN or infinity is unknown.
func aggregate(name string) function {
	return func(m *machine, args []any) any {
		if value, is := m.extremeOf(name, args); is {
			return value
		}
		items, hidden := 0, false
		look := func(v any) {
			items++
			hidden = !finite(toFloat(v)) || hidden
		}
		for _, arg := range args {
			if why, is := m.unseen(arg); is {
				return why
			}
			if !isList(arg) {
				look(arg)
				continue
			}
			m.charge(length(arg))
			for i := range length(arg) {
				look(item(arg, i))
			}
		}
		if items == 0 {
			return math.NaN()
		}
		value := library(name, args)
		if hidden && finite(toFloat(value)) {
			return notNumber
		}
		return value
	}
}

// toInt is a number without its fraction; of NaN and infinity it is unknown.
func toInt(_ *machine, args []any) any {
	if i, is := args[0].(int); is {
		return i
	}
	v := toFloat(args[0])
	if !finite(v) {
		return notNumber
	}
	if math.Abs(v) >= 1<<63 {
		panic(fmt.Errorf("%v is too large for a whole number", v))
	}
	return int(v)
}

// notAvailable says why a function cannot be called.
func notAvailable(name string) string {
	switch name {
	case "now", "date", "duration", "timezone":
		return name + " is not available: a condition depends on result alone, so that it can be replayed"
	case "keys", "values", "toPairs", "fromPairs", "groupBy", "fromJSON", "toJSON":
		return name + " is not available: result holds numbers, not maps"
	default:
		return name + " is not available in a condition"
	}
}
