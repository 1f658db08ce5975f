package main

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// limit is a bound of a schema that comes from a Go type of Kubernetes, which
// cannot carry a marker of ours. The API server prices a CEL rule by the largest
// object that the schema lets in; without these bounds the rule that holds the
// selector against the template's labels would be refused as too dear.
type limit struct {
	path    []string
	keyword string
	value   int
}

// The paths to the labels that the selector rule of RolloutSpec walks.
var (
	matchLabels      = []string{"properties", "spec", "properties", "selector", "properties", "matchLabels"}
	matchExpressions = []string{"properties", "spec", "properties", "selector", "properties", "matchExpressions"}
	templateLabels   = []string{"properties", "spec", "properties", "template", "properties", "metadata", "properties", "labels"}
)

// limits are far above what anybody writes: Kubernetes itself bounds the length
// of a label's value to 63 characters.
var limits = []limit{
	{matchLabels, "maxProperties", 32},
	{below(matchLabels, "additionalProperties"), "maxLength", 63},
	{matchExpressions, "maxItems", 16},
	{below(matchExpressions, "items", "properties", "key"), "maxLength", 317},
	{below(matchExpressions, "items", "properties", "operator"), "maxLength", 16},
	{below(matchExpressions, "items", "properties", "values"), "maxItems", 32},
	{below(matchExpressions, "items", "properties", "values", "items"), "maxLength", 63},
	{templateLabels, "maxProperties", 128},
	{below(templateLabels, "additionalProperties"), "maxLength", 63},
}

// bound adds the limits to a schema that has a pod template; others it leaves alone.
func bound(schema *yaml.Node) error {
	if at(schema, podTemplate...) == nil {
		return nil
	}
	for _, limit := range limits {
		target := at(schema, limit.path...)
		if target == nil {
			return fmt.Errorf("bounding %v: the schema has no such place; generate the CRD with generateEmbeddedObjectMeta=true", limit.path)
		}
		set(target, limit.keyword, limit.value)
	}
	return nil
}

// below is a path that goes on from another one.
func below(path []string, keys ...string) []string {
	return append(path[:len(path):len(path)], keys...)
}

// set gives a key of a mapping an integer value.
func set(mapping *yaml.Node, key string, number int) {
	if present := value(mapping, key); present != nil {
		present.Value = strconv.Itoa(number)
		return
	}
	mapping.Content = append(mapping.Content,
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key},
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(number)})
}
