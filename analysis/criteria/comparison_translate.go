package criteria

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"

	"github.com/serin-dev/serin/analysis/sequential"
)

// subject is canary, baseline or result.
func (t *translator) subject(n *ast.IdentifierNode) evaluator {
	switch n.Value {
	case string(theCanary), string(theBaseline):
		return constant(side(n.Value))
	case "result":
		return constant(theComparison{})
	default:
		return t.unsupported(n, "unknown name %s; there are canary, baseline and result", n.Value)
	}
}

// field is base.name. That there is such a field was type-checked.
func (t *translator) field(n *ast.MemberNode, name string) evaluator {
	if name == "quantile" || name == "above" {
		return t.unsupported(n.Property, "%s is a function: %s", name, example(name))
	}
	if armField := isArmField(name); !armField && !isEffectField(name) {
		return t.unsupported(n.Property, "there is no field %s; %s; %s", name, armFields, effectFields)
	}
	base := t.node(n.Node)
	return func(m *machine) any {
		switch v := base(m).(type) {
		case side:
			if isArmField(name) {
				return m.field(v, name)
			}
		case theComparison:
			if isEffectField(name) {
				return m.effect(name)
			}
		case unknown:
			return v
		}
		panic(fmt.Errorf("only canary, baseline and result have a field %s", name))
	}
}

func isArmField(name string) bool {
	switch name {
	case "share", "bad", "total", "mean", "points":
		return true
	default:
		return false
	}
}

func isEffectField(name string) bool { return name == "ratio" || name == "difference" }

func example(function string) string {
	if function == "quantile" {
		return "canary.quantile(0.99)"
	}
	return "canary.above(0.5)"
}

// armFunction is canary.quantile(p) and canary.above(limit), or nil.
func (t *translator) armFunction(n *ast.CallNode) evaluator {
	callee, is := n.Callee.(*ast.MemberNode)
	if !t.comparison || !is || len(n.Arguments) != 1 {
		return nil
	}
	name, is := callee.Property.(*ast.StringNode)
	if !is || name.Value != "quantile" && name.Value != "above" {
		return nil
	}
	t.needPlain(name.Value, n.Arguments[0])
	if p, given := literal(n.Arguments[0]); given && name.Value == "quantile" && !(p > 0 && p < 1) {
		return t.unsupported(located(n.Arguments[0], n), "a quantile is between 0 and 1, as in %s", example(name.Value))
	}
	base, at := t.node(callee.Node), t.node(n.Arguments[0])
	return func(m *machine) any {
		arm, x := base(m), at(m)
		if why, is := firstUnknown(arm, x); is {
			return why
		}
		s, is := arm.(side)
		if !is {
			panic(fmt.Errorf("%s has no function %s", describe(arm), name.Value))
		}
		return m.method(s, name.Value, x)
	}
}

// located is a node that an error can point at: the type check makes new ones of whole
// numbers, and forgets where they stood.
func located(n, otherwise ast.Node) ast.Node {
	if n.Location().From == 0 {
		return otherwise
	}
	return n
}

// literal is a number that is written out.
func literal(n ast.Node) (v float64, is bool) {
	switch n := n.(type) {
	case *ast.FloatNode:
		return n.Value, true
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.UnaryNode:
		if v, is := literal(n.Node); is && n.Operator == "-" {
			return -v, true
		}
	}
	return 0, false
}

