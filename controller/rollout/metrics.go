package rollout

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Metrics are what Serin says of its releases to Prometheus. Labels are bounded by
// the number of Rollouts: those of a deleted one go with it.
type Metrics struct {
	weight   *prometheus.GaugeVec
	phase    *prometheus.GaugeVec
	releases *prometheus.CounterVec

	mutex sync.Mutex
	ended map[types.NamespacedName]ending
}

// ending is the last release of a Rollout that was counted.
type ending struct {
	revision int64
	attempt  int32
	outcome  string
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		weight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "serin_rollout_canary_weight_percent", Help: "Percentage of the traffic at the new version.",
		}, []string{"namespace", "name"}),
		phase: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "serin_rollout_phase", Help: "1 for the phase that the Rollout is in: Healthy, Progressing, Paused or Degraded.",
		}, []string{"namespace", "name", "phase"}),
		releases: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "serin_releases_total", Help: "Releases that ended, by outcome (Promoted, PromotedByUser, Aborted, Reverted) and, for an abort, reason.",
		}, []string{"outcome", "reason"}),
		ended: map[types.NamespacedName]ending{},
	}
	for _, collector := range []prometheus.Collector{m.weight, m.phase, m.releases} {
		if err := registry.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// observe brings the metrics of a Rollout up to date. Releases that had ended
// before the process started are not counted.
func (m *Metrics) observe(rollout *v1alpha1.Rollout) {
	if m == nil || rollout.Status.Canary == nil || rollout.Status.Release == nil {
		return
	}
	m.weight.WithLabelValues(rollout.Namespace, rollout.Name).Set(float64(rollout.Status.Canary.Weight))
	for _, phase := range []v1alpha1.RolloutPhase{v1alpha1.PhaseHealthy, v1alpha1.PhaseProgressing, v1alpha1.PhasePaused, v1alpha1.PhaseDegraded} {
		value := 0.0
		if phase == rollout.Status.Phase {
			value = 1
		}
		m.phase.WithLabelValues(rollout.Namespace, rollout.Name, string(phase)).Set(value)
	}
	m.countEnding(rollout)
}

// countEnding counts a release when it ends.
func (m *Metrics) countEnding(rollout *v1alpha1.Rollout) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	name := types.NamespacedName{Namespace: rollout.Namespace, Name: rollout.Name}
	release := rollout.Status.Release
	now := ending{revision: release.Revision, attempt: release.Attempt, outcome: release.Outcome}
	before, known := m.ended[name]
	m.ended[name] = now
	if !known || before == now || now.outcome == "" {
		return
	}
	reason := ""
	if release.Abort != nil {
		reason = release.Abort.Reason
	}
	m.releases.WithLabelValues(now.outcome, reason).Inc()
}

// forget drops the metrics of a Rollout that is gone.
func (m *Metrics) forget(name types.NamespacedName) {
	if m == nil {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.ended, name)
	labels := prometheus.Labels{"namespace": name.Namespace, "name": name.Name}
	m.weight.DeletePartialMatch(labels)
	m.phase.DeletePartialMatch(labels)
}
