package recording

import (
	"cmp"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
)

// Point is one sample: milliseconds since 1970 and a value. A value with the bits of
// value.StaleNaN says that the series ended there.
type Point struct {
	T int64
	V float64
}

// HistogramPoint is one sample of a native histogram: milliseconds since 1970 and
// the histogram, with counts as floats. A sum with the bits of value.StaleNaN says
// that the series ended there. H is shared; change a copy.
type HistogramPoint struct {
	T int64
	H *histogram.FloatHistogram
}

// Series is the samples of one series, each list in order of time without a
// timestamp that occurs twice, in one list or in both. The lists may be shared with
// the recording; change copies.
type Series struct {
	Labels     labels.Labels
	Floats     []Point
	Histograms []HistogramPoint
}

// samples counts all samples of a series.
func (s Series) samples() int { return len(s.Floats) + len(s.Histograms) }

// within is the samples of a series from one time to another, both included.
func (s Series) within(from, to int64) Series {
	s.Floats = span(s.Floats, func(p Point) int64 { return p.T }, from, to)
	s.Histograms = span(s.Histograms, func(p HistogramPoint) int64 { return p.T }, from, to)
	return s
}

// span is the part of a list in order of time from one time to another.
func span[P any](points []P, at func(P) int64, from, to int64) []P {
	begin, _ := slices.BinarySearchFunc(points, from, func(p P, t int64) int { return cmp.Compare(at(p), t) })
	end := len(points)
	if to < math.MaxInt64 {
		end, _ = slices.BinarySearchFunc(points, to+1, func(p P, t int64) int { return cmp.Compare(at(p), t) })
	}
	if begin >= end {
		return nil
	}
	return points[begin:end:end]
}

// conflict is a timestamp at which a series has two different values.
type conflict struct {
	labels labels.Labels
	at     int64
	count  int
}

// settle brings a series in order: by time, and of several samples at one time the
// first that was given. It tells at how many times the values differed, and the
// first such time.
func (s *Series) settle() conflict {
	found := conflict{labels: s.Labels}
	differ := func(at int64) {
		if found.count == 0 {
			found.at = at
		}
		found.count++
	}
	s.Floats = ordered(s.Floats, func(p Point) int64 { return p.T }, func(one, other Point) {
		if math.Float64bits(one.V) != math.Float64bits(other.V) {
			differ(one.T)
		}
	})
	s.Histograms = ordered(s.Histograms, func(p HistogramPoint) int64 { return p.T }, func(one, other HistogramPoint) {
		if !one.H.Equals(other.H) {
			differ(one.T)
		}
	})
	if len(s.Floats) > 0 && len(s.Histograms) > 0 {
		s.Histograms = slices.DeleteFunc(s.Histograms, func(h HistogramPoint) bool {
			_, both := slices.BinarySearchFunc(s.Floats, h.T, func(p Point, t int64) int { return cmp.Compare(p.T, t) })
			if both {
				differ(h.T)
			}
			return both
		})
	}
	return found
}

// ordered sorts points by time and keeps the first of each time. The usual case, a
// list that is in order, is not touched.
func ordered[P any](points []P, at func(P) int64, twice func(kept, dropped P)) []P {
	byTime := func(one, other P) int { return cmp.Compare(at(one), at(other)) }
	strictly := true
	for i := 1; i < len(points) && strictly; i++ {
		strictly = at(points[i-1]) < at(points[i])
	}
	if strictly {
		return points
	}
	points = slices.Clone(points)
	slices.SortStableFunc(points, byTime)
	kept := points[:1]
	for _, point := range points[1:] {
		if last := kept[len(kept)-1]; at(last) == at(point) {
			twice(last, point)
			continue
		}
		kept = append(kept, point)
	}
	return kept
}

// joined puts the samples of two parts of one series together. Where both have a
// sample at one time, that of the first part stays.
func joined(one, other Series) Series {
	one.Floats = append(slices.Clip(one.Floats), other.Floats...)
	one.Histograms = append(slices.Clip(one.Histograms), other.Histograms...)
	one.settle()
	return one
}

// merged puts lists of series, each in order of labels, together into one.
func merged(lists [][]Series) []Series {
	if len(lists) == 1 {
		return lists[0]
	}
	var all []Series
	for _, list := range lists {
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(one, other Series) int { return labels.Compare(one.Labels, other.Labels) })
	kept := all[:0]
	for _, series := range all {
		if last := len(kept) - 1; last >= 0 && labels.Equal(kept[last].Labels, series.Labels) {
			kept[last] = joined(kept[last], series)
			continue
		}
		kept = append(kept, series)
	}
	return kept
}
