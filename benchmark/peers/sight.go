package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

const (
	// alpha is the budget of false rollbacks that the sequential judges spend.
	alpha = .01
	// metrics counts the kinds of events that the sequential judges look at: errors, and
	// requests above each edge.
	metrics = 1 + edges
	// rateCount and oddsCount count the alternatives.
	rateCount, oddsCount = 48, 6
)

// enough is the evidence, as a logarithm, that takes a rollout back.
func enough() float64 { return math.Log(1 / alpha) }

// sight is what a sequential judge sees at a tick.
type sight struct {
	// boundary is the first pod of the baseline.
	boundary int
	// n counts requests and events counts events, per pod; n1 and x1 are sums over the
	// canary, n2 and x2 over the baseline.
	n              [world.Pods]float64
	events         [metrics][world.Pods]float64
	n1, n2         float64
	x1, x2         [metrics]float64
	judged, inPlan bool
}

// look gives what there is to see at a tick.
func look(r world.Rollout, tick, warm int) *sight {
	s := &sight{boundary: world.CanaryPods(tick), inPlan: tick >= world.HistoryTicks}
	s.judged = s.inPlan && !world.Warming(tick, warm)
	for pod := range world.Pods {
		cell := world.Cell(pod, tick)
		s.n[pod] = float64(r.N[cell])
		s.events[0][pod] = float64(r.X[cell])
		above := int32(0)
		for edge := edges - 1; edge >= 0; edge-- {
			above += r.H[cell][edge+1]
			s.events[1+edge][pod] = float64(above)
		}
		n, x := &s.n2, &s.x2
		if pod < s.boundary {
			n, x = &s.n1, &s.x1
		}
		*n += s.n[pod]
		for metric := range metrics {
			x[metric] += s.events[metric][pod]
		}
	}
	return s
}

// logMean is the logarithm of the mean of exponentials.
func logMean(logs []float64) float64 {
	return logSum(logs) - math.Log(float64(len(logs)))
}

// logSum is the logarithm of a sum of exponentials.
func logSum(logs []float64) float64 {
	greatest := math.Inf(-1)
	for _, value := range logs {
		greatest = math.Max(greatest, value)
	}
	if math.IsInf(greatest, -1) {
		return greatest
	}
	sum := 0.0
	for _, value := range logs {
		sum += math.Exp(value - greatest)
	}
	return greatest + math.Log(sum)
}

// past sums up the baseline's requests and events of all ticks before, history included.
type past struct {
	n float64
	x [metrics]float64
}

// share predicts the baseline's share of events.
func (p *past) share(metric int) float64 { return (p.x[metric] + .5) / (p.n + 1) }

// add takes a tick in.
func (p *past) add(s *sight) {
	p.n += s.n2
	for metric := range p.x {
		p.x[metric] += s.x2[metric]
	}
}

// rateRatios are the alternatives for errors: 1.1, 1.1², … 1.1⁴⁸.
func rateRatios() [rateCount]float64 {
	var ratios [rateCount]float64
	for i := range ratios {
		ratios[i] = math.Pow(1.1, float64(i+1))
	}
	return ratios
}

// oddsRatios are the alternatives for the share of requests above an edge.
func oddsRatios() [oddsCount]float64 {
	return [oddsCount]float64{1.25, 1.5, 2, 3, 6, 15}
}

// worse is a share whose odds are so many times those of another.
func worse(odds, share float64) float64 { return odds * share / (1 - share + odds*share) }
