package convert

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// trace knows what became of each value of the inputs.
type trace struct {
	// fates are of values that are left out, with all that is below them.
	fates map[*yaml.Node]Fate
	// moved are values that stand in the output, as they are or translated.
	moved map[*yaml.Node]*yaml.Node
}

func newTrace() trace {
	return trace{fates: map[*yaml.Node]Fate{}, moved: map[*yaml.Node]*yaml.Node{}}
}

// mark says what became of a value and all that is below it.
func (t trace) mark(node *yaml.Node, fate Fate) {
	if node != nil {
		t.fates[node] = fate
	}
}

// move says which value of the output a value became.
func (t trace) move(from, to *yaml.Node) {
	if from != nil {
		t.moved[from] = to
	}
}

// keep copies a value with all that is below it.
func (t trace) keep(node *yaml.Node) *yaml.Node {
	out := *node
	out.Content = nil
	for _, content := range node.Content {
		out.Content = append(out.Content, t.keep(content))
	}
	t.move(node, &out)
	return &out
}

// leaf is a value without values below it.
type leaf struct {
	node *yaml.Node
	path string
	fate Fate
	to   *yaml.Node
}

// leaves are all values of a tree, with what became of them.
func (t trace) leaves(node *yaml.Node, path string, fate Fate, to *yaml.Node) []leaf {
	if own, marked := t.fates[node]; marked && fate == "" {
		fate = own
	}
	if own, moved := t.moved[node]; moved {
		to = own
	}
	if len(node.Content) == 0 {
		return []leaf{{node, path, fate, to}}
	}
	var found []leaf
	for i, content := range node.Content {
		switch {
		case node.Kind == yaml.SequenceNode:
			found = append(found, t.leaves(content, fmt.Sprintf("%s[%d]", path, i), fate, nil)...)
		case i%2 == 1:
			name := node.Content[i-1].Value
			if path != "" {
				name = path + "." + name
			}
			found = append(found, t.leaves(content, name, fate, nil)...)
		}
	}
	return found
}

// coverage reports every value that nobody has said anything about. It is the last
// net: a field that no code above knows cannot be lost in silence.
func (c *conversion) coverage(d *document) {
	previous := c.current
	c.current = d
	defer func() { c.current = previous }()
	for _, leaf := range c.trace.leaves(d.root, "", "", nil) {
		if leaf.fate == "" && leaf.to == nil {
			var key *yaml.Node
			if outputs := c.outputs[d]; len(outputs) > 0 {
				key = outputs[0].root
			}
			c.refuse(field{key: key, value: leaf.node, path: leaf.path}, unknownField, unknownFieldInstead)
		}
	}
}

const (
	unknownField        = "this is no field that serin convert knows"
	unknownFieldInstead = "check its spelling; if it is new, say what it should do in Serin by hand"
)
