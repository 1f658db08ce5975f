package convert

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// jsonReader builds the nodes of a JSON text, with the lines where they stand.
type jsonReader struct {
	decoder *json.Decoder
	text    []byte
	// offset and line are how far lines were counted.
	offset, line int
	depth        int
}

// parseJSON reads a text of which it is known that it is JSON.
func parseJSON(input Input) (*yaml.Node, error) {
	r := &jsonReader{decoder: json.NewDecoder(bytes.NewReader(input.Text)), text: input.Text, line: 1}
	r.decoder.UseNumber()
	node, err := r.value()
	if err != nil {
		return nil, &ReadError{File: input.Name, Line: r.line, What: err.Error()}
	}
	return node, nil
}

// value reads the next value.
func (r *jsonReader) value() (*yaml.Node, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	r.count()
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line}
	switch token := token.(type) {
	case json.Delim:
		return node, r.collection(node, token)
	case string:
		node.Tag, node.Value = "!!str", token
	case json.Number:
		node.Tag, node.Value = numberTag(token.String()), token.String()
	case bool:
		node.Tag, node.Value = "!!bool", fmt.Sprint(token)
	default:
		node.Tag, node.Value = "!!null", "null"
	}
	return node, nil
}

// collection reads an object or a list up to its end.
func (r *jsonReader) collection(node *yaml.Node, begin json.Delim) error {
	if r.depth++; r.depth > deepest {
		return fmt.Errorf("it is nested more than %d times", deepest)
	}
	defer func() { r.depth-- }()
	node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
	if begin == '{' {
		node.Kind, node.Tag = yaml.MappingNode, "!!map"
	}
	for r.decoder.More() {
		content, err := r.value()
		if err != nil {
			return err
		}
		node.Content = append(node.Content, content)
	}
	_, err := r.decoder.Token()
	return err
}

// count counts the lines up to where the decoder is.
func (r *jsonReader) count() {
	next := int(r.decoder.InputOffset())
	r.line += bytes.Count(r.text[r.offset:next], []byte("\n"))
	r.offset = next
}

// numberTag tells whole numbers from others.
func numberTag(number string) string {
	for _, digit := range number {
		if (digit < '0' || digit > '9') && digit != '-' {
			return "!!float"
		}
	}
	return "!!int"
}
