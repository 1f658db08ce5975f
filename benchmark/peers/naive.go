package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// NaiveZ compares two proportions, pooled over all that was seen, every minute: errors at
// half of 1 %, and requests above each of the 11 edges at the other half. It pays neither for
// looking often nor for the changing split (Simpson's paradox).
func NaiveZ(r world.Rollout, s world.Scenario) int {
	forErrors, forEdges := upperNormal(alpha/2), upperNormal(alpha/2/edges)
	var canary, baseline world.Arm
	for _, minute := range minutes(r, s.Warm) {
		if !minute.warm {
			canary, baseline = plus(canary, minute.canary), plus(baseline, minute.baseline)
		}
		hit := pooledZ(canary.X, canary.N, baseline.X, baseline.N) > forErrors
		slow, usual := slower(canary), slower(baseline)
		for edge := range edges {
			hit = hit || pooledZ(slow[edge], canary.N, usual[edge], baseline.N) > forEdges
		}
		if hit {
			return minute.last
		}
	}
	return Never
}

// pooledZ is the z of two proportions with a pooled variance; 0 where it is undefined.
func pooledZ(x1, n1, x2, n2 int) float64 {
	a, b, c, d := float64(x1), float64(n1), float64(x2), float64(n2)
	pooled := (a + c) / (b + d)
	z := (a/b - c/d) / math.Sqrt(pooled*(1-pooled)*(1/b+1/d))
	if math.IsNaN(z) {
		return 0
	}
	return z
}

// upperNormal is the value that a standard normal variable exceeds with probability p.
func upperNormal(p float64) float64 { return math.Sqrt2 * math.Erfinv(1-2*p) }
