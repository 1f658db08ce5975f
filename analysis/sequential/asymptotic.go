package sequential

import "math"

// Asymptotic is a confidence sequence for a mean, or for any estimate that is nearly
// normal, from its standard error alone. It is what a report can say about a
// number of which nothing else is known.
//
// Among n observations, with ρ² = (l + ln(1+l))/Tuning and l = -2·ln a, where a is
// Alpha, or 2·Alpha when one-sided, the bounds are the estimate plus and minus
//
//	se·√n·√(2(nρ²+1)/(nρ)² · ln(√(nρ²+1)/Alpha)),
//
// one-sided with ln(1 + √(nρ²+1)/(2·Alpha)).
//
// It covers only in the limit of many observations: with fewer than about a
// hundred events it lies, and nothing warns of it. No release is decided by it.
//
// Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform central limit
// theory and asymptotic confidence sequences" (2024), theorem 2.2; as in GrowthBook.
type Asymptotic struct {
	// Alpha is the probability of a miss, between 0 and 1, below 1/2 when one-sided.
	Alpha float64
	// Tuning is the number of observations at which the bounds are tightest: 5000.
	Tuning float64
}

// rho is ρ at a level.
func (a Asymptotic) rho(alpha float64) float64 {
	l := -2 * math.Log(alpha)
	return math.Sqrt((l + math.Log1p(l)) / a.Tuning)
}

// HalfWidth is how far the two-sided bounds are from the estimate, in its unit. It
// is +Inf without observations.
func (a Asymptotic) HalfWidth(se, n float64) float64 {
	return asymptoticWidth(se, n, a.rho(a.Alpha), func(root float64) float64 { return math.Log(root / a.Alpha) })
}

// HalfWidthOneSided is how far a one-sided bound is from the estimate.
func (a Asymptotic) HalfWidthOneSided(se, n float64) float64 {
	return asymptoticWidth(se, n, a.rho(2*a.Alpha), func(root float64) float64 { return math.Log1p(root / (2 * a.Alpha)) })
}

func asymptoticWidth(se, n, rho float64, log func(root float64) float64) float64 {
	if !(n > 0) {
		return math.Inf(1)
	}
	w := n*rho*rho + 1
	return se * math.Sqrt(n) * math.Sqrt(2*w*log(math.Sqrt(w))) / (n * rho)
}

// LogE is the natural logarithm of the evidence that the estimate is not 0, in the limit:
// ρ²t/(2(nρ²+1)) - ½·ln(nρ²+1), t = n·(estimate/se)². It is 0 without observations or
// spread.
func (a Asymptotic) LogE(estimate, se, n float64) float64 {
	if !(n > 0 && se > 0) {
		return 0
	}
	rho := a.rho(a.Alpha)
	z := rho * estimate / se
	return z*z*n/(2*(n*rho*rho+1)) - 0.5*math.Log1p(n*rho*rho)
}
