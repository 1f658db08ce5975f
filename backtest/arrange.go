package backtest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/value"

	"github.com/serin-dev/serin/recording"
)

// The tracks: series with this label belong to one of the two versions.
const (
	trackLabel  = "track"
	canaryTrack = "canary"
	stableTrack = "stable"
)

// arranged is a case as a live analysis would have met it.
type arranged struct {
	series []recording.Series
	// first and last are the canary's first and last scrape in its window.
	first, last time.Time
	// from and to bound all samples.
	from, to time.Time
	// moved says that the baseline was put where the canary is.
	moved bool
	// tracked says that a label tells the versions apart. Where none does, the templates'
	// arguments do, and when the canary's pods began is not known.
	tracked bool
}

// arrange puts the tracks of a case where a live analysis finds them.
//
// A baseline that ran beside the canary stays as it is. One that was recorded at another
// time is used as what it is, the same service without the fault: its gauges stand right
// before the canary, as history; what ran beside it nobody knows. Its counters run beside
// the canary, paced so that their last sample meets the canary's last scrape: how long an
// analysis takes is known when it begins, and no request of the baseline is left over.
func (c Case) arrange(all []recording.Series) (arranged, error) {
	tracked := c.elsewhere() || slices.ContainsFunc(all, func(one recording.Series) bool { return one.Labels.Has(trackLabel) })
	scrapes, err := c.scrapes(all, tracked)
	if err != nil {
		return arranged{}, err
	}
	a := arranged{tracked: tracked, first: milli(scrapes[0]), last: milli(scrapes[len(scrapes)-1]), from: milli(scrapes[0])}
	a.to = a.last.Add(c.step())
	for _, one := range all {
		if c.elsewhere() && one.Labels.Get(trackLabel) == stableTrack {
			a.moved = true
			if isCounter(one.Labels.Get(model.MetricNameLabel)) {
				one = paced(one, scrapes)
			} else {
				one = before(one, scrapes[0]-c.step().Milliseconds())
			}
		}
		if start, any := begins(one); any && milli(start).Before(a.from) {
			a.from = milli(start)
		}
		a.series = append(a.series, one)
	}
	return a, nil
}

// scrapes are the times at which the canary was scraped in its window, in order; those of
// all series where no label tells the versions apart.
func (c Case) scrapes(all []recording.Series, tracked bool) ([]int64, error) {
	from, to := second(c.Window.Start).UnixMilli(), second(c.Window.End).UnixMilli()
	seen := map[int64]bool{}
	for _, one := range all {
		if tracked && one.Labels.Get(trackLabel) != canaryTrack {
			continue
		}
		for _, p := range one.Floats {
			if p.T >= from && p.T <= to {
				seen[p.T] = true
			}
		}
		for _, p := range one.Histograms {
			if p.T >= from && p.T <= to {
				seen[p.T] = true
			}
		}
	}
	if len(seen) == 0 && !tracked {
		return nil, fmt.Errorf("no series has a sample from %s to %s", clock(milli(from)), clock(milli(to)))
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("no series with %s=%q has a sample from %s to %s", trackLabel, canaryTrack, clock(milli(from)), clock(milli(to)))
	}
	times := make([]int64, 0, len(seen))
	for t := range seen {
		times = append(times, t)
	}
	slices.Sort(times)
	return times, nil
}

// isCounter goes by the names that Prometheus asks counters to have.
func isCounter(name string) bool {
	for _, ending := range []string{"_total", "_bucket", "_count", "_sum"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// Paced is the index of the scrape that the i-th of some samples is moved to, so that the
// last meets the last.
func Paced(i, samples, scrapes int) int { return ((i+1)*scrapes+samples-1)/samples - 1 }

// paced moves the samples of a series to scrapes, so that the last meets the last. Where
// there are more samples than scrapes, the later one holds the earlier ones.
func paced(one recording.Series, scrapes []int64) recording.Series {
	at := func(i, of int) int64 { return scrapes[Paced(i, of, len(scrapes))] }
	floats := one.Floats
	one.Floats = nil
	for i, p := range floats {
		p.T = at(i, len(floats))
		if n := len(one.Floats); n > 0 && one.Floats[n-1].T == p.T {
			one.Floats = one.Floats[:n-1]
		}
		one.Floats = append(one.Floats, p)
	}
	histograms := one.Histograms
	one.Histograms = nil
	for i, p := range histograms {
		p.T = at(i, len(histograms))
		if n := len(one.Histograms); n > 0 && one.Histograms[n-1].T == p.T {
			one.Histograms = one.Histograms[:n-1]
		}
		one.Histograms = append(one.Histograms, p)
	}
	return one
}

// before moves a gauge to end at a time, with a marker that it does.
func before(one recording.Series, end int64) recording.Series {
	if len(one.Floats) == 0 {
		return one
	}
	shift := end - one.Floats[len(one.Floats)-1].T
	floats := make([]recording.Point, 0, len(one.Floats)+1)
	for _, p := range one.Floats {
		floats = append(floats, recording.Point{T: p.T + shift, V: p.V})
	}
	one.Floats = append(floats, recording.Point{T: end + 1, V: math.Float64frombits(value.StaleNaN)})
	return one
}

// begins is the time of the first sample.
func begins(one recording.Series) (start int64, any bool) {
	start = math.MaxInt64
	if len(one.Floats) > 0 {
		start = one.Floats[0].T
	}
	if len(one.Histograms) > 0 {
		start = min(start, one.Histograms[0].T)
	}
	return start, start != math.MaxInt64
}

func milli(t int64) time.Time { return time.UnixMilli(t).UTC() }

// clock is a time for people.
func clock(t time.Time) string { return t.Format(time.RFC3339) }
