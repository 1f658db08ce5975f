package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// The bounds of a document: aliases must not blow it up, and nothing may nest without end.
const (
	mostNodes = 200_000
	mostDepth = 100
)

// shape is what a node is.
type shape int

const (
	scalar shape = iota
	mapping
	sequence
)

// node is a value of a document, and where it stands.
type node struct {
	shape shape
	at    place
	// key is where its key stands; that of a list's item is the item itself.
	key place
	// parent is what it is in; nil for the document.
	parent *node
	name   string
	// entries of a mapping, in order; items of a sequence.
	entries, items []*node
	// value of a scalar: string, bool, int64, float64 or nil.
	value any
	// style and text of a scalar as it is written.
	style yaml.Style
	text  string
	// broken says that its type is wrong, so that it cannot be read further.
	broken bool
	// flow says that it is written in braces.
	flow bool
}

// reader turns YAML's nodes into ours.
type reader struct {
	offset int
	nodes  int
	// twice are keys that their mapping already has.
	twice []*node
}

// parse reads a document. The error of a text that is no YAML has its line.
func parse(d document) (root *node, twice []*node, err error) {
	defer func() {
		if bug := recover(); bug != nil { // The library is known to panic on some texts.
			root, err = nil, fmt.Errorf("yaml: %v", bug)
		}
	}()
	text := d.text()
	if strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(text, "---")), "{") {
		text = spaces(text)
	}
	var parsed yaml.Node
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		return nil, nil, err
	}
	if parsed.Kind != yaml.DocumentNode || len(parsed.Content) == 0 {
		return nil, nil, nil
	}
	r := &reader{offset: d.first - 1}
	root, err = r.read(parsed.Content[0], 0)
	return root, r.twice, err
}

// spaces replaces the tabs of JSON outside its strings, which YAML does not allow to
// indent with.
func spaces(text string) string {
	var result strings.Builder
	quoted, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted && r == '\t':
			r = ' '
		}
		result.WriteRune(r)
	}
	return result.String()
}

// read turns a node of YAML into ours.
func (r *reader) read(from *yaml.Node, depth int) (*node, error) {
	r.nodes++
	if depth > mostDepth || r.nodes > mostNodes {
		return nil, fmt.Errorf("yaml: line %d: the document nests more than %d deep, or has more than %d values with its aliases", from.Line, mostDepth, mostNodes)
	}
	if from.Kind == yaml.AliasNode {
		return r.read(from.Alias, depth+1)
	}
	n := &node{at: place{from.Line + r.offset, from.Column}, style: from.Style, text: from.Value, flow: from.Style&yaml.FlowStyle != 0}
	n.key = n.at
	switch from.Kind {
	case yaml.MappingNode:
		n.shape = mapping
		return n, r.readMapping(n, from, depth)
	case yaml.SequenceNode:
		n.shape = sequence
		for i, content := range from.Content {
			item, err := r.read(content, depth+1)
			if err != nil {
				return nil, err
			}
			item.parent, item.name = n, "["+strconv.Itoa(i)+"]"
			n.items = append(n.items, item)
		}
	default:
		n.value = scalarValue(from)
	}
	return n, nil
}

