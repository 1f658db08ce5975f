package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
)

// HistogramWindow is what both arms served in one window, by how long it took.
type HistogramWindow = series.HistogramWindow

// Histogram judges whether the canary is slower than the baseline anywhere in the
// distribution: for each edge of the buckets it compares the requests that took longer,
// by the e-process of sequential.Exceedance, so that a shift of all requests and a
// tail that is new are both seen. No quantile is computed for the verdict: a quantile
// of buckets jumps from edge to edge.
//
// A canary that is nowhere slower than accepted is failed with a probability of at
// most Budget. Assumptions as for Proportion.
type Histogram struct {
	// RelativeTolerance is by how much the odds of being slower than an edge may be
	// higher, at any edge: 0.03 is 3 %.
	RelativeTolerance float64
	// MinRequests is how many canary requests must be compared under the weight in
	// force before the absence of evidence is a pass.
	MinRequests float64
	// Quantiles are those that the report shows, each between 0 and 1. They have no
	// part in the verdict.
	Quantiles []float64
	// Budget is the accepted probability of a false Fail over all looks: 0.01.
	Budget float64
	// Planned says that there will be a last look, at which Conclude is called: half of
	// the Budget is kept for it.
	Planned bool

	test *sequential.Exceedance
	band sequential.Band
}

// Prepare makes what every look needs, so that it is made once. Observe does
// without, more slowly.
func (h Histogram) Prepare() Histogram {
	if test, err := sequential.NewLatency(1 + h.RelativeTolerance); err == nil {
		h.test = test
	}
	if h.Budget > 0 && h.Budget < 1 && len(h.Quantiles) > 0 {
		h.band = sequential.NewBand(h.Budget, bandLeast)
	}
	return h
}

// bandLeast is from how many requests on quantiles have bounds.
const bandLeast = 50

// Validate returns an error that names the field that cannot be used.
func (h Histogram) Validate() error {
	for _, p := range h.Quantiles {
		if !(p > 0 && p < 1) {
			return fmt.Errorf("the quantile %v is not between 0 and 1", p)
		}
	}
	switch {
	case !tolerable(h.RelativeTolerance):
		return fmt.Errorf("the tolerance is %v; it must be 0 or more, and at most %v", h.RelativeTolerance, mostTolerance)
	case !usable(h.MinRequests):
		return fmt.Errorf("the requests to wait for are %v; they must be 0 or more", h.MinRequests)
	default:
		return validBudget(h.Budget)
	}
}

// HistogramState is the memory of a Histogram. The zero value has seen nothing.
type HistogramState struct {
	Comparison
	// Edges are those that are compared: some of the histogram's.
	Edges []float64 `json:"edges,omitempty"`
	// Report is what the quantiles are read from, as far as they are asked for.
	Report report `json:"report"`
}

// ParseHistogramState reads what String wrote. The empty text is the zero value.
func ParseHistogramState(text string) (HistogramState, error) {
	var s HistogramState
	if err := parseState(text, "histogram", &s, func() int { return s.Version }, s.valid); err != nil {
		return HistogramState{}, err
	}
	return s, nil
}

func (s *HistogramState) valid() error {
	for _, edges := range [][]float64{s.Edges, s.Report.Edges} {
		for i, edge := range edges {
			if i > 0 && edge <= edges[i-1] {
				return fmt.Errorf("the edge %v is not above the one before", edge)
			}
		}
	}
	for _, counts := range [][]float64{s.Report.Canary, s.Report.Baseline} {
		if n := len(counts); n != len(s.Report.Edges)+1 && (n != 0 || len(s.Report.Edges) > 0) {
			return fmt.Errorf("%d buckets between %d edges", n, len(s.Report.Edges))
		}
		if slices.ContainsFunc(counts, isNoSum) {
			return fmt.Errorf("one of the buckets' %v is no count", counts)
		}
	}
	return s.validate(len(s.Edges), sequential.LatencyTilts)
}

// String returns the state as versioned JSON of some KiB.
func (s *HistogramState) String() string {
	s.Version = comparisonVersion
	return write(s)
}

// Learn adds a window of the baseline from before the release.
func (h Histogram) Learn(s *HistogramState, w HistogramWindow) {
	if t, err := h.prepared(); err == nil && len(w.Edges) > 0 {
		var l look
		l.window, _ = s.window(t, w)
		l.clean()
		s.learn(t, l.window)
	}
}

