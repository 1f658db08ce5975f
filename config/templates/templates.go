// Package templates holds the ClusterAnalysisTemplates that Serin ships, for commands that
// try them without a cluster.
package templates

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// Files are the shipped templates, a YAML file each, by the name of the template.
// Example: golden-signals-app.yaml.
func Files() fs.FS { return files }
