package recordings

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// Histogram is a duration histogram of a case, scrape by scrape.
type Histogram struct {
	// Name is that of the metric without _bucket.
	Name string
	// Edges are the upper bounds of the buckets, ascending; the last one is +Inf.
	Edges []float64
	// Scrapes are in order of time.
	Scrapes []Scrape
	// History are the baseline's requests before the canary began, per bucket, if
	// it was recorded before; they are not in Scrapes then, nor in the view.
	History []float64
}

// Scrape is what was served since the scrape before: Canary[i] and Baseline[i] are the
// requests between Edges[i-1] and Edges[i].
type Scrape struct {
	At               time.Time
	Canary, Baseline []float64
}

const bucket = "_bucket"

// Histograms are the histograms of a view; series that differ in other labels than le
// are added up.
func (v View) Histograms() []Histogram {
	var names []string
	for _, m := range v.Metrics {
		if name, is := strings.CutSuffix(m.Name, bucket); is && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	all := make([]Histogram, len(names))
	for i, name := range names {
		all[i] = v.histogram(name)
	}
	return all
}

// histogram is the one with a name.
func (v View) histogram(name string) Histogram {
	h := Histogram{Name: name}
	var edges []float64
	var buckets []Metric
	for _, m := range v.Metrics {
		edge, err := strconv.ParseFloat(m.Labels["le"], 64)
		if m.Name != name+bucket || err != nil {
			continue
		}
		edges, buckets = append(edges, edge), append(buckets, m)
	}
	h.Edges = slices.Compact(slices.Sorted(slices.Values(edges)))
	scrapes := map[int64]*Scrape{}
	for i, m := range buckets {
		at, _ := slices.BinarySearch(h.Edges, edges[i])
		h.add(scrapes, at, Increments(m.Canary), func(s *Scrape) []float64 { return s.Canary })
		h.add(scrapes, at, Increments(m.Baseline), func(s *Scrape) []float64 { return s.Baseline })
	}
	for _, s := range scrapes {
		split(s.Canary)
		split(s.Baseline)
		h.Scrapes = append(h.Scrapes, *s)
	}
	slices.SortFunc(h.Scrapes, func(a, b Scrape) int { return a.At.Compare(b.At) })
	h.takeHistory(buckets, edges)
	return h
}

// add puts the increments of a bucket into the scrapes.
func (h Histogram) add(scrapes map[int64]*Scrape, at int, grown []series.Sample, arm func(*Scrape) []float64) {
	for _, g := range grown {
		key := g.At.UnixMilli()
		if scrapes[key] == nil {
			scrapes[key] = &Scrape{At: g.At, Canary: make([]float64, len(h.Edges)), Baseline: make([]float64, len(h.Edges))}
		}
		arm(scrapes[key])[at] += g.Value
	}
}

// split makes cumulative counts counts per bucket.
func split(counts []float64) {
	for i := len(counts) - 1; i > 0; i-- {
		counts[i] = math.Max(counts[i]-counts[i-1], 0)
	}
}

// takeHistory adds up a baseline that was recorded before.
func (h *Histogram) takeHistory(buckets []Metric, edges []float64) {
	for i, m := range buckets {
		if len(m.History) == 0 {
			continue
		}
		if h.History == nil {
			h.History = make([]float64, len(h.Edges))
		}
		at, _ := slices.BinarySearch(h.Edges, edges[i])
		for _, g := range Increments(m.History) {
			h.History[at] += g.Value
		}
	}
	if h.History != nil {
		split(h.History)
	}
}
