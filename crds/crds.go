// Package crds embeds the CustomResourceDefinitions that controller-gen derives
// from the types in v1alpha1, for the test control plane and for the CLI.
// What may come in: the generated YAML. No logic.
package crds

import "embed"

// Bases holds bases/*.yaml, one CustomResourceDefinition a file.
//
//go:embed bases/*.yaml
var Bases embed.FS
