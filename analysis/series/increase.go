package series

import (
	"slices"
	"sort"
	"time"
)

// span is the half-open interval (from, to], and how long before from the
// previous samples are looked for.
type span struct {
	from, to time.Time
	lookback time.Duration
}

// largestCount is far beyond any counter, and far below where sums overflow.
const largestCount = 1e18

// usable returns the samples of (from-lookback, to] that can be counts, in order
// of time and one for each time, and reports the others. It does not change its
// argument.
func (s span) usable(samples []Sample, doubts *doubts) []Sample {
	earliest := s.from.Add(-s.lookback)
	if kept, ok := clean(samples, earliest, s.to); ok {
		return kept
	}
	kept := make([]Sample, 0, len(samples))
	for _, sample := range samples {
		switch {
		case !sample.At.After(earliest) || sample.At.After(s.to):
		case !isCount(sample.Value):
			doubts.add(notACount, sample.At)
		default:
			kept = append(kept, sample)
		}
	}
	slices.SortStableFunc(kept, func(a, b Sample) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(kept, func(a, b Sample) bool { return a.At.Equal(b.At) })
}

// clean are the usable samples as they are, when they are in order and all can be
// counts: as in most answers. False: they are not.
func clean(samples []Sample, earliest, to time.Time) ([]Sample, bool) {
	begin, end := 0, len(samples)
	for i := 1; i < len(samples); i++ {
		if !samples[i].At.After(samples[i-1].At) {
			return nil, false
		}
	}
	for begin < end && !samples[begin].At.After(earliest) {
		begin++
	}
	for begin < end && samples[end-1].At.After(to) {
		end--
	}
	kept := samples[begin:end:end]
	return kept, !slices.ContainsFunc(kept, func(sample Sample) bool { return !isCount(sample.Value) })
}

// increase is how much a counter grew in (from, to], apart by the samples that are of
// matureFrom or later and those before. samples are usable. born reports whether a
// series whose first sample is at a time began at zero shortly before it; otherwise
// that sample is only what the next ones are compared with.
func (s span) increase(samples []Sample, matureFrom time.Time, born func(time.Time) bool, doubts *doubts) (mature, young float64) {
	for i, sample := range samples {
		if !sample.At.After(s.from) {
			continue
		}
		more := sample.Value
		switch {
		case i > 0 && sample.Value >= samples[i-1].Value:
			more -= samples[i-1].Value
		case i > 0 || born(sample.At):
		default:
			more = 0
			doubts.add(firstIncrementLost, sample.At)
		}
		if sample.At.Before(matureFrom) {
			young += more
		} else {
			mature += more
		}
	}
	return mature, young
}

// watch knows since when an arm has been scraped, so that a series that appears
// later is known to be new. Few looks meet one: what it knows is worked out when the
// first one asks.
type watch struct {
	all       [][]Sample
	lookback  time.Duration
	bornAfter time.Time
	ready     bool
	// seconds are the later samples of all pairs of consecutive samples, in order;
	// firsts[i] is the latest earlier sample of the pairs up to i.
	seconds, firsts []time.Time
}

// newWatch reads the scrapes of all series of an arm. The samples are usable.
func newWatch(all [][]Sample, lookback time.Duration, bornAfter time.Time) *watch {
	return &watch{all: all, lookback: lookback, bornAfter: bornAfter}
}

// read sorts the pairs of consecutive samples.
func (w *watch) read() {
	type pair struct{ first, second time.Time }
	var pairs []pair
	for _, samples := range w.all {
		for i := 1; i < len(samples); i++ {
			pairs = append(pairs, pair{samples[i-1].At, samples[i].At})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return a.second.Compare(b.second) })
	var latest time.Time
	for _, p := range pairs {
		if p.first.After(latest) {
			latest = p.first
		}
		w.seconds, w.firsts = append(w.seconds, p.second), append(w.firsts, latest)
	}
	w.ready = true
}

// born reports whether a series whose first sample is at a time began at zero: the
// arm itself is that young; or some series of it was scraped twice within the
// lookback, so that a whole round of scrapes has passed without this one.
func (w *watch) born(at time.Time) bool {
	earliest := at.Add(-w.lookback)
	if !w.bornAfter.IsZero() && !w.bornAfter.Before(earliest) {
		return true
	}
	if !w.ready {
		w.read()
	}
	before := sort.Search(len(w.seconds), func(i int) bool { return !w.seconds[i].Before(at) })
	return before > 0 && w.firsts[before-1].After(earliest)
}

func (s span) usableOf(all []Series, doubts *doubts) [][]Sample {
	usable := make([][]Sample, len(all))
	for i, one := range all {
		usable[i] = s.usable(one.Samples, doubts)
	}
	return usable
}

// newest is when the newest sample was scraped; zero without one.
func (s span) newest(all []Series) time.Time {
	var newest time.Time
	for _, one := range all {
		for _, sample := range one.Samples {
			if sample.At.After(newest) && !sample.At.After(s.to) {
				newest = plain(sample.At)
			}
		}
	}
	return newest
}
