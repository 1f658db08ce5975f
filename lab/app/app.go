// Package app is the application of the lab: a real HTTP server with the
// metrics that a real one has, and with faults on request. The demo runs it
// in-process, one server a pod; the end-to-end test runs it as an image.
//
// What may come in: client_golang and the standard library; nothing of Serin.
package app

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// App answers requests as its Settings say. It is safe for concurrent use.
type App struct {
	settings  Settings
	requests  atomic.Int64
	draining  atomic.Bool
	crash     chan struct{}
	kill      sync.Once
	killed    chan struct{}
	answers   *prometheus.CounterVec
	durations prometheus.Histogram
	mux       *http.ServeMux
}

// New makes an App. It fails if the settings make no sense.
func New(settings Settings) (*App, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	a := &App{
		settings: settings,
		crash:    make(chan struct{}),
		// Not initialised for any code: a counter that is born with the first
		// failure is what real applications have.
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered, by status code.",
		}, []string{"code"}),
		durations: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time to answer a request.", Buckets: prometheus.DefBuckets,
		}),
		mux:    http.NewServeMux(),
		killed: make(chan struct{}),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(a.answers, a.durations)
	a.mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	a.mux.HandleFunc("/readyz", a.ready)
	a.mux.HandleFunc("/", a.answer)
	return a, nil
}

// ServeHTTP answers on /, /readyz and /metrics.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// answer is the application's business: a short text, late or wrong as set.
func (a *App) answer(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	if delay := a.settings.delay(); delay > 0 {
		wait(r, delay)
	}
	code := http.StatusOK
	number := a.requests.Add(1)
	if number == a.settings.CrashAfter {
		close(a.crash)
	}
	if a.settings.ErrorShare.bad(number) {
		code = http.StatusInternalServerError
	}
	w.Header().Set("X-Version", a.settings.Version)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, "%s: %s\n", a.settings.Version, http.StatusText(code))
	a.answers.WithLabelValues(strconv.Itoa(code)).Inc()
	a.durations.Observe(time.Since(begin).Seconds())
}

// delay is the time that an answer takes.
func (s Settings) delay() time.Duration {
	if s.Spread == 0 {
		return s.Delay
	}
	return time.Duration(float64(s.Delay) * math.Exp(s.Spread*rand.NormFloat64()))
}

// wait takes the time, unless the client goes away before.
func wait(r *http.Request, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// ready answers the readiness probe: no more once the app is to end.
func (a *App) ready(w http.ResponseWriter, _ *http.Request) {
	if a.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
