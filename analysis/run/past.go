package run

import (
	"slices"
	"sort"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// pastSamples hands over, window by window, only the samples that a cursor asks for: the past has
// many windows, and each would go through the samples of all of them.
type pastSamples struct {
	counters   series.Counters
	histograms series.Histograms
	// ordered says that all samples are in order of time; otherwise all are handed over.
	ordered bool
	// first is when the first sample was scraped, if they are ordered; zero if there is none.
	first time.Time
}

// seen are the looks that can have seen anything, and the last one before them: it leaves
// the cursor where all those before it would have. A baseline that is younger than the past
// has many that saw nothing.
func (p pastSamples) seen(looks []time.Time) []time.Time {
	if !p.ordered {
		return looks
	}
	blind := len(looks)
	if !p.first.IsZero() {
		blind = sort.Search(len(looks), func(i int) bool { return !looks[i].Before(p.first) })
	}
	return looks[max(blind-1, 0):]
}

// begins takes the time of the first sample of a series into account.
func (p *pastSamples) begins(at time.Time) {
	if p.first.IsZero() || at.Before(p.first) {
		p.first = at
	}
}

func newPastSamples(counters series.Counters, histograms series.Histograms) pastSamples {
	p := pastSamples{counters: counters, histograms: histograms, ordered: true}
	for _, list := range [][]series.Series{counters.Bad, counters.Total, histograms.Classic} {
		for _, one := range list {
			p.ordered = p.ordered && slices.IsSortedFunc(one.Samples, func(a, b series.Sample) int { return a.At.Compare(b.At) })
			if len(one.Samples) > 0 {
				p.begins(one.Samples[0].At)
			}
		}
	}
	for _, one := range histograms.Native {
		p.ordered = p.ordered && slices.IsSortedFunc(one.Samples, func(a, b series.Histogram) int { return a.At.Compare(b.At) })
		if len(one.Samples) > 0 {
			p.begins(one.Samples[0].At)
		}
	}
	return p
}

// countersIn are the counters' samples of (from, to].
func (p pastSamples) countersIn(from, to time.Time) series.Counters {
	if !p.ordered {
		return p.counters
	}
	return series.Counters{Bad: seriesIn(p.counters.Bad, from, to), Total: seriesIn(p.counters.Total, from, to), BornAfter: p.counters.BornAfter}
}

// histogramsIn are the histograms' samples of (from, to]. Series without any stay: which
// kinds of histograms there are decides which are counted.
func (p pastSamples) histogramsIn(from, to time.Time) series.Histograms {
	if !p.ordered {
		return p.histograms
	}
	part := series.Histograms{Classic: seriesIn(p.histograms.Classic, from, to), BornAfter: p.histograms.BornAfter}
	for _, one := range p.histograms.Native {
		first, end := between(len(one.Samples), func(i int) time.Time { return one.Samples[i].At }, from, to)
		part.Native = append(part.Native, series.HistogramSeries{Labels: one.Labels, Samples: one.Samples[first:end]})
	}
	return part
}

func seriesIn(all []series.Series, from, to time.Time) []series.Series {
	part := make([]series.Series, 0, len(all))
	for _, one := range all {
		first, end := between(len(one.Samples), func(i int) time.Time { return one.Samples[i].At }, from, to)
		part = append(part, series.Series{Labels: one.Labels, Samples: one.Samples[first:end]})
	}
	return part
}

// between are the indices of the samples of (from, to].
func between(length int, at func(int) time.Time, from, to time.Time) (first, end int) {
	first = sort.Search(length, func(i int) bool { return at(i).After(from) })
	return first, sort.Search(length, func(i int) bool { return at(i).After(to) })
}