// comparisonCall is a call of a function that only conditions on a comparison have, or
// nil.
func (t *translator) comparisonCall(name string, n *ast.CallNode) evaluator {
	switch name {
	case "lower", "upper", "estimate", "samples":
		if t.kindOf(n.Arguments[0]) == plain {
			return t.unsupported(located(n.Arguments[0], n), "this is a plain number and has no bounds")
		}
		if len(n.Arguments) == 2 {
			return calling([]evaluator{t.under(n, n.Arguments[1], n.Arguments[0])}, part(name))
		}
		return calling(t.nodes(n.Arguments), part(name))
	case "confidence":
		return t.under(n, n.Arguments[0], n.Arguments[1])
	case "pValue":
		return calling(t.nodes(n.Arguments), func(m *machine, _ []any) any {
			return m.evidence(sequential.AnytimeP(max(0, m.comparison.Effect.HighestLogE, m.comparison.Effect.LogE)))
		})
	case "eValue":
		return calling(t.nodes(n.Arguments), func(m *machine, _ []any) any {
			return m.evidence(min(math.Exp(m.comparison.Effect.LogE), math.MaxFloat64))
		})
	}
	if pointTest(name) != nil || name == "superiority" || name == "hodgesLehmann" {
		t.needPlain(name, n.Arguments...)
	}
	if name == "nonInferiority" {
		t.needPlain(name, n.Arguments[2])
		if margin, given := literal(n.Arguments[2]); given && !(margin > -1 && margin < 1) {
			return t.unsupported(located(n.Arguments[2], n), "a margin is a difference of shares, between -1 and 1")
		}
	}
	return t.significance(name, n, t.nodes(n.Arguments))
}

// evidence is a number that a judge holds, once there was something to judge.
func (m *machine) evidence(v float64) any {
	if m.comparison.empty() || !m.comparison.Effect.Judged {
		return missing
	}
	return v
}

// part is estimate, lower, upper or samples of a number with bounds; of one without, it
// is the number itself. A bound that is not there yet is not known yet.
func part(name string) function {
	return func(_ *machine, args []any) any {
		b, ok := asBounded(args[0])
		if !ok {
			return notNumber
		}
		v := b.estimate
		switch name {
		case "lower":
			v = b.lower
		case "upper":
			v = b.upper
		case "samples":
			v = b.samples
		}
		if !finite(v) {
			return notKnownYet
		}
		return v
	}
}

// under is a part of a condition with bounds of another confidence.
func (t *translator) under(call *ast.CallNode, confidence, n ast.Node) evaluator {
	level, is := literal(confidence)
	if !is || !isLevel(level) {
		return t.unsupported(located(confidence, call), "a confidence is a number between 0 and 1, such as 0.95")
	}
	before := t.fixed
	t.fixed.names, t.fixed.items = len(t.names), len(t.items)
	evaluate := t.node(n)
	t.fixed = before
	return func(m *machine) any {
		outside := m.confidence
		m.confidence = level
		defer func() { m.confidence = outside }()
		return evaluate(m)
	}
}

// alreadyBounded refuses to ask for another confidence of what was computed before.
func (t *translator) alreadyBounded(n ast.Node, name string) evaluator {
	return t.unsupported(n, "the bounds of %s were computed before, with another confidence; write here what it stands for", name)
}

// kindIn is kindOf in a condition on a comparison.
func (t *translator) kindIn(n ast.Node) kind {
	if !t.comparison {
		return plain
	}
	return t.kindOf(n)
}

// plainArguments refuses bounds in the arguments of functions that cannot do with them.
func (t *translator) plainArguments(n *ast.BuiltinNode) {
	switch n.Name {
	case "len", "abs", "min", "max", "first", "last", "reverse", "concat":
	case "get", "take":
		if len(n.Arguments) > 1 {
			t.needPlain(n.Name, n.Arguments[1])
		}
	default:
		t.needPlain(n.Name, n.Arguments...)
	}
}

// plainKeys refuses to sort by what has bounds.
func (t *translator) plainKeys(n *ast.BuiltinNode) {
	if !t.comparison {
		return
	}
	defer t.within(n)()
	t.needPlain(n.Name, n.Arguments[1:2]...)
}

// boundedBinary is an operator of a condition on a comparison, or nil when it is the
// same as elsewhere.
func (t *translator) boundedBinary(n *ast.BinaryNode, left, right evaluator) evaluator {
	switch n.Operator {
	case "%", "**", "^", "in", "..":
		t.needPlain("operator "+n.Operator, n.Left, n.Right)
	case "/":
		if bad, total := t.counted(n.Left, "bad"), t.counted(n.Right, "total"); bad && total {
			return t.unsupported(n, "a quotient of counts has no bounds; write canary.share, or estimate(canary.bad)")
		}
	case "<", "<=", ">", ">=", "==", "!=":
		_, leftNil := n.Left.(*ast.NilNode)
		_, rightNil := n.Right.(*ast.NilNode)
		if leftNil || rightNil {
			return nil
		}
		t.comparable(n.Left)
		t.comparable(n.Right)
		return t.boundedComparison(n, left, right)
	}
	return nil
}

