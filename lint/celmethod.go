package lint

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// method is a function of a value, such as a.matches(b) or a.exists(x, x > 1).
func (v *celValue) method(on ast.Node, name string, arguments []ast.Node) (any, error) {
	base, err := v.of(on)
	if err != nil {
		return nil, err
	}
	switch name {
	case "matches", "substring":
		text, is := base.(string)
		if !is {
			return nil, errUnknown
		}
		return v.ofText(text, name, arguments)
	case "size":
		return size(base)
	case "sum":
		return total(base)
	case "all", "exists", "exists_one", "map":
		return v.overItems(base, name, arguments)
	}
	return nil, errUnknown
}

// ofText is text.matches(pattern) or text.substring(from, to).
func (v *celValue) ofText(text, name string, nodes []ast.Node) (any, error) {
	list, err := v.each(nodes)
	if err != nil {
		return nil, err
	}
	arguments, _ := list.([]any)
	switch {
	case name == "matches" && len(arguments) == 1:
		pattern, _ := arguments[0].(string)
		compiled, err := v.rules.pattern(pattern)
		if err != nil {
			return nil, err
		}
		return compiled.MatchString(text), nil
	case name == "substring" && len(arguments) == 2:
		from, is := arguments[0].(int64)
		to, also := arguments[1].(int64)
		if runes := []rune(text); is && also && 0 <= from && from <= to && to <= int64(len(runes)) {
			return string(runes[from:to]), nil
		}
	}
	return nil, errUnknown
}

// overItems is all, exists, exists_one and map: over the items of a list, or the keys of a
// map. As with && and ||, an item that decides wins over an error of another.
func (v *celValue) overItems(base any, name string, arguments []ast.Node) (any, error) {
	if len(arguments) != 2 {
		return nil, errUnknown
	}
	bound, is := arguments[0].(*ast.IdentifierNode)
	if !is {
		return nil, errUnknown
	}
	items, err := itemsOf(base)
	if err != nil {
		return nil, err
	}
	names := maps.Clone(v.names)
	inner := &celValue{rules: v.rules, names: names}
	var failed error
	var mapped []any
	hits := 0
	for _, item := range items {
		names[bound.Value] = item
		value, err := inner.of(arguments[1])
		switch {
		case err != nil:
			failed = err
		case name == "all" && value == false:
			return false, nil
		case name == "exists" && value == true:
			return true, nil
		case value == true:
			hits++
		}
		mapped = append(mapped, value)
	}
	switch {
	case failed != nil:
		return nil, failed
	case name == "map":
		return mapped, nil
	case name == "exists_one":
		return hits == 1, nil
	default:
		return name == "all", nil
	}
}

// itemsOf are the items of a list, or the keys of a map.
func itemsOf(value any) ([]any, error) {
	switch value := value.(type) {
	case []any:
		return value, nil
	case map[string]any:
		var keys []any
		for _, key := range slices.Sorted(maps.Keys(value)) {
			keys = append(keys, key)
		}
		return keys, nil
	}
	return nil, errUnknown
}

// total adds numbers up.
func total(value any) (any, error) {
	list, is := value.([]any)
	if !is && value != nil {
		return nil, errUnknown
	}
	sum := int64(0)
	for _, item := range list {
		number, is := item.(int64)
		if !is {
			return nil, errUnknown
		}
		sum += number
	}
	return sum, nil
}
