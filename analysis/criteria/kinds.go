package criteria

import "github.com/expr-lang/expr/ast"

// kind is what a node of a condition on a comparison comes to, as far as it matters:
// the type check takes a number with bounds for a number.
type kind int

const (
	// plain is a truth value, a number, or a list of numbers.
	plain kind = iota
	// withBounds is a number that may have bounds, or a list of such.
	withBounds
	// opaque is canary, baseline or result itself, or a list of them.
	opaque
)

// scopeKinds are the kinds of # and #acc.
type scopeKinds struct{ item, acc kind }

// kindOf finds out the kind of a node. It may say withBounds of a number that has none.
func (t *translator) kindOf(n ast.Node) kind {
	k, known := t.known[n]
	if !known {
		k = t.findKind(n)
		t.known[n] = k
	}
	return k
}

// findKind is kindOf for a node that is looked at for the first time.
func (t *translator) findKind(n ast.Node) kind {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "-" || n.Operator == "+" {
			return t.kindOf(n.Node)
		}
		return plain
	case *ast.BinaryNode:
		if intervals(n.Operator) != nil || n.Operator == "??" {
			return max(t.kindOf(n.Left), t.kindOf(n.Right))
		}
		return plain
	case *ast.ConditionalNode:
		return max(t.kindOf(n.Exp1), t.kindOf(n.Exp2))
	case *ast.ChainNode:
		return t.kindOf(n.Node)
	case *ast.MemberNode:
		return t.memberKind(n)
	case *ast.SliceNode:
		return t.kindOf(n.Node)
	case *ast.ArrayNode:
		return t.widest(n.Nodes)
	case *ast.CallNode:
		return t.callKind(n)
	case *ast.BuiltinNode:
		return t.builtinKind(n)
	default:
		return t.nameKind(n)
	}
}

// nameKind is the kind of what is known by a name.
func (t *translator) nameKind(n ast.Node) kind {
	switch n := n.(type) {
	case *ast.PredicateNode:
		return t.kindOf(n.Node)
	case *ast.SequenceNode:
		if len(n.Nodes) == 0 {
			return plain
		}
		return t.kindOf(n.Nodes[len(n.Nodes)-1])
	case *ast.VariableDeclaratorNode:
		value := t.kindOf(n.Value)
		t.declare(n.Name, value)
		defer t.forget()
		return t.kindOf(n.Expr)
	case *ast.IdentifierNode:
		if i := t.slot(n.Value); i >= 0 {
			return t.kinds[i]
		}
		return opaque
	case *ast.PointerNode:
		if len(t.items) == 0 || n.Name == "index" {
			return plain
		}
		top := t.items[len(t.items)-1]
		if n.Name == "acc" {
			return top.acc
		}
		return top.item
	default:
		return plain
	}
}

func (t *translator) memberKind(n *ast.MemberNode) kind {
	name, is := n.Property.(*ast.StringNode)
	switch {
	case !is:
		return t.kindOf(n.Node)
	case name.Value == "points":
		return plain
	default:
		return withBounds
	}
}

func (t *translator) callKind(n *ast.CallNode) kind {
	name, is := n.Callee.(*ast.IdentifierNode)
	if !is {
		return withBounds // canary.quantile(p)
	}
	switch name.Value {
	case "default":
		return t.widest(n.Arguments)
	case "confidence":
		return t.kindOf(n.Arguments[len(n.Arguments)-1])
	case "hodgesLehmann", "nonInferiority":
		return withBounds
	}
	if pointTest(name.Value) != nil || countTest(name.Value) != nil {
		return withBounds
	}
	return plain
}

func (t *translator) builtinKind(n *ast.BuiltinNode) kind {
	switch n.Name {
	case "len", "count", "all", "any", "none", "one", "findIndex", "findLastIndex":
		return plain
	}
	if len(n.Arguments) < 2 {
		return t.widest(n.Arguments)
	}
	if _, is := n.Arguments[1].(*ast.PredicateNode); !is {
		return t.widest(n.Arguments)
	}
	item := t.kindOf(n.Arguments[0])
	defer t.within(n)()
	body := t.kindOf(n.Arguments[1])
	switch n.Name {
	case "map", "sum":
		return body
	case "reduce":
		return max(item, body, withBounds)
	default:
		return item
	}
}

// within enters the predicate of a builtin; the function that it returns leaves it.
func (t *translator) within(n *ast.BuiltinNode) (leave func()) {
	item := t.kindOf(n.Arguments[0])
	// What is folded may get bounds on the way.
	t.items = append(t.items, scopeKinds{item: item, acc: max(item, withBounds)})
	return func() { t.items = t.items[:len(t.items)-1] }
}

func (t *translator) widest(nodes []ast.Node) kind {
	k := plain
	for _, n := range nodes {
		k = max(k, t.kindOf(n))
	}
	return k
}

// declare gives a name to a value; forget takes the last one back.
func (t *translator) declare(name string, k kind) {
	t.names, t.kinds = append(t.names, name), append(t.kinds, k)
}

func (t *translator) forget() {
	t.names, t.kinds = t.names[:len(t.names)-1], t.kinds[:len(t.kinds)-1]
}

// slot is where the value of a name is kept; -1 when it is not declared.
func (t *translator) slot(name string) int {
	for i := len(t.names) - 1; i >= 0; i-- {
		if t.names[i] == name {
			return i
		}
	}
	return -1
}

// needPlain refuses what has bounds where a plain number is needed.
func (t *translator) needPlain(what string, nodes ...ast.Node) {
	if !t.comparison {
		return
	}
	for _, n := range nodes {
		switch t.kindOf(n) {
		case withBounds:
			t.unsupported(n, "%s needs a plain number, and this one has bounds: take its estimate(…), lower(…) or upper(…)", what)
		case opaque:
			t.unsupported(n, "%s needs a number; %s", what, armFields)
		}
	}
}
