package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answering is an API server that gives one answer to everything, and a kubeconfig
// for it.
func answering(t *testing.T, status int, body string) (kubeconfig string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", http.DetectContentType([]byte(body)))
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`, server.URL)
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig
}

// TestAnswers: what an API server answers decides on the exit code and on what can
// be typed next.
func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		reason string
		status int
		body   string
		code   int
		want   []string
	}{
		{"a cluster without Serin", 404, "404 page not found\n", exitNotFound, []string{"this cluster does not know the kinds of serin.dev", "Next:  install the CRDs"}},
		{"the API server is about to stop", 503, "shutting down", exitUnreachable, []string{"is its API server up?"}},
		{"too many requests", 429, "slow down", exitUnreachable, []string{"is its API server up?"}},
		{"expired credentials", 401, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`, exitUnreachable, []string{"Next:  log in again"}},
		{"not an API server", 200, "<html>It works!</html>", exitFailed, []string{"reading rollout default/web: "}},
		{"an error inside", 500, "boom", exitFailed, []string{"reading rollout default/web: "}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			p := start(t, answering(t, test.status, test.body), nil, nil, "get", "rollout", "web")
			if p.code != test.code {
				t.Errorf("exit code %d, want %d", p.code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(p.stderr.String(), want) {
					t.Errorf("%q is not in:\n%s", want, p.stderr.String())
				}
			}
		})
	}
}

// TestPanic: a bug ends with a message and without a stack trace.
func TestPanic(t *testing.T) {
	bug := func(env *environment) {
		env.Size = func() (int, int) { panic("out of paper") }
	}
	_, kubeconfig := here(t, "panic")
	p := start(t, kubeconfig, bug, nil, "get", "rollout", "web")
	if p.code != exitFailed || !strings.Contains(p.stderr.String(), "serin has a bug: out of paper") || strings.Contains(p.stderr.String(), "goroutine") {
		t.Errorf("exit code %d, stderr:\n%s", p.code, p.stderr.String())
	}
}

// TestNoRandomness: without an id nothing is asked for.
func TestNoRandomness(t *testing.T) {
	w, kubeconfig := here(t, "no-randomness")
	empty := func(env *environment) { env.Random = strings.NewReader("short") }
	p := start(t, kubeconfig, empty, nil, "abort", "web")
	if p.code != exitFailed || !strings.Contains(p.stderr.String(), "making a random id: unexpected EOF") {
		t.Errorf("exit code %d, stderr:\n%s", p.code, p.stderr.String())
	}
	if object, err := w.rollout("web"); err != nil || len(object.GetAnnotations()) > 0 {
		t.Errorf("annotations %v, %v", object.GetAnnotations(), err)
	}
}

// TestExitCodesHelp: the help names every code.
func TestExitCodesHelp(t *testing.T) {
	for code := exitOK; code <= exitUnfinished; code++ {
		if !strings.Contains(exitCodesHelp, fmt.Sprintf("\n  %d  ", code)) {
			t.Errorf("the help does not name exit code %d", code)
		}
	}
}

func TestRootCause(t *testing.T) {
	inner := errors.New("connection refused")
	if got := rootCause(&failure{what: "reading", cause: fmt.Errorf("dialling: %w", inner)}); got != inner {
		t.Errorf("got %v", got)
	}
	if got := rootCause(context.Canceled); got != context.Canceled {
		t.Errorf("got %v", got)
	}
}
