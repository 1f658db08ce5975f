package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// Oracle is the sequential probability ratio test on the canary's counts that knows the
// rates and laws of both hypotheses, shared shocks included, and from when on the canary may
// be bad; all but the pods' own shocks, and whether the canary is bad. Errors that clump
// count 1/(index of dispersion). It does not judge where there is nothing to find.
func Oracle(r world.Rollout, s world.Scenario) int {
	if !s.Bad() {
		return Never
	}
	dispersion := math.Max(s.Dispersion, 1)
	evidence := 0.0
	for tick := world.HistoryTicks + s.Late; tick < world.Ticks; tick++ {
		if !world.Warming(tick, s.Warm) {
			canary, _ := r.Arms(tick)
			evidence += errorEvidence(canary, s, r.Truth.Errors[tick]) / dispersion
			evidence += latencyEvidence(canary, s, r.Truth.Latency[tick])
		}
		if evidence >= enough() {
			return tick - world.HistoryTicks
		}
	}
	return Never
}

// errorEvidence is the log likelihood ratio of the canary's errors.
func errorEvidence(canary world.Arm, s world.Scenario, shock float64) float64 {
	if s.ErrorFactor() == 1 {
		return 0
	}
	good := math.Min(s.P0*shock, .999)
	bad := math.Min(good*s.ErrorFactor(), 1-1e-9)
	x, n := float64(canary.X), float64(canary.N)
	return x*math.Log(bad/good) + (n-x)*math.Log((1-bad)/(1-good))
}

// latencyEvidence is the log likelihood ratio of the canary's latency buckets.
func latencyEvidence(canary world.Arm, s world.Scenario, shift float64) float64 {
	slow := s.LatencyFactor()
	if slow == 1 && s.Tail == 0 {
		return 0
	}
	good := world.BucketShares(shift, 0)
	bad := world.BucketShares(shift+math.Log(slow), s.Tail)
	evidence := 0.0
	for bucket, count := range canary.H {
		if count > 0 {
			evidence += float64(count) * math.Log(math.Max(bad[bucket], 1e-300)/math.Max(good[bucket], 1e-300))
		}
	}
	return evidence
}
