package unittest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// maxNodes bounds what aliases can blow a file up to.
	maxNodes = 200_000
	// maxProblems is how many mistakes are told at once.
	maxProblems = 20
)

// Problem is a mistake in a file of tests, with its place.
type Problem struct {
	Path         string
	Line, Column int
	// Message says what is wrong and what to write.
	Message string
}

// String is "path:line:column: message", without what is not known.
func (p Problem) String() string {
	switch {
	case p.Path == "":
		return p.Message
	case p.Line == 0:
		return p.Path + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.Path, p.Line, p.Column, p.Message)
}

// Problems are all mistakes of a file, in their order.
type Problems []Problem

// Error lists them, a line each.
func (p Problems) Error() string {
	var lines []string
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// place is where something stands in its file.
type place struct{ line, column int }

func placeOf(node *yaml.Node) place { return place{node.Line, node.Column} }

// reader turns the nodes of a YAML document into values, strictly, and collects what is
// wrong with them.
type reader struct {
	path     string
	problems Problems
	nodes    int
}

func (r *reader) wrong(node *yaml.Node, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{Path: r.path, Line: node.Line, Column: node.Column, Message: fmt.Sprintf(format, args...)})
	}
}

// document is the one document of a file.
func (r *reader) document(content []byte) (*yaml.Node, bool) {
	var document, more yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	if err := decoder.Decode(&document); err != nil {
		r.syntax(err)
		return nil, false
	}
	switch err := decoder.Decode(&more); {
	case isManifest(&document):
		r.wrong(document.Content[0], "this is an object of Kubernetes, and no file of tests; name this path under files: in one")
		return nil, false
	case err == nil:
		r.wrong(&more, "there is a second document; put each into a file of its own")
		return nil, false
	case more.Kind != 0 || !isEnd(err):
		r.syntax(err)
		return nil, false
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		r.wrong(&document, "the file is empty; %s", example)
		return nil, false
	}
	return document.Content[0], true
}

// isManifest tells an object of Kubernetes from a file of tests.
func isManifest(document *yaml.Node) bool {
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return false
	}
	return slices.ContainsFunc(document.Content[0].Content, func(node *yaml.Node) bool { return node.Value == "apiVersion" })
}

// syntax tells of text that is no YAML. The parser says the line in its message.
func (r *reader) syntax(err error) {
	if isEnd(err) {
		r.problems = append(r.problems, Problem{Path: r.path, Message: "the file is empty; " + example})
		return
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, found := strings.CutPrefix(message, "line "); found {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, message = n, what
		}
	}
	column := 0
	if line > 0 {
		column = 1
	}
	r.problems = append(r.problems, Problem{Path: r.path, Line: line, Column: column, Message: "this is no YAML: " + message})
}

// field is one field of a mapping.
type field struct {
	name string
	read func(*yaml.Node)
}

// mapping reads a mapping whose fields are known.
func (r *reader) mapping(node *yaml.Node, what string, fields ...field) {
	r.each(node, what, func(key, value *yaml.Node) {
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if at >= 0 {
			fields[at].read(value)
			return
		}
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
		}
		if near := nearest(key.Value, names); near != "" {
			r.wrong(key, "%s has no field %q; did you mean %s?", what, key.Value, near)
			return
		}
		r.wrong(key, "%s has no field %q; there are %s", what, key.Value, strings.Join(names, ", "))
	})
}

// each visits the keys and values of a mapping.
func (r *reader) each(node *yaml.Node, what string, visit func(key, value *yaml.Node)) {
	node, ok := r.follow(node)
	if !ok {
		return
	}
	if node.Kind != yaml.MappingNode {
		r.wrong(node, "%s is %s; write fields, each as name: value", what, shape(node))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			r.wrong(key, "%s has a key that is no plain name; merge keys and complex keys are not read: write the fields out, or put them under defaults", what)
		case seen[key.Value]:
			r.wrong(key, "%s has %q twice; remove one", what, key.Value)
		default:
			seen[key.Value] = true
			visit(key, value)
		}
	}
}

// list visits the elements of a list.
func (r *reader) list(node *yaml.Node, what string, visit func(*yaml.Node)) {
	node, ok := r.follow(node)
	if !ok {
		return
	}
	if node.Kind != yaml.SequenceNode {
		r.wrong(node, "%s is %s; write a list: [a, b], or lines that begin with -", what, shape(node))
		return
	}
	for _, element := range node.Content {
		visit(element)
	}
}

// follow resolves an alias, and counts what is visited.
func (r *reader) follow(node *yaml.Node) (*yaml.Node, bool) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if r.nodes++; r.nodes == maxNodes {
		r.wrong(node, "the file is too large, or its aliases blow it up: more than %d values; split it", maxNodes)
	}
	return node, r.nodes < maxNodes
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) }
