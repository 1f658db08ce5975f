package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLint is the exit code and what is said, for files, folders and what is piped in.
func TestLint(t *testing.T) {
	const (
		good = "apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: x}\nspec:\n  args: [{name: h}]\n  metrics:\n" +
			"  - {name: a, interval: 30s, successCondition: \"result[0] < 1\", provider: {prometheus: {query: 'sum(rate(m_total{h=\"{{args.h}}\"}[1m]))'}}}\n"
		foreign = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n"
	)
	warned := strings.Replace(good, "sum(", "sum by (pod) (", 1)
	bad := strings.Replace(good, "result[0]", "result", 1)
	folder := t.TempDir()
	for name, content := range map[string]string{
		"good.yaml": good, "deep/er/bad.yml": bad, "deep/er/other.json": "{}", "deep/.git/broken.yaml": "kind: AnalysisTemplate\n{", "deep/read.me": bad,
		"warned/warned.yaml": warned, "empty/read.me": "", "data/large.json": strings.Repeat(" ", largestManifest+1), "data/good.yaml": good,
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		args, stdin string
		code        int
		stdout      string
		stderr      string
	}{
		{args: "good.yaml", stdout: "nothing to complain about in 1 object of Serin's (1 file)."},
		{args: "good.yaml ./good.yaml .//good.yaml", stdout: "(1 file)."},
		{args: "deep", code: exitFailed, stdout: "1 error in 1 object of Serin's (2 files); 1 object of other kinds left alone."},
		{args: "warned", stdout: "1 warning in 1 object"},
		{args: "--fail-on warning warned", code: exitFailed, stdout: "1 warning in 1 object"},
		{args: "data", stdout: "(1 file).", stderr: "Skipped: data/large.json has more than 8 MiB"},
		{args: "-", stdin: foreign + "---\n" + bad, code: exitFailed, stdout: "stdin:11:49: error:"},
		{args: "-", stdin: foreign, stdout: "no object of Serin's is in there (1 file); 1 object of other kinds left alone."},
		{args: "-", code: exitUsage, stderr: "Error: nothing was piped in"},
		{args: "", code: exitUsage, stderr: "lint needs files or folders"},
		{args: "gone.yaml", code: exitUsage, stderr: "reading gone.yaml: no such file or directory"},
		{args: "empty", code: exitUsage, stderr: "empty: no .yaml, .yml or .json file is in there"},
		{args: "-o yaml good.yaml", code: exitUsage, stderr: "unknown output"},
		{args: "--fail-on note good.yaml", code: exitUsage, stderr: "unknown --fail-on"},
		{args: "--scrape-interval 0s good.yaml", code: exitUsage, stderr: "is no interval"},
		{args: "-o github deep", code: exitFailed, stdout: "::error file=deep/er/bad.yml,line=7,col=49,title=serin lint%3A condition-shape::"},
		{args: "-o json deep", code: exitFailed, stdout: `"rule": "condition-shape"`},
		{args: "--rules -o json", stdout: `"name": "many-series"`},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Chdir(folder)
			var stdout, stderr strings.Builder
			code := run(environment{
				Args: append([]string{"serin", "lint"}, strings.Fields(test.args)...), Env: func(string) string { return "" },
				Stdin: strings.NewReader(test.stdin), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
				Size: func() (int, int) { return 0, 0 }, Signals: processEnvironment().Signals,
			})
			if code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("exit code %d, want %d; want %q and %q\nstdout: %s\nstderr: %s", code, test.code, test.stdout, test.stderr, &stdout, &stderr)
			}
		})
	}
}
