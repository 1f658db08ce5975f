package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// AddAll writes all series of recordings, series by series: memory holds one of them at
// a time. Chunks are copied as they are, unless they overlap. It refuses recordings that
// are no blocks, and those with deleted samples.
func (w *Writer) AddAll(ctx context.Context, parts ...*Recording) error {
	var cursors []*cursor
	for _, part := range parts {
		for _, store := range part.stores {
			opened, is := store.(*block)
			if !is || opened.deleted.Total() > 0 {
				return w.failed(fmt.Errorf("%s is no block, or one with deleted samples", part.path))
			}
			at, err := newCursor(ctx, opened)
			if err != nil {
				return w.failed(fmt.Errorf("%s: %w", part.path, err))
			}
			cursors = append(cursors, at)
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return w.failed(err)
		}
		cursors = slices.DeleteFunc(cursors, func(c *cursor) bool { return c.done })
		if len(cursors) == 0 {
			return nil
		}
		if err := w.addLeast(cursors); err != nil {
			return err
		}
	}
}

// addLeast writes the series whose labels come first, from all cursors that are at it.
func (w *Writer) addLeast(cursors []*cursor) error {
	least := slices.MinFunc(cursors, func(one, other *cursor) int { return labels.Compare(one.labels, other.labels) }).labels
	var list []chunks.Meta
	for _, c := range cursors {
		if !labels.Equal(c.labels, least) {
			continue
		}
		read, err := c.read()
		if err != nil {
			return w.failed(err)
		}
		list = append(list, read...)
		if err := c.next(); err != nil {
			return w.failed(err)
		}
	}
	return w.AddChunks(least, list)
}

// cursor goes through the series of a block.
type cursor struct {
	block    *block
	postings index.Postings
	builder  labels.ScratchBuilder
	labels   labels.Labels
	list     []chunks.Meta
	done     bool
}

func newCursor(ctx context.Context, of *block) (*cursor, error) {
	postings, err := of.postings(ctx, nil)
	if err != nil {
		return nil, err
	}
	c := &cursor{block: of, postings: postings, builder: labels.NewScratchBuilder(16)}
	return c, c.next()
}

// next goes to the next series.
func (c *cursor) next() error {
	if !c.postings.Next() {
		c.done = true
		if err := c.postings.Err(); err != nil {
			return damaged(indexName, err)
		}
		return nil
	}
	return c.at(c.postings.At())
}

func (c *cursor) at(ref storage.SeriesRef) error {
	if err := c.block.index.Series(ref, &c.builder, &c.list); err != nil {
		return damaged(indexName, err)
	}
	c.labels = c.builder.Labels()
	return nil
}

// read reads the chunks of the series.
func (c *cursor) read() ([]chunks.Meta, error) {
	list := slices.Clone(c.list)
	for i := range list {
		chunk, iterable, err := c.block.chunks.ChunkOrIterable(list[i])
		if err == nil && iterable != nil {
			err = errors.New("it is not a plain chunk")
		}
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", c.labels, damaged(chunksName, err))
		}
		list[i].Chunk = chunk
	}
	return list, nil
}

// ErrTooMany says that an answer has more samples than it may.
var ErrTooMany = errors.New("more samples than allowed")

// ReadAnswer reads the answer of Prometheus' API to an instant query of a range, such
// as m[1h], with up to so many samples: more are ErrTooMany. Name is for errors. The
// notes say what the answer lacks.
func ReadAnswer(in io.Reader, name string, limit int) (series []Series, notes []string, err error) {
	into := newCollector(limit)
	if err := readJSON(in, name, into); err != nil {
		return nil, nil, err
	}
	for _, one := range into.series {
		one.settle()
		series = append(series, *one)
	}
	slices.SortFunc(series, func(one, other Series) int { return labels.Compare(one.Labels, other.Labels) })
	return series, into.warnings, nil
}

// MarkUnfinished marks a folder so that Open refuses it.
func MarkUnfinished(folder string) error {
	if exists(folder, unfinishedName) {
		return nil
	}
	return writeDurably(filepath.Join(folder, unfinishedName), []byte("serin has not finished this recording; repeat its command to go on, or remove the folder\n"))
}
