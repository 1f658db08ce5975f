package plan

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
)

// feed answers the looks of one run.
type feed struct {
	cluster   *cluster
	baseline  string
	readings  []reading
	gauges    []*gaugeDraws
	synthetic synthetic
}

// newFeed is the feed of a run.
func newFeed(c *cluster, live *liveRun, key string) *feed {
	f := &feed{cluster: c, baseline: live.baseline, readings: live.readings, synthetic: synthetic{cluster: c, known: map[string]labels.Labels{}}}
	for range live.readings {
		f.gauges = append(f.gauges, nil)
	}
	for i, r := range live.readings {
		if r.source == gauge {
			f.gauges[i] = newGaugeDraws(c, r, key)
		}
	}
	return f
}

// take is one look of a run.
func (f *feed) take(look run.Look, live *liveRun, now time.Time) run.Measurement {
	m := run.Measurement{Metric: look.Metric, Number: look.Number, StartedAt: now, FinishedAt: now}
	at := slices.IndexFunc(f.readings, func(r reading) bool { return r.name == look.Metric })
	from := f.from(live.spec.Metrics[at], look, live.state.Metrics[at].JudgeState == "")
	switch r := f.readings[at]; r.source {
	case counts:
		m.Samples = f.counts(r, from, now)
	case histogram:
		m.Samples = f.histograms(r, from, now)
	case gauge:
		m.Samples = f.gauges[at].take(now)
	case query:
		return f.synthetic.measure(r.prometheus, look, now)
	}
	return m
}

// from is from when on samples are handed over. A look asks for those of a whole lookback
// before what is not settled yet, in case that scrapes are missing. Here none is: the last
// ones before tell as much, and are counted in a fraction of the time. The first look learns
// from all.
func (f *feed) from(metric run.Metric, look run.Look, first bool) time.Time {
	if first || metric.WarmUp > 0 || f.cluster.setup.wholeLookback {
		return look.From
	}
	lookback := max(series.DefaultLookback, lookbackIntervals*metric.Interval)
	return look.From.Add(max(0, lookback-4*f.cluster.setup.assumed.Scrape))
}

// lookbackIntervals is how many intervals analysis/run looks back, at least.
const lookbackIntervals = 3

// arm are the targets of one arm that a metric reads, those that are gone included.
func (f *feed) arm(r reading, name string) []*target {
	if r.byRouter {
		if name != canaryHash {
			name = stableHash
		}
		return []*target{f.cluster.routers[name]}
	}
	var all []*target
	for _, key := range sorted(f.cluster.groups) {
		// Without a label of their own, fresh baseline pods are among the stable version's.
		if g := f.cluster.groups[key]; key == name || name == stableHash && g.hash == name {
			all = append(append(all, g.gone...), g.pods...)
		}
	}
	return all
}

// counts are the counters of both arms.
func (f *feed) counts(r reading, from, to time.Time) *run.Samples {
	samples := &run.Samples{}
	samples.CanaryBad, samples.CanaryTotal = counters(f.arm(r, canaryHash), r.kind, from, to)
	if r.wantsBaseline {
		samples.BaselineBad, samples.BaselineTotal = counters(f.arm(r, f.baseline), r.kind, from, to)
	}
	return samples
}

// counters are the samples of some targets' counters. They share memory with the targets'.
func counters(targets []*target, kind int, from, to time.Time) (bad, total []series.Series) {
	for _, t := range targets {
		samples := within(t.totalSamples, from, to)
		if len(samples) == 0 {
			continue
		}
		total = append(total, series.Series{Labels: t.labels, Samples: samples})
		bad = append(bad, series.Series{Labels: t.labels, Samples: within(t.badSamples[kind], from, to)})
	}
	return bad, total
}

// histograms are the buckets of both arms.
func (f *feed) histograms(r reading, from, to time.Time) *run.Samples {
	samples := &run.Samples{}
	samples.CanaryHistogram.Native = histograms(f.arm(r, canaryHash), from, to)
	if r.wantsBaseline {
		samples.BaselineHistogram.Native = histograms(f.arm(r, f.baseline), from, to)
	}
	return samples
}

// histograms are the samples of some targets' histograms.
func histograms(targets []*target, from, to time.Time) []series.HistogramSeries {
	var all []series.HistogramSeries
	for _, t := range targets {
		samples := t.histogramSamples[later(t.histogramSamples, from, histogramAt):later(t.histogramSamples, to, histogramAt)]
		if len(samples) > 0 {
			all = append(all, series.HistogramSeries{Labels: t.labels, Samples: samples})
		}
	}
	return all
}
