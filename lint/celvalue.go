package lint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"
)

// celValue evaluates the tree of a rule: https://github.com/google/cel-spec. Values are as in
// JSON: maps, lists, strings, int64, float64 and bool; and durations.
type celValue struct {
	rules *celRules
	// names are self, and what all, exists and map bind.
	names map[string]any
}

// errUnknown is an operation that our rules do not use.
var errUnknown = errors.New("not supported in a rule")

// of is the value of a node.
func (v *celValue) of(n ast.Node) (any, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return int64(n.Value), nil
	case *ast.FloatNode:
		return n.Value, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IdentifierNode:
		value, known := v.names[n.Value]
		if !known {
			return nil, fmt.Errorf("unknown name %s", n.Value)
		}
		return value, nil
	case *ast.ArrayNode:
		return v.each(n.Nodes)
	case *ast.MemberNode:
		return v.member(n)
	case *ast.UnaryNode:
		return v.unary(n)
	case *ast.BinaryNode:
		return v.binary(n)
	case *ast.ConditionalNode:
		return v.conditional(n)
	case *ast.CallNode:
		return v.call(n)
	case *ast.BuiltinNode:
		return v.function(n.Name, n.Arguments)
	}
	return nil, errUnknown
}

// each is the list of the values of nodes.
func (v *celValue) each(nodes []ast.Node) (any, error) {
	list := make([]any, 0, len(nodes))
	for _, n := range nodes {
		value, err := v.of(n)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

// member is a.b, a["b"] or a[1].
func (v *celValue) member(n *ast.MemberNode) (any, error) {
	base, err := v.of(n.Node)
	if err != nil {
		return nil, err
	}
	key, err := v.of(n.Property)
	if err != nil {
		return nil, err
	}
	switch base := base.(type) {
	case map[string]any:
		name, _ := key.(string)
		if value, known := base[name]; known {
			return value, nil
		}
	case []any:
		if i, is := key.(int64); is && i >= 0 && i < int64(len(base)) {
			return base[i], nil
		}
	}
	return nil, fmt.Errorf("no such key: %v", key)
}

// unary is !a or -a.
func (v *celValue) unary(n *ast.UnaryNode) (any, error) {
	value, err := v.of(n.Node)
	if err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case bool:
		if n.Operator == "!" || n.Operator == "not" {
			return !value, nil
		}
	case int64:
		if n.Operator == "-" {
			return -value, nil
		}
	case float64:
		if n.Operator == "-" {
			return -value, nil
		}
	}
	return nil, errUnknown
}

// conditional is a ? b : c.
func (v *celValue) conditional(n *ast.ConditionalNode) (any, error) {
	condition, err := v.of(n.Cond)
	if err != nil {
		return nil, err
	}
	switch condition {
	case true:
		return v.of(n.Exp1)
	case false:
		return v.of(n.Exp2)
	default:
		return nil, errUnknown
	}
}

// binary is an operator with two operands.
func (v *celValue) binary(n *ast.BinaryNode) (any, error) {
	switch n.Operator {
	case "&&", "and":
		return v.logic(n, false)
	case "||", "or":
		return v.logic(n, true)
	}
	left, err := v.of(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := v.of(n.Right)
	if err != nil {
		return nil, err
	}
	switch n.Operator {
	case "==":
		return same(left, right), nil
	case "!=":
		return !same(left, right), nil
	case "in":
		return contains(right, left)
	case "<", "<=", ">", ">=":
		return ordered(n.Operator, left, right)
	default:
		return arithmetic(n.Operator, left, right)
	}
}

// logic is && and ||: an operand that decides wins over an error of the other.
func (v *celValue) logic(n *ast.BinaryNode, decides bool) (any, error) {
	left, err := v.of(n.Left)
	if err == nil && left == decides {
		return decides, nil
	}
	right, other := v.of(n.Right)
	switch {
	case other == nil && right == decides:
		return decides, nil
	case err != nil:
		return nil, err
	case other != nil:
		return nil, other
	}
	_, is := left.(bool)
	_, also := right.(bool)
	if !is || !also {
		return nil, errUnknown
	}
	return !decides, nil
}

// same compares two values; numbers by what they are worth.
func same(a, b any) bool {
	if x, is := asNumber(a); is {
		y, also := asNumber(b)
		return also && x == y
	}
	switch a := a.(type) {
	case []any:
		b, is := b.([]any)
		return is && slices.EqualFunc(a, b, same)
	case map[string]any:
		b, is := b.(map[string]any)
		return is && maps.EqualFunc(a, b, same)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

// contains is a value in a list, or a key in a map.
func contains(in, value any) (any, error) {
	switch in := in.(type) {
	case []any:
		return slices.ContainsFunc(in, func(item any) bool { return same(item, value) }), nil
	case map[string]any:
		name, is := value.(string)
		_, known := in[name]
		return is && known, nil
	}
	return nil, errUnknown
}

// ordered compares numbers, texts and durations.
func ordered(operator string, a, b any) (any, error) {
	compared := 0
	switch x := a.(type) {
	case string:
		y, is := b.(string)
		if !is {
			return nil, errUnknown
		}
		compared = compare(x, y)
	case time.Duration:
		y, is := b.(time.Duration)
		if !is {
			return nil, errUnknown
		}
		compared = compare(x, y)
	default:
		x1, is := asNumber(a)
		y1, also := asNumber(b)
		if !is || !also {
			return nil, errUnknown
		}
		compared = compare(x1, y1)
	}
	switch operator {
	case "<":
		return compared < 0, nil
	case "<=":
		return compared <= 0, nil
	case ">":
		return compared > 0, nil
	default:
		return compared >= 0, nil
	}
}

func compare[T string | time.Duration | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// arithmetic is + - * / of two numbers of one type.
func arithmetic(operator string, a, b any) (any, error) {
	if x, is := a.(int64); is {
		if y, is := b.(int64); is && operator != "/" {
			return map[string]int64{"+": x + y, "-": x - y, "*": x * y}[operator], nil
		}
	}
	x, is := a.(float64)
	y, also := b.(float64)
	if !is || !also {
		return nil, errUnknown
	}
	return map[string]float64{"+": x + y, "-": x - y, "*": x * y, "/": x / y}[operator], nil
}

// call is a function, or a function of a value.
func (v *celValue) call(n *ast.CallNode) (any, error) {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		return v.function(callee.Value, n.Arguments)
	case *ast.MemberNode:
		if name, is := callee.Property.(*ast.StringNode); is {
			return v.method(callee.Node, name.Value, n.Arguments)
		}
	}
	return nil, errUnknown
}

// function is has(a.b), size(a), int(a), double(a), duration(a) or type(a).
func (v *celValue) function(name string, arguments []ast.Node) (any, error) {
	if len(arguments) != 1 {
		return nil, errUnknown
	}
	if name == "has" {
		return v.has(arguments[0])
	}
	value, err := v.of(arguments[0])
	if err != nil {
		return nil, err
	}
	if name == "size" {
		return size(value)
	}
	if text, is := value.(string); is {
		return textAs(name, text)
	}
	number, is := asNumber(value)
	switch {
	case name == "type":
		return "another", nil
	case name == "int" && is:
		return int64(number), nil
	case name == "double" && is:
		return number, nil
	}
	return nil, errUnknown
}

// textAs is a text as another type, or the name of its own.
func textAs(name, text string) (any, error) {
	switch name {
	case "type":
		return "string", nil
	case "int":
		return strconv.ParseInt(text, 10, 64)
	case "double":
		return strconv.ParseFloat(text, 64)
	case "duration":
		return time.ParseDuration(text)
	}
	return nil, errUnknown
}

// has says whether a field is set. What it is in must be there.
func (v *celValue) has(n ast.Node) (any, error) {
	member, is := n.(*ast.MemberNode)
	if !is {
		return nil, errUnknown
	}
	base, err := v.of(member.Node)
	if err != nil {
		return nil, err
	}
	key, err := v.of(member.Property)
	if err != nil {
		return nil, err
	}
	object, _ := base.(map[string]any)
	name, _ := key.(string)
	_, set := object[name]
	return set, nil
}

// size is the number of characters, items or entries.
func size(value any) (any, error) {
	switch value := value.(type) {
	case string:
		return int64(len([]rune(value))), nil
	case []any:
		return int64(len(value)), nil
	case map[string]any:
		return int64(len(value)), nil
	}
	return nil, errUnknown
}
