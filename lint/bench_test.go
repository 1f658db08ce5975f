package lint_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/serin-dev/serin/lint"
)

// BenchmarkFiles lints a thousand templates and Rollouts of a repository at once.
func BenchmarkFiles(b *testing.B) {
	template, err := os.ReadFile("../config/templates/golden-signals-app.yaml")
	if err != nil {
		b.Fatal(err)
	}
	rollout, err := os.ReadFile("../cmd/serin-demo/manifests/3-rollout.yaml")
	if err != nil {
		b.Fatal(err)
	}
	var files []lint.File
	for i := range 500 {
		files = append(files,
			lint.File{Name: fmt.Sprintf("d%d/template.yaml", i), Content: []byte(strings.Replace(string(template), "name: golden-signals-app", "name: golden-signals", 1))},
			lint.File{Name: fmt.Sprintf("d%d/rollout.yaml", i), Content: rollout})
	}
	for b.Loop() {
		if report := lint.Files(files, lint.Options{}); report.Objects != len(files) {
			b.Fatalf("%d objects", report.Objects)
		}
	}
}
