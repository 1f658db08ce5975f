package unittest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
)

// runner runs tests from files.
func runner() Runner {
	return Runner{
		Read: os.ReadFile, Open: recording.Open, Parallel: 2,
		Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"},
	}
}

// TestShippedTemplates runs the unit tests of the templates that are shipped.
func TestShippedTemplates(t *testing.T) {
	paths, err := filepath.Glob("../config/templates/tests/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	paths = append(paths, "testdata/scenarios.yaml")
	r := runner()
	tests, err := r.Load(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tests.Close()
	results, err := r.Run(t.Context(), tests)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := WriteText(&out, results); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, result := range results {
		if !result.OK {
			t.Errorf("%s: %s", result.Path, result.Name)
		}
	}
}
