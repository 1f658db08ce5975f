package recording

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// memory holds decoded series.
type memory struct {
	// series are in order of labels.
	series   []Series
	byName   map[string][]int
	from, to int64
}

// newMemory brings series in order and joins those with equal labels. It keeps the
// list, and tells in which series two values stood at one time.
func newMemory(all []Series) (*memory, []conflict) {
	var conflicts []conflict
	slices.SortStableFunc(all, func(one, other Series) int { return labels.Compare(one.Labels, other.Labels) })
	m := &memory{byName: map[string][]int{}, from: math.MaxInt64, to: math.MinInt64}
	for _, series := range all {
		if last := len(m.series) - 1; last >= 0 && labels.Equal(m.series[last].Labels, series.Labels) {
			before := &m.series[last]
			before.Floats = append(slices.Clip(before.Floats), series.Floats...)
			before.Histograms = append(slices.Clip(before.Histograms), series.Histograms...)
			continue
		}
		m.series = append(m.series, series)
	}
	for i := range m.series {
		series := &m.series[i]
		if found := series.settle(); found.count > 0 {
			conflicts = append(conflicts, found)
		}
		if count := len(series.Floats); count > 0 {
			m.from, m.to = min(m.from, series.Floats[0].T), max(m.to, series.Floats[count-1].T)
		}
		if count := len(series.Histograms); count > 0 {
			m.from, m.to = min(m.from, series.Histograms[0].T), max(m.to, series.Histograms[count-1].T)
		}
		name := series.Labels.Get(model.MetricNameLabel)
		m.byName[name] = append(m.byName[name], i)
	}
	return m, conflicts
}

func (m *memory) selectSeries(ctx context.Context, from, to int64, matchers []*labels.Matcher) ([]Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []Series
	take := func(series Series) {
		if !matchesAll(series.Labels, matchers) {
			return
		}
		if series = series.within(from, to); series.samples() > 0 {
			found = append(found, series)
		}
	}
	for _, matcher := range matchers {
		if matcher.Type == labels.MatchEqual && matcher.Name == model.MetricNameLabel {
			for _, i := range m.byName[matcher.Value] {
				take(m.series[i])
			}
			return found, nil
		}
	}
	for _, series := range m.series {
		take(series)
	}
	return found, nil
}

func (m *memory) bounds() (from, to int64) { return m.from, m.to }

func (m *memory) close() error { return nil }

// matchesAll tells whether labels match all matchers.
func matchesAll(of labels.Labels, matchers []*labels.Matcher) bool {
	for _, matcher := range matchers {
		if !matcher.Matches(of.Get(matcher.Name)) {
			return false
		}
	}
	return true
}

// MaxSamples is how many samples of texts are held in memory, at 16 bytes each.
const MaxSamples = 20_000_000

// MaxGap is how long a text may have no samples between two that it has. A longer
// gap means that a timestamp is wrong.
const MaxGap = 366 * 24 * 60 * 60 * 1000

// collector gathers the samples of texts.
type collector struct {
	limit    int
	count    int
	series   map[string]*Series
	key      []byte
	warnings []string
	seen     map[string]bool
	// lowest and highest are the extreme timestamps, and where they stand.
	lowest, highest place
}

// place is where a timestamp stands.
type place struct {
	t     int64
	where position
}

// position is a place in a file: a line, or a byte where lines say little.
type position struct {
	file string
	line int
	byte int64
}

func (p position) String() string {
	switch {
	case p.line > 0 && p.byte > 0:
		return fmt.Sprintf("%s:%d (byte %d)", p.file, p.line, p.byte)
	case p.line > 0:
		return fmt.Sprintf("%s:%d", p.file, p.line)
	case p.byte > 0:
		return fmt.Sprintf("%s, byte %d", p.file, p.byte)
	}
	return p.file
}

func newCollector(limit int) *collector {
	return &collector{
		limit: limit, series: map[string]*Series{}, seen: map[string]bool{},
		lowest: place{t: math.MaxInt64}, highest: place{t: math.MinInt64},
	}
}

// of is the series with these labels.
func (c *collector) of(named labels.Labels) *Series {
	c.key = named.Bytes(c.key)
	series, known := c.series[string(c.key)]
	if !known {
		series = &Series{Labels: named}
		c.series[string(c.key)] = series
	}
	return series
}

// note remembers that a sample was added, and refuses what is too much.
func (c *collector) note(t int64, where position) error {
	c.count++
	if c.count > c.limit {
		return fmt.Errorf("%s: %w: %d are all that is read of texts (16 bytes of memory each); cut it by time or series, or make a TSDB block of it: promtool tsdb create-blocks-from openmetrics", where, ErrTooMany, c.limit)
	}
	if t < c.lowest.t {
		c.lowest = place{t, where}
	}
	if t > c.highest.t {
		c.highest = place{t, where}
	}
	return nil
}

// add appends a sample to a series.
func (c *collector) add(to *Series, point Point, where position) error {
	to.Floats = append(to.Floats, point)
	return c.note(point.T, where)
}

// warn remembers a warning once.
func (c *collector) warn(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	if !c.seen[text] {
		c.seen[text] = true
		c.warnings = append(c.warnings, text)
	}
}

// finish makes a store of what was gathered.
func (c *collector) finish() (*memory, error) {
	if err := c.outlier(); err != nil {
		return nil, err
	}
	all := make([]Series, 0, len(c.series))
	for _, series := range c.series {
		all = append(all, *series)
	}
	store, conflicts := newMemory(all)
	if len(conflicts) > 0 {
		count := 0
		for _, found := range conflicts {
			count += found.count
		}
		first := conflicts[0]
		c.warn("%d samples stand beside another value at the same time, first in %s at %s; the first one in the file counts", count, first.labels, stamp(first.at))
	}
	return store, nil
}

// outlier refuses a timestamp that lies far from all others: one typing error would
// stretch the recording over decades.
func (c *collector) outlier() error {
	if c.count < 2 || c.highest.t-c.lowest.t <= MaxGap {
		return nil
	}
	times := make([]int64, 0, c.count)
	for _, series := range c.series {
		for _, point := range series.Floats {
			times = append(times, point.T)
		}
		for _, point := range series.Histograms {
			times = append(times, point.T)
		}
	}
	slices.Sort(times)
	for i := 1; i < len(times); i++ {
		if times[i]-times[i-1] <= MaxGap {
			continue
		}
		wrong, other := c.highest, times[i-1]
		if i <= len(times)/2 {
			wrong, other = c.lowest, times[i]
		}
		return fmt.Errorf("%s: time %s lies more than a year away from the rest of the file (%s); correct the timestamp or remove the sample", wrong.where, stamp(wrong.t), stamp(other))
	}
	return nil
}
