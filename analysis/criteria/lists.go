package criteria

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// member is list[i].
func (t *translator) member(n *ast.MemberNode) evaluator {
	if name, is := n.Property.(*ast.StringNode); is {
		if t.comparison {
			return t.field(n, name.Value)
		}
		return t.unsupported(n, "there is no field %s: result holds numbers", name.Value)
	}
	t.needPlain("an index", n.Property)
	base, index := t.node(n.Node), t.node(n.Property)
	return func(m *machine) any {
		list, i := base(m), index(m)
		if list == nil && n.Optional {
			return nil
		}
		return m.fetch(list, i)
	}
}

// fetch is list[i]: missing when there is nothing to see, an error when i is out
// of range.
func (m *machine) fetch(list, i any) any {
	if why, is := firstUnknown(list, i); is {
		return why
	}
	if why, is := m.unseen(list); is {
		return why
	}
	if v, is := i.(float64); is && !finite(v) {
		return notNumber
	}
	if !isList(list) || !isNumber(i) {
		panic(fmt.Errorf("cannot take item %s of %s", describe(i), describe(list)))
	}
	return runtime.Fetch(list, i)
}

// slice is list[from:to].
func (t *translator) slice(n *ast.SliceNode) evaluator {
	base, from, to := t.node(n.Node), constant(0), evaluator(nil)
	if n.From != nil {
		t.needPlain("an index", n.From)
		from = t.node(n.From)
	}
	if n.To != nil {
		t.needPlain("an index", n.To)
		to = t.node(n.To)
	}
	return func(m *machine) any {
		list, first, last := base(m), from(m), any(nil)
		if to != nil {
			last = to(m)
		}
		if why, is := firstUnknown(list, first, last); is {
			return why
		}
		if why, is := m.unseen(list); is {
			return why
		}
		if to == nil {
			last = length(list)
		}
		if !finite(toFloat(first)) || !finite(toFloat(last)) {
			return notNumber
		}
		return runtime.Slice(list, first, last)
	}
}

// loop is a builtin that looks at each item of a list.
type loop struct {
	list, body evaluator
	// cost of the body, in nodes.
	cost int
}

// loop translates list and body; without a body it is the item itself.
func (t *translator) loop(n *ast.BuiltinNode) loop {
	l := loop{list: t.node(n.Arguments[0]), cost: 1}
	l.body = func(m *machine) any { return m.top().item }
	if len(n.Arguments) > 1 {
		if t.comparison {
			defer t.within(n)()
		}
		l.body, l.cost = t.node(n.Arguments[1]), size(n.Arguments[1])
	}
	return l
}

// open evaluates the list; why is what makes the loop unknown before it begins.
func (l loop) open(m *machine) (list any, items int, why any) {
	list = l.list(m)
	if isUnknown(list) {
		return nil, 0, list
	}
	if why, is := m.unseen(list); is {
		return nil, 0, why
	}
	return list, length(list), nil
}

// at evaluates the body for one item.
func (l loop) at(m *machine, list any, i int, acc any) any {
	m.charge(l.cost)
	m.scopes = append(m.scopes, scope{item: item(list, i), index: i, acc: acc})
	value := l.body(m)
	m.scopes = m.scopes[:len(m.scopes)-1]
	return value
}
