package analysisrun

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// controllerMetrics are what this controller says of itself. No label holds a name
// of a run: their number is bounded.
type controllerMetrics struct {
	measurements *prometheus.CounterVec
	durations    *prometheus.HistogramVec
	runs         *prometheus.GaugeVec

	mu     sync.Mutex
	phases map[types.NamespacedName]string
}

// newControllerMetrics registers the metrics.
func newControllerMetrics(registry prometheus.Registerer) (*controllerMetrics, error) {
	m := &controllerMetrics{
		measurements: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "serin_measurements_total", Help: "Measurements that were recorded, by phase, and by reason when nothing was seen.",
		}, []string{"phase", "reason"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "serin_measurement_duration_seconds", Help: "Time from asking a provider to its answer.",
			Buckets: []float64{0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60},
		}, []string{"provider"}),
		runs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "serin_analysis_runs", Help: "AnalysisRuns that exist, by phase.",
		}, []string{"phase"}),
		phases: map[types.NamespacedName]string{},
	}
	for _, collector := range []prometheus.Collector{m.measurements, m.durations, m.runs} {
		if err := registry.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// measured counts the time of a measurement.
func (m *controllerMetrics) measured(provider string, took time.Duration) {
	m.durations.WithLabelValues(provider).Observe(took.Seconds())
}

// recorded counts a measurement that is in the status.
func (m *controllerMetrics) recorded(outcome run.Outcome) {
	m.measurements.WithLabelValues(string(outcome.Phase), string(outcome.Reason)).Inc()
}

// sawRun counts a run in its phase.
func (m *controllerMetrics) sawRun(key types.NamespacedName, phase v1alpha1.AnalysisPhase) {
	if phase == "" {
		phase = v1alpha1.AnalysisPending
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, exists := m.phases[key]; exists {
		m.runs.WithLabelValues(known).Dec()
	}
	m.phases[key] = string(phase)
	m.runs.WithLabelValues(string(phase)).Inc()
}

// forgetRun takes a run out of the count.
func (m *controllerMetrics) forgetRun(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, exists := m.phases[key]; exists {
		m.runs.WithLabelValues(known).Dec()
		delete(m.phases, key)
	}
}
