package replay

import (
	"context"
	"fmt"
	"slices"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// warnUnseen says why metrics have never seen anything: what they select is not in the
// recording, as far as anybody can say.
func (p *player) warnUnseen(ctx context.Context) error {
	if p.in.Missing == nil {
		return nil
	}
	for _, played := range p.order {
		for _, metric := range played.object.Spec.Metrics {
			if !unseen(played.history[metric.Name].metric.Points) {
				continue
			}
			for _, expression := range expressions(metric) {
				missing, err := p.in.Missing(ctx, expression)
				if err != nil {
					return fmt.Errorf("looking for the series of metric %q: %w", metric.Name, err)
				}
				for _, text := range missing {
					p.warn("metric %q: %s", metric.Name, text)
				}
			}
		}
	}
	return nil
}

// warn adds a doubt, once.
func (p *player) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.result.Warnings, text) {
		p.result.Warnings = append(p.result.Warnings, text)
	}
}

// unseen says that no look has brought any number.
func unseen(points []Point) bool {
	for _, point := range points {
		seen := point.Canary != nil || point.CanaryRequests != nil && *point.CanaryRequests > 0
		if seen || point.Reason != string(run.NoData) && point.Reason != "" {
			return false
		}
	}
	return len(points) > 0
}

// expressions are all queries and selectors of a metric.
func expressions(metric v1alpha1.Metric) []string {
	source := metric.Provider.Prometheus
	if source == nil {
		return nil
	}
	all := []string{source.Query}
	for _, version := range []*v1alpha1.VersionMetrics{source.Canary, source.Baseline} {
		if version != nil {
			all = append(all, version.Bad, version.Total, version.Histogram, version.Query)
		}
	}
	return slices.DeleteFunc(all, func(text string) bool { return text == "" })
}
