package plan

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/controller/measurement"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// synthetic are the made-up series as a recording, for queries. It grows with the cluster.
type synthetic struct {
	cluster *cluster
	// known are the labels of each family's targets.
	known map[string]labels.Labels
}

// farthest is how far back a query may look.
const farthest = 2 * time.Hour

// measure evaluates a query, by the provider that replay uses.
func (s *synthetic) measure(prometheus *v1alpha1.PrometheusMetric, look run.Look, now time.Time) run.Measurement {
	at := run.Measurement{Metric: look.Metric, Number: look.Number, StartedAt: now, FinishedAt: now}
	provider, err := recorded.New(s, recorded.Config{Name: "the made-up series", From: now.Add(-farthest), To: now})
	if err != nil {
		return measurement.Failed(at, err)
	}
	taken, err := measurement.Take(context.Background(), provider, prometheus, look, now)
	if err != nil {
		return measurement.Failed(at, err)
	}
	taken.FinishedAt = now
	return taken
}

// Select returns the series that match.
func (s *synthetic) Select(_ context.Context, from, to time.Time, matchers ...*labels.Matcher) ([]recording.Series, error) {
	var all []recording.Series
	for _, f := range s.cluster.setup.signals.families {
		for _, t := range s.targets(f) {
			s.series(f, t, from.Add(-time.Millisecond), to, func(l labels.Labels, samples []series.Sample, factor float64) {
				for _, m := range matchers {
					if !m.Matches(l.Get(m.Name)) {
						return
					}
				}
				if points := pointsIn(samples, from.Add(-time.Millisecond), to, factor); len(points) > 0 {
					all = append(all, recording.Series{Labels: l, Floats: points})
				}
			})
		}
	}
	return all, nil
}

// scraped is a target and its version.
type scraped struct {
	*target
	hash string
}

// targets are those of a family.
func (s *synthetic) targets(f *family) []scraped {
	var all []scraped
	if f.byRouter {
		for _, hash := range []string{stableHash, canaryHash} {
			all = append(all, scraped{s.cluster.routers[hash], hash})
		}
		return all
	}
	for _, name := range sorted(s.cluster.groups) {
		g := s.cluster.groups[name]
		for _, pods := range [][]*target{g.gone, g.pods} {
			for _, pod := range pods {
				all = append(all, scraped{pod, g.hash})
			}
		}
	}
	return all
}

// series hands over each series of a target, with a factor on its values.
func (s *synthetic) series(f *family, t scraped, from, to time.Time, each func(labels.Labels, []series.Sample, float64)) {
	l := s.labels(f, t)
	with := func(name, value string) labels.Labels { return labels.NewBuilder(l).Set(name, value).Labels() }
	switch f.kind {
	case bucket:
		s.buckets(f, t, with, from, to, each)
	case count:
		each(l, t.totalSamples, 1)
	case sum:
		factor := 1.0
		if f.milliseconds {
			factor = 1000
		}
		each(l, t.totalSamples, factor*t.meanLatency)
	case onlyBad:
		each(l, t.badSamples[s.cluster.setup.signals.errors], 1)
	case byStatus:
		bad := t.badSamples[s.cluster.setup.signals.errors]
		if f.status == "" {
			each(l, t.totalSamples, 1)
			return
		}
		each(with(f.status, f.bad), bad, 1)
		each(with(f.status, f.good), less(t.totalSamples, bad, from, to), 1)
	}
}

// less are the samples of (from, to] of one counter without those of another.
func less(all, part []series.Sample, from, to time.Time) []series.Sample {
	all, part = within(all, from, to), within(part, from, to)
	rest := make([]series.Sample, len(all))
	for i := range all {
		rest[i] = series.Sample{At: all[i].At, Value: all[i].Value - part[i].Value}
	}
	return rest
}

// buckets hands over the buckets of a target.
func (s *synthetic) buckets(f *family, t scraped, with func(name, value string) labels.Labels, from, to time.Time, each func(labels.Labels, []series.Sample, float64)) {
	histograms := t.histogramSamples[later(t.histogramSamples, from, histogramAt):later(t.histogramSamples, to, histogramAt)]
	factor := 1.0
	if f.milliseconds {
		factor = 1000
	}
	for i := range len(t.edges) + 1 {
		le, edge := "+Inf", 0.0
		if i < len(t.edges) {
			edge = t.edges[i]
			le = strconv.FormatFloat(edge*factor, 'g', 12, 64)
		}
		samples := make([]series.Sample, len(histograms))
		for k, h := range histograms {
			samples[k] = series.Sample{At: h.At, Value: h.Count}
			if i < len(t.edges) {
				samples[k].Value = atMost(h, edge)
			}
		}
		each(with(labels.BucketLabel, le), samples, 1)
	}
}

// atMost is how many observations of a histogram are at most an edge.
func atMost(h series.Histogram, edge float64) float64 {
	count := 0.0
	for _, b := range h.Buckets {
		if b.Upper <= edge {
			count += b.Count
		}
	}
	return count
}

// labels are the labels of a target in a family. Prepare has made sure that there are such.
func (s *synthetic) labels(f *family, t scraped) labels.Labels {
	key := f.name + "/" + t.name
	l, known := s.known[key]
	if !known {
		l, _ = f.labelsOf(s.cluster.setup.versions, t.hash, t.name)
		s.known[key] = l
	}
	return l
}

// pointsIn are samples of (from, to] as a recording has them.
func pointsIn(samples []series.Sample, from, to time.Time, factor float64) []recording.Point {
	var points []recording.Point
	for _, sample := range within(samples, from, to) {
		points = append(points, recording.Point{T: sample.At.UnixMilli(), V: sample.Value * factor})
	}
	return points
}
