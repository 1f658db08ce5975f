package stats

import (
	"errors"
	"fmt"
	"math"
)

// halfLogTwoPi is ln(2π)/2.
const halfLogTwoPi = 0.91893853320467274178

// stirlingFrom is from where on Stirling's series is exact to the last bit.
const stirlingFrom = 10

// stirlingRest is what Stirling's formula leaves out:
//
//	δ(z) = lnΓ(z) - (z-½) ln z + z - ½ ln 2π
//
// for z > 0, by the series 1/(12z) - 1/(360z³) + … (Abramowitz & Stegun 6.1.41).
func stirlingRest(z float64) float64 {
	if z < stirlingFrom {
		return logGamma(z) - ((z-0.5)*math.Log(z) - z + halfLogTwoPi)
	}
	w := 1 / (z * z)
	return (1.0/12 + w*(-1.0/360+w*(1.0/1260+w*(-1.0/1680+w*(1.0/1188+w*(-691.0/360360+w/156)))))) / z
}

// excess is u - ln(1+u), without cancellation around 0, for u > -1.
func excess(u float64) float64 {
	if u < -0.4 || u > 0.6 {
		return u - math.Log1p(u)
	}
	// ln(1+u) = 2 artanh(r), r = u/(2+u), and u - 2r = u·r.
	r := u / (2 + u)
	square := r * r
	sum, power := 0.0, r*square
	for k := 3.0; math.Abs(power) > 1e-18*math.Abs(u*r); k += 2 {
		sum += power / k
		power *= square
	}
	return u*r - 2*sum
}

// deviance is a·(v/a - 1 - ln(v/a)) for a, v > 0, given v - a with all its digits
// (Loader 2000, "Fast and accurate computation of binomial probabilities").
func deviance(a, v, difference float64) float64 {
	if u := difference / a; u > -0.4 {
		return a * excess(u)
	}
	return difference - a*math.Log(v/a)
}

func logGamma(z float64) float64 {
	v, _ := math.Lgamma(z)
	return v
}

// LogGammaDifference is lnΓ(x+d) - lnΓ(x) for x > 0 and x+d > 0. Where both terms are
// large it does not subtract them: with Stirling's rest δ it is
//
//	(x-½) ln(1+d/x) + d ln(x+d) - d + δ(x+d) - δ(x)
//
// so that the error is relative to the result. An argument that is not positive and
// finite is an error. Source: Abramowitz & Stegun 6.1.41.
func LogGammaDifference(x, d float64) (float64, error) {
	if !(x > 0 && x+d > 0) || math.IsInf(x+d, 0) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("the logarithms of the gamma function at %v and %v beyond it are not both finite", x, d)
	}
	return logGammaDifference(x, d), nil
}

func logGammaDifference(x, d float64) float64 {
	if min(x, x+d) < stirlingFrom {
		return logGamma(x+d) - logGamma(x)
	}
	return (x-0.5)*math.Log1p(d/x) + d*math.Log(x+d) - d + stirlingRest(x+d) - stirlingRest(x)
}

// LogBeta is ln B(a, b) = lnΓ(a) + lnΓ(b) - lnΓ(a+b) for a, b > 0, with a relative
// error near that of one logarithm also where gonum's Lbeta, a difference of large
// terms, has lost 8 digits. Arguments that are not positive and finite are an error.
func LogBeta(a, b float64) (float64, error) {
	if !(a > 0 && b > 0) || math.IsInf(a+b, 0) {
		return 0, errors.New("the beta function needs two positive, finite arguments")
	}
	a, b = min(a, b), max(a, b)
	if b < stirlingFrom {
		return logGamma(a) + logGamma(b) - logGamma(a+b), nil
	}
	if a < stirlingFrom {
		return logGamma(a) - logGammaDifference(b, a), nil
	}
	// All three by Stirling's formula: the powers are gathered.
	return a*math.Log(a/(a+b)) - b*math.Log1p(a/b) - 0.5*math.Log(a*(b/(a+b))) + halfLogTwoPi +
		stirlingRest(a) + stirlingRest(b) - stirlingRest(a+b), nil
}
