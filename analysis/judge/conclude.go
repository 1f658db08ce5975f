package judge

import (
	"fmt"
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/stats"
)

// An analysis with a planned last look keeps half of its budget for one more test at
// that look. An e-process pays for the right to stop at any time: what it would need
// twice the traffic to prove, a test for one look can prove at the end.

// concludingPart is the part of the budget that is kept for the last look.
const concludingPart = 0.5

// conclusion is what the test at the last look rests on: what is slower may be all
// requests alike, the slowest, or some of them, and no one score sees all of it.
type conclusion struct {
	// Ranks looks at all requests, Tail at the slowest, and Shift is best where all take
	// longer by the same factor.
	Ranks stats.Stratified `json:"ranks,omitzero"`
	Tail  stats.Stratified `json:"tail,omitzero"`
	Shift stats.Stratified `json:"shift,omitzero"`
	// Edges look at the requests beyond each edge.
	Edges []stats.Stratified `json:"edges,omitempty"`
}

// Looking is the part of a budget for all looks but a planned last one.
func Looking(budget float64, planned bool) float64 {
	if planned {
		return budget * (1 - concludingPart)
	}
	return budget
}

// add adds a block; the past ones are the events of each arm in the blocks before.
func (c *conclusion) add(b sequential.EventBlock, pastCanary, pastBaseline sequential.PodEvents, memory *scratch) {
	canary, baseline := categories(b.Canary, memory), categories(b.Baseline, memory)
	kinds := len(b.Canary.Events)
	if len(c.Edges) != kinds {
		c.Edges = make([]stats.Stratified, kinds)
	}
	beyond := memory.floats(kinds + 1)
	for j := kinds - 1; j >= 0; j-- {
		beyond[j+1] = 1
		c.Edges[j].Add(canary, baseline, beyond)
	}
	if kinds < 2 {
		return
	}
	pooled := sequential.PodEvents{Events: memory.floats(kinds)}
	for _, p := range []sequential.PodEvents{pastCanary, pastBaseline, b.Canary, b.Baseline} {
		accumulate(&pooled, p)
	}
	ranks, tail, shift := scores(categories(pooled, memory), memory)
	c.Ranks.Add(canary, baseline, ranks)
	c.Tail.Add(canary, baseline, tail)
	c.Shift.Add(canary, baseline, shift)
}

// scores are those of the categories between edges, from what was seen in them so far:
//
//	ranks  the share u of requests that were faster (Wilcoxon's; best against a shift of the log odds)
//	tail   -ln(1-u) (Savage's; best where the slowest get slower)
//	shift  (f(lower edge) - f(upper edge)) / share, with f the density at an edge: the locally
//	       best score against a shift of all requests, for the distribution as it is
//	       (Behnen & Neuhaus 1989); edges are taken to lie at equal distances.
func scores(counts []float64, memory *scratch) (ranks, tail, shift []float64) {
	all := float64(len(counts)) / 2
	for _, n := range counts {
		all += n
	}
	ranks, tail, shift = memory.floats(len(counts)), memory.floats(len(counts)), memory.floats(len(counts))
	below, density := 0.0, 0.0
	for i := range counts {
		share := (counts[i] + 0.5) / all
		ranks[i] = below + share/2
		tail[i] = -math.Log1p(-min(ranks[i], 1-1/(4*all)))
		below += share
		upper := 0.0
		if i+1 < len(counts) {
			upper = (share + (counts[i+1]+0.5)/all) / 2
		}
		shift[i] = (density - upper) / share
		density = upper
	}
	return ranks, tail, shift
}

// categories are the requests between the edges: those of no event first, those of all
// kinds last.
func categories(p sequential.PodEvents, memory *scratch) []float64 {
	counts := memory.floats(len(p.Events) + 1)
	left := p.Total
	for i, events := range p.Events {
		counts[i] = max(left-events, 0)
		left = events
	}
	counts[len(p.Events)] = left
	return counts
}

// The weights of the scores in the combined p-value; the edges share theirs.
const (
	ranksWeight, tailWeight, shiftWeight, edgesWeight = 0.25, 0.25, 0.25, 0.25
	// leastVariance is how much the events beyond an edge must vary to be looked at.
	leastVariance = 0.5
)

// p is the p-value of all scores together, by Cauchy's combination: for weights that sum
// to 1,
//
//	p = 1/2 - arctan(Σ w tan((1/2 - p_i)π)) / π
//
// is right in the tail for normal scores whatever their correlations are (Liu & Xie 2020):
// scores that agree cost nothing, and one that stands alone costs 1/w. A score that speaks
// for the canary is counted as one that says nothing (Fang et al. 2023).
//
// Requests that come in clumps make all scores vary more. Few blocks tell by how much
// with an error of their own, and the score that seems to vary least would win: so each
// score is taken to vary at least as their mean does.
func (c conclusion) p(null float64) float64 {
	odds := math.Log(null)
	if len(c.Edges) == 1 {
		return c.Edges[0].Above(odds, 1, 1)
	}
	var all []score
	for _, s := range []score{{c.Ranks, ranksWeight, 0}, {c.Tail, tailWeight, 0}, {c.Shift, shiftWeight, 0}} {
		if s.Variance > 0 {
			all = append(all, s)
		}
	}
	edges := slices.DeleteFunc(slices.Clone(c.Edges), func(s stats.Stratified) bool { return s.Variance < leastVariance })
	for _, s := range edges {
		all = append(all, score{s, edgesWeight / float64(len(edges)), 1})
	}
	inflation, total := 0.0, 0.0
	for _, s := range all {
		total += s.weight
		inflation += s.weight * s.Inflation()
	}
	weights, ps := make([]float64, len(all)), make([]float64, len(all))
	for i, s := range all {
		weights[i], ps[i] = s.weight/total, s.Above(odds, s.step, inflation/total)
	}
	return cauchy(weights, ps)
}

// score is one with its weight, and the step of its sum.
type score struct {
	stats.Stratified
	weight, step float64
}

// cauchy combines p-values by weights that sum to 1; it is 1 of none.
func cauchy(weights, ps []float64) float64 {
	if len(ps) == 0 {
		return 1
	}
	sum := 0.0
	for i, p := range ps {
		// tan((1/2 - p)π) without its cancellation at a small p.
		sum += weights[i] / math.Tan(math.Pi*min(max(p, leastP), 0.5))
	}
	// 1/2 - arctan(x)/π for x >= 0.
	return math.Atan2(1, sum) / math.Pi
}

// leastP is below any budget.
const leastP = 1e-300

// conclude is the verdict of the last look, from the verdict of the looks so far.
func (l *look) conclude(v Verdict) Verdict {
	s := l.state
	limit := l.rules.budget * concludingPart
	e := v.Evidence
	tolerated := l.rules.absolute > 0 && e.Canary.Bad <= l.rules.absolute*e.Canary.Total
	p := s.Conclusion.p(l.test.null)
	if v.Decision == Fail || v.Reason == OnePod || e.Canary.Total <= 0 || tolerated || !(p <= limit) {
		return v
	}
	v.Decision, v.Reason = Fail, Regression
	v.Message = fmt.Sprintf("at the last look: %s, p-value %.2g of %.2g after %s canary requests; the evidence while looking was %s of %s",
		l.comparison(e), p, limit, count(e.Canary.Total), power(e.LogE), power(e.LogLimit))
	return v
}
