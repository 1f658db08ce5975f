package series

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reading is one cumulative histogram, classic or native, as it was scraped.
type reading struct {
	at time.Time
	// total are all observations; NaN when that is not known.
	total float64
	// bounds are the upper bounds of a classic histogram, ascending, and below how many
	// observations are at most each; NaN where that is not known.
	bounds, below []float64
	// buckets are those of a native histogram.
	buckets []Bucket
}

// atMost says how many observations are at most each of some edges, and in the last
// place of all; NaN where the histogram does not say.
func (r reading) atMost(edges []float64) []float64 {
	counts := make([]float64, len(edges)+1)
	counts[len(edges)] = r.total
	if r.bounds == nil {
		r.nativeAtMost(edges, counts)
		return counts
	}
	next := 0
	for i, edge := range edges {
		for next < len(r.bounds) && r.bounds[next] < edge {
			next++
		}
		counts[i] = math.NaN()
		if next < len(r.bounds) && r.bounds[next] == edge {
			counts[i] = r.below[next]
		}
	}
	return counts
}

// nativeAtMost is atMost for a native histogram: an edge inside of a bucket that holds
// observations cannot be told.
func (r reading) nativeAtMost(edges, counts []float64) {
	next, sum := 0, 0.0
	for i, edge := range edges {
		for next < len(r.buckets) && r.buckets[next].Upper <= edge {
			sum += r.buckets[next].Count
			next++
		}
		counts[i] = sum
		if next < len(r.buckets) && r.buckets[next].Lower < edge {
			counts[i] = math.NaN()
		}
	}
}

// lacks says whether something is not known here that is known in another reading of
// the same histogram.
func (r reading) lacks(other reading) bool {
	if math.IsNaN(r.total) && !math.IsNaN(other.total) {
		return true
	}
	for i := range r.below {
		if math.IsNaN(r.below[i]) && !math.IsNaN(other.below[i]) {
			return true
		}
	}
	return false
}

// ownEdges are the finite edges that a reading tells of.
func (r reading) ownEdges() []float64 {
	var edges []float64
	for i, bound := range r.bounds {
		if !math.IsNaN(r.below[i]) {
			edges = append(edges, bound)
		}
	}
	for _, b := range r.buckets {
		for _, edge := range [...]float64{b.Lower, b.Upper} {
			if !math.IsInf(edge, 0) && (len(edges) == 0 || edges[len(edges)-1] < edge) {
				edges = append(edges, edge)
			}
		}
	}
	return edges
}

// instance is one histogram of one process: the series that differ in le alone, or
// one native series.
type instance struct {
	readings []reading
	native   bool
}

// columns are the series of a classic histogram, by upper bound.
type columns struct {
	bounds  []float64
	samples [][]Sample
}

// newColumns has room for a usual histogram.
func newColumns() *columns {
	const usual = 16
	return &columns{bounds: make([]float64, 0, usual), samples: make([][]Sample, 0, usual)}
}

// add puts a series under its bound. A bound may be written in two ways, one after
// the other (1 and 1.0).
func (c *columns) add(bound float64, samples []Sample) {
	at, found := slices.BinarySearch(c.bounds, bound)
	if !found {
		c.bounds, c.samples = slices.Insert(c.bounds, at, bound), slices.Insert(c.samples, at, samples)
		return
	}
	both := slices.Concat(c.samples[at], samples)
	slices.SortStableFunc(both, func(a, b Sample) int { return a.At.Compare(b.At) })
	c.samples[at] = slices.CompactFunc(both, func(a, b Sample) bool { return a.At.Equal(b.At) })
}

// instance puts samples of the same time together.
func (c columns) instance() instance {
	var times []time.Time
	for _, samples := range c.samples {
		times = withTimes(times, samples)
	}
	finite := len(c.bounds)
	if finite > 0 && math.IsInf(c.bounds[finite-1], 1) {
		finite--
	}
	readings := make([]reading, len(times))
	below := nans(len(times) * finite)
	for i, at := range times {
		readings[i] = reading{at: at, total: math.NaN(), bounds: c.bounds[:finite:finite], below: below[i*finite : (i+1)*finite]}
	}
	for column, samples := range c.samples {
		i := 0
		for _, sample := range samples {
			for readings[i].at.Before(sample.At) {
				i++
			}
			if column == finite {
				readings[i].total = sample.Value
			} else {
				readings[i].below[column] = sample.Value
			}
		}
	}
	return instance{readings: readings}
}

func nans(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	return values
}

// withTimes adds the times of samples to sorted times.
func withTimes(times []time.Time, samples []Sample) []time.Time {
	if slices.EqualFunc(times, samples, func(at time.Time, sample Sample) bool { return at.Equal(sample.At) }) {
		return times
	}
	for _, sample := range samples {
		times = append(times, sample.At)
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// upperBound reads the label le.
func upperBound(text string) (bound float64, ok bool) {
	bound, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return bound, err == nil && !math.IsNaN(bound) && !math.IsInf(bound, -1)
}

// nativeReadings are the usable histograms of a series, in order of time.
func (s span) nativeReadings(samples []Histogram, doubts *doubts) []reading {
	var readings []reading
	earliest := s.from.Add(-s.lookback)
	for _, h := range samples {
		switch {
		case !h.At.After(earliest) || h.At.After(s.to):
		case !h.usable():
			doubts.add(notACount, h.At)
		default:
			buckets := slices.DeleteFunc(slices.Clone(h.Buckets), func(b Bucket) bool { return b.Count == 0 })
			for i := range buckets {
				buckets[i].Lower, buckets[i].Upper = onGrid(buckets[i].Lower), onGrid(buckets[i].Upper)
				if i > 0 { // The zero bucket may overlap its neighbours.
					buckets[i].Lower = max(buckets[i].Lower, buckets[i-1].Upper)
				}
			}
			readings = append(readings, reading{at: h.At, total: h.Count, buckets: buckets})
		}
	}
	slices.SortStableFunc(readings, func(a, b reading) int { return a.at.Compare(b.at) })
	return slices.CompactFunc(readings, func(a, b reading) bool { return a.at.Equal(b.at) })
}

// usable says whether a histogram holds counts, in buckets that follow each other.
func (h Histogram) usable() bool {
	if !isCount(h.Count) {
		return false
	}
	for i, b := range h.Buckets {
		// A comparison with NaN is false.
		if !isCount(b.Count) || !(b.Lower <= b.Upper) || i > 0 && !(b.Upper > h.Buckets[i-1].Upper) {
			return false
		}
	}
	return true
}

// isCount says whether a number can be a count.
func isCount(value float64) bool { return value >= 0 && value <= largestCount }
