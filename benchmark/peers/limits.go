package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// firstShare is the canary's share of the requests in the first step.
const firstShare = .05

// WaldLimit is how many canary requests a test at level 1 % needs at least on average to
// find a scenario's regression, at the first step's split and with an unknown baseline:
// ln(1/α)/I (Wald 1947), I being the information per canary request,
// (1/w)·[w·KL(canary‖common) + (1−w)·KL(baseline‖common)]. Shocks are not taken into account.
// It is infinite where there is nothing to find.
func WaldLimit(s world.Scenario) float64 {
	information := 0.0
	if s.ErrorFactor() != 1 {
		information += splitInformation([]float64{s.P1, 1 - s.P1}, []float64{s.P0, 1 - s.P0})
	}
	if s.LatencyFactor() != 1 || s.Tail != 0 {
		good, bad := world.BucketShares(0, 0), world.BucketShares(math.Log(s.LatencyFactor()), s.Tail)
		information += splitInformation(bad[:], good[:])
	}
	return enough() / information
}

// splitInformation is the information per canary request about two laws being different.
func splitInformation(canary, baseline []float64) float64 {
	const w = firstShare
	sum := 0.0
	for i := range canary {
		common := w*canary[i] + (1-w)*baseline[i]
		sum += w*divergence(canary[i], common) + (1-w)*divergence(baseline[i], common)
	}
	return sum / w
}

// divergence is one term of the Kullback–Leibler divergence.
func divergence(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a * math.Log(a/b)
}

// PromotionLimit is how many canary requests are needed at least on average to prove, with
// an error of miss, that the canary's error rate is less than margin times the baseline's,
// if both are rate and rare, at the first step's split: ln(1/miss)/I, where the nearest pair
// of rates on the boundary is margin·q and q with q = rate/(w·margin + 1 − w).
func PromotionLimit(rate, margin, miss float64) float64 {
	const w = firstShare
	q := rate / (w*margin + 1 - w)
	poisson := func(a, b float64) float64 { return a*math.Log(a/b) - a + b }
	return math.Log(1/miss) / (poisson(rate, margin*q) + (1-w)/w*poisson(rate, q))
}
