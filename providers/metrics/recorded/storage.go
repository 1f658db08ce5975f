package recorded

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// view is the memory as the engine reads it: until a time, and nothing after it.
type view struct {
	memory *memory
	until  int64
}

var _ storage.Queryable = view{}

// Querier returns the view, whatever the interval: iterators seek.
func (v view) Querier(_, _ int64) (storage.Querier, error) { return v, nil }

// Select returns the series that match.
func (v view) Select(ctx context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	series, err := v.memory.selected(ctx, matchers)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	return &seriesSet{series: series, until: v.until, next: -1}
}

// LabelValues is not asked for by the engine.
func (v view) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames is not asked for by the engine.
func (v view) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close does nothing: the memory stays.
func (v view) Close() error { return nil }

// seriesSet walks over series.
type seriesSet struct {
	series []*decoded
	until  int64
	next   int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next < len(s.series) }
func (s *seriesSet) At() storage.Series                { return viewed{s.series[s.next], s.until} }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// viewed is a series until a time.
type viewed struct {
	*decoded
	until int64
}

// Labels are those of the series.
func (v viewed) Labels() labels.Labels { return v.labels }

// Iterator walks over the samples, and uses an old iterator again.
func (v viewed) Iterator(old chunkenc.Iterator) chunkenc.Iterator {
	made, ok := old.(*iterator[int64])
	if !ok {
		made = &iterator[int64]{}
	}
	*made = iterator[int64]{
		floats:     v.floats[:floatsUntil(v.floats, v.until)],
		histograms: v.histograms[:histogramsUntil(v.histograms, v.until)],
		gone:       v.gone[:goneUntil(v.gone, v.until)],
		at:         math.MinInt64,
	}
	return made
}

// iterator merges floats, histograms and staleness markers. T is always int64: it is a
// parameter so that go vet does not take Seek for that of io.Seeker.
type iterator[T int64] struct {
	// What is not yet passed.
	floats     []promql.FPoint
	histograms []promql.HPoint
	gone       []int64

	at     int64
	kind   chunkenc.ValueType
	float  float64
	native *histogram.FloatHistogram
}

// Next moves to the earliest sample that is left.
func (i *iterator[T]) Next() chunkenc.ValueType {
	const never = math.MaxInt64
	float, native, gone := int64(never), int64(never), int64(never)
	if len(i.floats) > 0 {
		float = i.floats[0].T
	}
	if len(i.histograms) > 0 {
		native = i.histograms[0].T
	}
	if len(i.gone) > 0 {
		gone = i.gone[0]
	}
	i.kind = chunkenc.ValFloat
	switch earliest := min(float, native, gone); {
	case earliest == never:
		i.kind = chunkenc.ValNone
	case earliest == float:
		i.at, i.float = float, i.floats[0].F
		i.floats = i.floats[1:]
	case earliest == native:
		i.at, i.native, i.kind = native, i.histograms[0].H, chunkenc.ValFloatHistogram
		i.histograms = i.histograms[1:]
	default:
		i.at, i.float = gone, math.Float64frombits(value.StaleNaN)
		i.gone = i.gone[1:]
	}
	return i.kind
}

// Seek moves to the first sample that is not before a time.
func (i *iterator[T]) Seek(time T) chunkenc.ValueType {
	at := int64(time)
	if i.kind != chunkenc.ValNone && i.at >= at {
		return i.kind
	}
	i.floats = i.floats[floatsUntil(i.floats, at-1):]
	i.histograms = i.histograms[histogramsUntil(i.histograms, at-1):]
	i.gone = i.gone[goneUntil(i.gone, at-1):]
	return i.Next()
}

// At is the float.
func (i *iterator[T]) At() (int64, float64) { return i.at, i.float }

// AtHistogram is not asked for: all histograms here are of floats.
func (i *iterator[T]) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) {
	return i.at, nil
}

// AtFloatHistogram is the histogram; it is copied, for the engine changes its own.
func (i *iterator[T]) AtFloatHistogram(into *histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	if into == nil {
		return i.at, i.native.Copy()
	}
	i.native.CopyTo(into)
	return i.at, into
}

// AtT is the time.
func (i *iterator[T]) AtT() int64 { return i.at }

// AtST is 0: start times are not recorded.
func (i *iterator[T]) AtST() int64 { return 0 }

// Err is nil: what could fail was decoded before.
func (i *iterator[T]) Err() error { return nil }
