package replay

import "time"

// EndAt says when the analysis ends: a metric with a judge and without a count plans its
// last look then, as one with a count plans its last one. SetWeight forgets it.
func (a *Analysis) EndAt(at time.Time) {
	for i, metric := range a.spec.Metrics {
		if metric.Count == 0 {
			a.spec.Metrics[i].Ends = at
		}
	}
}
