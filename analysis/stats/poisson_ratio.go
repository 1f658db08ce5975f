package stats

import (
	"errors"
	"fmt"
	"math"
)

// Rate is how many events were seen in an exposure: seconds, or requests when events
// are rare among them. Both rates of a comparison have the same unit of exposure.
type Rate struct {
	Events   int64
	Exposure float64
}

func (r Rate) check(name string) error {
	switch {
	case r.Events < 0 || r.Events > MaxTotal:
		return fmt.Errorf("the %s has %d events", name, r.Events)
	case !(r.Exposure >= 1e-100 && r.Exposure <= 1e100):
		return fmt.Errorf("the exposure of the %s is %v; it must be positive and finite", name, r.Exposure)
	default:
		return nil
	}
}

func checkRates(canary, baseline Rate, null float64) error {
	if !(null >= 1e-100 && null <= 1e100) {
		return fmt.Errorf("the ratio to test against is %v; it must be positive and finite", null)
	}
	return errors.Join(canary.check("canary"), baseline.check("baseline"))
}

// RateTest is the outcome of PoissonRatio.
type RateTest struct {
	// P are the exact p-values of the conditional test. TwoSided sums all outcomes that
	// are no more probable than the one seen.
	P Tails
	// MidGreater and MidLess count half of the probability of what was seen: less
	// conservative, and no longer exact.
	MidGreater, MidLess float64
	// Z is the score (x1 - nπ)/√(nπ(1-π)); 0 without events.
	Z float64
	// Ratio is the estimated ratio of the rates; Interval holds the true one. Upper is
	// infinite without an event of the baseline, and the ratio is (0, (0, +Inf)) without any.
	Ratio    float64
	Interval Interval
}

// PoissonRatio tests the ratio of two rates of events against null (1 is "as often").
// Given all n = x1+x2 events, the canary's are
//
//	x1 ~ Binomial(n, π),  π = null·t1/(null·t1 + t2)
//
// whatever the common rate. The interval is Clopper and Pearson's for the share of
// events p, mapped by p/(1-p)·t2/t1.
//
// Assumption: events come independently of one another, at rates that may change in
// time for both alike. A negative number of events, an exposure or null that is not
// positive and finite, and a confidence outside of (0, 1) are errors. Source:
// Przyborowski & Wilenski 1940; the two-sided rule is that of R's poisson.test.
func PoissonRatio(canary, baseline Rate, null, confidence float64) (RateTest, error) {
	if err := errors.Join(checkRates(canary, baseline, null), checkLevel(confidence)); err != nil {
		return RateTest{}, err
	}
	x, n := canary.Events, canary.Events+baseline.Events
	odds := null * (canary.Exposure / baseline.Exposure)
	p, q := odds/(1+odds), 1/(1+odds)
	if math.IsInf(odds, 1) {
		p, q = 1, 0
	}
	t := RateTest{
		P:        Tails{Greater: binomialAtLeast(x, n, p, q), Less: binomialAtMost(x, n, p, q)},
		Interval: Interval{0, math.Inf(1)},
	}
	t.P.TwoSided = binomialTwoSided(x, n, p, q)
	seen := math.Exp(logBinomial(x, n, p, q))
	t.MidGreater, t.MidLess = probability(t.P.Greater-seen/2), probability(t.P.Less-seen/2)
	if n > 0 {
		if spread := math.Sqrt(float64(n) * p * q); spread > 0 {
			t.Z = (float64(x) - float64(n)*p) / spread
		}
		t.Ratio, t.Interval = ratioOfShares(x, n, baseline.Exposure/canary.Exposure, (1-confidence)/2)
	}
	return t, nil
}

// ratioOfShares are the estimate and the bounds of odds times a factor.
func ratioOfShares(x, n int64, factor, half float64) (float64, Interval) {
	const far = 1e30
	i := Interval{0, math.Inf(1)}
	if x > 0 {
		i.Lower = factor * smallest(0, far, func(odds float64) bool {
			return binomialAtLeast(x, n, odds/(1+odds), 1/(1+odds)) >= half
		})
	}
	if x == n {
		return math.Inf(1), i
	}
	i.Upper = factor * smallest(0, far, func(odds float64) bool {
		return binomialAtMost(x, n, odds/(1+odds), 1/(1+odds)) <= half
	})
	return float64(x) / float64(n-x) * factor, i
}

// binomialTwoSided sums the outcomes that are no more probable than x.
func binomialTwoSided(x, n int64, p, q float64) float64 {
	limit := logBinomial(x, n, p, q) + math.Log1p(sameChance)
	mode := min(n, int64(float64(n+1)*p))
	if logBinomial(mode, n, p, q) <= limit {
		return 1
	}
	low, high := int64(-1), mode
	for low < high { // the greatest below the mode
		middle := low + (high-low+1)/2
		if logBinomial(middle, n, p, q) <= limit {
			low = middle
		} else {
			high = middle - 1
		}
	}
	below := low
	low, high = mode, n+1
	for low < high { // the least above the mode
		middle := low + (high-low)/2
		if logBinomial(middle, n, p, q) <= limit {
			high = middle
		} else {
			low = middle + 1
		}
	}
	twoSided := binomialAtLeast(high, n, p, q)
	if below >= 0 {
		twoSided += binomialAtMost(below, n, p, q)
	}
	return probability(twoSided)
}
