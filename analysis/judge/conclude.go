package judge

import (
	"fmt"
	"math"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/stats"
)

// An analysis with a planned last look keeps half of its budget for one more test at
// that look. An e-process pays for the right to stop at any time: what it would need
// twice the traffic to prove, a test for one look can prove at the end.

// concludingPart is the part of the budget that is kept for the last look.
const concludingPart = 0.5

// conclusion is what the test at the last look rests on: the ranks of all requests, and
// scores that look at the slowest.
type conclusion struct {
	Ranks stats.Stratified `json:"ranks,omitzero"`
	Tail  stats.Stratified `json:"tail,omitzero"`
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
	pooled := sequential.PodEvents{Events: memory.floats(len(b.Canary.Events))}
	for _, p := range []sequential.PodEvents{pastCanary, pastBaseline, b.Canary, b.Baseline} {
		accumulate(&pooled, p)
	}
	below := 0.0
	all := pooled.Total + float64(len(canary))/2
	counts := categories(pooled, memory)
	ranks, tail := memory.floats(len(canary)), memory.floats(len(canary))
	for i := range counts {
		share := (counts[i] + 0.5) / all
		ranks[i] = below + share/2
		tail[i] = -math.Log1p(-min(ranks[i], 1-1/(4*all)))
		below += share
	}
	c.Ranks.Add(canary, baseline, ranks)
	if len(canary) > 2 {
		c.Tail.Add(canary, baseline, tail)
	}
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

// p is the p-value of both scores together.
func (c conclusion) p(null float64) float64 {
	p := c.Ranks.Above(math.Log(null))
	if c.Tail.Blocks > 0 {
		p = min(1, 2*min(p, c.Tail.Above(math.Log(null))))
	}
	return p
}

// conclude is the verdict of the last look, from the verdict of the looks so far.
func (l *look) conclude(v Verdict) Verdict {
	s := l.state
	limit := l.rules.budget * concludingPart
	e := v.Evidence
	tolerated := l.rules.absolute > 0 && e.Canary.Bad <= l.rules.absolute*e.Canary.Total
	p := s.Conclusion.p(l.test.null)
	if v.Decision == Fail || v.Reason == OnePod || v.Reason == SharedIncident || e.Canary.Total <= 0 || tolerated || p > limit {
		return v
	}
	v.Decision, v.Reason = Fail, Regression
	v.Message = fmt.Sprintf("at the last look: %s, p-value %.2g of %.2g after %s canary requests; the evidence while looking was %s of %s",
		l.comparison(e), p, limit, count(e.Canary.Total), power(e.LogE), power(e.LogLimit))
	return v
}
