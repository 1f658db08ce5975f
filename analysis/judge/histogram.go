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

// report is what was compared, by bucket of all edges.
type report struct {
	Edges            []float64 `json:"edges,omitempty"`
	Canary, Baseline []float64 `json:",omitempty"`
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

func warming(counts []float64) []series.PodBuckets {
	if counts == nil {
		return nil
	}
	return []series.PodBuckets{{Counts: counts}}
}

// maxKinds is how many edges are compared: those that split the baseline's requests most
// evenly. More of them tell hardly more, and the memory grows with them.
const maxKinds = 16

// choose returns the indices of the edges that are compared. They are chosen at the
// first window in which the baseline has served, by the baseline alone. When a window
// lacks some of them, those that it has are compared on; when it has none, the evidence
// begins anew.
func (s *HistogramState) choose(t test, w HistogramWindow) (chosen []int, warning string) {
	if len(w.Edges) == 0 {
		return nil, ""
	}
	found := s.memory().indices[:0]
	for _, edge := range s.Edges {
		if i, ok := slices.BinarySearch(w.Edges, edge); ok {
			found = append(found, i)
		}
	}
	s.memory().indices = found
	if len(found) == 0 && len(s.Edges) > 0 {
		warning = "the buckets have changed: the evidence begins anew"
		s.forget()
		s.Edges = nil
	}
	switch {
	case len(found) == 0 && len(w.Edges) > maxKinds && !slices.ContainsFunc(w.Baseline, served):
		return nil, warning // Nothing tells yet which edges matter.
	case len(found) == 0:
		found = thin(w)
		s.Edges = pick(w.Edges, found)
	case len(found) < len(s.Edges):
		warning = fmt.Sprintf("the buckets have changed: %d of %d edges are compared on, the others are gone", len(found), len(s.Edges))
		s.keep(t, indices(pick(w.Edges, found), s.Edges))
		s.Edges = pick(w.Edges, found)
	}
	return found, warning
}

// served reports whether a pod has counted a request.
func served(p series.PodBuckets) bool {
	return slices.ContainsFunc(p.Counts, func(n float64) bool { return n > 0 })
}

// indices are where some of the edges are among all of them.
func indices(some, all []float64) []int {
	found := make([]int, 0, len(some))
	for _, edge := range some {
		if i, ok := slices.BinarySearch(all, edge); ok {
			found = append(found, i)
		}
	}
	return found
}

// thin returns the indices of at most maxKinds edges: it drops, one after the other,
// the edge whose two buckets hold the fewest of the baseline's requests; of equal
// ones, so that the others are spread evenly.
func thin(w HistogramWindow) []int {
	mass := slices.Repeat([]float64{1e-9}, len(w.Edges)+1)
	for _, pod := range w.Baseline {
		for i := range min(len(pod.Counts), len(mass)) {
			if pod.Counts[i] > 0 {
				mass[i] += min(pod.Counts[i], mostRequests)
			}
		}
	}
	kept := make([]int, len(w.Edges))
	for i := range kept {
		kept[i] = i
	}
	for len(kept) > maxKinds {
		least := 0
		for i := range kept {
			if mass[i]+mass[i+1] < mass[least]+mass[least+1] {
				least = i
			}
		}
		mass[least] += mass[least+1]
		mass = slices.Delete(mass, least+1, least+2)
		kept = slices.Delete(kept, least, least+1)
	}
	return kept
}

// exceedances are the requests of an arm that were slower than each chosen edge.
func exceedances(pods []series.PodBuckets, edges []int, memory *scratch) arm {
	a := arm{Sum: sequential.PodEvents{Events: memory.floats(len(edges))}, Pods: memory.room(len(pods))}
	for _, pod := range pods {
		p := sequential.PodEvents{Pod: pod.Pod, Events: memory.floats(len(edges))}
		above := 0.0
		for bucket, kind := len(pod.Counts)-1, len(edges)-1; bucket >= 0; bucket-- {
			for ; kind >= 0 && edges[kind] == bucket; kind-- {
				p.Events[kind] = above
			}
			if isRequests(pod.Counts[bucket]) {
				above += pod.Counts[bucket]
			}
		}
		p.Total = above
		a.Sum.Total += above
		for kind, events := range p.Events {
			a.Sum.Events[kind] += events
		}
		a.Pods = append(a.Pods, p)
	}
	return a
}

// add adds a window to the report.
func (r *report) add(w HistogramWindow) {
	if w, _ = readable(w); len(w.Edges) == 0 || len(w.Edges) > series.MaxEdges {
		return
	}
	if !slices.Equal(r.Edges, w.Edges) {
		*r = report{Edges: slices.Clone(w.Edges), Canary: make([]float64, len(w.Edges)+1), Baseline: make([]float64, len(w.Edges)+1)}
	}
	for _, side := range []struct {
		sum  []float64
		pods []series.PodBuckets
	}{{r.Canary, w.Canary}, {r.Baseline, w.Baseline}} {
		for _, pod := range side.pods {
			for i, n := range pod.Counts {
				if isRequests(n) {
					side.sum[i] += n
				}
			}
		}
	}
}

// quantiles reads the report; nothing before a window had edges.
func (h Histogram) quantiles(r report) []Quantile {
	if len(r.Edges) == 0 {
		return nil
	}
	band := h.band
	if h.test == nil {
		band = sequential.NewBand(h.Budget, bandLeast)
	}
	quantiles := make([]Quantile, 0, len(h.Quantiles))
	for _, p := range h.Quantiles {
		quantiles = append(quantiles, Quantile{
			P:        p,
			Canary:   band.Quantile(sequential.Buckets{Edges: r.Edges, Counts: r.Canary}, p),
			Baseline: band.Quantile(sequential.Buckets{Edges: r.Edges, Counts: r.Baseline}, p),
		})
	}
	return quantiles
}
