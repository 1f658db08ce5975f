package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

// arguments are those of the container of a Job.
func arguments(t *testing.T, file string, replace ...string) (args []string, completions int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var job batchv1.Job
	if err := yaml.UnmarshalStrict(text, &job); err != nil {
		t.Fatal(err)
	}
	if job.Spec.Completions != nil {
		completions = int(*job.Spec.Completions)
	}
	for _, arg := range job.Spec.Template.Spec.Containers[0].Args {
		args = append(args, strings.NewReplacer(replace...).Replace(arg))
	}
	return args, completions
}

// TestTheIndexedJobBacktests does what the Jobs of config/backtest do, pod by pod.
func TestTheIndexedJobBacktests(t *testing.T) {
	results := t.TempDir()
	program := func(args []string, env map[string]string) (int, string) {
		var stdout, stderr strings.Builder
		code := run(environment{
			Args: append([]string{"serin"}, args...), Env: func(name string) string { return env[name] },
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Now: func() time.Time { return testNow }, Size: func() (int, int) { return 0, 0 },
			Signals: func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
		})
		return code, stdout.String() + stderr.String()
	}
	paths := []string{"/corpus/cases", "../../backtest/testdata/corpus", "/corpus/templates", "../../backtest/testdata/templates.yaml", "/results", results}
	args, shards := arguments(t, "../../config/backtest/job.yaml", paths...)
	for i := range shards {
		index := strconv.Itoa(i)
		var expanded []string
		for _, arg := range args {
			expanded = append(expanded, strings.ReplaceAll(arg, "$(JOB_COMPLETION_INDEX)", index))
		}
		if code, out := program(expanded, map[string]string{"JOB_COMPLETION_INDEX": index}); code != exitOK || out != "" {
			t.Fatalf("pod %d ends with %d: %s", i, code, out)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(results, "*")); len(found) != shards {
		t.Errorf("%v, want %d results and nothing else", found, shards)
	}
	merge, _ := arguments(t, "../../config/backtest/merge.yaml", append(paths, "recall=0.8", "recall=0.75")...)
	code, out := program(merge, nil)
	if code != exitOK || !strings.Contains(out, "7 cases of ../../backtest/testdata/corpus") {
		t.Errorf("merge ends with %d: %s", code, out)
	}
	if err := os.Remove(filepath.Join(results, "shard-3.json")); err != nil {
		t.Fatal(err)
	}
	if code, out := program(merge, nil); code != exitUsage || !strings.Contains(out, "1 shard is missing: 4/8") {
		t.Errorf("merge without shard 4 ends with %d: %s", code, out)
	}
	if code, out := program(args, nil); code != exitUsage || !strings.Contains(out, "JOB_COMPLETION_INDEX") {
		t.Errorf("outside of a Job it ends with %d: %s", code, out)
	}
}
