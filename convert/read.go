package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// largestInput is far above any configuration, in bytes.
	largestInput = 16 << 20
	// mostNodes is how many values an input may hold once its aliases are followed.
	mostNodes = 1 << 20
	// deepest is how deeply values may be nested.
	deepest = 200
)

// ReadError is an input that cannot be read.
type ReadError struct {
	File string
	// Line begins with 1; 0 is the whole file.
	Line int
	What string
}

// Error is "file:line: what".
func (e *ReadError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.What
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What)
}

// document is one object of an input.
type document struct {
	file string
	root *yaml.Node
	// source is empty for an object that is passed on as it is.
	source                            Source
	apiVersion, kind, namespace, name string
}

// object names it for people. Example: Rollout/web.
func (d *document) object() string {
	switch {
	case d.kind == "" && d.name == "":
		return "object"
	case d.kind == "":
		return d.name
	case d.name == "":
		return d.kind
	}
	return d.kind + "/" + d.name
}

// read finds the objects of an input.
func read(input Input, from Source) ([]*document, error) {
	if len(input.Text) > largestInput {
		return nil, &ReadError{File: input.Name, What: fmt.Sprintf("it has %d bytes; configurations of more than %d are refused", len(input.Text), largestInput)}
	}
	roots, err := parse(input)
	if err != nil {
		return nil, err
	}
	var documents []*document
	for _, root := range roots {
		nodes := 0
		root, err := resolve(root, &nodes, 0)
		if err == nil {
			err = checkKeys(root)
		}
		if err != nil {
			err.File = input.Name
			return nil, err
		}
		for _, object := range objects(root) {
			if object.Kind != yaml.MappingNode {
				return nil, &ReadError{File: input.Name, Line: object.Line, What: "this is not an object with fields; is it the right file?"}
			}
			documents = append(documents, identify(input.Name, object, from))
		}
	}
	return documents, nil
}

// parse reads JSON as JSON, with all its escapes, and everything else as YAML.
func parse(input Input) ([]*yaml.Node, error) {
	if trimmed := bytes.TrimSpace(input.Text); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid(trimmed) {
		root, err := parseJSON(input)
		return []*yaml.Node{root}, err
	}
	var roots []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(input.Text))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, yamlError(input, err)
		}
		if node.Kind == yaml.DocumentNode && len(node.Content) == 1 && !isNull(node.Content[0]) {
			root := node.Content[0]
			root.HeadComment = joinComments(node.HeadComment, root.HeadComment)
			root.FootComment = joinComments(root.FootComment, node.FootComment)
			roots = append(roots, root)
		}
	}
}

// lineOf finds the line in what the parser says.
var lineOf = regexp.MustCompile(`^line (\d+): `)

// yamlError is what the parser says, with the line of the file.
func yamlError(input Input, err error) *ReadError {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if match := lineOf.FindStringSubmatch(what); match != nil {
		line, _ = strconv.Atoi(match[1])
		what = strings.TrimPrefix(what, match[0])
	}
	what = "it is no YAML: " + what
	if bytes.Contains(input.Text, []byte("{{")) {
		what += "; a Helm chart has to be rendered first (helm template … | serin convert -)"
	}
	return &ReadError{File: input.Name, Line: line, What: what}
}

// objects are the elements of lists, or the root itself.
func objects(root *yaml.Node) []*yaml.Node {
	items := child(root, "items")
	switch {
	case root.Kind == yaml.SequenceNode:
		return root.Content
	case strings.HasSuffix(text(child(root, "kind")), "List") && items != nil && items.Kind == yaml.SequenceNode:
		return items.Content
	default:
		return []*yaml.Node{root}
	}
}

// resolve follows aliases and merges, so that what follows sees plain trees.
func resolve(node *yaml.Node, nodes *int, depth int) (*yaml.Node, *ReadError) {
	if *nodes++; *nodes > mostNodes || depth > deepest {
		return nil, &ReadError{Line: node.Line, What: "it is too large, or nested too deeply, once its aliases are followed"}
	}
	if node.Kind == yaml.AliasNode {
		return resolve(node.Alias, nodes, depth+1)
	}
	out := *node
	out.Anchor, out.Alias, out.Content = "", nil, nil
	var merged []*yaml.Node
	for i, content := range node.Content {
		isKey := node.Kind == yaml.MappingNode && i%2 == 0
		if node.Kind == yaml.MappingNode && !isKey && node.Content[i-1].Tag == "!!merge" {
			resolved, err := resolve(content, nodes, depth+1)
			if err != nil {
				return nil, err
			}
			merged = append(merged, resolved)
			continue
		}
		if isKey && content.Tag == "!!merge" {
			continue
		}
		resolved, err := resolve(content, nodes, depth+1)
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, resolved)
	}
	for _, source := range merged {
		merge(&out, source)
	}
	return &out, nil
}

// merge adds the fields of a merged mapping, or of a list of them, that are not there.
func merge(into, source *yaml.Node) {
	if source.Kind == yaml.SequenceNode {
		for _, one := range source.Content {
			merge(into, one)
		}
		return
	}
	for i := 0; i+1 < len(source.Content); i += 2 {
		if child(into, source.Content[i].Value) == nil {
			into.Content = append(into.Content, clone(source.Content[i]), clone(source.Content[i+1]))
		}
	}
}

// checkKeys refuses what a reader of mappings would silently lose.
func checkKeys(node *yaml.Node) *ReadError {
	seen := map[string]int{}
	for i, content := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if content.Kind != yaml.ScalarNode {
				return &ReadError{Line: content.Line, What: "a field name that is no text; an argument such as {{args.name}} needs quotes around it"}
			}
			if first, twice := seen[content.Value]; twice {
				return &ReadError{Line: content.Line, What: fmt.Sprintf("field %q is given twice, first in line %d; remove one", content.Value, first)}
			}
			seen[content.Value] = content.Line
		}
		if err := checkKeys(content); err != nil {
			return err
		}
	}
	return nil
}

// identify says what an object is.
func identify(file string, root *yaml.Node, from Source) *document {
	d := &document{
		file: file, root: root, apiVersion: text(child(root, "apiVersion")), kind: text(child(root, "kind")),
		namespace: text(child(root, "metadata", "namespace")), name: text(child(root, "metadata", "name")),
	}
	d.source = detect(d)
	if from != Detect && d.source != from {
		// What says what it is is not taken for something else.
		d.source = Detect
		if d.apiVersion == "" && d.kind == "" || from == Argo && d.apiVersion == "" {
			d.source = from
		}
	}
	if d.source == Kayenta {
		d.kind, d.name = "canary config", kayentaName(root)
	}
	return d
}

// detect finds the source of an object by what it says of itself.
func detect(d *document) Source {
	group, _, _ := strings.Cut(d.apiVersion, "/")
	switch {
	case group == "flagger.app":
		return Flagger
	case group == "argoproj.io" && isArgoKind(d.kind):
		return Argo
	case d.apiVersion == "" && d.kind == "" && isKayenta(d.root):
		return Kayenta
	default:
		return Detect
	}
}
