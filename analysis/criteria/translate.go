package criteria

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// translator turns a type-checked syntax tree into evaluators. expr-lang's own
// virtual machine knows two truth values; the evaluators know three.
type translator struct {
	names     []string
	variables int
	err       *file.Error
	// comparison says that result is the comparison of two arms. The kinds are then
	// those of the names and of the items of the predicates that a node is in, and of the
	// nodes that were looked at.
	comparison bool
	kinds      []kind
	items      []scopeKinds
	known      map[ast.Node]kind
	// fixed is how many names and predicates are outside of the innermost part of the
	// condition that asks for bounds of another confidence.
	fixed struct{ names, items int }
}

// node translates a node by what it is made of.
func (t *translator) node(n ast.Node) evaluator {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return t.unary(n)
	case *ast.BinaryNode:
		return t.binary(n)
	case *ast.ConditionalNode:
		return t.conditional(n)
	case *ast.ChainNode:
		return t.node(n.Node)
	case *ast.MemberNode:
		return t.member(n)
	case *ast.SliceNode:
		return t.slice(n)
	case *ast.ArrayNode:
		return t.array(n)
	case *ast.CallNode:
		return t.call(n)
	case *ast.BuiltinNode:
		return t.builtin(n)
	case *ast.PredicateNode:
		return t.node(n.Node)
	case *ast.VariableDeclaratorNode:
		return t.let(n)
	case *ast.SequenceNode:
		return t.sequence(n)
	default:
		return t.leaf(n)
	}
}

// leaf translates a node without children.
func (t *translator) leaf(n ast.Node) evaluator {
	switch n := n.(type) {
	case *ast.NilNode:
		return constant(nil)
	case *ast.BoolNode:
		return constant(n.Value)
	case *ast.IntegerNode:
		return constant(n.Value)
	case *ast.FloatNode:
		return constant(n.Value)
	case *ast.StringNode:
		return constant(n.Value)
	case *ast.IdentifierNode:
		return t.identifier(n)
	case *ast.PointerNode:
		return t.pointer(n)
	default:
		return t.unsupported(n, "maps and bytes have no place in a condition: result holds numbers")
	}
}

// unsupported records the first node that cannot be translated.
func (t *translator) unsupported(n ast.Node, format string, args ...any) evaluator {
	if t.err == nil {
		t.err = &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
	}
	return constant(nil)
}

func constant(v any) evaluator {
	return func(*machine) any { return v }
}

// identifier is a variable of let, or result.
func (t *translator) identifier(n *ast.IdentifierNode) evaluator {
	if i := t.slot(n.Value); i >= 0 {
		if t.comparison && i < t.fixed.names && t.kinds[i] == withBounds {
			return t.alreadyBounded(n, n.Value)
		}
		return func(m *machine) any { return m.variables[i] }
	}
	if t.comparison {
		return t.subject(n)
	}
	if n.Value == string(theCanary) || n.Value == string(theBaseline) {
		return t.unsupported(n, "unknown name %s: it is known in metrics that compare canary and baseline", n.Value)
	}
	if n.Value != "result" {
		return t.unsupported(n, "unknown name %s", n.Value)
	}
	return func(m *machine) any { return m.result }
}

// pointer is #, #index or #acc in a predicate.
func (t *translator) pointer(n *ast.PointerNode) evaluator {
	if t.comparison && len(t.items) <= t.fixed.items && t.kindOf(n) == withBounds {
		return t.alreadyBounded(n, "#"+n.Name)
	}
	switch n.Name {
	case "":
		return func(m *machine) any { return m.top().item }
	case "index":
		return func(m *machine) any { return m.top().index }
	case "acc":
		return func(m *machine) any { return m.top().acc }
	default:
		return t.unsupported(n, "unknown pointer #%s", n.Name)
	}
}

// let is let name = value; rest.
func (t *translator) let(n *ast.VariableDeclaratorNode) evaluator {
	value := t.node(n.Value)
	slot := len(t.names)
	t.declare(n.Name, t.kindIn(n.Value))
	t.variables = max(t.variables, len(t.names))
	rest := t.node(n.Expr)
	t.forget()
	return func(m *machine) any {
		m.variables[slot] = value(m)
		return rest(m)
	}
}

// sequence is a; b: the value of the last one.
func (t *translator) sequence(n *ast.SequenceNode) evaluator {
	steps := t.nodes(n.Nodes)
	return func(m *machine) any {
		var last any
		for _, step := range steps {
			last = step(m)
		}
		return last
	}
}

// array is [a, b]; one unknown item makes it unknown.
func (t *translator) array(n *ast.ArrayNode) evaluator {
	items := t.nodes(n.Nodes)
	return func(m *machine) any {
		m.charge(len(items))
		list := make([]any, len(items))
		for i, evaluate := range items {
			list[i] = evaluate(m)
		}
		if why, is := firstUnknown(list...); is {
			return why
		}
		return list
	}
}

func (t *translator) nodes(nodes []ast.Node) []evaluator {
	evaluators := make([]evaluator, len(nodes))
	for i, n := range nodes {
		evaluators[i] = t.node(n)
	}
	return evaluators
}

// counter counts the nodes of a subtree.
type counter struct{ nodes int }

// Visit counts one.
func (c *counter) Visit(*ast.Node) { c.nodes++ }

// size is the number of nodes of a subtree: what one evaluation of it costs.
func size(n ast.Node) int {
	var c counter
	ast.Walk(&n, &c)
	return c.nodes
}
