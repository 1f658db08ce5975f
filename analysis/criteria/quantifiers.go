package criteria

import (
	"errors"
	"fmt"
	"sort"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// quantifier is a builtin with a predicate, or nil.
func (t *translator) quantifier(n *ast.BuiltinNode) evaluator {
	switch n.Name {
	case "any":
		return t.loop(n).decide(true, true)
	case "none":
		return t.loop(n).decide(true, false)
	case "all":
		return t.loop(n).decide(false, false)
	case "one":
		return t.loop(n).one
	case "count":
		return t.loop(n).count
	case "filter":
		return t.loop(n).filter
	case "map":
		return t.loop(n).mapping
	case "sum":
		return t.loop(n).sum
	case "reduce":
		return t.reduce(n)
	case "sortBy":
		return t.sortBy(n)
	default:
		return t.finder(n)
	}
}

// finder is find, findIndex and their Last, or nil.
func (t *translator) finder(n *ast.BuiltinNode) evaluator {
	theItem := func(list any, i int) any { return item(list, i) }
	theIndex := func(_ any, i int) any { return i }
	switch n.Name {
	case "find":
		return t.loop(n).find(theItem, false)
	case "findIndex":
		return t.loop(n).find(theIndex, false)
	case "findLast":
		return t.loop(n).find(theItem, true)
	case "findLastIndex":
		return t.loop(n).find(theIndex, true)
	default:
		return nil
	}
}

// decide is any, all and none: one decisive item gives the verdict; without one,
// an unknown item leaves it unknown.
func (l loop) decide(decisive, verdict bool) evaluator {
	return func(m *machine) any {
		list, items, why := l.open(m)
		for i := range items {
			v := l.at(m, list, i, nil)
			value, known := truth(v)
			switch {
			case known && value == decisive:
				return verdict
			case !known && why == nil:
				why = v
			}
		}
		if why != nil {
			return why
		}
		return !verdict
	}
}

// one is true when exactly one item holds; two that hold decide.
func (l loop) one(m *machine) any {
	list, items, why := l.open(m)
	hold := 0
	for i := range items {
		v := l.at(m, list, i, nil)
		value, known := truth(v)
		switch {
		case known && value:
			hold++
		case !known && why == nil:
			why = v
		}
	}
	if hold < 2 && why != nil {
		return why
	}
	return hold == 1
}

// count is the number of items that hold.
func (l loop) count(m *machine) any {
	list, items, why := l.open(m)
	hold := 0
	for i := range items {
		v := l.at(m, list, i, nil)
		value, known := truth(v)
		if !known {
			return v
		}
		if value {
			hold++
		}
	}
	if why != nil {
		return why
	}
	return hold
}

// filter is the list of the items that hold.
func (l loop) filter(m *machine) any {
	list, items, why := l.open(m)
	if why != nil {
		return why
	}
	kept := []any{}
	for i := range items {
		v := l.at(m, list, i, nil)
		value, known := truth(v)
		if !known {
			return v
		}
		if value {
			kept = append(kept, item(list, i))
		}
	}
	return kept
}

// mapping is the list of what the body makes of the items.
func (l loop) mapping(m *machine) any {
	list, items, why := l.open(m)
	if why != nil {
		return why
	}
	made := make([]any, 0, items)
	for i := range items {
		v := l.at(m, list, i, nil)
		if isUnknown(v) {
			return v
		}
		made = append(made, v)
	}
	return made
}

// sum adds what the body makes of the items.
func (l loop) sum(m *machine) any {
	list, items, why := l.open(m)
	if why != nil {
		return why
	}
	add := arithmetic("+")
	total := any(0)
	for i := range items {
		v := l.at(m, list, i, nil)
		if isUnknown(v) {
			return v
		}
		total = add(m, v, total)
	}
	return total
}

// find is the first item that holds, in the order asked for; nil without one. An
// unknown item before it leaves open which one it is.
func (l loop) find(pick func(list any, i int) any, backwards bool) evaluator {
	return func(m *machine) any {
		list, items, why := l.open(m)
		if why != nil {
			return why
		}
		for step := range items {
			i := step
			if backwards {
				i = items - 1 - step
			}
			v := l.at(m, list, i, nil)
			value, known := truth(v)
			if !known {
				return v
			}
			if value {
				return pick(list, i)
			}
		}
		return nil
	}
}

// reduce folds a list; without a start it begins with the first item.
func (t *translator) reduce(n *ast.BuiltinNode) evaluator {
	l := t.loop(n)
	var start evaluator
	if len(n.Arguments) > 2 {
		start = t.node(n.Arguments[2])
	}
	return func(m *machine) any {
		list, items, why := l.open(m)
		if why != nil {
			return why
		}
		begin, acc := 0, any(nil)
		switch {
		case start != nil:
			acc = start(m)
		case items == 0:
			panic(errors.New("reduce of an empty list needs a start value"))
		default:
			begin, acc = 1, item(list, 0)
		}
		for i := begin; i < items; i++ {
			acc = l.at(m, list, i, acc)
		}
		return acc
	}
}

// sortBy orders a list by what the body makes of the items.
func (t *translator) sortBy(n *ast.BuiltinNode) evaluator {
	l := t.loop(n)
	t.plainKeys(n)
	order := constant("asc")
	if len(n.Arguments) > 2 {
		order = t.node(n.Arguments[2])
	}
	return func(m *machine) any {
		list, items, why := l.open(m)
		if why != nil {
			return why
		}
		direction := order(m)
		if direction != any("asc") && direction != any("desc") {
			panic(fmt.Errorf(`the order of sortBy is "asc" or "desc", not %s`, describe(direction)))
		}
		sorted := runtime.SortBy{Desc: direction == any("desc")}
		for i := range items {
			key := l.at(m, list, i, nil)
			if why, is := m.incomparable(key); is {
				return why
			}
			sorted.Array = append(sorted.Array, item(list, i))
			sorted.Values = append(sorted.Values, key)
		}
		sort.Sort(&sorted)
		return sorted.Array
	}
}
