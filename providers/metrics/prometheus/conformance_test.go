package prometheus_test

import (
	"testing"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/metricstest"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/providers/metrics/prometheustest"
)

func TestConformance(t *testing.T) {
	metricstest.Run(t, func(t testing.TB, held metricstest.Held) metrics.Provider {
		return provider(t, prometheus.Config{Address: prometheustest.Serve(t, held).URL})
	})
}

// provider makes a provider that is closed with the test.
func provider(t testing.TB, config prometheus.Config) *prometheus.Provider {
	t.Helper()
	made, err := prometheus.New(config)
	if err != nil {
		t.Fatalf("making a provider: %v", err)
	}
	t.Cleanup(made.Close)
	return made
}
