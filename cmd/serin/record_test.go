package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/recording"
)

// metricsServer answers instant queries of ranges, with a counter of two pods, and wants
// a token.
func metricsServer(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer a-long-secret":
			http.Error(w, "who are you? not a-long-secret", http.StatusUnauthorized)
		case r.URL.Path != "/below/api/v1/query":
			http.NotFound(w, r)
		default:
			var result []any
			for pod := range 2 {
				result = append(result, map[string]any{
					"metric": map[string]string{"__name__": "requests_total", "hash": fmt.Sprint("h", pod)},
					"values": [][2]any{{1772334000.5, "1"}, {1772334015.5, "2"}},
				})
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestRecord(t *testing.T) {
	server := metricsServer(t)
	folder := t.TempDir()
	token := filepath.Join(folder, "token")
	if err := os.WriteFile(token, []byte("a-long-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "friday")
	printed := offline(t, []string{
		"record", "--prometheus", server.URL + "/below", "--bearer-token-file", token, "-f", "testdata/replay/rollout.yaml", "-f", "testdata/replay/errors.yaml",
		"--start", "2026-03-01T03:00:00Z", "--end", "2026-03-01T03:10:00Z", "--out", out,
	})
	for _, want := range []string{"Recorded 4 samples of 2 series", "by range vectors", "stale markers are missing", "Next:  serin replay " + out + " -f testdata/replay/rollout.yaml"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is not printed:\n%s", want, printed)
		}
	}
	r, err := recording.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	manifest := r.Manifest()
	text, err := json.Marshal(manifest)
	if err != nil || strings.Contains(string(text), "secret") || manifest.Source != server.URL+"/below" || len(manifest.Queries) == 0 {
		t.Errorf("manifest %s, %v", text, err)
	}
	if want := time.Date(2026, 3, 1, 2, 45, 0, 0, time.UTC); !manifest.From.Equal(want) {
		t.Errorf("the recording begins at %s, want %s", manifest.From, want)
	}
	found, err := r.Select(context.Background(), manifest.From, manifest.To, labels.MustNewMatcher(labels.MatchEqual, "hash", "h1"))
	if err != nil || len(found) != 1 || len(found[0].Floats) != 2 {
		t.Errorf("selected %v, %v", found, err)
	}
}

// TestRecordRefuses types what cannot work.
func TestRecordRefuses(t *testing.T) {
	server := metricsServer(t)
	out := filepath.Join(t.TempDir(), "friday")
	window := []string{"--start", "2026-03-01T03:00:00Z", "--end", "2026-03-01T03:10:00Z", "--out", out}
	for _, row := range []struct {
		reason string
		args   []string
		want   []string
	}{
		{"nothing", nil, []string{"nothing to record", "-f", "--match"}},
		{"no place", []string{"--match", "up", "--last", "1h"}, []string{"folder of the recording is missing", "--out"}},
		{"no window", []string{"--match", "up", "--out", out}, []string{"when the window begins is missing", "--last 2h"}},
		{"no server", append([]string{"--match", "up"}, window...), []string{"address of the server is missing", "--prometheus http"}},
		{"the wrong way round", []string{"--match", "up", "--start", "2026-03-01T03:00:00Z", "--end", "2026-03-01T02:00:00Z", "--out", out}, []string{"ends at", "swap"}},
		{"no zone", []string{"--match", "up", "--start", "2026-03-01 03:00", "--out", out}, []string{"--start", "time zone"}},
		{"a query for a selector", append([]string{"--match", "rate(up[1m])"}, window...), []string{"not a selector", `up{job="web"}`}},
		{"everything", append([]string{"--match", `{a=~".*"}`}, window...), []string{"non-empty matcher"}},
		{"an argument without a value", append([]string{"-f", "testdata/replay/errors.yaml"}, window...), []string{"no value for canary, stable", "--arg canary=… --arg stable=…"}},
		{"no file", append([]string{"-f", "nowhere.yaml"}, window...), []string{"nowhere.yaml", "no such file"}},
		{"no token", append([]string{"--match", "up", "--prometheus", server.URL}, window...), []string{"HTTP 401", "--bearer-token-file"}},
		{"a place that is taken", []string{"--match", "up", "--last", "1h", "--out", "testdata"}, []string{"testdata exists", "--out"}},
		{"a word", []string{"friday"}, []string{`"friday" cannot be recorded`}},
	} {
		printed := offline(t, append([]string{"record"}, row.args...))
		for _, want := range row.want {
			if !strings.Contains(printed, want) {
				t.Errorf("%s: %q is not printed:\n%s", row.reason, want, printed)
			}
		}
	}
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
