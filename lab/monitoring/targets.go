package monitoring

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/targetgroup"
)

// Target is something to scrape, at /metrics.
type Target struct {
	// Address is host:port.
	Address string
	// Labels are put on all of its series, besides job and instance.
	Labels map[string]string
}

// job is the name of the one scrape job.
const job = "pods"

// reload is how often the scrape manager looks whether its targets have changed.
// Its default of 5 s would be most of a demo's pause.
const reload = 100 * time.Millisecond

// configuration is Prometheus' configuration, with its defaults, for one job.
func configuration(interval time.Duration) (*config.Config, error) {
	if interval < time.Millisecond {
		return nil, fmt.Errorf("the scrape interval %s is less than a millisecond", interval)
	}
	every := model.Duration(interval)
	text := fmt.Sprintf("global: {scrape_interval: %s, scrape_timeout: %s}\nscrape_configs: [{job_name: %s}]\n", every, every, job)
	return config.Load(text, slog.New(slog.DiscardHandler))
}

// SetTargets replaces the targets. The series of those that are gone end at once,
// by Prometheus' own staleness markers.
func (s *Server) SetTargets(targets []Target) {
	groups := make([]*targetgroup.Group, 0, len(targets))
	for _, target := range targets {
		labels := model.LabelSet{}
		for name, value := range target.Labels {
			labels[model.LabelName(name)] = model.LabelValue(value)
		}
		groups = append(groups, &targetgroup.Group{
			Source:  target.Address,
			Targets: []model.LabelSet{{model.AddressLabel: model.LabelValue(target.Address)}},
			Labels:  labels,
		})
	}
	select {
	case s.targets <- map[string][]*targetgroup.Group{job: groups}:
	case <-s.stopped.Done():
	}
}
