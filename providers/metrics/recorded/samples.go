package recorded

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

// selector is what is known of the text of a selector; it is parsed once.
type selector struct {
	refusal error
	held    *held
}

// selector parses a selector, or remembers it.
func (p *Provider) selector(text string) *selector {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known, ok := p.selectors[text]; ok {
		return known
	}
	if len(p.selectors) >= maxQuestions {
		clear(p.selectors)
	}
	made := &selector{refusal: prometheus.CheckSelector(text)}
	if made.refusal == nil {
		// What was checked parses; ParseMetricSelector would refuse comments.
		parsed, _ := p.parser.ParseExpr(text)
		made.held = &held{matchers: parsed.(*parser.VectorSelector).LabelMatchers}
	}
	p.selectors[text] = made
	return made
}

// held is a selection that was looked up, as long as the memory keeps it.
type held struct {
	matchers []*labels.Matcher

	mutex  sync.Mutex
	ready  bool
	age    int64
	series []*decoded
	// byText are the series in the order of their texts.
	byText []*decoded
}

// in returns the series that match, in the order of the labels and of their texts.
func (h *held) in(ctx context.Context, memory *memory) (byLabels, byText []*decoded, err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if age := memory.age(); h.ready && h.age == age {
		return h.series, h.byText, nil
	}
	found, err := memory.selected(ctx, h.matchers)
	if err != nil {
		return nil, nil, err
	}
	// The age is asked for afterwards: keeping the series may have forgotten others.
	h.series, h.age, h.ready = found, memory.age(), true
	h.byText = slices.Clone(found)
	slices.SortFunc(h.byText, func(a, b *decoded) int { return strings.Compare(a.text, b.text) })
	return h.series, h.byText, nil
}

// Samples returns the raw samples in (from, to]. Both bounds are cut to milliseconds; no
// sample is lost by that, for theirs are milliseconds too.
func (p *Provider) Samples(ctx context.Context, text string, from, to time.Time) (metrics.Samples, error) {
	asked := p.selector(text)
	if asked.refusal != nil {
		return metrics.Samples{}, asked.refusal
	}
	if err := ctx.Err(); err != nil {
		return metrics.Samples{}, p.fault(gaveUp(err))
	}
	if to.IsZero() {
		return metrics.Samples{}, p.fault(invalid("reading %s: no time is given; pass the interval to read", shorten(text)))
	}
	if to.Before(from) {
		return metrics.Samples{}, p.fault(invalid("reading %s: the interval ends at %s, before it begins at %s; swap them",
			shorten(text), to.Format(time.RFC3339Nano), from.Format(time.RFC3339Nano)))
	}
	after, until := from.UnixMilli(), to.UnixMilli()
	if after == until {
		return metrics.Samples{}, p.fault(noData("reading %s: the interval is shorter than a millisecond", shorten(text)))
	}
	_, found, err := asked.held.in(ctx, p.memory)
	if err != nil {
		return metrics.Samples{}, p.fault(err)
	}
	all := collect(found, after, until)
	if len(all.Series)+len(all.Histograms) == 0 {
		return metrics.Samples{}, p.fault(noData("the selector matches no sample in the interval; check its labels, and that the recording holds them"))
	}
	return all, nil
}

// collect takes the samples of an interval from series in the order of their texts. All
// floats are in one array: there are few in each window, and many windows.
func collect(found []*decoded, after, until int64) metrics.Samples {
	var all metrics.Samples
	windows, total := make([][]promql.FPoint, len(found)), 0
	many := 0
	for i, one := range found {
		windows[i] = one.floatsIn(after, until)
		if total += len(windows[i]); len(windows[i]) > 0 {
			many++
		}
	}
	samples := make([]series.Sample, 0, total)
	if many > 0 {
		all.Series = make([]series.Series, 0, many)
	}
	for i, one := range found {
		if len(windows[i]) > 0 {
			begin := len(samples)
			samples = appendSamples(samples, windows[i])
			all.Series = append(all.Series, series.Series{Labels: one.text, Samples: slices.Clip(samples[begin:])})
		}
		if histograms := one.histogramsIn(after, until); len(histograms) > 0 {
			all.Histograms = append(all.Histograms, series.HistogramSeries{Labels: one.text, Samples: asHistograms(histograms)})
		}
	}
	return all
}

func appendSamples(samples []series.Sample, floats []promql.FPoint) []series.Sample {
	for _, point := range floats {
		samples = append(samples, series.Sample{At: time.UnixMilli(point.T).UTC(), Value: plain(point.F)})
	}
	return samples
}

func asHistograms(points []promql.HPoint) []series.Histogram {
	made := make([]series.Histogram, len(points))
	for i, point := range points {
		made[i] = series.Histogram{At: time.UnixMilli(point.T).UTC(), Count: plain(point.H.Count), Buckets: asBuckets(point.H)}
	}
	return made
}

// asBuckets are the buckets that hold something, as the API tells them.
func asBuckets(native *histogram.FloatHistogram) []series.Bucket {
	var made []series.Bucket
	for buckets := native.AllBucketIterator(); buckets.Next(); {
		if bucket := buckets.At(); bucket.Count != 0 {
			made = append(made, series.Bucket{Lower: bucket.Lower, Upper: bucket.Upper, Count: plain(bucket.Count)})
		}
	}
	return made
}

// plain is a value as it comes over the API, which has but one NaN.
func plain(value float64) float64 {
	if value != value {
		return math.NaN()
	}
	return value
}
