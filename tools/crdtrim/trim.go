package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// podTemplate is where a CRD embeds Kubernetes' own pod template.
var podTemplate = []string{"properties", "spec", "properties", "template"}

// trim returns the CustomResourceDefinition without the descriptions below its
// pod template, and with the bounds that its CEL rules need.
func trim(definition []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(definition, &document); err != nil {
		return nil, fmt.Errorf("parsing the YAML: %w", err)
	}
	if len(document.Content) != 1 {
		return nil, errors.New("the file holds no YAML object; run controller-gen first")
	}
	versions := at(document.Content[0], "spec", "versions")
	if versions == nil {
		return nil, errors.New("the object has no spec.versions; give a CustomResourceDefinition")
	}
	for _, version := range versions.Content {
		schema := at(version, "schema", "openAPIV3Schema")
		if template := at(schema, podTemplate...); template != nil {
			removeDescriptions(at(template, "properties"))
		}
		if err := bound(schema); err != nil {
			return nil, err
		}
	}
	return encode(&document)
}

// removeDescriptions removes the descriptions from a map of properties, all the
// way down. A property that is itself called description stays.
func removeDescriptions(properties *yaml.Node) {
	if properties == nil {
		return
	}
	for i := 1; i < len(properties.Content); i += 2 {
		removeDescription(properties.Content[i])
	}
}

// removeDescription removes the description from one schema and from those in it.
func removeDescription(schema *yaml.Node) {
	if schema.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i < len(schema.Content); {
		switch value := schema.Content[i+1]; schema.Content[i].Value {
		case "description":
			schema.Content = slices.Delete(schema.Content, i, i+2)
			continue
		case "properties":
			removeDescriptions(value)
		case "items", "additionalProperties":
			removeDescription(value)
		}
		i += 2
	}
}

// at follows keys from one mapping to the next and returns nil where they end.
func at(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if node = value(node, key); node == nil {
			return nil
		}
	}
	return node
}

// value is the value of a key of a mapping, or nil.
func value(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// encode writes a document as controller-gen lays it out.
func encode(document *yaml.Node) ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteString("---\n")
	encoder := yaml.NewEncoder(&buffer)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("writing the YAML: %w", err)
	}
	return buffer.Bytes(), nil
}
