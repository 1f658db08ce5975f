package convert

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// child follows field names from a mapping; nil when there is no such field.
func child(node *yaml.Node, path ...string) *yaml.Node {
	for _, name := range path {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var found *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				found = node.Content[i+1]
			}
		}
		node = found
	}
	return node
}

// text is the value of a scalar; empty for everything else.
func text(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode || isNull(node) {
		return ""
	}
	return node.Value
}

func isNull(node *yaml.Node) bool {
	return node == nil || node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

// isTrue says whether a scalar is true.
func isTrue(node *yaml.Node) bool {
	return node != nil && node.Tag == "!!bool" && strings.EqualFold(node.Value, "true")
}

// items are the elements of a list; none of anything else.
func items(node *yaml.Node) []*yaml.Node {
	if node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	return node.Content
}

// number reads a number, also one that is written as a text. What no field could mean
// is none.
func number(node *yaml.Node) (float64, bool) {
	value, err := strconv.ParseFloat(text(node), 64)
	return value, err == nil && math.Abs(value) <= 1e9
}

// clone copies a tree.
func clone(node *yaml.Node) *yaml.Node {
	if node == nil {
		return nil
	}
	out := *node
	out.Content = nil
	for _, content := range node.Content {
		out.Content = append(out.Content, clone(content))
	}
	return &out
}

// shell is a collection without its content.
func shell(node *yaml.Node) *yaml.Node {
	out := *node
	out.Content = nil
	return &out
}

// str is a text, quoted where YAML would read something else.
func str(value string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(value)
	return node
}

// integer is a whole number.
func integer(value int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(value)}
}

// truth is true or false.
func truth(value bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(value)}
}

// mapping is a mapping of names and nodes, in order; nil nodes are left out.
func mapping(pairs ...any) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(pairs); i += 2 {
		value, _ := pairs[i+1].(*yaml.Node)
		if value != nil {
			node.Content = append(node.Content, str(fmt.Sprint(pairs[i])), value)
		}
	}
	return node
}

// list is a list.
func list(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: content}
}

// flow writes a small collection in one line.
func flow(node *yaml.Node) *yaml.Node {
	node.Style |= yaml.FlowStyle
	return node
}

// put sets a field of a mapping, at its end when it is new, and returns its key.
func put(node *yaml.Node, name string, value *yaml.Node) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			node.Content[i+1] = value
			return node.Content[i]
		}
	}
	key := str(name)
	node.Content = append(node.Content, key, value)
	return key
}

// commented says whether a tree has comments. They need lines of their own.
func commented(node *yaml.Node) bool {
	if node.HeadComment != "" || node.LineComment != "" || node.FootComment != "" {
		return true
	}
	for _, content := range node.Content {
		if commented(content) {
			return true
		}
	}
	return false
}

// block writes what has comments inside, or is long, in lines of its own.
func block(node *yaml.Node) {
	inside := false
	for _, content := range node.Content {
		block(content)
		inside = inside || commented(content) || content.Kind != yaml.ScalarNode && content.Style&yaml.FlowStyle == 0 && len(content.Content) > 0
		inside = inside || strings.Contains(content.Value, "\n")
	}
	if inside {
		node.Style &^= yaml.FlowStyle
	}
}

// write writes an object as YAML.
func write(root *yaml.Node) ([]byte, error) {
	block(root)
	root.Style &^= yaml.FlowStyle
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// joinComments puts comments below each other.
func joinComments(comments ...string) string {
	var lines []string
	for _, comment := range comments {
		if comment = strings.TrimSpace(comment); comment != "" {
			lines = append(lines, comment)
		}
	}
	return strings.Join(lines, "\n")
}
