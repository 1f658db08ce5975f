package series

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Histogram is one native histogram that was scraped: what its process has observed
// since it began.
type Histogram struct {
	At time.Time
	// Count is the number of all observations.
	Count float64
	// Buckets are those that hold any, ascending and disjoint.
	Buckets []Bucket
}

// Bucket counts the observations in (Lower, Upper]. The zero bucket of a native
// histogram includes its lower bound, and a negative one has its bounds the other way
// round; no observation is exactly there but for chance, and nothing is made of it.
type Bucket struct {
	Lower, Upper, Count float64
}

// HistogramSeries is one time series of native histograms, oldest first.
type HistogramSeries struct {
	// Labels as in Series.
	Labels  string
	Samples []Histogram
}

// Native is a native histogram as Prometheus stores it.
type Native struct {
	// Schema is the resolution: -4 to 8, with a growth of 2^(2^-Schema) from bound to
	// bound, or CustomBuckets.
	Schema int32
	// Count is the number of all observations.
	Count float64
	// ZeroCount are the observations of at most ZeroThreshold, on either side of 0.
	ZeroThreshold, ZeroCount float64
	// The spans say which buckets there are, and Positive and Negative what is in
	// each: absolute counts (see FromDeltas).
	PositiveSpans, NegativeSpans []Span
	Positive, Negative           []float64
	// CustomBounds are the upper bounds of CustomBuckets.
	CustomBounds []float64
}

// Span is a run of buckets in a row, after a gap of Offset buckets. The offset of the
// first one is its index.
type Span struct {
	Offset int32
	Length uint32
}

// CustomBuckets is the Schema of histograms with bounds of their own.
const CustomBuckets = -53

// FromDeltas turns the differences from bucket to bucket, as integer histograms are
// stored, into counts.
func FromDeltas(deltas []int64) []float64 {
	counts, sum := make([]float64, len(deltas)), int64(0)
	for i, delta := range deltas {
		sum += delta
		counts[i] = float64(sum)
	}
	return counts
}

// Histogram lists the buckets that hold any observations. The error says what is
// wrong with the histogram.
func (n Native) Histogram(at time.Time) (Histogram, error) {
	if n.Schema != CustomBuckets && (n.Schema < -4 || n.Schema > 8) {
		return Histogram{}, fmt.Errorf("reading a native histogram: schema %d is unknown; -4 to 8 and %d are understood", n.Schema, CustomBuckets)
	}
	h := Histogram{At: at, Count: n.Count}
	if err := n.eachBucket(n.NegativeSpans, n.Negative, func(lower, upper, count float64) {
		h.add(Bucket{Lower: -upper, Upper: -lower, Count: count})
	}); err != nil {
		return Histogram{}, err
	}
	slices.Reverse(h.Buckets)
	h.add(Bucket{Lower: -n.ZeroThreshold, Upper: n.ZeroThreshold, Count: n.ZeroCount})
	if err := n.eachBucket(n.PositiveSpans, n.Positive, func(lower, upper, count float64) {
		h.add(Bucket{Lower: lower, Upper: upper, Count: count})
	}); err != nil {
		return Histogram{}, err
	}
	return h, nil
}

func (h *Histogram) add(b Bucket) {
	if b.Count != 0 {
		h.Buckets = append(h.Buckets, b)
	}
}

// eachBucket visits the buckets of one side, away from 0.
func (n Native) eachBucket(spans []Span, counts []float64, visit func(lower, upper, count float64)) error {
	index, next := int64(0), 0
	for _, span := range spans {
		index += int64(span.Offset)
		if int64(span.Length) > int64(len(counts)-next) {
			return fmt.Errorf("reading a native histogram: its spans have more buckets than the %d counts that are given", len(counts))
		}
		for range span.Length {
			lower, upper, err := n.bounds(index)
			if err != nil {
				return err
			}
			visit(lower, upper, counts[next])
			next++
			index++
		}
	}
	if next < len(counts) {
		return fmt.Errorf("reading a native histogram: its spans have %d buckets, and %d counts are given", next, len(counts))
	}
	return nil
}

// bounds are those of the bucket of an index: the first above 1 has index 1, or index
// 0 is the lowest of the custom ones.
func (n Native) bounds(index int64) (lower, upper float64, err error) {
	if n.Schema != CustomBuckets {
		step := math.Exp2(-float64(n.Schema))
		return math.Exp2(float64(index-1) * step), math.Exp2(float64(index) * step), nil
	}
	if index < 0 || index > int64(len(n.CustomBounds)) {
		return 0, 0, fmt.Errorf("reading a native histogram: bucket %d is not one of its %d custom bounds", index, len(n.CustomBounds))
	}
	lower, upper = math.Inf(-1), math.Inf(1)
	if index > 0 {
		lower = n.CustomBounds[index-1]
	}
	if index < int64(len(n.CustomBounds)) {
		upper = n.CustomBounds[index]
	}
	return lower, upper, nil
}
