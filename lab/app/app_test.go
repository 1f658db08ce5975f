package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/lab/app"
)

func TestTheErrorShareIsExact(t *testing.T) {
	for _, test := range []struct {
		share    string
		requests int
		bad      int
		reason   string
	}{
		{"0", 500, 0, "no share, no error"},
		{"1", 50, 50, "every request fails"},
		{"0.05", 200, 10, "one in twenty"},
		{"0.05", 19, 0, "the twentieth request is the first bad one"},
		{"0.3", 10, 3, "a share that no float holds exactly"},
		{"0.000001", 1000, 0, "the smallest share"},
	} {
		t.Run(test.share+" of "+test.reason, func(t *testing.T) {
			application := newApp(t, map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": test.share})
			bad := 0
			for range test.requests {
				answer := get(application, "/")
				if answer.Header.Get("X-Version") != "v1" {
					t.Fatalf("X-Version is %q, want v1", answer.Header.Get("X-Version"))
				}
				if answer.StatusCode == http.StatusInternalServerError {
					bad++
				}
			}
			if bad != test.bad {
				t.Errorf("%d of %d requests were bad, want %d", bad, test.requests, test.bad)
			}
		})
	}
}

func TestMetricsCountTheAnswers(t *testing.T) {
	application := newApp(t, map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "0.25"})
	if text := body(t, get(application, "/metrics")); strings.Contains(text, "http_requests_total{") {
		t.Errorf("the counter exists before the first request:\n%s", text)
	}
	for range 8 {
		get(application, "/some/path")
	}
	get(application, "/readyz")
	text := body(t, get(application, "/metrics"))
	for _, want := range []string{
		`http_requests_total{code="200"} 6`,
		`http_requests_total{code="500"} 2`,
		`http_request_duration_seconds_bucket{le="0.005"} 8`,
		`http_request_duration_seconds_count 8`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}

func TestTheDelayIsTaken(t *testing.T) {
	application := newApp(t, map[string]string{"APP_VERSION": "v1", "APP_DELAY": "30ms"})
	begin := time.Now()
	get(application, "/")
	if took := time.Since(begin); took < 30*time.Millisecond {
		t.Errorf("the answer took %s, want at least 30ms", took)
	}
}

func TestDelaysScatter(t *testing.T) {
	application := newApp(t, map[string]string{"APP_VERSION": "v1", "APP_DELAY": "2ms", "APP_SPREAD": "1"})
	shortest, longest := time.Hour, time.Duration(0)
	for range 40 {
		begin := time.Now()
		get(application, "/")
		shortest, longest = min(shortest, time.Since(begin)), max(longest, time.Since(begin))
	}
	// Of 40 log-normal times, all lie within a factor of 4 with a probability below 10^-9.
	if shortest >= 2*time.Millisecond || longest < 4*shortest {
		t.Errorf("the answers took %s to %s, want them around 2ms, and apart", shortest, longest)
	}
}

func TestServeDrains(t *testing.T) {
	for _, test := range []struct {
		environment map[string]string
		answers     bool
		reason      string
	}{
		{map[string]string{"APP_DRAIN": "10s"}, true, "during the drain requests are still answered"},
		{map[string]string{"APP_DRAIN": "10s", "APP_EXIT_AT_ONCE": "1"}, false, "an app that exits at once answers nothing more"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			test.environment["APP_VERSION"] = "v1"
			url, stop, ended := serve(t, newApp(t, test.environment))
			if code := status(url + "/readyz"); code != http.StatusOK {
				t.Fatalf("/readyz answers %d before the end, want 200", code)
			}
			stop()
			if !test.answers {
				if err := <-ended; err != nil {
					t.Errorf("Serve: %v", err)
				}
				if code := status(url); code != 0 {
					t.Errorf("/ answers %d after the end, want no answer", code)
				}
				return
			}
			waitUntil(t, "/readyz says that the app drains", func() bool {
				return status(url+"/readyz") == http.StatusServiceUnavailable
			})
			if code := status(url); code != http.StatusOK {
				t.Errorf("/ answers %d during the drain, want 200", code)
			}
		})
	}
}

func TestServeFinishesOpenRequests(t *testing.T) {
	url, stop, ended := serve(t, newApp(t, map[string]string{"APP_VERSION": "v1", "APP_DELAY": "200ms", "APP_DRAIN": "0s"}))
	code := make(chan int)
	go func() { code <- status(url) }()
	time.AfterFunc(50*time.Millisecond, stop)
	if got := <-code; got != http.StatusOK {
		t.Errorf("the open request was answered with %d, want 200", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestKillCutsAtOnce(t *testing.T) {
	for _, test := range []struct {
		drains bool
		reason string
	}{{false, "while it serves"}, {true, "while it drains"}} {
		t.Run(test.reason, func(t *testing.T) {
			application := newApp(t, map[string]string{"APP_VERSION": "v1", "APP_DRAIN": "1h"})
			url, stop, ended := serve(t, application)
			if test.drains {
				stop()
			}
			application.Kill()
			application.Kill()
			if err := <-ended; err != nil {
				t.Errorf("Serve: %v", err)
			}
			if code := status(url); code != 0 {
				t.Errorf("/ answers %d after the end, want no answer", code)
			}
		})
	}
}

func TestServeCrashesAfterItsRequests(t *testing.T) {
	url, _, ended := serve(t, newApp(t, map[string]string{"APP_VERSION": "v1", "APP_CRASH_AFTER": "3"}))
	for range 2 {
		if code := status(url); code != http.StatusOK {
			t.Fatalf("a request before the crash was answered with %d, want 200", code)
		}
	}
	status(url)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "crashing after 3 requests") {
		t.Errorf("Serve returned %v, want an error that says that it crashed", err)
	}
	if code := status(url); code != 0 {
		t.Errorf("/ answers %d after the crash, want no answer", code)
	}
}

func TestServeSaysWhyItCannot(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := newApp(t, map[string]string{"APP_VERSION": "v1"}).Serve(t.Context(), listener); err == nil || !strings.Contains(err.Error(), "serving on 127.0.0.1:") {
		t.Errorf("Serve on a closed listener says %v", err)
	}
}

// newApp makes an App from environment variables.
func newApp(t *testing.T, environment map[string]string) *app.App {
	t.Helper()
	settings, err := app.FromEnvironment(func(name string) string { return environment[name] })
	if err != nil {
		t.Fatal(err)
	}
	application, err := app.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	return application
}

// serve starts the application on loopback.
func serve(t *testing.T, application *app.App) (url string, stop func(), ended <-chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	result := make(chan error, 1)
	go func() { result <- application.Serve(ctx, listener) }()
	return "http://" + listener.Addr().String(), cancel, result
}

func get(handler http.Handler, path string) *http.Response {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// status is the status code of an answer; 0 is none.
func status(url string) int {
	answer, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// waitUntil polls a condition for at most five seconds.
func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
