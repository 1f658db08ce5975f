package recorded

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"

	"github.com/serin-dev/serin/recording"
)

// memory holds the decoded samples of a source: each selector is read once, and a series
// that several selectors match is kept once.
type memory struct {
	source Source
	config Config

	// generation counts how often all was forgotten.
	generation atomic.Int64

	mutex      sync.Mutex
	selections map[string]*selection
	series     map[string]*decoded
	// samples is what the series hold.
	samples int
}

// selection is what a selector matches.
type selection struct {
	// turn lets one caller decode, and the others wait.
	turn   sync.Mutex
	ready  bool
	series []*decoded
}

// decoded is one series in memory, in the types of the engine. Staleness markers are
// apart, so that a window of time is a slice of floats or histograms as it is.
type decoded struct {
	labels labels.Labels
	// text is labels as every provider writes them.
	text       string
	floats     []promql.FPoint
	histograms []promql.HPoint
	// gone are the times of staleness markers.
	gone []int64
}

func newMemory(source Source, config Config) *memory {
	return &memory{source: source, config: config, selections: map[string]*selection{}, series: map[string]*decoded{}}
}

// selected returns what matches, in the order of the labels.
func (m *memory) selected(ctx context.Context, matchers []*labels.Matcher) ([]*decoded, error) {
	key := keyOf(matchers)
	known := m.selection(key)
	known.turn.Lock()
	defer known.turn.Unlock()
	if known.ready {
		return known.series, nil
	}
	read, err := m.source.Select(ctx, m.config.From, m.config.To, matchers...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, gaveUp(ctx.Err())
		}
		return nil, unavailable(err, "%v", err)
	}
	made, err := decode(read)
	if err != nil {
		return nil, err
	}
	if known.series, err = m.keep(made); err != nil {
		return nil, err
	}
	known.ready = true
	m.mutex.Lock()
	defer m.mutex.Unlock()
	// Keeping it may have forgotten all selections, and this one with them.
	m.selections[key] = known
	return known.series, nil
}

// keyOf is equal for equal matchers, in whatever order.
func keyOf(matchers []*labels.Matcher) string {
	texts := make([]string, len(matchers))
	for i, matcher := range matchers {
		texts[i] = matcher.String()
	}
	slices.Sort(texts)
	return strings.Join(texts, "\x00")
}

func (m *memory) selection(key string) *selection {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	known, ok := m.selections[key]
	if !ok {
		known = &selection{}
		m.selections[key] = known
	}
	return known
}

// keep puts series into memory, or in their place the same ones that are there. When
// they are too many, all that is there is forgotten.
func (m *memory) keep(made []*decoded) ([]*decoded, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	all, fresh := 0, 0
	for _, one := range made {
		size := one.size()
		all += size
		if m.series[one.text] == nil {
			fresh += size
		}
	}
	if all > m.config.HeldSamples {
		return nil, invalid("its selector matches %d series with %d samples in the recording, and %d samples are the most that is held in memory; select fewer series or a shorter time",
			len(made), all, m.config.HeldSamples)
	}
	if m.samples+fresh > m.config.HeldSamples {
		m.generation.Add(1)
		m.samples, fresh = 0, all
		clear(m.selections)
		clear(m.series)
	}
	m.samples += fresh
	for i, one := range made {
		if known := m.series[one.text]; known != nil {
			made[i] = known
			continue
		}
		m.series[one.text] = one
	}
	return made, nil
}

// age tells which of several answers of selected was still in memory.
func (m *memory) age() int64 { return m.generation.Load() }

// decode turns series into what is kept of them.
func decode(read []recording.Series) ([]*decoded, error) {
	made := make([]*decoded, 0, len(read))
	for _, one := range read {
		next, err := decodeSeries(one)
		if err != nil {
			return nil, err
		}
		made = append(made, next)
	}
	slices.SortFunc(made, func(a, b *decoded) int { return labels.Compare(a.labels, b.labels) })
	for i := 1; i < len(made); i++ {
		if labels.Equal(made[i].labels, made[i-1].labels) {
			return nil, unavailable(nil, "the recording holds %s twice; check which files it was made of", shorten(made[i].text))
		}
	}
	return made, nil
}

func decodeSeries(read recording.Series) (*decoded, error) {
	made := &decoded{labels: read.Labels, text: textOf(read.Labels)}
	made.floats = asFloats(read.Floats)
	for i, point := range read.Floats {
		if i > 0 && point.T <= read.Floats[i-1].T {
			return nil, disordered(made)
		}
		if value.IsStaleNaN(point.V) {
			made.gone = append(made.gone, point.T)
		}
	}
	if len(made.gone) > 0 {
		kept := make([]promql.FPoint, 0, len(made.floats)-len(made.gone))
		for _, point := range made.floats {
			if !value.IsStaleNaN(point.F) {
				kept = append(kept, point)
			}
		}
		made.floats = kept
	}
	if len(read.Histograms) > 0 {
		made.histograms = make([]promql.HPoint, 0, len(read.Histograms))
	}
	for i, point := range read.Histograms {
		if i > 0 && point.T <= read.Histograms[i-1].T {
			return nil, disordered(made)
		}
		if value.IsStaleNaN(point.H.Sum) {
			made.gone = append(made.gone, point.T)
			continue
		}
		made.histograms = append(made.histograms, promql.HPoint{T: point.T, H: point.H})
	}
	slices.Sort(made.gone)
	return made, nil
}

// asFloats are points in the type of the engine, without a copy: a recording of a day
// would be in memory twice. Both are a time and a value of 8 bytes each, and the
// constants do not compile when that changes. Nobody writes to either.
func asFloats(points []recording.Point) []promql.FPoint {
	const (
		_ uintptr = -(unsafe.Sizeof(promql.FPoint{}) - unsafe.Sizeof(recording.Point{}))
		_ uintptr = -(unsafe.Offsetof(promql.FPoint{}.T) - unsafe.Offsetof(recording.Point{}.T))
		_ uintptr = -(unsafe.Offsetof(promql.FPoint{}.F) - unsafe.Offsetof(recording.Point{}.V))
	)
	return unsafe.Slice((*promql.FPoint)(unsafe.Pointer(unsafe.SliceData(points))), len(points))
}

func disordered(of *decoded) error {
	return unavailable(nil, "the samples of %s are not in the order of time; check how it was recorded", shorten(of.text))
}

// textOf writes labels as the API's client does.
func textOf(of labels.Labels) string {
	metric := make(model.Metric, of.Len())
	of.Range(func(one labels.Label) { metric[model.LabelName(one.Name)] = model.LabelValue(one.Value) })
	return metric.String()
}

// size is how many samples a series counts for: a float is one, 16 bytes.
func (d *decoded) size() int {
	size := len(d.floats) + len(d.gone)
	for _, point := range d.histograms {
		size += 1 + point.H.Size()/16
	}
	return size
}
