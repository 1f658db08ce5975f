package stats

import (
	"fmt"
	"math"
)

// maxBeta is the largest a+b of IncompleteBeta; its work grows with the square root.
const maxBeta = 1e12

// IncompleteBeta is the regularised incomplete beta function and what it leaves:
// lower = I_x(a, b) and upper = 1 - I_x(a, b) = I_{1-x}(b, a), each with a small
// relative error where it is the smaller one. It is the distribution function of the
// Beta distribution, and gives the tails of the binomial, F and t distributions.
//
// The power x^a (1-x)^b / B(a, b) is written with Loader's deviance and Stirling's
// rest, so that it keeps its digits for any a and b, and multiplied by the continued
// fraction of DiDonato & Morris (ACM TOMS 708, 1992, formula 9), which knows x only by
// its distance from the mean. Against 60-digit values the relative error was at most
// 3e-14; gonum's RegIncBeta (Cephes) loses up to 8 digits when a+b > 1e6.
//
// a and b are positive with a sum of at most 1e12, and x is within [0, 1]; anything
// else is an error.
func IncompleteBeta(a, b, x float64) (lower, upper float64, err error) {
	if !(a > 0 && b > 0 && a+b <= maxBeta && x >= 0 && x <= 1) {
		return 0, 0, fmt.Errorf("the incomplete beta function is not defined here for a %v, b %v and x %v", a, b, x)
	}
	lower, upper = betaTails(a, b, x, 1-x)
	return lower, upper, nil
}

// betaTails is IncompleteBeta for arguments that were checked, and y = 1-x, which
// may have more digits than 1-x.
func betaTails(a, b, x, y float64) (lower, upper float64) {
	switch {
	case x <= 0:
		return 0, 1
	case y <= 0:
		return 1, 0
	}
	difference := aboveMean(a, b, x, y)
	if difference <= 0 {
		lower = probability(betaFraction(a, b, x, y, difference))
		return lower, 1 - lower
	}
	upper = probability(betaFraction(b, a, y, x, -difference))
	return 1 - upper, upper
}

// aboveMean is (a+b)x - a = b - (a+b)y, from the smaller of x and y.
func aboveMean(a, b, x, y float64) float64 {
	if x <= y {
		return math.FMA(a+b, x, -a)
	}
	return -math.FMA(a+b, y, -b)
}

func logBetaPower(a, b, x, y, difference float64) float64 {
	n := a + b
	exponent := deviance(a, n*x, difference) + deviance(b, n*y, -difference)
	return 0.5*math.Log(a/n*b/(2*math.Pi)) + stirlingRest(n) - stirlingRest(a) - stirlingRest(b) - exponent
}

// betaFraction is I_x(a, b) for x at most the mean a/(a+b).
func betaFraction(a, b, x, y, difference float64) float64 {
	power := math.Exp(logBetaPower(a, b, x, y, difference))
	if power == 0 {
		return 0
	}
	return power * didonatoMorris(a, b, x, y, -difference)
}

// mostTerms ends a continued fraction that does not settle; within maxBeta all do.
const mostTerms = 20_000_000

// didonatoMorris is the continued fraction of ACM TOMS 708 with lambda = a - (a+b)x >= 0.
func didonatoMorris(a, b, x, y, lambda float64) float64 {
	c, c0, c1 := 1+lambda, b/a, 1+1/a
	p, s := 1.0, a+1
	before, last, lastBelow := 0.0, 1.0, c/c1
	beforeBelow, r := 1.0, c1/c
	same := 0
	for n := 1.0; n < mostTerms && same < 3; n++ {
		t := n / a
		w := n * (b - n) * x
		e := a / s
		alpha := p * (p + c0) * e * e * (w * x)
		e = (1 + t) / (c1 + t + t)
		beta := n + w/s + e*(c+n*(1+y))
		p, s = 1+t, s+2

		before, last = last, alpha*before+beta*last
		beforeBelow, lastBelow = lastBelow, alpha*beforeBelow+beta*lastBelow
		next := last / lastBelow
		if math.Abs(next-r) <= 1e-16*next {
			same++
		} else {
			same = 0
		}
		r = next
		before, beforeBelow, last, lastBelow = before/lastBelow, beforeBelow/lastBelow, r, 1
	}
	return r
}
