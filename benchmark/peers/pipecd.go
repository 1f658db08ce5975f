package peers

import (
	"math"
	"slices"

	"github.com/serin-dev/serin/benchmark/world"
)

// PipeCD is its automated deployment analysis against a baseline (pipe-cd/pipecd 7e22859):
// every 5 min, a one-sided Mann–Whitney test on the last 5 points of error rate and p99,
// at its fixed level of 5 %; the first failure takes the rollout back.
func PipeCD(r world.Rollout, s world.Scenario) int {
	all := minutes(r, s.Warm)
	metrics := points(all, r.Seed)
	for end := 5; end <= len(all); end += 5 {
		for _, metric := range metrics {
			canary, baseline := selected(metric.canary, all, end-5, end), selected(metric.baseline, all, end-5, end)
			if len(canary) > 0 && len(baseline) > 0 && greater(canary, baseline) <= .05 {
				return all[end-1].last
			}
		}
	}
	return Never
}

// greater is the p-value of the Mann–Whitney test that x is greater than y: exact without
// ties, otherwise by the normal law with a correction for continuity.
func greater(x, y []float64) float64 {
	n, m := len(x), len(y)
	values := slices.Sorted(slices.Values(slices.Concat(x, y)))
	sum, ties := rankSum(slices.Sorted(slices.Values(x)), values)
	u := sum - float64(n*(n+1))/2
	if ties == 0 {
		return exactTail(n, m, int(u))
	}
	a, b := float64(n), float64(m)
	variance := a * b / 12 * (a + b + 1 - ties/((a+b)*(a+b-1)))
	if variance == 0 {
		return 1
	}
	return .5 * math.Erfc((u-a*b/2-.5)/math.Sqrt(2*variance))
}

// exactTail is the probability of a Mann–Whitney statistic of at least u, without ties.
// Counts of arrangements with statistic k follow from where the greatest value comes from:
// c(n,m,k) = c(n−1,m,k−m) + c(n,m−1,k).
func exactTail(n, m, u int) float64 {
	counts := make([][]float64, m+1) // of the current n, by m
	for j := range counts {
		counts[j] = make([]float64, n*m+1)
		counts[j][0] = 1
	}
	for i := 1; i <= n; i++ {
		for j := 1; j <= m; j++ {
			next := make([]float64, n*m+1)
			for k := range next {
				next[k] = counts[j-1][k]
				if k >= j {
					next[k] += counts[j][k-j]
				}
			}
			counts[j] = next
		}
	}
	above, total := 0.0, 0.0
	for k, count := range counts[m] {
		total += count
		if k >= u {
			above += count
		}
	}
	return above / total
}
