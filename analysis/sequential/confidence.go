package sequential

import (
	"math"
	"slices"
)

// Interval is an estimate with its bounds. All are at least 0; Estimate and Upper
// may be +Inf; none is ever NaN.
type Interval struct {
	Estimate, Lower, Upper float64
}

// The mixture of the confidence sequence: the ratios e^(j/20), j = -100 … 100.
const (
	mixtureHalf = 100
	mixtureStep = 1.0 / 20
)

// extreme is the logarithm of a ratio beyond which a bound is 0 or infinite.
const extreme = 700

// Confidence is the confidence sequence for the ratio of the rates: with
// probability 1-alpha the true ratio is within the bounds at all looks at once,
// if it does not change. alpha is between 0 and 1. The estimate is the maximum
// likelihood ratio over all splits, not the ratio of pooled shares, so that a
// changing split does not bias it.
//
// With the logarithm of the conditional likelihood
//
//	l(ρ) = X1 ln ρ - Σ m ln(1 + ρ·odds)
//
// it is the set of ρ with l(ρ) > ln mean(exp(l(g))) - ln(1/alpha), over the ratios g
// of the mixture (Robbins 1970; the likelihood ratio of the mixture against ρ is
// an e-process for each ρ).
//
// Before anything bad was compared nothing is known: 0 within 0 and +Inf.
func (s RateRatioState) Confidence(alpha float64) Interval {
	if len(s.Strata) == 0 {
		return Interval{Upper: math.Inf(1)}
	}
	l := s.likelihood()
	threshold := l.threshold(alpha)
	inside := func(log float64) bool { return l.at(log) > threshold }
	best := l.mostLikely()
	interval := Interval{Estimate: math.Exp(best), Lower: 0, Upper: math.Inf(1)}
	start := min(max(best, -extreme), extreme)
	if lower, found := edge(inside, start, -1); found {
		interval.Lower = math.Exp(lower)
	}
	if upper, found := edge(inside, start, 1); found {
		interval.Upper = math.Exp(upper)
	}
	return interval
}

// likelihood is l, with the logarithms of the odds at hand.
type likelihood struct {
	canaryBad    float64
	bad, logOdds []float64
}

func (s RateRatioState) likelihood() likelihood {
	l := likelihood{canaryBad: s.CanaryBad}
	for _, v := range s.Strata {
		l.bad, l.logOdds = append(l.bad, v.Bad), append(l.logOdds, math.Log(v.Odds))
	}
	return l
}

// threshold is what l exceeds within the bounds.
func (l likelihood) threshold(alpha float64) float64 {
	logs := make([]float64, 0, 2*mixtureHalf+1)
	for j := -mixtureHalf; j <= mixtureHalf; j++ {
		logs = append(logs, l.at(float64(j)*mixtureStep))
	}
	return logMeanExp(logs) + math.Log(alpha)
}

// at is l at the logarithm of a ratio.
func (l likelihood) at(log float64) float64 {
	sum := l.canaryBad * log
	for i, bad := range l.bad {
		sum -= bad * softplus(log+l.logOdds[i])
	}
	return sum
}

// softplus is ln(1+e^x), without overflow.
func softplus(x float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

// mostLikely is the logarithm of the maximum likelihood ratio: where
// X1 = Σ m·share. It is infinite when only one arm had bad requests.
func (l likelihood) mostLikely() float64 {
	all := 0.0
	for _, bad := range l.bad {
		all += bad
	}
	switch {
	case l.canaryBad <= 0:
		return math.Inf(-1)
	case l.canaryBad >= all:
		return math.Inf(1)
	}
	logit := math.Log(l.canaryBad) - math.Log(all-l.canaryBad)
	tooFew := func(log float64) bool {
		expected := 0.0
		for i, bad := range l.bad {
			expected += bad / (1 + math.Exp(-log-l.logOdds[i]))
		}
		return expected < l.canaryBad
	}
	return boundary(tooFew, logit-slices.Max(l.logOdds), logit-slices.Min(l.logOdds))
}

// edge walks from a point inside in a direction until it is outside, and returns
// where that happens; found is false when it is beyond all numbers.
func edge(inside func(float64) bool, from, direction float64) (at float64, found bool) {
	within := from
	for step := 1.0; ; step *= 2 {
		to := from + direction*step
		if math.Abs(to) > 2*extreme {
			return 0, false
		}
		if !inside(to) {
			return boundary(inside, within, to), true
		}
		within = to
	}
}

// boundary bisects between a point where yes holds and one where it does not, down
// to neighbouring numbers.
func boundary(yes func(float64) bool, holds, fails float64) float64 {
	for range 128 { // Twice the bits of a number.
		middle := holds + (fails-holds)/2
		if middle == holds || middle == fails {
			break
		}
		if yes(middle) {
			holds = middle
		} else {
			fails = middle
		}
	}
	return holds
}
