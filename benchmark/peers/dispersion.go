package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// dispersion measures how much more the counts of one kind of events differ between the
// baseline's pods than independent events would: from tick to tick, and as sums over
// windows as long as a step, which see what lasts. It knows completed ticks and windows
// only, so that evidence divided by it stays predictable.
type dispersion struct {
	tick, window moments
	sums         [2][world.Pods]float64 // of requests and events, in the current window
}

// moments adds up, over ticks or windows, squared deviations of the pods' counts from what
// they would be at a common share, and what independent events would give.
type moments struct {
	squares, expected float64 // for the index of dispersion
	excess, means     float64 // for a variance that grows with the square of the mean
}

// add takes in the counts of the pods from boundary on.
func (m *moments) add(n, events *[world.Pods]float64, boundary int) {
	requests, total := 0.0, 0.0
	for pod := boundary; pod < world.Pods; pod++ {
		requests += n[pod]
		total += events[pod]
	}
	share := total / math.Max(requests, 1)
	pods := float64(world.Pods - boundary)
	squares, binomial, means := 0.0, 0.0, 0.0
	for pod := boundary; pod < world.Pods; pod++ {
		mean := n[pod] * share
		squares += (events[pod] - mean) * (events[pod] - mean)
		binomial += mean * (1 - share)
		means += mean * mean
	}
	squares *= pods / (pods - 1)
	m.squares += squares
	m.expected += binomial
	m.excess += squares - binomial
	m.means += means
}

// index is the index of dispersion: a ratio of sums, since the mean of ratios is too small
// for clumps.
func (m *moments) index() float64 { return (m.squares + 1) / (m.expected + 1) }

// spread is the squared coefficient of variation beyond independence.
func (m *moments) spread() float64 { return math.Max(m.excess/math.Max(m.means, 1e-9), 0) }

// phi is the dispersion to temper the evidence of the current tick with. It uses the current
// mean of the baseline's pods, since in an incident the variance grows with it.
func (d *dispersion) phi(s *sight, metric int) float64 {
	index := math.Max(1, math.Max(d.tick.index(), d.window.index()))
	mean := s.x2[metric] / float64(world.Pods-s.boundary)
	return math.Max(index, 1+mean*math.Max(d.tick.spread(), world.StepTicks*d.window.spread()))
}

// add takes a tick in.
func (d *dispersion) add(s *sight, metric, tick int) {
	d.tick.add(&s.n, &s.events[metric], s.boundary)
	for pod := range world.Pods {
		d.sums[0][pod] += s.n[pod]
		d.sums[1][pod] += s.events[metric][pod]
	}
	if (tick+1)%world.StepTicks == 0 {
		d.window.add(&d.sums[0], &d.sums[1], s.boundary)
		d.sums = [2][world.Pods]float64{}
	}
}
