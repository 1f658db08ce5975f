package recordings

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/serin-dev/serin/analysis/series"
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

// parse reads the metrics of a text in the OpenMetrics format, sorted by key.
func parse(text []byte) ([]Metric, error) {
	found := map[string]*Metric{}
	parser := textparse.NewOpenMetricsParser(text, labels.NewSymbolTable())
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		if err := add(found, parser); err != nil {
			return nil, err
		}
	}
	metrics := make([]Metric, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		m := *found[key]
		sortSamples(m.Canary)
		sortSamples(m.Baseline)
		metrics = append(metrics, m)
	}
	return metrics, nil
}

// add takes in the parser's present sample.
func add(found map[string]*Metric, parser textparse.Parser) error {
	text, at, value := parser.Series()
	if at == nil {
		return fmt.Errorf("%s has no time", text)
	}
	var all labels.Labels
	parser.Labels(&all)
	m := Metric{Name: all.Get(model.MetricNameLabel), Labels: map[string]string{}}
	track := ""
	all.Range(func(l labels.Label) {
		switch l.Name {
		case model.MetricNameLabel:
		case "track":
			track = l.Value
		default:
			m.Labels[l.Name] = l.Value
		}
	})
	key := m.Key()
	if found[key] == nil {
		found[key] = &m
	}
	sample := series.Sample{At: time.UnixMilli(*at).UTC(), Value: value}
	switch track {
	case "canary":
		found[key].Canary = append(found[key].Canary, sample)
	case "stable":
		found[key].Baseline = append(found[key].Baseline, sample)
	default:
		return fmt.Errorf("%s is of no track", text)
	}
	return nil
}

func sortSamples(samples []series.Sample) {
	slices.SortStableFunc(samples, func(a, b series.Sample) int { return a.At.Compare(b.At) })
}
