package sequential

import "math"

// The functions below keep the logarithm of an evidence exact where a difference
// of math.Lgamma would not: at 1e9 requests lnΓ is 2e10, and its last digit 4e-6.
// They rest on lnΓ(z) = (z-1/2)·ln z - z + ln(2π)/2 + δ(z), in which all that is
// large cancels by hand. Source: Loader, "Fast and accurate computation of binomial
// probabilities" (2000).

// halfLogTwoPi is ln(2π)/2.
const halfLogTwoPi = 0.91893853320467274178

// stirling is δ(z), what Stirling's formula leaves of lnΓ(z), for z > 0.
func stirling(z float64) float64 {
	if z < 10 {
		log, _ := math.Lgamma(z)
		return log - ((z-0.5)*math.Log(z) - z + halfLogTwoPi)
	}
	q := 1 / (z * z)
	return (1.0/12 - q*(1.0/360-q*(1.0/1260-q*(1.0/1680-q*(1.0/1188-q*(691.0/360360-q/156)))))) / z
}

// deviance is x·ln(x/m) + m - x: how far x >= 0 is from its mean m > 0, in nats. It is
// never negative.
func deviance(x, m float64) float64 {
	if x <= 0 {
		return m
	}
	d := x - m
	if math.Abs(d) > 0.1*(x+m) {
		return x*math.Log(x/m) - d
	}
	// With v = d/(x+m), ln(x/m) = 2·atanh(v); the terms of first order cancel.
	v := d / (x + m)
	sum, power := d*v, 2*x*v
	for k := 3.0; k < 200; k += 2 {
		power *= v * v
		next := sum + power/k
		if next == sum {
			break
		}
		sum = next
	}
	return sum
}

// fraction evaluates 1/(b(0) + a(1)/(b(1) + a(2)/(b(2) + …))) by the method of Lentz.
func fraction(a, b func(k float64) float64) float64 {
	const tiny, most = 1e-300, 2_000_000
	held := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	d := 1 / held(b(0))
	c, value := 1/tiny, d
	for k := 1.0; k < most; k++ {
		d = 1 / held(b(k)+a(k)*d)
		c = held(b(k) + a(k)/c)
		value *= c * d
		if math.Abs(c*d-1) < 1e-16 {
			break
		}
	}
	return value
}

// logBetaTail is ln P(Θ <= x) for Θ of Beta(a, b), with y = 1-x. Where the probability
// is close to 1, its logarithm keeps its digits too. Source: DLMF 8.17.22.
func logBetaTail(a, b, x, y float64) float64 {
	switch {
	case x <= 0:
		return math.Inf(-1)
	case y <= 0:
		return 0
	case x > (a+1)/(a+b+2):
		return logOneMinusExp(logBetaTail(b, a, y, x))
	}
	numerator := func(k float64) float64 {
		m := math.Floor(k / 2)
		if k == 2*m {
			return m * (b - m) * x / ((a + k - 1) * (a + k))
		}
		return -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + k))
	}
	one := func(float64) float64 { return 1 }
	n := a + b
	density := 0.5*math.Log(a) + 0.5*math.Log(b) - 0.5*math.Log(n) - halfLogTwoPi + stirling(n) - stirling(a) - stirling(b) -
		deviance(a, n*x) - deviance(b, n*y)
	return min(density-math.Log(a)+math.Log(fraction(numerator, one)), 0)
}

// logOneMinusExp is ln(1-e^v) for v <= 0.
func logOneMinusExp(v float64) float64 {
	if v > -math.Ln2 {
		return math.Log(-math.Expm1(v))
	}
	return math.Log1p(-math.Exp(v))
}

// logLowerGamma is ln of γ(a,x)·x^(-a)·e^x and logUpperGamma is ln of
// Γ(a,x)·x^(-a)·e^x, for x > 0: the incomplete gamma functions without the factors
// that overflow. The lower one needs a > 0. Source: DLMF 8.7.1 and 8.9.2.
func logLowerGamma(a, x float64) float64 {
	if x >= a+1 {
		whole := logGammaRatio(a, x)
		return whole + logOneMinusExp(min(logUpperGamma(a, x)-whole, 0))
	}
	sum, term := 1/a, 1/a
	for k := 1.0; term > sum*1e-17; k++ {
		term *= x / (a + k)
		sum += term
	}
	return math.Log(sum)
}

func logUpperGamma(a, x float64) float64 {
	if a > 0 && x < a+1 {
		whole := logGammaRatio(a, x)
		return whole + logOneMinusExp(min(logLowerGamma(a, x)-whole, 0))
	}
	// Where a <= 0 the fraction is slow for small x, and still right.
	return math.Log(fraction(
		func(k float64) float64 { return -k * (k - a) },
		func(k float64) float64 { return x - a + 1 + 2*k },
	))
}

// logGammaRatio is ln of Γ(a)·x^(-a)·e^x.
func logGammaRatio(a, x float64) float64 {
	return deviance(a, x) + halfLogTwoPi - 0.5*math.Log(a) + stirling(a)
}

// logNormal is ln Φ(z), the logarithm of the standard normal distribution function.
func logNormal(z float64) float64 {
	if z > -30 {
		return math.Log(0.5 * math.Erfc(-z/math.Sqrt2))
	}
	q := 1 / (z * z)
	return -z*z/2 - halfLogTwoPi - math.Log(-z) + math.Log1p(-q*(1-3*q*(1-5*q)))
}

// isCount reports whether v is finite and not negative.
func isCount(v float64) bool { return v >= 0 && !math.IsInf(v, 0) }

// isShare reports whether v is between 0 and 1, and neither of them.
func isShare(v float64) bool { return v > 0 && v < 1 }

// isFinite reports whether v is a number that JSON can hold.
func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
