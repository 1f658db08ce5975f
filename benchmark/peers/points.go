package peers

import (
	"math"
	"math/rand/v2"

	"github.com/serin-dev/serin/benchmark/world"
)

// pair is one metric as two time series with a point per minute, NaN where there is none.
type pair struct{ canary, baseline []float64 }

// points gives error rate and p99 per minute. The baseline is as big as the canary, as the
// documentation of Kayenta demands: each of its requests is kept with the same probability.
func points(all []minute, seed uint64) [2]pair {
	rng := rand.New(rand.NewPCG(seed, 1))
	var errors, latency pair
	for _, minute := range all {
		baseline := thin(minute.baseline, float64(minute.canary.N)/math.Max(float64(minute.baseline.N), 1), rng)
		errors.canary = append(errors.canary, errorRate(minute.canary))
		errors.baseline = append(errors.baseline, errorRate(baseline))
		latency.canary = append(latency.canary, quantile(.99, minute.canary.H))
		latency.baseline = append(latency.baseline, quantile(.99, baseline.H))
	}
	return [2]pair{errors, latency}
}

// thin keeps each request of an arm with the given probability. Which requests are kept is
// drawn separately for the errors and for the buckets, which are independent in the world.
func thin(arm world.Arm, keep float64, rng *rand.Rand) world.Arm {
	keep = math.Min(keep, 1)
	errors := world.Binomial(arm.X, keep, rng)
	thinned := world.Arm{X: errors, N: errors + world.Binomial(arm.N-arm.X, keep, rng)}
	for bucket, count := range arm.H {
		thinned.H[bucket] = world.Binomial(count, keep, rng)
	}
	return thinned
}

// selected gives the points of a series in some minutes, without NaN.
func selected(series []float64, all []minute, from, to int) []float64 {
	var kept []float64
	for i := from; i < to; i++ {
		if !all[i].warm && !math.IsNaN(series[i]) {
			kept = append(kept, series[i])
		}
	}
	return kept
}
