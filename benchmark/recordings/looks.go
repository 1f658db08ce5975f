package recordings

import (
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/backtest"
)

// View is what was known of a case at one time.
type View struct {
	Now time.Time
	// Metrics are those of the case, with the samples up to Now.
	Metrics []Metric
}

// Looks walks through a case: a look at each scrape of the canary.
func (c Case) Looks() iter.Seq[View] {
	return func(yield func(View) bool) {
		scrapes := c.scrapes()
		history := c.histories()
		baseline := c.baselines(scrapes)
		for _, now := range scrapes {
			v := View{Now: now, Metrics: make([]Metric, len(c.Metrics))}
			for i, m := range c.Metrics {
				v.Metrics[i] = Metric{
					Name: m.Name, Labels: m.Labels, Canary: until(m.Canary, now), Baseline: until(baseline[i], now),
					History: history[i], before: c.before(),
				}
			}
			if !yield(v) {
				return
			}
		}
	}
}

// scrapes are the times at which the canary was scraped, in order.
func (c Case) scrapes() []time.Time {
	var times []time.Time
	for _, m := range c.Metrics {
		for _, s := range m.Canary {
			times = append(times, s.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// histories are the stable tracks that were recorded before the canary began, moved to
// end one step before it.
func (c Case) histories() [][]series.Sample {
	moved := make([][]series.Sample, len(c.Metrics))
	if !c.History() {
		return moved
	}
	end := second(c.Window.Start - c.Step)
	for i, m := range c.Metrics {
		if len(m.Baseline) == 0 {
			continue
		}
		shift := end.Sub(m.Baseline[len(m.Baseline)-1].At)
		for _, s := range m.Baseline {
			moved[i] = append(moved[i], series.Sample{At: s.At.Add(shift), Value: s.Value})
		}
	}
	return moved
}

// baselines are the stable tracks as they run beside the canary. One that was recorded
// before is paced, so that its last sample meets the canary's last scrape: how long an
// analysis takes is known when it begins, and no request of the baseline is left over.
func (c Case) baselines(scrapes []time.Time) [][]series.Sample {
	all := make([][]series.Sample, len(c.Metrics))
	for i, m := range c.Metrics {
		all[i] = m.Baseline
		if !c.History() || len(scrapes) == 0 {
			continue
		}
		all[i] = nil
		for j, s := range m.Baseline {
			at := scrapes[backtest.Paced(j, len(m.Baseline), len(scrapes))]
			if n := len(all[i]); n > 0 && all[i][n-1].At.Equal(at) {
				// A counter's later sample holds the earlier one.
				all[i][n-1].Value = s.Value
				continue
			}
			all[i] = append(all[i], series.Sample{At: at, Value: s.Value})
		}
	}
	return all
}

// until are the samples up to a time.
func until(samples []series.Sample, now time.Time) []series.Sample {
	n := sort.Search(len(samples), func(i int) bool { return samples[i].At.After(now) })
	return samples[:n:n]
}

// before is how far the samples of a baseline that was recorded at another time are moved
// before the canary's, where they must not be taken for simultaneous.
func (c Case) before() time.Duration {
	if c.Baseline.Concurrent {
		return 0
	}
	return second(c.Window.End + c.Step).Sub(second(c.Window.Start))
}

// Known is the baseline that a gauge is compared with: its history, or what ran beside
// the canary so far, at a time of its own unless it was concurrent.
func (m Metric) Known() []series.Sample {
	switch {
	case len(m.History) > 0:
		return m.History
	case m.before == 0:
		return m.Baseline
	}
	moved := slices.Clone(m.Baseline)
	for i := range moved {
		moved[i].At = moved[i].At.Add(-m.before)
	}
	return moved
}

// Increments are what a counter grew by from one sample to the next. A sample that is
// lower than the one before it, and the first one, count in full: the recordings'
// counters begin with their tracks.
func Increments(samples []series.Sample) []series.Sample {
	grown := make([]series.Sample, len(samples))
	for i, s := range samples {
		grown[i] = s
		if i > 0 && s.Value >= samples[i-1].Value {
			grown[i].Value -= samples[i-1].Value
		}
	}
	return grown
}
