package load_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lab/load"
)

func TestAnswersAreCountedByVersion(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 5 {
		case 0:
			w.WriteHeader(http.StatusBadGateway)
		case 1:
			w.Header().Set("X-Version", "v2")
			w.WriteHeader(http.StatusInternalServerError)
		case 2:
			w.Header().Set("X-Version", "v2")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3:
			w.Header().Set("X-Version", "v2")
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("X-Version", "v1")
		}
	}))
	defer server.Close()
	generator := newGenerator(t, load.Options{URL: server.URL, Rate: 1000})
	before := time.Now()
	end := start(generator)
	waitUntil(t, generator, "100 answers", func(s load.Snapshot) bool { requests, _ := s.Total(); return requests >= 100 })
	end()
	snapshot := generator.Snapshot()
	total := n.Load()
	v1, v2 := snapshot.Versions["v1"], snapshot.Versions["v2"]
	got := []int64{v1.Requests, v1.Bad, v2.Requests, v2.Bad, snapshot.LostTotal(), snapshot.Sent, snapshot.Unsent, snapshot.Abandoned}
	want := []int64{(total + 1) / 5, 0, (total+4)/5 + (total+3)/5 + (total+2)/5, (total+4)/5 + (total+3)/5, total / 5, total, 0, 0}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("counts differ for %d requests (-want +got):\n%s", total, difference)
	}
	if difference := cmp.Diff(map[string]int64{"status 502 without a version": total / 5}, snapshot.Lost); difference != "" {
		t.Errorf("lost requests differ (-want +got):\n%s", difference)
	}
	for name, at := range map[string]time.Time{"first bad": v2.FirstBad, "last bad": v2.LastBad, "first": v1.First, "last": v1.Last, "first lost": snapshot.FirstLost} {
		if at.Before(before) || at.After(time.Now()) {
			t.Errorf("the time of the %s answer is %s, outside the test", name, at)
		}
	}
	if !v1.FirstBad.IsZero() {
		t.Errorf("v1 has a first bad answer at %s, want none", v1.FirstBad)
	}
	if v2.FirstBad.After(v2.LastBad) || v2.First.After(v2.FirstBad) || v2.Mean() <= 0 {
		t.Errorf("times of v2 are out of order: %+v", v2)
	}
}

func TestTheLoopIsOpen(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	generator := newGenerator(t, load.Options{URL: server.URL, Rate: 500, Timeout: 100 * time.Millisecond, Concurrency: 200})
	end := start(generator)
	waitUntil(t, generator, "60 timeouts", func(s load.Snapshot) bool { return s.Lost["timeout"] >= 60 })
	end()
	if s := generator.Snapshot(); s.Unsent != 0 || len(s.Lost) != 1 || s.LostTotal()+s.Abandoned != s.Sent {
		t.Errorf("want every request lost by timeout or abandoned, got %+v", s)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	var open, most atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if now := open.Add(1); now > most.Load() {
			most.Store(now)
		}
		<-r.Context().Done()
		open.Add(-1)
	}))
	defer server.Close()
	generator := newGenerator(t, load.Options{URL: server.URL, Rate: 1000, Timeout: time.Minute, Concurrency: 7})
	end := start(generator)
	waitUntil(t, generator, "20 unsent requests", func(s load.Snapshot) bool { return s.Unsent >= 20 && open.Load() == 7 })
	end()
	s := generator.Snapshot()
	if most.Load() != 7 || s.Sent != 7 || s.Abandoned != 7 || s.LostTotal() != 0 {
		t.Errorf("%d requests were open at once, want 7, all abandoned and none lost: %+v", most.Load(), s)
	}
}

func TestARefusedConnectionIsLost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	generator := newGenerator(t, load.Options{URL: "http://" + listener.Addr().String(), Rate: 200})
	end := start(generator)
	waitUntil(t, generator, "5 lost requests", func(s load.Snapshot) bool { return s.Lost["connection"] >= 5 })
	end()
}

func TestNothingElseGetsARequest(t *testing.T) {
	var strayed, answered atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer other.Close()
	hosts := make(chan string, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts <- r.Host
		answered.Add(1)
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer server.Close()
	generator := newGenerator(t, load.Options{URL: server.URL, Host: "web.example", Rate: 500})
	end := start(generator)
	waitUntil(t, generator, "5 redirects", func(load.Snapshot) bool { return answered.Load() >= 5 })
	end()
	if strayed.Load() != 0 {
		t.Errorf("%d requests followed a redirect to another server", strayed.Load())
	}
	if host := <-hosts; host != "web.example" {
		t.Errorf("the Host header is %q, want web.example", host)
	}
}

func TestTheRateHoldsAndTheLifetimeEnds(t *testing.T) {
	var answered atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", "v1")
		answered.Add(1)
	}))
	defer server.Close()
	generator := newGenerator(t, load.Options{URL: server.URL, Rate: 400, Lifetime: 500 * time.Millisecond})
	generator.Run(t.Context())
	// 200 are due, and the one at the very end. A busy machine may lose some at the end, never send more.
	if got := answered.Load(); got < 100 || got > 201 {
		t.Errorf("%d requests in half a second at 400 per second, want about 200", got)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Version", "v1") }))
	generator := newGenerator(t, load.Options{URL: server.URL, Rate: 500})
	end := start(generator)
	waitUntil(t, generator, "20 answers", func(s load.Snapshot) bool { return s.Versions["v1"].Requests >= 20 })
	end()
	server.Close()
	waitUntil(t, generator, "no goroutine is left", func(load.Snapshot) bool { return runtime.NumGoroutine() <= before })
}

func TestNewRefusesNonsense(t *testing.T) {
	for _, test := range []struct {
		options load.Options
		problem string
	}{
		{load.Options{Rate: 1}, `the URL "" is not http://host:port/`},
		{load.Options{URL: "ftp://127.0.0.1", Rate: 1}, "is not http://host:port/"},
		{load.Options{URL: "http://127.0.0.1"}, "the rate 0 is not between"},
		{load.Options{URL: "http://127.0.0.1", Rate: -1}, "the rate -1 is not between"},
		{load.Options{URL: "http://127.0.0.1", Rate: 1, Timeout: -1}, "must not be negative"},
	} {
		t.Run(fmt.Sprintf("%+v", test.options), func(t *testing.T) {
			if _, err := load.New(test.options); err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("the error is %v, want one with %q", err, test.problem)
			}
		})
	}
}

func newGenerator(t *testing.T, options load.Options) *load.Generator {
	t.Helper()
	generator, err := load.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return generator
}

// start runs the generator; the function that it returns ends it and waits.
func start(generator *load.Generator) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); generator.Run(ctx) }()
	return func() { cancel(); <-done }
}

// waitUntil polls a condition for at most ten seconds.
func waitUntil(t *testing.T, generator *load.Generator, what string, condition func(load.Snapshot) bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(generator.Snapshot()); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %+v", what, generator.Snapshot())
		}
	}
}
