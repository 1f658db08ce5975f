package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// process is one run of the program inside the test.
type process struct {
	stdout, stderr bytes.Buffer
	code           int
}

// start runs the program with a kubeconfig (none: $KUBECONFIG) and a clock that only runs while the
// program sleeps. What is to happen meanwhile happens then: one function at each
// sleep, and Ctrl-C after the last.
func start(t *testing.T, kubeconfig string, change func(*environment), meanwhile []func(), args ...string) *process {
	t.Helper()
	p := &process{}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	now := testNow
	if kubeconfig != "" {
		args = append(args, "--kubeconfig", kubeconfig)
	}
	env := environment{
		Args:   append([]string{"serin"}, args...),
		Env:    func(string) string { return "" },
		Stdout: &p.stdout, Stderr: &p.stderr,
		Now:     func() time.Time { return now },
		Random:  rand.Reader,
		Size:    func() (int, int) { return 0, 0 },
		Signals: func() (context.Context, context.CancelFunc) { return ctx, interrupt },
		Build:   testBuild,
		Sleep: func(_ context.Context, duration time.Duration) {
			now = now.Add(duration)
			if len(meanwhile) == 0 {
				interrupt()
				return
			}
			meanwhile[0]()
			meanwhile = meanwhile[1:]
		},
	}
	if change != nil {
		change(&env)
	}
	p.code = run(env)
	return p
}

// here makes a namespace with the release of base.yaml and a kubeconfig for it.
func here(t *testing.T, namespace string) (w *world, kubeconfig string) {
	t.Helper()
	w, err := newWorld(namespace, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.network.down)
	base, err := os.ReadFile("view/testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.apply(string(base)); err != nil {
		t.Fatal(err)
	}
	kubeconfig, err = w.kubeconfig("ana")
	if err != nil {
		t.Fatal(err)
	}
	return w, kubeconfig
}

// change is a step of a test: it merges a change into the Rollout web.
func (w *world) change(t *testing.T, status map[string]any) func() {
	return func() {
		t.Helper()
		object, err := w.rollout("web")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.patch(object, map[string]any{"status": status}); err != nil {
			t.Fatal(err)
		}
	}
}

// golden compares a text with a file of testdata, or rewrites it. Ports differ.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
	}
}