// readMapping reads the entries. Those that are merged (<<) come last and lose against
// the mapping's own.
func (r *reader) readMapping(n *node, from *yaml.Node, depth int) error {
	var merged []*node
	for i := 0; i+1 < len(from.Content); i += 2 {
		key := from.Content[i]
		value, err := r.read(from.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if key.Tag == "!!merge" {
			merged = append(merged, mergedEntries(value)...)
			continue
		}
		value.parent, value.name, value.key = n, key.Value, place{key.Line + r.offset, key.Column}
		if n.get(key.Value) != nil {
			r.twice = append(r.twice, value)
			continue
		}
		n.entries = append(n.entries, value)
	}
	for _, entry := range merged {
		if n.get(entry.name) == nil {
			own := *entry
			own.parent = n
			n.entries = append(n.entries, &own)
		}
	}
	return nil
}

// mergedEntries are the entries of a mapping that is merged, or of several.
func mergedEntries(from *node) []*node {
	if from.shape != sequence {
		return from.entries
	}
	var all []*node
	for _, item := range from.items {
		all = append(all, item.entries...)
	}
	return all
}

// scalarValue is what a scalar means to kubectl, which still reads yes and on as true.
func scalarValue(from *yaml.Node) any {
	if from.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return from.Value
	}
	switch tag := from.ShortTag(); {
	case tag == "!!null":
		return nil
	case tag == "!!str" && !slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(from.Value)):
		return from.Value
	}
	if number, err := strconv.ParseInt(from.Value, 10, 64); err == nil && strconv.FormatInt(number, 10) == from.Value {
		return number
	}
	var value any
	if err := sigsyaml.Unmarshal([]byte(from.Value), &value); err != nil {
		return from.Value
	}
	switch number := value.(type) {
	case map[string]any, []any:
		return from.Value
	case float64:
		if whole := int64(number); float64(whole) == number && !strings.ContainsAny(from.Value, ".eE") {
			return whole
		}
	}
	return value
}

// get is an entry of a mapping; nil when there is none.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, entry := range n.entries {
		if entry.name == name {
			return entry
		}
	}
	return nil
}

// path follows names through mappings; nil when one is missing.
func (n *node) path(names ...string) *node {
	for _, name := range names {
		n = n.get(name)
	}
	return n
}

// find follows a path as translate writes it, such as steps[0].pause.duration, as far as it
// goes; exact says that it went to its end.
func (n *node) find(path string) (found *node, exact bool) {
	found = n
	for path != "" {
		var next *node
		path = strings.TrimPrefix(path, ".")
		if index, rest, is := cutIndex(path); is {
			if index < len(found.items) {
				next = found.items[index]
			}
			path = rest
		} else {
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			next, path = found.get(path[:end]), path[end:]
		}
		if next == nil {
			return found, false
		}
		found = next
	}
	return found, true
}

// cutIndex takes [3] from the beginning of a path.
func cutIndex(path string) (index int, rest string, is bool) {
	if !strings.HasPrefix(path, "[") {
		return 0, "", false
	}
	digits, rest, closed := strings.Cut(path[1:], "]")
	index, err := strconv.Atoi(digits)
	return index, rest, closed && err == nil && index >= 0
}

// place is where a diagnostic about a node points: at a scalar itself, else at its key.
func (n *node) place() place {
	if n.shape == scalar && n.text != "" {
		return n.at
	}
	return n.key
}

// string is the text of a scalar that is one; else empty.
func (n *node) string() string {
	if n == nil {
		return ""
	}
	text, _ := n.value.(string)
	return text
}

// field is the path of a node from the document. Example: spec.metrics[0].interval.
func (n *node) field() string {
	if n.parent == nil {
		return ""
	}
	above := n.parent.field()
	if above == "" || strings.HasPrefix(n.name, "[") {
		return above + n.name
	}
	return above + "." + n.name
}

// within says whether a node is another one or in it.
func (n *node) within(other *node) bool {
	for ; n != nil; n = n.parent {
		if n == other {
			return true
		}
	}
	return false
}

// plain is the value as JSON has it, without what is broken.
func (n *node) plain() any {
	switch n.shape {
	case mapping:
		object := make(map[string]any, len(n.entries))
		for _, entry := range n.entries {
			if !entry.broken {
				object[entry.name] = entry.plain()
			}
		}
		return object
	case sequence:
		list := make([]any, 0, len(n.items))
		for _, item := range n.items {
			if item.broken {
				// Other items keep their indices.
				list = append(list, nil)
				continue
			}
			list = append(list, item.plain())
		}
		return list
	default:
		return n.value
	}
}
