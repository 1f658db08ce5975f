package stats

import (
	"errors"
	"fmt"
	"math"
)

// QuantileComparison is what the bootstrap of a quantile says.
type QuantileComparison struct {
	// Canary and Baseline are the quantiles of the samples.
	Canary, Baseline float64
	// CanaryMean, CanaryDeviation, BaselineMean and BaselineDeviation are the mean and
	// the standard deviation of the bootstrap's quantile (Maritz & Jarrett 1978).
	CanaryMean, CanaryDeviation     float64
	BaselineMean, BaselineDeviation float64
	// Interval holds the difference Canary - Baseline with the confidence asked for.
	Interval Interval
	// Worse is the probability that the canary's quantile is above factor times the
	// baseline's.
	Worse float64
}

// BootstrapQuantile compares the p-quantiles of two samples by the ideal bootstrap,
// that of infinitely many resamples, which for an order statistic needs no random
// numbers. The quantile is the k-th smallest value, k = ⌈n·p⌉, and over all resamples
//
//	P(X*(k) = x(i)) = I_{i/n}(k, n-k+1) - I_{(i-1)/n}(k, n-k+1)
//
// with the regularised incomplete beta function. The interval consists of the smallest
// differences whose distribution function reaches α/2 and 1-α/2. A factor of 1.1 asks
// whether the canary's quantile is more than 10 % above the baseline's.
//
// Assumption: independent values. A quantile so far out that k is 1 or n can only be
// estimated too near; the interval then is too short. Values and results are in the
// unit of the samples, factor and p have none.
//
// Empty samples, values that are not finite, a p outside of (0, 1), a confidence
// outside of (0, 1) and a factor that is not positive and finite are errors.
// Source: Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans", 10.2.
func BootstrapQuantile(canary, baseline []float64, p, confidence, factor float64) (QuantileComparison, error) {
	if err := errors.Join(checkSamples(canary, baseline, 1), checkLevel(confidence)); err != nil {
		return QuantileComparison{}, err
	}
	if !(p > 0 && p < 1) {
		return QuantileComparison{}, fmt.Errorf("the quantile is %v; it must be between 0 and 1", p)
	}
	if !(factor > 0 && factor <= largest) {
		return QuantileComparison{}, fmt.Errorf("the factor is %v; it must be positive and finite", factor)
	}
	x, y := newOrderLaw(canary, p), newOrderLaw(baseline, p)
	c := QuantileComparison{Canary: x.quantile, Baseline: y.quantile, Worse: x.above(y, factor)}
	c.CanaryMean, c.CanaryDeviation = x.moments()
	c.BaselineMean, c.BaselineDeviation = y.moments()
	low, high := x.values[0]-y.values[len(y.values)-1], x.values[len(x.values)-1]-y.values[0]
	at := func(level float64) float64 {
		return smallest(low, high, func(t float64) bool { return x.differenceAtMost(y, t) >= level })
	}
	lower := at((1 - confidence) / 2)
	c.Interval = Interval{lower, max(lower, at(1-(1-confidence)/2))}
	return c, nil
}

// orderLaw is the law of a resample's quantile: chance[i] of the i-th smallest value,
// and atMost[i] of one of those up to it.
type orderLaw struct {
	values, chance, atMost []float64
	quantile               float64
}

func newOrderLaw(sample []float64, p float64) orderLaw {
	l := orderLaw{values: sorted(sample)}
	n := len(l.values)
	// n·p may be a rounding error above a whole number.
	k := min(max(int(math.Ceil(float64(n)*p-1e-9)), 1), n)
	l.quantile = l.values[k-1]
	a, b := float64(k), float64(n-k+1)
	lower, upper := 0.0, 1.0
	for i := 1; i <= n; i++ {
		nextLower, nextUpper := betaTails(a, b, float64(i)/float64(n), float64(n-i)/float64(n))
		// From the smaller tail, so that small chances keep their digits.
		chance := nextLower - lower
		if nextLower > 0.5 {
			chance = upper - nextUpper
		}
		l.chance = append(l.chance, max(0, chance))
		l.atMost = append(l.atMost, nextLower)
		lower, upper = nextLower, nextUpper
	}
	return l
}

// above is P(x > factor·y), summed over x.
func (l orderLaw) above(y orderLaw, factor float64) float64 {
	total, j := 0.0, 0
	for i, x := range l.values {
		for j < len(y.values) && x > factor*y.values[j] {
			j++
		}
		if j > 0 {
			total += l.chance[i] * y.atMost[j-1]
		}
	}
	return probability(total)
}

// differenceAtMost is P(x - y <= t).
func (l orderLaw) differenceAtMost(y orderLaw, t float64) float64 {
	total, tooSmall := 0.0, 0
	for i, x := range l.values {
		for tooSmall < len(y.values) && x-y.values[tooSmall] > t {
			tooSmall++
		}
		switch tooSmall {
		case 0:
			total += l.chance[i]
		case len(y.values):
		default:
			total += l.chance[i] * (1 - y.atMost[tooSmall-1])
		}
	}
	return total
}

// moments are the mean and the standard deviation, around the quantile.
func (l orderLaw) moments() (mean, deviation float64) {
	first, second := 0.0, 0.0
	for i, v := range l.values {
		first += l.chance[i] * (v - l.quantile)
	}
	for i, v := range l.values {
		d := v - l.quantile - first
		second += l.chance[i] * d * d
	}
	return l.quantile + first, math.Sqrt(second)
}
