package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/prometheus/prometheus/tsdb/tombstones"
)

// Names in a block.
const (
	metaName   = "meta.json"
	indexName  = "index"
	chunksName = "chunks"
)

// blockMeta is what is needed of a block's meta.json.
type blockMeta struct {
	ULID    string `json:"ulid"`
	MinTime int64  `json:"minTime"`
	// MaxTime is the first millisecond behind the block.
	MaxTime    int64           `json:"maxTime"`
	Stats      blockStats      `json:"stats"`
	Compaction blockCompaction `json:"compaction"`
	Version    int             `json:"version"`
	Thanos     *thanosMeta     `json:"thanos,omitempty"`
}

type blockStats struct {
	NumSamples          int64 `json:"numSamples,omitempty"`
	NumFloatSamples     int64 `json:"numFloatSamples,omitempty"`
	NumHistogramSamples int64 `json:"numHistogramSamples,omitempty"`
	NumSeries           int   `json:"numSeries,omitempty"`
	NumChunks           int   `json:"numChunks,omitempty"`
}

type blockCompaction struct {
	Level   int      `json:"level"`
	Sources []string `json:"sources,omitempty"`
}

// thanosMeta is what Thanos adds.
type thanosMeta struct {
	Labels     map[string]string `json:"labels"`
	Downsample struct {
		Resolution int64 `json:"resolution"`
	} `json:"downsample"`
}

// block is a TSDB block, read as it lies on the disk.
type block struct {
	folder string
	meta   blockMeta
	index  *index.Reader
	chunks *chunks.Reader
	// deleted are the spans of series that were deleted and not yet removed.
	deleted tombstones.Reader
	// extent finds the first and the last sample once.
	extent func() (from, to int64)
}

// openBlock opens a block's folder.
func openBlock(folder string) (*block, error) {
	meta, err := readBlockMeta(folder)
	if err != nil {
		return nil, err
	}
	b := &block{folder: folder, meta: meta}
	b.extent = sync.OnceValues(b.findExtent)
	if b.index, err = index.NewFileReader(filepath.Join(folder, indexName), index.DecodePostingsRaw); err != nil {
		return nil, damaged(filepath.Join(folder, indexName), err)
	}
	if b.chunks, err = chunks.NewDirReader(filepath.Join(folder, chunksName), nil); err != nil {
		return nil, errors.Join(damaged(filepath.Join(folder, chunksName), err), b.index.Close())
	}
	if b.deleted, _, err = tombstones.ReadTombstones(folder); err != nil {
		return nil, errors.Join(damaged(filepath.Join(folder, tombstones.TombstonesFilename), err), b.close())
	}
	return b, nil
}

// damaged words an error of a block's file.
func damaged(file string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is missing; copy the whole block again", file)
	}
	return fmt.Errorf("%s is damaged or cut short: %w; copy the block again", file, err)
}

// readBlockMeta reads a block's meta.json, and refuses blocks without raw samples.
func readBlockMeta(folder string) (blockMeta, error) {
	name := filepath.Join(folder, metaName)
	content, err := os.ReadFile(name)
	if err != nil {
		return blockMeta{}, err
	}
	var meta blockMeta
	if err := json.Unmarshal(content, &meta); err != nil {
		return blockMeta{}, fmt.Errorf("%s: %s; copy the block again", name, jsonProblem(content, err))
	}
	switch {
	case meta.Version != 1:
		return blockMeta{}, fmt.Errorf("%s: version %d of the format is not known, only 1 is; is this a block of Prometheus?", name, meta.Version)
	case meta.Thanos != nil && meta.Thanos.Downsample.Resolution > 0:
		return blockMeta{}, fmt.Errorf("%s: the block was downsampled by Thanos to one value per %d s and has no raw samples; use the raw blocks, whose thanos.downsample.resolution is 0", name, meta.Thanos.Downsample.Resolution/1000)
	case meta.MinTime > meta.MaxTime:
		return blockMeta{}, fmt.Errorf("%s: minTime %d lies behind maxTime %d; copy the block again", name, meta.MinTime, meta.MaxTime)
	}
	return meta, nil
}

