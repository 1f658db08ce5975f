package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// converts runs serin convert, with what is piped in.
func converts(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	code = run(environment{
		Args: append([]string{"serin", "convert"}, args...), Env: func(string) string { return "" },
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &err, Now: func() time.Time { return testNow },
		Size:    func() (int, int) { return 0, 0 },
		Signals: func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
	})
	return code, out.String(), err.String()
}

const (
	smallTemplate = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: up}\nspec:\n  metrics:\n" +
		"  - {name: up, interval: 1m, successCondition: 'result[0] == 1', provider: {prometheus: {query: 'min(up)'}}}\n"
	smallExperiment = "apiVersion: argoproj.io/v1alpha1\nkind: Experiment\nmetadata: {name: e}\n"
)

// TestConvertExitCodes: 0 for all converted, 1 for something that is not, 2 for what
// cannot be read; then nothing is written.
func TestConvertExitCodes(t *testing.T) {
	for _, test := range []struct {
		reason, stdin  string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"converted with a comment", smallTemplate, []string{"-"}, exitOK, "serin.dev/v1alpha1", "1 object written; 1 comment"},
		{"one of two", smallTemplate + "---\n" + smallExperiment, []string{"-"}, exitFailed, "serin.dev/v1alpha1", "1 thing not converted"},
		{"no YAML", smallTemplate + "---\na: [", []string{"-"}, exitUsage, "", "it is no YAML"},
		{"nothing at all", "", []string{"-"}, exitUsage, "", "there is no object in -"},
		{"no arguments", "", nil, exitUsage, "", "convert needs files or folders"},
		{"no such file", "", []string{"nowhere.yaml"}, exitUsage, "", "no such file"},
		{"a wrong source", "", []string{"-", "--from", "spinnaker"}, exitUsage, "", `unknown source "spinnaker"`},
		{"a wrong output", "", []string{"-", "-o", "html"}, exitUsage, "", `unknown output "html"`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			code, stdout, stderr := converts(t, test.stdin, test.args...)
			if code != test.code || !strings.Contains(stdout, test.stdout) || test.stdout == "" && stdout != "" || !strings.Contains(stderr, test.stderr) {
				t.Errorf("exit code %d, want %d\nstdout: %s\nstderr: %s", code, test.code, stdout, stderr)
			}
		})
	}
}

// TestConvertReportsJSON: the report is JSON on stderr, and the YAML on stdout.
func TestConvertReportsJSON(t *testing.T) {
	_, stdout, stderr := converts(t, smallTemplate, "-", "-o", "json")
	var report struct {
		Outputs  []struct{ Kind, Name string }
		Findings []struct{ Fate, File, Why string }
	}
	if err := json.Unmarshal([]byte(stderr), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Outputs) != 1 || report.Outputs[0].Name != "up" || len(report.Findings) != 1 || !strings.HasPrefix(stdout, "apiVersion: serin.dev") {
		t.Errorf("got %+v and %s", report, stdout)
	}
}

// TestConvertIntoAFolder: a file each, hidden files left alone, and nothing replaced
// without --force.
func TestConvertIntoAFolder(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "a", "b")
	for name, content := range map[string]string{"one.yaml": smallTemplate, "sub/two.yml": strings.ReplaceAll(smallTemplate, "name: up}", "name: two}"), ".git/x.yaml": "a: [", "README.md": "a: ["} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := converts(t, "", from, "-d", to); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	second := filepath.Join(to, "analysistemplate-two.yaml")
	if err := os.WriteFile(second, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(to, "analysistemplate-up.yaml")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := converts(t, "", from, "-d", to); code != exitUsage || !strings.Contains(stderr, "is there already") {
		t.Errorf("exit code %d, want %d: %s", code, exitUsage, stderr)
	}
	if names := listOf(t, to); names != "analysistemplate-two.yaml" {
		t.Errorf("files %s, want only the one that was there", names)
	}
	if code, _, stderr := converts(t, "", from, "-d", to, "--force"); code != exitOK {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if names := listOf(t, to); names != "analysistemplate-two.yaml analysistemplate-up.yaml" {
		t.Errorf("files %s", names)
	}
	if content, err := os.ReadFile(second); err != nil || !strings.Contains(string(content), "serin.dev") {
		t.Errorf("%s, %v", content, err)
	}
}

// listOf are the files of a folder.
func listOf(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}
