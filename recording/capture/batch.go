package capture

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/serin-dev/serin/recording"
)

// slice is what one request asks for: milliseconds, both ends included.
type slice struct {
	matchers []*labels.Matcher
	from, to int64
}

// batch is what one request answered.
type batch struct {
	slice
	limit    int
	count    int
	external labels.Labels
	byLabels map[string]*gathered
	notes    []string
}

// gathered is one series: chunks, or samples.
type gathered struct {
	labels labels.Labels
	chunks []chunks.Meta
	series recording.Series
}

func newBatch(of slice, limit int, external labels.Labels) *batch {
	return &batch{slice: of, limit: limit, external: external, byLabels: map[string]*gathered{}}
}

// of is the series with these labels, without the external ones; nil if it does not
// match then: remote read lets external labels match, and queries do not.
func (b *batch) of(named labels.Labels) *gathered {
	if !b.external.IsEmpty() {
		builder := labels.NewBuilder(named)
		b.external.Range(func(label labels.Label) {
			if named.Get(label.Name) == label.Value {
				builder.Del(label.Name)
			}
		})
		named = builder.Labels()
	}
	for _, matcher := range b.matchers {
		if !matcher.Matches(named.Get(matcher.Name)) {
			return nil
		}
	}
	key := string(named.Bytes(nil))
	if b.byLabels[key] == nil {
		b.byLabels[key] = &gathered{labels: named, series: recording.Series{Labels: named}}
	}
	return b.byLabels[key]
}

// add counts samples.
func (b *batch) add(count int) error {
	if b.count += count; b.count > b.limit {
		return fmt.Errorf("%w: more than %d in one request", recording.ErrTooMany, b.limit)
	}
	return nil
}

// chunk takes a chunk, cut to the slice.
func (b *batch) chunk(named labels.Labels, meta chunks.Meta) error {
	if len(meta.Chunk.Bytes()) < 4 { // The shortest head of a chunk.
		return fmt.Errorf("a chunk of %s is cut short", named)
	}
	series := b.of(named)
	if series == nil {
		return nil
	}
	if err := b.add(meta.Chunk.NumSamples()); err != nil {
		return err
	}
	parts, err := trimmed(meta, b.from, b.to)
	series.chunks = append(series.chunks, parts...)
	return err
}

// samples takes samples, cut to the slice.
func (b *batch) samples(sent recording.Series) error {
	series := b.of(sent.Labels)
	if series == nil {
		return nil
	}
	for _, point := range sent.Floats {
		if point.T >= b.from && point.T <= b.to {
			series.series.Floats = append(series.series.Floats, point)
		}
	}
	for _, point := range sent.Histograms {
		if point.T >= b.from && point.T <= b.to {
			series.series.Histograms = append(series.series.Histograms, point)
		}
	}
	return b.add(len(sent.Floats) + len(sent.Histograms))
}

// write writes what has come into a recording, in order of labels.
func (b *batch) write(into *recording.Writer) error {
	all := make([]*gathered, 0, len(b.byLabels))
	for _, series := range b.byLabels {
		all = append(all, series)
	}
	slices.SortFunc(all, func(one, other *gathered) int { return labels.Compare(one.labels, other.labels) })
	for _, series := range all {
		err := into.Add(series.series)
		if len(series.chunks) > 0 {
			err = into.AddChunks(series.labels, series.chunks)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trimmed cuts a chunk to a span of time. One that lies inside stays as it is.
func trimmed(meta chunks.Meta, from, to int64) ([]chunks.Meta, error) {
	first, last, count := int64(0), int64(0), 0
	iterator := meta.Chunk.Iterator(nil)
	for iterator.Next() != chunkenc.ValNone {
		if last = iterator.AtT(); count == 0 {
			first = last
		}
		count++
	}
	switch {
	case iterator.Err() != nil:
		return nil, iterator.Err()
	case count == 0 || last < from || first > to:
		return nil, nil
	case first >= from && last <= to:
		return []chunks.Meta{meta}, nil
	}
	var kept []chunks.Sample
	all, err := storage.ExpandSamplesWithoutReplacingNaNs(meta.Chunk.Iterator(nil), newSample)
	if err != nil {
		return nil, err
	}
	for _, sample := range all {
		if sample.T() < from || sample.T() > to {
			continue
		}
		if err := valid(sample); err != nil {
			return nil, err
		}
		kept = append(kept, sample)
	}
	return storage.ExpandChunks(storage.NewSeriesToChunkEncoder(storage.NewListSeries(labels.EmptyLabels(), kept)).Iterator(nil))
}

// valid refuses a histogram that contradicts itself: it could not be encoded again.
func valid(sample chunks.Sample) error {
	switch {
	case sample.H() != nil:
		return sample.H().Validate()
	case sample.FH() != nil:
		return sample.FH().Validate()
	}
	return nil
}

// sample is a sample of any kind.
type sample struct {
	st, t int64
	v     float64
	h     *histogram.Histogram
	fh    *histogram.FloatHistogram
}

func newSample(st, t int64, v float64, h *histogram.Histogram, fh *histogram.FloatHistogram) chunks.Sample {
	return sample{st, t, v, h, fh}
}

func (s sample) ST() int64                     { return s.st }
func (s sample) T() int64                      { return s.t }
func (s sample) F() float64                    { return s.v }
func (s sample) H() *histogram.Histogram       { return s.h }
func (s sample) FH() *histogram.FloatHistogram { return s.fh }
func (s sample) Copy() chunks.Sample           { return s }
func (s sample) Type() chunkenc.ValueType {
	switch {
	case s.h != nil:
		return chunkenc.ValHistogram
	case s.fh != nil:
		return chunkenc.ValFloatHistogram
	default:
		return chunkenc.ValFloat
	}
}
