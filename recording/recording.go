package recording

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Recording is recorded metrics, opened. It may be used by several goroutines at a
// time, until Close.
type Recording struct {
	path     string
	manifest Manifest
	stores   []store
	warnings []string
}

// store holds samples: a block, or what was read from a text.
type store interface {
	// selectSeries answers the series that match and have samples in a span of
	// milliseconds, both ends included, in order of labels.
	selectSeries(ctx context.Context, from, to int64, matchers []*labels.Matcher) ([]Series, error)
	// bounds are the times of the first and the last sample; from > to if empty.
	bounds() (from, to int64)
	close() error
}

// FromSeries makes a recording in memory: for tests, and for series notation. The
// samples may come in any order; of several at one time the first one counts.
func FromSeries(all []Series) *Recording {
	memory, _ := newMemory(slices.Clone(all))
	return &Recording{path: "memory", stores: []store{memory}, manifest: Manifest{Format: "series in memory"}}
}

// Select answers the series that match all matchers and have samples from a time to
// another, both included and cut to milliseconds, in order of their labels. Only what
// matches is decoded. No matchers select everything. An error says which file is
// damaged; then nothing is answered.
func (r *Recording) Select(ctx context.Context, from, to time.Time, matchers ...*labels.Matcher) ([]Series, error) {
	lists := make([][]Series, 0, len(r.stores))
	for _, store := range r.stores {
		list, err := store.selectSeries(ctx, from.UnixMilli(), to.UnixMilli(), matchers)
		if err != nil {
			return nil, fmt.Errorf("reading recording %s: %w", r.path, err)
		}
		if len(list) > 0 {
			lists = append(lists, list)
		}
	}
	if len(lists) == 0 {
		return nil, nil
	}
	return merged(lists), nil
}

// Bounds are the times of the first and the last sample, in UTC; both are zero if
// there is none. A recording of one's own may cover more: see Manifest.
func (r *Recording) Bounds() (from, to time.Time) {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, store := range r.stores {
		from, to := store.bounds()
		first, last = min(first, from), max(last, to)
	}
	if first > last {
		return time.Time{}, time.Time{}
	}
	return time.UnixMilli(first).UTC(), time.UnixMilli(last).UTC()
}

// Manifest says where a recording comes from. Those of other formats than Serin's
// own have only Format, From and To.
func (r *Recording) Manifest() Manifest {
	m := r.manifest
	if m.From.IsZero() && m.To.IsZero() {
		m.From, m.To = r.Bounds()
	}
	return m
}

// Path is what was opened.
func (r *Recording) Path() string { return r.path }

// Warnings are what a reader of verdicts should know about the recording, such as
// that its format keeps no stale markers. Each is a sentence without a full stop.
func (r *Recording) Warnings() []string { return slices.Clone(r.warnings) }

// Close frees the files. Series that were selected stay valid.
func (r *Recording) Close() error {
	var problems []error
	for _, store := range r.stores {
		problems = append(problems, store.close())
	}
	r.stores = nil
	return errors.Join(problems...)
}