func (h Histogram) prepared() (test, error) {
	t := test{Exceedance: h.test, null: 1 + h.RelativeTolerance}
	if t.Exceedance != nil {
		return t, nil
	}
	var err error
	t.Exceedance, err = sequential.NewLatency(t.null)
	return t, err
}

// Observe adds a window to what was seen and judges all of it, by the rules of
// Proportion.Observe; bad requests are those slower than an edge.
//
// A window without edges is no evidence. When the edges are no longer those that were
// compared so far, those that are still there are compared on; when none is, the
// evidence begins anew.
func (h Histogram) Observe(s *HistogramState, w HistogramWindow, weightSince time.Time) Verdict {
	if err := h.Validate(); err != nil {
		return Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	t, err := h.prepared()
	if err != nil {
		return Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	l := h.look(t, s)
	l.window, l.warnings = s.window(t, w)
	l.warnings = append(l.warnings, w.Doubts...)
	verdict := l.judge(weightSince)
	if e := &verdict.Evidence; e.Kind < len(s.Edges) {
		e.Edge = s.Edges[e.Kind]
	}
	if len(h.Quantiles) > 0 {
		if !l.leftOut {
			s.Report.add(w)
		}
		verdict.Evidence.Quantiles = h.quantiles(s.Report)
	}
	return verdict
}

// Conclude is the verdict at the planned last look, given that of its Observe: what was
// seen is judged by a test for one look, too.
func (h Histogram) Conclude(s *HistogramState, v Verdict) Verdict {
	t, err := h.prepared()
	if err != nil || !h.Planned || v.Reason == InvalidJudge {
		return v
	}
	l := h.look(t, s)
	return l.conclude(v)
}

// look is one observation without its window.
func (h Histogram) look(t test, s *HistogramState) look {
	return look{
		test: t, state: &s.Comparison,
		rules:     rules{minRequests: h.MinRequests, budget: h.Budget, planned: h.Planned},
		histogram: s,
	}
}

// window is a window whose kinds of events are "slower than the edge".
func (s *HistogramState) window(t test, w HistogramWindow) (_ window, warnings []string) {
	w, warnings = readable(w)
	s.memory().begin()
	edges, warning := s.choose(t, w)
	if warning != "" {
		warnings = append(warnings, warning)
	}
	return window{
		Window: Window{From: w.From, To: w.To, Unscraped: w.Unscraped, CanaryAt: w.CanaryAt, BaselineAt: w.BaselineAt},
		canary: exceedances(w.Canary, edges, s.memory()), baseline: exceedances(w.Baseline, edges, s.memory()),
		warmingUp: exceedances(warming(w.WarmingUp), edges, s.memory()),
	}, warnings
}

// readable is a window without what cannot be read by its edges.
func readable(w HistogramWindow) (_ HistogramWindow, warnings []string) {
	for i, edge := range w.Edges {
		if math.IsNaN(edge) || math.IsInf(edge, 0) || i > 0 && edge <= w.Edges[i-1] {
			warnings = append(warnings, fmt.Sprintf("the edge %v of the buckets is not above the one before: the window was left out", edge))
			w.Edges = nil
			break
		}
	}
	if len(w.Edges) == 0 {
		w.Canary, w.Baseline, w.WarmingUp = nil, nil, nil
		return w, warnings
	}
	odd := func(pod series.PodBuckets) bool { return len(pod.Counts) != len(w.Edges)+1 }
	if slices.ContainsFunc(w.Canary, odd) || slices.ContainsFunc(w.Baseline, odd) || w.WarmingUp != nil && odd(series.PodBuckets{Counts: w.WarmingUp}) {
		warnings = append(warnings, "a pod's buckets are not those of the others: the window was left out")
		w.Canary, w.Baseline, w.WarmingUp = nil, nil, nil
	}
	garbled := func(pod series.PodBuckets) bool {
		return slices.ContainsFunc(pod.Counts, func(n float64) bool { return !isRequests(n) })
	}
	if slices.ContainsFunc(w.Canary, garbled) || slices.ContainsFunc(w.Baseline, garbled) || garbled(series.PodBuckets{Counts: w.WarmingUp}) {
		warnings = append(warnings, noNumber)
	}
	return w, warnings
}