func (b *block) selectSeries(ctx context.Context, from, to int64, matchers []*labels.Matcher) ([]Series, error) {
	if from > to || to < b.meta.MinTime || from > b.meta.MaxTime {
		return nil, nil
	}
	var found []Series
	err := b.walk(ctx, matchers, func(ref storage.SeriesRef, named labels.Labels, list []chunks.Meta) error {
		series, err := b.decode(ref, named, list, from, to)
		if err == nil && series.samples() > 0 {
			found = append(found, series)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("block %s: %w", filepath.Base(b.folder), err)
	}
	return found, nil
}

// walk visits the series that match, in order of labels, with their chunks.
func (b *block) walk(ctx context.Context, matchers []*labels.Matcher, visit func(storage.SeriesRef, labels.Labels, []chunks.Meta) error) error {
	postings, err := b.postings(ctx, matchers)
	if err != nil {
		return err
	}
	builder := labels.NewScratchBuilder(16)
	var list []chunks.Meta
	for postings.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		ref := postings.At()
		if err := b.index.Series(ref, &builder, &list); err != nil {
			return damaged(indexName, err)
		}
		if named := builder.Labels(); matchesAll(named, matchers) {
			if err := visit(ref, named, list); err != nil {
				return err
			}
		}
	}
	if err := postings.Err(); err != nil {
		return damaged(indexName, err)
	}
	return nil
}

// postings are the series that may match: those that have all the labels that a
// matcher demands. Matchers that an absent label fulfils are left to the caller.
func (b *block) postings(ctx context.Context, matchers []*labels.Matcher) (index.Postings, error) {
	var lists []index.Postings
	for _, matcher := range matchers {
		switch {
		case matcher.Matches(""):
		case matcher.Type == labels.MatchEqual:
			list, err := b.index.Postings(ctx, matcher.Name, matcher.Value)
			if err != nil {
				return nil, damaged(indexName, err)
			}
			lists = append(lists, list)
		default:
			lists = append(lists, b.index.PostingsForLabelMatching(ctx, matcher.Name, matcher.Matches))
		}
	}
	if len(lists) > 0 {
		return index.Intersect(lists...), nil
	}
	name, value := index.AllPostingsKey()
	all, err := b.index.Postings(ctx, name, value)
	if err != nil {
		return nil, damaged(indexName, err)
	}
	return all, nil
}

// decode reads the samples of one series.
func (b *block) decode(ref storage.SeriesRef, named labels.Labels, list []chunks.Meta, from, to int64) (Series, error) {
	series := Series{Labels: named}
	gone, err := b.deleted.Get(ref)
	if err != nil {
		return Series{}, damaged(tombstones.TombstonesFilename, err)
	}
	sizes := 0
	for _, meta := range list {
		if meta.MaxTime >= from && meta.MinTime <= to {
			sizes++
		}
	}
	var iterator chunkenc.Iterator
	for _, meta := range list {
		if meta.MaxTime < from || meta.MinTime > to {
			continue
		}
		chunk, iterable, err := b.chunks.ChunkOrIterable(meta)
		if err == nil && iterable != nil {
			err = errors.New("it is not a plain chunk")
		}
		if err != nil {
			return Series{}, fmt.Errorf("series %s: %w", named, damaged(chunksName, err))
		}
		if series.Floats == nil && chunk.Encoding() == chunkenc.EncXOR {
			series.Floats = make([]Point, 0, sizes*chunk.NumSamples())
		}
		iterator = chunk.Iterator(iterator)
		series.take(iterator, from, to, gone)
		if err := iterator.Err(); err != nil {
			return Series{}, fmt.Errorf("series %s, chunk from %s: %w", named, stamp(meta.MinTime), damaged(chunksName, err))
		}
	}
	series.settle() // Chunks of out-of-order samples may overlap.
	return series, nil
}

// take adds the samples of an iterator that lie in a span and were not deleted.
func (s *Series) take(iterator chunkenc.Iterator, from, to int64, gone tombstones.Intervals) {
	for kind := iterator.Next(); kind != chunkenc.ValNone; kind = iterator.Next() {
		at := iterator.AtT()
		if at > to {
			return
		}
		if at < from || inside(gone, at) {
			continue
		}
		if kind == chunkenc.ValFloat {
			_, value := iterator.At()
			s.Floats = append(s.Floats, Point{at, value})
			continue
		}
		_, read := iterator.AtFloatHistogram(nil)
		s.Histograms = append(s.Histograms, HistogramPoint{at, own(read)})
	}
}

// own is a histogram that shares nothing with the iterator that made it: its spans
// may lie in the iterator.
func own(h *histogram.FloatHistogram) *histogram.FloatHistogram { return h.Copy() }

// inside tells whether a time was deleted.
func inside(gone tombstones.Intervals, at int64) bool {
	for _, interval := range gone {
		if interval.InBounds(at) {
			return true
		}
	}
	return false
}

func (b *block) bounds() (from, to int64) { return b.extent() }

// findExtent looks up the first and the last sample in the index: a block's own
// times are rounded to two hours. Where the index cannot be read, they have to do.
func (b *block) findExtent() (from, to int64) {
	from, to = math.MaxInt64, math.MinInt64
	err := b.walk(context.Background(), nil, func(_ storage.SeriesRef, _ labels.Labels, list []chunks.Meta) error {
		for _, meta := range list {
			from, to = min(from, meta.MinTime), max(to, meta.MaxTime)
		}
		return nil
	})
	if err != nil {
		return b.meta.MinTime, b.meta.MaxTime - 1
	}
	return from, to
}

func (b *block) close() error {
	return errors.Join(b.index.Close(), b.chunks.Close())
}
