package stats

import (
	"fmt"
	"math"
)

// IncompleteGamma is the regularised incomplete gamma function and what it leaves:
// lower = P(a, x) and upper = Q(a, x), each with a small relative error where it is
// the smaller one. P(k, m) is the probability that a Poisson count of mean m is at
// least k.
//
// The power x^a e^-x / Γ(a) is written with Loader's deviance and Stirling's rest;
// below a+1 it is multiplied by the series, above by the continued fraction
// (Abramowitz & Stegun 6.5.29 and 6.5.31).
//
// a is positive and x at least 0, both at most 1e12; anything else is an error.
func IncompleteGamma(a, x float64) (lower, upper float64, err error) {
	if !(a > 0 && a <= maxBeta && x >= 0 && x <= maxBeta) {
		return 0, 0, fmt.Errorf("the incomplete gamma function is not defined here for a %v and x %v", a, x)
	}
	lower, upper = gammaTails(a, x)
	return lower, upper, nil
}

func gammaTails(a, x float64) (lower, upper float64) {
	if x == 0 {
		return 0, 1
	}
	power := math.Sqrt(a/(2*math.Pi)) * math.Exp(-stirlingRest(a)-deviance(a, x, x-a))
	if x < a+1 {
		lower = probability(power * gammaSeries(a, x))
		return lower, 1 - lower
	}
	upper = probability(power * gammaFraction(a, x))
	return 1 - upper, upper
}

// gammaSeries is Σ x^k / (a (a+1) … (a+k)).
func gammaSeries(a, x float64) float64 {
	sum, term := 0.0, 1/a
	for k := 1.0; k < mostTerms && term > 1e-18*sum; k++ {
		sum += term
		term *= x / (a + k)
	}
	return sum
}

// gammaFraction is 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- …))) by Lentz's method.
func gammaFraction(a, x float64) float64 {
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	same := 0
	for k := 1.0; k < mostTerms && same < 3; k++ {
		numerator := -k * (k - a)
		b += 2
		d = numerator*d + b
		if math.Abs(d) < tiny {
			d = tiny
		}
		c = b + numerator/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		h *= d * c
		if math.Abs(d*c-1) <= 1e-16 {
			same++
		} else {
			same = 0
		}
	}
	return h
}