// comparable refuses to compare canary, baseline and result as such.
func (t *translator) comparable(n ast.Node) {
	if t.kindOf(n) == opaque {
		t.unsupported(n, "this is not a number; %s, and %s", armFields, effectFields)
	}
}

// counted reports whether a number is computed from a count, without a function.
func (t *translator) counted(n ast.Node, name string) bool {
	switch n := n.(type) {
	case *ast.BinaryNode:
		return t.counted(n.Left, name) || t.counted(n.Right, name)
	case *ast.UnaryNode:
		return t.counted(n.Node, name)
	case *ast.MemberNode:
		field, is := n.Property.(*ast.StringNode)
		return is && field.Value == name
	default:
		return false
	}
}

// boundedComparison is a comparison that may be not known yet. It leaves a note of
// what was compared.
func (t *translator) boundedComparison(n *ast.BinaryNode, left, right evaluator) evaluator {
	texts := [2]string{nameOf(n.Left), nameOf(n.Right)}
	return func(m *machine) any {
		l, r := left(m), right(m)
		var outcome any
		switch {
		case isUnknown(l):
			outcome = l
		case isUnknown(r):
			outcome = r
		case hasBounds(l) || hasBounds(r):
			outcome = comparedWithBounds(n.Operator, l, r)
		default:
			outcome = comparedPlainly(m, n.Operator, l, r)
		}
		m.notes.add(texts, n.Operator, l, r, outcome, len(m.scopes) > 0)
		return outcome
	}
}

// comparedPlainly is a comparison as in any other condition.
func comparedPlainly(m *machine, operator string, l, r any) any {
	compare := comparison(operator)
	if compare == nil {
		compare = runtime.Equal
	}
	outcome := comparing(constant(l), constant(r), compare)(m)
	if operator == "!=" {
		return negation(outcome)
	}
	return outcome
}

// comparedWithBounds is true, false or unknown.
func comparedWithBounds(operator string, l, r any) any {
	a, ok := asBounded(l)
	b, also := asBounded(r)
	if !ok || !also {
		return notNumber
	}
	holds, known := compared(operator, a, b)
	if !known {
		return notKnownYet
	}
	return holds
}

// computed is an operator on numbers with bounds.
func computed(operator string, l, r any) any {
	operate := intervals(operator)
	if operate == nil {
		panic(errBounds)
	}
	a, ok := asBounded(l)
	b, also := asBounded(r)
	if !ok || !also || operator == "/" && b.lower == 0 && b.upper == 0 {
		return notNumber // x/0, too.
	}
	return operate(a, b)
}

// extremeOf is min or max of numbers of which some have bounds; is is false when none has.
func (m *machine) extremeOf(name string, args []any) (value any, is bool) {
	if m.comparison == nil {
		return nil, false
	}
	var all []any
	for _, arg := range args {
		if !isList(arg) {
			all = append(all, arg)
			continue
		}
		m.charge(length(arg))
		for i := range length(arg) {
			all = append(all, item(arg, i))
		}
	}
	found := false
	for _, v := range all {
		found = found || hasBounds(v)
	}
	if !found {
		return nil, false
	}
	return extremeValue(name, all), true
}

// extremeValue is the least or the greatest of some numbers.
func extremeValue(name string, all []any) any {
	pick := math.Min
	switch name {
	case "min":
	case "max":
		pick = math.Max
	default:
		panic(errBounds)
	}
	var value bounded
	for i, v := range all {
		b, ok := asBounded(v)
		switch {
		case !ok:
			return notNumber
		case i == 0:
			value = b
		default:
			value = value.extreme(b, pick)
		}
	}
	return value
}
