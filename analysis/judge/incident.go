package judge

import (
	"fmt"

	"github.com/serin-dev/serin/analysis/sequential"
)

const (
	// incidentShare and incidentRequests are from when on both arms are bad at once.
	incidentShare    = 0.05
	incidentRequests = 20
	// incidentFactor is how much worse than its own past the baseline is then.
	incidentFactor = 3
	// calmMemory is what a window of the past is worth after the next one, and
	// incidentWeight what one counts that belongs to an incident: it is no measure of
	// what is usual, unless it goes on and on.
	calmMemory     = 0.98
	incidentWeight = 0.1
)

// incident reports whether both versions are bad in this window, and by what. Bad is
// much more than the baseline's own past: a service that is always bad has no incident.
func (l *look) incident() (found bool, message string) {
	c, b := l.window.canary, l.window.baseline
	if min(c.total(), b.total()) < incidentRequests {
		return false, ""
	}
	calm := l.state.Calm
	known := calm.Total >= incidentRequests && len(calm.Events) == len(b.Sum.Events)
	if !known && len(b.Sum.Events) > 1 {
		return false, "" // Most edges are exceeded by many requests at any time.
	}
	for j := range b.Sum.Events {
		canary, baseline, usual := c.counts(j), b.counts(j), 0.0
		if known {
			usual = calm.Events[j] / calm.Total
		}
		if limit := max(incidentShare, incidentFactor*usual); canary.Bad >= limit*canary.Total && baseline.Bad >= limit*baseline.Total {
			return true, fmt.Sprintf("both versions are bad in this window, %s %s (baseline) and %s (canary): a shared incident rather than this release; it holds until that is over",
				l.what(j), percent(baseline.Bad/baseline.Total), percent(canary.Bad/canary.Total))
		}
	}
	return false, ""
}

// rememberCalm adds a window of the baseline to what is usual.
func (s *Comparison) rememberCalm(baseline sequential.PodEvents, incident bool) {
	if baseline.Total <= 0 {
		return
	}
	weight := 1.0
	if known := s.Calm.Total >= incidentRequests; known && incident {
		weight = incidentWeight
	}
	if len(s.Calm.Events) != len(baseline.Events) {
		s.Calm = sequential.PodEvents{Events: make([]float64, len(baseline.Events))}
	}
	s.Calm.Total = calmMemory*s.Calm.Total + weight*baseline.Total
	for j, events := range baseline.Events {
		s.Calm.Events[j] = calmMemory*s.Calm.Events[j] + weight*events
	}
}
