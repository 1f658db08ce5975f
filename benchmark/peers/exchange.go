package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// exchange gives e-values for the pods being exchangeable: the mean over the canary's pods
// of exp(λz), divided by the mean over all pods, z being a pod's count of events relative to
// the baseline's, in standard deviations of the past. This holds whatever the pods share and
// however events clump within a tick. What lasts longer is met by the exponent 1/ψ, ψ being
// the variance of sums over windows relative to independent ticks.
type exchange struct {
	squares, freedom float64
	windows, ticks   float64 // Σ(Σz)² and Σz² over completed windows of the baseline
	sums, own        [world.Pods]float64
}

// tiltCount is how many λ are mixed.
const tiltCount = 5

// tilts are the λ.
func tilts() [tiltCount]float64 { return [5]float64{.1, .25, .5, 1, 2} }

// exchangeMargin is what the canary's counts are divided by.
const exchangeMargin = 1.1

// next gives the logarithms of the tick's e-values, one for each tilt, and takes the tick
// in. They are 0 where the tick is not judged.
func (e *exchange) next(s *sight, metric, tick int) [tiltCount]float64 {
	events := &s.events[metric]
	mean := s.x2[metric] / float64(world.Pods-s.boundary)
	deviation := 1.0
	if tick > 0 {
		deviation = math.Sqrt((e.squares + .5) / (e.freedom + .5))
	}
	var z [world.Pods]float64
	for pod := range z {
		count := events[pod]
		if pod < s.boundary {
			count /= exchangeMargin
		} else {
			e.squares += (count - mean) * (count - mean)
		}
		z[pod] = (count - mean) / deviation
	}
	e.freedom += math.Max(float64(world.Pods-s.boundary-1), 1)

	var logs [tiltCount]float64
	if s.judged && s.boundary > 0 {
		for i, tilt := range tilts() {
			logs[i] = softRank(&z, tilt, s.boundary) / e.psi()
		}
	}
	e.window(&z, s.boundary, tick)
	return logs
}

// softRank is the logarithm of the e-value of one tilt.
func softRank(z *[world.Pods]float64, tilt float64, boundary int) float64 {
	canary, all := 0.0, 0.0
	for pod := range z {
		f := math.Exp(math.Max(-50, math.Min(tilt*z[pod], 50)))
		all += f
		if pod < boundary {
			canary += f
		}
	}
	return math.Log(canary / float64(boundary) * world.Pods / all)
}

// psi is the inflation by what lasts.
func (e *exchange) psi() float64 { return math.Max(1, e.windows/math.Max(e.ticks, 1e-9)) }

// window adds a tick to the current window.
func (e *exchange) window(z *[world.Pods]float64, boundary, tick int) {
	for pod := boundary; pod < world.Pods; pod++ {
		e.sums[pod] += z[pod]
		e.own[pod] += z[pod] * z[pod]
	}
	if (tick+1)%world.StepTicks != 0 {
		return
	}
	for pod := boundary; pod < world.Pods; pod++ {
		e.windows += e.sums[pod] * e.sums[pod]
		e.ticks += e.own[pod]
	}
	e.sums, e.own = [world.Pods]float64{}, [world.Pods]float64{}
}
