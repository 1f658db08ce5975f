package main

import (
	"regexp"
	"strings"
	"testing"
)

// promoted is the status after the release.
func promoted() map[string]any {
	return map[string]any{
		"phase": "Healthy", "message": "revision 7 (b9e5bd43a0) is stable: 10 of 10 pods available", "stableRS": "b9e5bd43a0",
		"canary":  map[string]any{"weight": 0},
		"release": map[string]any{"phase": "Idle", "outcome": "Promoted", "finishedAt": "2026-03-01T03:00:03.000000Z", "stepRun": nil, "backgroundRun": nil},
	}
}

// meanwhileRelease is what happens while somebody watches: nothing, a step, the API
// server goes away and comes back, the end.
func meanwhileRelease(t *testing.T, w *world) []func() {
	return []func(){
		func() {},
		w.change(t, map[string]any{
			"message": "revision 7, step 4/5 (pause 5m0s): 5m left", "canary": map[string]any{"weight": 50},
			"release": map[string]any{"step": 3, "weight": 50, "stepRun": nil, "stepStartedAt": "2026-03-01T03:00:02.000000Z", "weightSince": "2026-03-01T03:00:02.000000Z"},
		}),
		w.network.down,
		func() {},
		func() {
			if err := w.network.up(); err != nil {
				t.Fatal(err)
			}
		},
		w.change(t, promoted()),
		func() {},
	}
}

// TestWatchUnderPipe: everything once, then what has changed; a lost API server is
// said once, and waited for. Ctrl-C ends it with 0, and no escape code is written.
func TestWatchUnderPipe(t *testing.T) {
	w, kubeconfig := here(t, "watch-pipe")
	t.Setenv("KUBECONFIG", kubeconfig)
	p := start(t, "", nil, meanwhileRelease(t, w), "get", "rollout", "web", "--watch")
	if p.code != exitOK || p.stderr.String() != "" {
		t.Errorf("exit code %d, want 0; stderr: %s", p.code, p.stderr.String())
	}
	if strings.Contains(p.stdout.String(), "\x1b") {
		t.Error("escape codes under a pipe")
	}
	golden(t, "watch-pipe.golden", neutral(p.stdout.String(), w))
}

// TestWatchOnTerminal: the text is drawn in place on the alternate screen, and what
// was seen last stays behind.
func TestWatchOnTerminal(t *testing.T) {
	w, kubeconfig := here(t, "watch-terminal")
	t.Setenv("KUBECONFIG", kubeconfig)
	terminal := func(env *environment) {
		env.IsTerminal = true
		env.Size = func() (int, int) { return 100, 24 }
	}
	p := start(t, "", terminal, meanwhileRelease(t, w), "get", "rollout", "web", "--watch", "--no-color")
	if p.code != exitOK || p.stderr.String() != "" {
		t.Errorf("exit code %d, want 0; stderr: %s", p.code, p.stderr.String())
	}
	out := p.stdout.String()
	if strings.Count(out, enterScreen) != 1 || strings.Count(out, leaveScreen) != 1 {
		t.Errorf("the alternate screen is entered %d times and left %d times", strings.Count(out, enterScreen), strings.Count(out, leaveScreen))
	}
	for _, picture := range strings.Split(strings.Split(out, leaveScreen)[0], toTopLeft)[1:] {
		if lines := strings.Split(picture, "\r\n"); len(lines) > 24 {
			t.Errorf("a picture of %d lines on a terminal of 24", len(lines))
		}
	}
	readable := strings.NewReplacer(enterScreen, "<enter>\n", leaveScreen, "\n<leave>\n", toTopLeft, "\n<top left>\n", clearLine, "", "\r\n", "\n", clearBelow, "\n<clear below>", resetColor, "<reset>")
	golden(t, "watch-terminal.golden", readable.Replace(neutral(out, w)))
}

// TestWatchDeleted: a Rollout that is deleted ends the watch.
func TestWatchDeleted(t *testing.T) {
	w, kubeconfig := here(t, "watch-deleted")
	remove := func() {
		object, err := w.rollout("web")
		if err == nil {
			err = plane.admin.Delete(t.Context(), object)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, kubeconfig, nil, []func(){remove, func() {}}, "get", "rollout", "web", "-w")
	if p.code != exitNotFound || !strings.Contains(p.stderr.String(), "reading rollout watch-deleted/web: not found") {
		t.Errorf("exit code %d, want %d; stderr: %s", p.code, exitNotFound, p.stderr.String())
	}
}

// TestStatusThroughRestart: the API server goes away while a script waits for the
// end of a release.
func TestStatusThroughRestart(t *testing.T) {
	w, kubeconfig := here(t, "status-restart")
	p := start(t, kubeconfig, nil, meanwhileRelease(t, w), "status", "web", "--watch")
	if p.code != exitOK {
		t.Errorf("exit code %d, want 0", p.code)
	}
	if count := strings.Count(p.stderr.String(), "trying again"); count != 1 {
		t.Errorf("it says %d times that it tries again:\n%s", count, p.stderr.String())
	}
	if lines := strings.Count(p.stdout.String(), "\n"); lines != 3 || !strings.HasSuffix(p.stdout.String(), "10 of 10 pods available\n") {
		t.Errorf("%d lines, want one for each of three changes:\n%s", lines, p.stdout.String())
	}
}

// TestStatusInterrupted: Ctrl-C is not an end of the release.
func TestStatusInterrupted(t *testing.T) {
	_, kubeconfig := here(t, "status-interrupted")
	if p := start(t, kubeconfig, nil, nil, "status", "web", "--watch"); p.code != exitUnfinished {
		t.Errorf("exit code %d, want %d", p.code, exitUnfinished)
	}
}

// neutral takes what differs from run to run out of a text: ports, and whether
// a request was under way when the connection broke.
func neutral(text string, w *world) string {
	text = regexp.MustCompile(` - error from a previous attempt: [^;]*`).ReplaceAllString(text, "")
	return strings.ReplaceAll(text, w.network.address, "127.0.0.1:6443")
}
