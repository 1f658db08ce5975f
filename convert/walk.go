package convert

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// rule says what becomes of a field. Without a result the field is gone, and the rule
// has said why.
type rule func(c *conversion, f field) *yaml.Node

// table has the rule of each field of an object.
type table map[string]rule

// fields converts an object field by field.
func (c *conversion) fields(f field, t table) *yaml.Node {
	if f.value.Kind != yaml.MappingNode {
		c.refuse(f, "this should be an object with fields", "write it as one")
		return nil
	}
	out := shell(f.value)
	c.trace.move(f.value, out)
	gone := ""
	for i := 0; i+1 < len(f.value.Content); i += 2 {
		key, value := clone(f.value.Content[i]), f.value.Content[i+1]
		sub := field{key: key, value: value, path: join(f.path, key.Value)}
		convert, known := t[key.Value]
		switch {
		case !known:
			convert = unknown
		case isNull(value) && key.Value != "pause":
			convert = omitted("it is empty")
		}
		result := convert(c, sub)
		if result == nil {
			gone = joinComments(gone, key.HeadComment)
			continue
		}
		key.HeadComment, gone = joinComments(gone, key.HeadComment), ""
		out.Content = append(out.Content, key, result)
	}
	switch n := len(out.Content); {
	case gone == "":
	case n > 0:
		out.Content[n-2].HeadComment = joinComments(out.Content[n-2].HeadComment, gone)
	case f.key != nil:
		f.key.HeadComment = joinComments(f.key.HeadComment, gone)
	}
	return out
}

// each converts a list item by item.
func (c *conversion) each(f field, convert rule) *yaml.Node {
	if isNull(f.value) {
		return c.trace.keep(f.value)
	}
	if f.value.Kind != yaml.SequenceNode {
		c.refuse(f, "this should be a list", "write it as one")
		return nil
	}
	out := shell(f.value)
	c.trace.move(f.value, out)
	gone := ""
	for i, item := range f.value.Content {
		sub := field{key: &yaml.Node{}, value: item, path: fmt.Sprintf("%s[%d]", f.path, i)}
		result := convert(c, sub)
		if result == nil {
			gone = joinComments(gone, item.HeadComment, sub.key.HeadComment)
			continue
		}
		first := ""
		if result.Kind == yaml.MappingNode && len(result.Content) > 0 {
			// Above the item it reads better than behind its dash.
			first, result.Content[0].HeadComment = result.Content[0].HeadComment, ""
		}
		result.HeadComment = joinComments(gone, result.HeadComment, sub.key.HeadComment, first)
		gone = ""
		out.Content = append(out.Content, result)
	}
	if gone != "" && f.key != nil {
		f.key.HeadComment = joinComments(f.key.HeadComment, gone)
	}
	return out
}

// join is the path of a field.
func join(path, name string) string {
	switch {
	case path == "":
		return name
	case name == "":
		return path
	}
	return path + "." + name
}

// keep translates a field as it is.
func keep(c *conversion, f field) *yaml.Node { return c.trace.keep(f.value) }

// keepText is a field that holds a text. Numbers and truth values get quotes.
func keepText(c *conversion, f field) *yaml.Node {
	out := c.trace.keep(f.value)
	if out.Kind == yaml.ScalarNode && out.Tag != "!!str" {
		out.Tag, out.Style = "!!str", yaml.DoubleQuotedStyle
	}
	return out
}

// unknown is the rule of all fields without one.
func unknown(c *conversion, f field) *yaml.Node {
	c.refuse(f, unknownField, unknownFieldInstead)
	return nil
}

// refused is the rule of a field that Serin has no counterpart of.
func refused(why, instead string) rule {
	return func(c *conversion, f field) *yaml.Node {
		c.refuse(f, why, instead)
		return nil
	}
}

// unless leaves a field out that says what Serin does anyway, and refuses it otherwise.
func unless(value string, otherwise rule) rule {
	return func(c *conversion, f field) *yaml.Node {
		if f.value.Kind == yaml.ScalarNode && (f.value.Value == value || isNull(f.value)) {
			c.omit(f, "this is how Serin does it anyway")
			return nil
		}
		return otherwise(c, f)
	}
}

// gone leaves a field out that has no effect on what a release does.
func gone(why string) rule {
	return func(c *conversion, f field) *yaml.Node {
		c.changed(f, "%s (line %d) is left out: %s", lastName(f.path), f.value.Line, why)
		c.trace.mark(f.value, Changed)
		return nil
	}
}

// omitted leaves out what a cluster writes itself.
func omitted(why string) rule {
	return func(c *conversion, f field) *yaml.Node {
		c.omit(f, why)
		return nil
	}
}

// object converts the fields of an object by a table.
func object(t table) rule {
	return func(c *conversion, f field) *yaml.Node { return c.fields(f, t) }
}

// listOf converts the items of a list by a rule.
func listOf(item rule) rule {
	return func(c *conversion, f field) *yaml.Node { return c.each(f, item) }
}

// lastName is the end of a path. Example: steps[2].
func lastName(path string) string {
	return path[strings.LastIndex(path, ".")+1:]
}
