package journal

import (
	"hash/fnv"
	"math"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
)

// Part is one of the things that a look asks for. Each is asked for by a query of its own,
// so that a scrape may come between two of them.
type Part int

// The parts of a look.
const (
	CanaryBad Part = iota
	BaselineBad
	CanaryTotal
	BaselineTotal
	CanaryHistogram
	BaselineHistogram
	CanaryPoints
	BaselinePoints
	Parts
)

// In are the series, the native histograms and the points of a part, to be read or set;
// what a part does not have is empty, and setting it changes nothing.
func (p Part) In(samples *run.Samples) (counters *[]series.Series, native *[]series.HistogramSeries, points *[]series.Sample) {
	counters, native, points = &[]series.Series{}, &[]series.HistogramSeries{}, &[]series.Sample{}
	switch p {
	case CanaryBad:
		counters = &samples.CanaryBad
	case BaselineBad:
		counters = &samples.BaselineBad
	case CanaryTotal:
		counters = &samples.CanaryTotal
	case BaselineTotal:
		counters = &samples.BaselineTotal
	case CanaryHistogram:
		counters, native = &samples.CanaryHistogram.Classic, &samples.CanaryHistogram.Native
	case BaselineHistogram:
		counters, native = &samples.BaselineHistogram.Classic, &samples.BaselineHistogram.Native
	case CanaryPoints:
		points = &samples.CanaryPoints
	case BaselinePoints:
		points = &samples.BaselinePoints
	}
	return counters, native, points
}

// Seen are the fingerprints of what a look saw: of all of it, and of each part; 0 for
// nothing.
type Seen struct {
	Whole uint32
	Part  [Parts]uint16
}

// SeenResult is the fingerprint of an answer to a query.
func SeenResult(result criteria.Result) Seen {
	mark := newMark()
	mark.bool(result.Scalar)
	for _, value := range result.Values {
		mark.value(value)
	}
	return Seen{Whole: mark.long()}
}

// SeenSamples are the fingerprints of samples.
func SeenSamples(samples run.Samples) Seen {
	var seen Seen
	whole := newMark()
	for part := range Parts {
		mark := newMark()
		mark.part(samples, part)
		seen.Part[part] = mark.short()
		whole.uint64(mark.sum)
	}
	seen.Whole = whole.long()
	return seen
}

// SeenPart is the fingerprint of one part.
func SeenPart(samples run.Samples, part Part) uint16 {
	mark := newMark()
	mark.part(samples, part)
	return mark.short()
}

// mark is a running fingerprint: FNV-1a of 64 bits.
type mark struct {
	sum  uint64
	some bool
}

const prime = 1099511628211

func newMark() *mark { return &mark{sum: fnv.New64a().Sum64()} }

// part adds a part of what a look saw.
func (m *mark) part(samples run.Samples, part Part) {
	counters, native, points := part.In(&samples)
	m.series(*counters)
	m.native(*native)
	m.samples(*points)
}

func (m *mark) series(all []series.Series) {
	for _, one := range all {
		m.text(one.Labels)
		m.samples(one.Samples)
	}
}

func (m *mark) native(all []series.HistogramSeries) {
	for _, one := range all {
		m.text(one.Labels)
		for _, h := range one.Samples {
			m.uint64(uint64(h.At.UnixMicro()))
			m.value(h.Count)
			for _, bucket := range h.Buckets {
				m.value(bucket.Lower)
				m.value(bucket.Upper)
				m.value(bucket.Count)
			}
		}
	}
}

func (m *mark) samples(samples []series.Sample) {
	for _, sample := range samples {
		m.uint64(uint64(sample.At.UnixMicro()))
		m.value(sample.Value)
	}
}

// value adds a number. All that are not a number are the same: the formats in which they
// travel do not tell them apart.
func (m *mark) value(v float64) {
	if math.IsNaN(v) {
		v = math.NaN()
	}
	m.uint64(math.Float64bits(v))
}

func (m *mark) bool(b bool) {
	if b {
		m.byte(1)
		return
	}
	m.byte(0)
}

func (m *mark) text(s string) {
	m.uint64(uint64(len(s)))
	for i := range len(s) {
		m.byte(s[i])
	}
}

func (m *mark) uint64(v uint64) {
	for range 8 {
		m.byte(byte(v))
		v >>= 8
	}
}

func (m *mark) byte(b byte) {
	m.sum = (m.sum ^ uint64(b)) * prime
	m.some = true
}

// long and short are the fingerprint in 32 and in 16 bits. A short one of something is
// never 0.
func (m *mark) long() uint32 { return uint32(m.sum>>32) ^ uint32(m.sum) }

func (m *mark) short() uint16 {
	if !m.some {
		return 0
	}
	long := m.long()
	return max(uint16(long>>16)^uint16(long), 1)
}

// valuesOf are the values of the last points.
func valuesOf(points []series.Sample) []float64 {
	if len(points) == 0 {
		return nil
	}
	points = points[max(0, len(points)-MaxValues):]
	values := make([]float64, len(points))
	for i, point := range points {
		values[i] = point.Value
	}
	return values
}
