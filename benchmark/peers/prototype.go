package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// Prototype is the design that Serin's judge began with (called hybrid where it was first
// simulated): half likelihood ratios as in EProcess, against a margin of 1.1, tempered by
// the dispersion of the baseline's pods, with capped tilts; half e-values of exchangeable
// pods. Both are halved between errors and latency, and start anew at every step, so that
// a late regression does not pay for a good beginning.
func Prototype(r world.Rollout, s world.Scenario) int {
	p := prototype{
		errors:       newRestarts(rateCount),
		latency:      newRestarts(edges * oddsCount),
		podErrors:    newRestarts(tiltCount),
		podLatencies: newRestarts(edges * tiltCount),
	}
	for tick := range world.Ticks {
		now := look(r, tick, s.Warm)
		if tick >= world.HistoryTicks && (tick-world.HistoryTicks)%world.StepTicks == 0 {
			p.step()
		}
		evidence := p.next(now, tick)
		if now.inPlan && evidence >= enough() {
			return tick - world.HistoryTicks
		}
	}
	return Never
}

// prototype is the state of the Prototype.
type prototype struct {
	past       past
	dispersion [metrics]dispersion
	exchange   [metrics]exchange

	errors, latency, podErrors, podLatencies restarts
}

const (
	// margin is the rate ratio, and the odds ratio at an edge, that is not a regression.
	margin = 1.1
	// tiltCap scales how far tilts may go under clumps: with geometric clumps, the mean of
	// a tempered likelihood ratio is infinite for large ratios.
	tiltCap = .35
)

// step starts all evidence anew, beside what there is.
func (p *prototype) step() {
	for _, r := range []*restarts{&p.errors, &p.latency, &p.podErrors, &p.podLatencies} {
		r.started++
	}
}

// next takes a tick in and gives the logarithm of the whole evidence.
func (p *prototype) next(s *sight, tick int) float64 {
	if s.judged && s.n1+s.n2 > 0 {
		p.judgeErrors(s)
		p.judgeLatency(s)
	}
	for metric := range metrics {
		logs := p.exchange[metric].next(s, metric, tick)
		for i, log := range logs {
			if metric == 0 {
				p.podErrors.add(i, log)
			} else {
				p.podLatencies.add((metric-1)*tiltCount+i, log)
			}
		}
		p.dispersion[metric].add(s, metric, tick)
	}
	p.past.add(s)
	if !s.judged {
		return math.Inf(-1) // Nothing has changed.
	}
	return logMean([]float64{p.errors.mixed(), p.latency.mixed(), p.podErrors.mixed(), p.podLatencies.mixed()})
}

// judgeErrors adds the tempered likelihood ratios of errors.
func (p *prototype) judgeErrors(s *sight) {
	phi := p.dispersion[0].phi(s, 0)
	most := greatestTilt(phi)
	for i, ratio := range rateRatios() {
		p.errors.add(i, binomialEvidence(s, math.Min(ratio, most), margin)/phi)
	}
}

// judgeLatency adds the tempered likelihood ratios of each edge, against the nearest pair
// of shares whose odds ratio is the margin.
func (p *prototype) judgeLatency(s *sight) {
	odds := oddsRatios()
	for edge := range edges {
		phi := p.dispersion[1+edge].phi(s, 1+edge)
		most := greatestTilt(phi)
		usual := p.past.share(1 + edge)
		for j, factor := range odds {
			slow := worse(margin*math.Min(factor, most), usual)
			null := nearest(s, slow, usual)
			evidence := bernoulliEvidence(s, 1+edge, slow, usual, worse(margin, null), null)
			if !math.IsNaN(evidence) {
				p.latency.add(edge*oddsCount+j, evidence/phi)
			}
		}
	}
}

// nearest is the baseline's share in the null hypothesis nearest to the shares slow and
// usual: with it and the margin, as many events are expected as with those.
func nearest(s *sight, slow, usual float64) float64 {
	if s.n2 == 0 {
		return usual
	}
	const c = margin - 1
	events := s.n1*slow + s.n2*usual
	b := s.n1*margin + s.n2 - events*c
	return 2 * events / (b + math.Sqrt(b*b+4*s.n2*c*events))
}

// greatestTilt caps rate and odds ratios.
func greatestTilt(phi float64) float64 {
	phi = math.Max(phi, 1.0005)
	return math.Min(math.Pow((phi+1)/(phi-1), tiltCap*math.Min(phi, 50)), 1e3)
}

// restarts is a mixture of e-processes that is started at every step: a weighted mean over
// the starts of the mean over the alternatives. A start to come counts as 1.
type restarts struct {
	logs    [world.Steps][]float64
	started int
}

func newRestarts(alternatives int) restarts {
	var r restarts
	for i := range r.logs {
		r.logs[i] = make([]float64, alternatives)
	}
	return r
}

// add gives evidence to an alternative, in all starts so far.
func (r *restarts) add(alternative int, log float64) {
	for i := range r.started {
		r.logs[i][alternative] += log
	}
}

// mixed is the logarithm of the mixture.
func (r *restarts) mixed() float64 {
	var starts [world.Steps]float64
	for i, weight := range [world.Steps]float64{.4, .2, .2, .2} {
		starts[i] = math.Log(weight)
		if i < r.started {
			starts[i] += logMean(r.logs[i])
		}
	}
	return logSum(starts[:])
}
