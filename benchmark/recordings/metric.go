package recordings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/recording"
)

// Metric is one series of a case, in both tracks.
type Metric struct {
	Name string
	// Labels are the labels but for the track.
	Labels map[string]string
	Canary []series.Sample
	// Baseline are the samples of the stable track beside the canary's.
	Baseline []series.Sample
	// History is the whole stable track, moved to end before the canary begins;
	// empty unless all of it was recorded before.
	History []series.Sample
	// before is how far the baseline is moved to be no more simultaneous.
	before time.Duration
}

// Key is the name and the labels.
func (m Metric) Key() string {
	var key strings.Builder
	key.WriteString(m.Name)
	for _, name := range slices.Sorted(maps.Keys(m.Labels)) {
		fmt.Fprintf(&key, "|%s=%s", name, m.Labels[name])
	}
	return key.String()
}

// tracks puts the two tracks of each metric together, sorted by key.
func tracks(all []recording.Series) ([]Metric, error) {
	found := map[string]*Metric{}
	for _, one := range all {
		m := Metric{Name: one.Labels.Get(model.MetricNameLabel), Labels: map[string]string{}}
		one.Labels.Range(func(l labels.Label) {
			if l.Name != model.MetricNameLabel && l.Name != "track" {
				m.Labels[l.Name] = l.Value
			}
		})
		key := m.Key()
		if found[key] == nil {
			found[key] = &m
		}
		var samples []series.Sample
		for _, p := range one.Floats {
			samples = append(samples, series.Sample{At: time.UnixMilli(p.T).UTC(), Value: p.V})
		}
		switch track := one.Labels.Get("track"); track {
		case "canary":
			found[key].Canary = samples
		case "stable":
			found[key].Baseline = samples
		default:
			return nil, fmt.Errorf("%s is of no track", one.Labels)
		}
	}
	metrics := make([]Metric, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		metrics = append(metrics, *found[key])
	}
	return metrics, nil
}
