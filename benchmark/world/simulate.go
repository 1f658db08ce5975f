package world

import (
	"math"
	"math/rand/v2"
)

const (
	burstSeconds = 60   // how long a burst of traffic lasts
	shockSeconds = 120  // how long a shock of errors or latency lasts
	waveSeconds  = 7200 // the period of the daily wave, shortened
	wave         = .3   // its height

	incidentBegin = HistoryTicks + StepTicks + 10
	incidentTicks = 12
	incidentSlow  = 3 // the factor on the latency meanwhile

	coldTicks  = 6
	coldErrors = 3
	coldSlow   = 1.5
)

// Simulate draws one rollout.
func Simulate(s Scenario, rng *rand.Rand) Rollout {
	r := Rollout{
		N:     make([]int32, Ticks*Pods),
		X:     make([]int32, Ticks*Pods),
		H:     make([][Buckets]int32, Ticks*Pods),
		Truth: shared(s, rng),
	}
	traits := draws(s, rng)
	law := newLaw()
	for tick := range Ticks {
		perPod := s.RPS * TickSeconds / Pods * r.Truth.Traffic[tick]
		for pod := range Pods {
			trait := &traits[pod]
			if tick > 0 {
				trait.errors.next(rng)
				trait.latency.next(rng)
			}
			n := poisson(perPod, rng)
			change := s.change(pod, tick)
			rate := s.P0 * r.Truth.Errors[tick] * trait.errors.factor() * trait.moreErrors * change.errors
			shift := r.Truth.Latency[tick] + trait.latency.value + trait.slower + change.latency

			cell := Cell(pod, tick)
			r.N[cell] = int32(n)
			r.X[cell] = int32(errors(n, math.Min(rate, 1), s.Cluster, rng))
			r.H[cell] = multinomial(n, law.of(shift, change.tail), rng)
		}
	}
	r.Seed = rng.Uint64()
	return r
}

// shared draws what all pods share.
func shared(s Scenario, rng *rand.Rand) Truth {
	truth := Truth{Scenario: s}
	phase := rng.Float64()
	burst := newWander(s.Burst, burstSeconds, rng)
	errors := newWander(s.Shared, shockSeconds, rng)
	latency := newWander(s.LatShared, shockSeconds, rng)
	for tick := range Ticks {
		if tick > 0 {
			burst.next(rng)
			errors.next(rng)
			latency.next(rng)
		}
		truth.Traffic[tick] = burst.factor()
		if s.Diurnal {
			truth.Traffic[tick] *= 1 + wave*math.Sin(2*math.Pi*(float64(tick)*TickSeconds/waveSeconds+phase))
		}
		truth.Errors[tick] = errors.factor()
		truth.Latency[tick] = latency.value
		if s.Incident > 0 && tick >= incidentBegin && tick < incidentBegin+incidentTicks {
			truth.Errors[tick] *= s.Incident / s.P0
			truth.Latency[tick] += math.Log(incidentSlow)
		}
	}
	return truth
}

// trait is what is special about a pod.
type trait struct {
	errors, latency wander
	// moreErrors is a factor, slower a shift of the logarithm of the latency. Both last.
	moreErrors, slower float64
}

// draws gives each pod its traits.
func draws(s Scenario, rng *rand.Rand) [Pods]trait {
	var traits [Pods]trait
	for pod := range traits {
		traits[pod] = trait{
			errors:     newWander(s.Pod, shockSeconds, rng),
			latency:    newWander(s.LatPod, shockSeconds, rng),
			moreErrors: 1,
		}
		if s.HetLat != 0 {
			traits[pod].slower = s.HetLat * rng.NormFloat64()
			traits[pod].moreErrors = math.Exp(s.HetErr * rng.NormFloat64())
		}
	}
	return traits
}

// change is what the new version does to a pod: factors on its errors, a shift of the
// logarithm of its latency, and a share of requests that are two seconds slower.
type change struct{ errors, latency, tail float64 }

// change tells what the new version does to a pod at a tick; nothing if the pod runs the
// old version.
func (s Scenario) change(pod, tick int) change {
	c := change{errors: 1}
	age := Age(pod, tick)
	if age >= 0 && tick >= HistoryTicks+s.Late {
		c = change{errors: s.ErrorFactor(), latency: math.Log(s.LatencyFactor()), tail: s.Tail}
	}
	if s.Cold && age >= 0 && age < coldTicks {
		c.errors *= coldErrors
		c.latency += math.Log(coldSlow)
	}
	return c
}

// errors draws how many of n requests fail: each on its own, or in clumps, whose sizes are
// geometric with the given mean. The index of dispersion of clumps is 2·mean − 1.
func errors(n int, rate, clump float64, rng *rand.Rand) int {
	if clump <= 1 {
		return Binomial(n, rate, rng)
	}
	clumps := poisson(float64(n)*rate/clump, rng)
	return min(n, clumps+negativeBinomial(clumps, 1/clump, rng))
}

// wander is a stationary autoregressive process of order 1, normal with mean 0, in steps
// of one tick.
type wander struct{ value, sigma, keep, fresh float64 }

// newWander draws a process' first value. Its autocorrelation falls to 1/e within so many
// seconds.
func newWander(sigma, seconds float64, rng *rand.Rand) wander {
	w := wander{sigma: sigma, keep: math.Exp(-TickSeconds / seconds)}
	if sigma != 0 {
		w.fresh = sigma * math.Sqrt(1-w.keep*w.keep)
		w.value = sigma * rng.NormFloat64()
	}
	return w
}

// next draws the value one tick later.
func (w *wander) next(rng *rand.Rand) {
	if w.sigma != 0 {
		w.value = w.keep*w.value + w.fresh*rng.NormFloat64()
	}
}

// factor is the exponential of the process, with mean 1.
func (w *wander) factor() float64 {
	if w.sigma == 0 {
		return 1
	}
	return math.Exp(w.value - w.sigma*w.sigma/2)
}
