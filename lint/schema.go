package lint

import (
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/crds"
)

// schema is a structural schema of a CustomResourceDefinition, as far as ours use it.
type schema struct {
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Properties           map[string]*schema `json:"properties"`
	AdditionalProperties *schema            `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	Required             []string           `json:"required"`
	Enum                 []any              `json:"enum"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	MinLength            *int               `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	MinItems             *int               `json:"minItems"`
	MaxItems             *int               `json:"maxItems"`
	MaxProperties        *int               `json:"maxProperties"`
	Pattern              string             `json:"pattern"`
	Default              any                `json:"default"`
	IntOrString          bool               `json:"x-kubernetes-int-or-string"`
	ListType             string             `json:"x-kubernetes-list-type"`
	ListMapKeys          []string           `json:"x-kubernetes-list-map-keys"`
	Validations          []validation       `json:"x-kubernetes-validations"`
}

// validation is a rule in the Common Expression Language.
type validation struct {
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// definition is a CustomResourceDefinition, as far as it is needed here.
type definition struct {
	Spec struct {
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema *schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// loadSchema reads the schema of a kind from the embedded definitions. They are read when
// their kind is met, because parsing them takes longer than linting a file.
func loadSchema(kind string) (*schema, error) {
	content, err := crds.Bases.ReadFile("bases/serin.dev_" + strings.ToLower(kind) + "s.yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", kind, err)
	}
	text, err := yaml.YAMLToJSON(content)
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", kind, err)
	}
	var parsed definition
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", kind, err)
	}
	if len(parsed.Spec.Versions) == 0 || parsed.Spec.Versions[0].Schema.OpenAPIV3Schema == nil {
		return nil, fmt.Errorf("reading the schema of %s: it has no version", kind)
	}
	root := parsed.Spec.Versions[0].Schema.OpenAPIV3Schema
	// What the API server knows of every object.
	text32, name := &schema{Type: "string"}, &schema{Type: "string", MaxLength: pointer(253)}
	texts := &schema{Type: "object", AdditionalProperties: text32}
	root.Properties["metadata"] = &schema{Type: "object", Properties: map[string]*schema{
		"name": name, "generateName": name, "namespace": text32, "labels": texts, "annotations": texts, "uid": text32, "resourceVersion": text32,
		"generation": {Type: "integer"}, "creationTimestamp": {}, "deletionTimestamp": {}, "deletionGracePeriodSeconds": {Type: "integer"}, "selfLink": text32,
		"finalizers":      {Type: "array", Items: text32},
		"ownerReferences": {Type: "array", Items: &schema{}}, "managedFields": {Type: "array", Items: &schema{}},
	}}
	return root, nil
}

func pointer[T any](value T) *T { return &value }

// defaulted is a value as the API server completes it. Values are as in JSON.
func (s *schema) defaulted(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, property := range s.Properties {
			if _, set := value[name]; !set && property.Default != nil {
				value[name] = copied(property.Default)
			}
		}
		for name, entry := range value {
			switch property, known := s.Properties[name]; {
			case known:
				value[name] = property.defaulted(entry)
			case s.AdditionalProperties != nil:
				value[name] = s.AdditionalProperties.defaulted(entry)
			}
		}
	case []any:
		for i, item := range value {
			if s.Items != nil {
				value[i] = s.Items.defaulted(item)
			}
		}
	}
	return value
}

// copied is a copy of a value of JSON, its whole numbers as such.
func copied(value any) any {
	switch value := value.(type) {
	case map[string]any:
		result := make(map[string]any, len(value))
		for name, entry := range value {
			result[name] = copied(entry)
		}
		return result
	case []any:
		result := make([]any, 0, len(value))
		for _, item := range value {
			result = append(result, copied(item))
		}
		return result
	case float64:
		if whole := int64(value); float64(whole) == value {
			return whole
		}
	}
	return value
}
