// Package manifests holds what the demo applies, as people would write it.
// What may come in: YAML. No logic.
package manifests

import "embed"

// Files are applied in the order of their names.
//
//go:embed *.yaml
var Files embed.FS
