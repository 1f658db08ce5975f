package main

import (
	"strings"
	"testing"
)

// generated is a small definition with everything that trimming is about.
const generated = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  versions:
  - name: v1alpha1
    schema:
      openAPIV3Schema:
        description: A Rollout.
        properties:
          spec:
            description: Its spec.
            properties:
              selector:
                description: Its selector.
                properties:
                  matchLabels:
                    additionalProperties:
                      type: string
                    type: object
                  matchExpressions:
                    items:
                      properties:
                        key: {type: string}
                        operator: {type: string}
                        values:
                          items: {type: string}
                          type: array
                      type: object
                    type: array
              template:
                description: Its pod.
                properties:
                  metadata:
                    description: Kubernetes' own.
                    properties:
                      description:
                        description: A field of that name.
                        type: string
                      labels:
                        additionalProperties:
                          description: Kubernetes' own.
                          type: string
                        type: object
                      list:
                        items:
                          description: Kubernetes' own.
                          type: string
                        type: array
`

func TestTrim(t *testing.T) {
	trimmed, err := trim([]byte(generated))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		reason, text string
		count        int
	}{
		{"Kubernetes' descriptions are gone", "Kubernetes' own", 0},
		{"also that of a field called description", "A field of that name", 0},
		{"the field called description stays", "description:\n                        type: string", 1},
		{"the description of the template itself stays", "Its pod.", 1},
		{"our own descriptions stay", "Its selector.", 1},
		{"labels of the selector are bounded", "maxProperties: 32", 1},
		{"labels of the template are bounded", "maxProperties: 128", 1},
		{"values of labels are bounded, in the selector, in its expressions and in the template", "maxLength: 63", 3},
	} {
		if got := strings.Count(string(trimmed), row.text); got != row.count {
			t.Errorf("%s: found %q %d times, want %d", row.reason, row.text, got, row.count)
		}
	}
	again, err := trim(trimmed)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(trimmed) {
		t.Errorf("trimming twice changes the file:\n%s", again)
	}
}

func TestTrimRefuses(t *testing.T) {
	for _, row := range []struct{ reason, file, want string }{
		{"no YAML", "\t", "parsing the YAML"},
		{"an empty file", "", "run controller-gen first"},
		{"something else", "kind: List\n", "give a CustomResourceDefinition"},
		{"a template whose metadata was pruned", strings.Replace(generated, "labels:", "names:", 1), "generateEmbeddedObjectMeta=true"},
	} {
		_, err := trim([]byte(row.file))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one that says %q", row.reason, err, row.want)
		}
	}
}
