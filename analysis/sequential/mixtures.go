package sequential

import "math"

// The mixtures of this file are logarithms of supermartingales in s, a sum of
// deviations from a mean, and v, its intrinsic time: both in units of what is
// measured, v in its square. Where the deviations are sub-Gaussian, sub-exponential
// or sub-Poisson with scale c, each value is an e-process. What bounds of the same
// name return is the s at which it reaches 1/alpha: with probability 1-alpha the sum
// never passes that line.
//
// Source: Howard, Ramdas, McAuliffe & Sekhon, "Time-uniform, nonparametric,
// nonasymptotic confidence sequences" (2021), section 3 and propositions 5, 6, 9, 10.

// mixtureVariance is the ρ of a mixture that is tightest at the intrinsic time
// optimum and level alpha: v/(2·ln(1/a) + ln(1 + 2·ln(1/a))), where a is alpha, or
// 2·alpha when one-sided (Howard et al. 2021, proposition 3).
func mixtureVariance(optimum, alpha float64, oneSided bool) float64 {
	if oneSided {
		alpha *= 2
	}
	l := 2 * math.Log(1/alpha)
	return optimum / (l + math.Log1p(l))
}

// NormalMixture mixes exp(λs - λ²v/2) over a normal distribution of λ with variance
// 1/ρ; if OneSided, over its positive half. It holds for sub-Gaussian deviations.
type NormalMixture struct {
	// Rho is in the unit of v, and positive.
	Rho      float64
	OneSided bool
}

// NewNormalMixture is tightest at the intrinsic time optimum and level alpha, which is
// below 1/2.
func NewNormalMixture(optimum, alpha float64, oneSided bool) NormalMixture {
	return NormalMixture{Rho: mixtureVariance(optimum, alpha, oneSided), OneSided: oneSided}
}

// LogE is ½·ln(ρ/(v+ρ)) + s²/(2(v+ρ)); one-sided it is
// ln 2 + … + ln Φ(s/√(v+ρ)).
func (m NormalMixture) LogE(s, v float64) float64 {
	w := v + m.Rho
	if !m.OneSided {
		return -0.5*math.Log1p(v/m.Rho) + s*s/(2*w)
	}
	z := s / math.Sqrt(w)
	if z > -30 {
		return math.Ln2 - 0.5*math.Log1p(v/m.Rho) + z*z/2 + logNormal(z)
	}
	// z²/2 and ln Φ(z) cancel but for this.
	return math.Ln2 - 0.5*math.Log1p(v/m.Rho) - halfLogTwoPi - math.Log(-z)
}

// Bound is the s that is passed with probability alpha at most. Two-sided it is
// √((v+ρ)(ln(1+v/ρ) + 2·ln(1/alpha))), and holds for |s|.
func (m NormalMixture) Bound(v, alpha float64) float64 {
	w := v + m.Rho
	if !m.OneSided {
		return math.Sqrt(w * (math.Log1p(v/m.Rho) + 2*math.Log(1/alpha)))
	}
	return mixtureBound(func(s float64) float64 { return m.LogE(s, v) }, alpha, math.Sqrt(w), math.Inf(1))
}

// GammaExponential mixes exp(λs - ψ(λ)v), ψ(λ) = (-ln(1-cλ) - cλ)/c², over a gamma
// distribution of 1/c-λ cut off at 0: one-sided, for sub-exponential deviations. With
// c = 1 and v the sum of (x-μ̂)² it is the conjugate empirical Bernstein boundary for
// x within 0 and 1, where μ̂ was predicted before x was seen.
type GammaExponential struct {
	Rho, C float64
}

// NewGammaExponential is tightest at the intrinsic time optimum and level alpha,
// which is below 1/2. c is the scale, positive.
func NewGammaExponential(optimum, alpha, c float64) GammaExponential {
	return GammaExponential{Rho: mixtureVariance(optimum, alpha, true), C: c}
}

// LogE is ln of γ(a,y)·y^(-a)·e^y over the same at s = v = 0, where
// a = (v+ρ)/c² and y = (cs+v+ρ)/c². Where y is not positive it is at its least: the
// mixture is below any finite number given here, and -Inf stands for it.
func (m GammaExponential) LogE(s, v float64) float64 {
	q := m.Rho / (m.C * m.C)
	a := (v + m.Rho) / (m.C * m.C)
	y := s/m.C + a
	if y <= 0 {
		return math.Inf(-1)
	}
	return logLowerGamma(a, y) - logLowerGamma(q, q)
}

// Bound is the s that is passed with probability alpha at most.
func (m GammaExponential) Bound(v, alpha float64) float64 {
	return mixtureBound(func(s float64) float64 { return m.LogE(s, v) }, alpha, math.Sqrt(v+m.Rho), math.Inf(1))
}

// GammaPoisson mixes exp(λs - ψ(λ)v), ψ(λ) = (e^(cλ) - cλ - 1)/c², over the logarithm of a
// gamma distribution, cut off at λ = 0: one-sided, for sub-Poisson deviations.
type GammaPoisson struct {
	Rho, C float64
}

// NewGammaPoisson is tightest at the intrinsic time optimum and level alpha, which
// is below 1/2. c is the scale, positive.
func NewGammaPoisson(optimum, alpha, c float64) GammaPoisson {
	return GammaPoisson{Rho: mixtureVariance(optimum, alpha, true), C: c}
}

// LogE is ln of Γ(z,a)·a^(-z)·e^a over the same at s = v = 0, where a = (v+ρ)/c² and z = s/c + a.
func (m GammaPoisson) LogE(s, v float64) float64 {
	q := m.Rho / (m.C * m.C)
	a := (v + m.Rho) / (m.C * m.C)
	return logUpperGamma(s/m.C+a, a) - logUpperGamma(q, q)
}

// Bound is the s that is passed with probability alpha at most.
func (m GammaPoisson) Bound(v, alpha float64) float64 {
	return mixtureBound(func(s float64) float64 { return m.LogE(s, v) }, alpha, math.Sqrt(v+m.Rho), math.Inf(1))
}

// Bound is the s = hits - trials·Null that is passed with probability alpha at most
// after so many trials, which need not be whole.
func (t BetaBinomial) Bound(trials, alpha float64) float64 {
	most := trials * (1 - t.Null)
	logE := func(s float64) float64 { return t.LogE(Tally{Hits: min(trials*t.Null+s, trials), Trials: trials}) }
	return mixtureBound(logE, alpha, math.Sqrt(trials*t.Null*(1-t.Null)), most)
}

// mixtureBound is the s, at most so much as most says, at which a mixture that grows with it
// reaches 1/alpha. scale is a first step.
func mixtureBound(logE func(s float64) float64, alpha, scale, most float64) float64 {
	limit := math.Log(1 / alpha)
	below := func(s float64) bool { return logE(s) < limit }
	low, high := 0.0, min(scale, most)
	for range 200 {
		if !below(high) {
			return boundary(below, low, high)
		}
		if high >= most {
			break
		}
		low, high = high, min(2*high, most)
	}
	return most
}

// PolyStitching is the boundary of Howard et al. (2021, equation 10, η = 2, s = 1.4):
// with probability 1-alpha no sum of sub-gamma deviations of scale c passes
//
//	√(k1²·v·ℓ + (k2·c·ℓ)²) + k2·c·ℓ, ℓ = 1.4·ln ln(2v/m) + ln(ζ(1.4)/(alpha·(ln 2)^1.4))
//
// at any intrinsic time v; below m it is that of m. Its width is that of the law of
// the iterated logarithm.
func PolyStitching(v, alpha, least, c float64) float64 {
	const eta, s = 2.0, 1.4
	v = max(v, least)
	l := s*math.Log(math.Log(eta*v/least)) + math.Log(zeta14/(alpha*math.Pow(math.Ln2, s)))
	k1, k2 := stitching()
	return math.Sqrt(k1*k1*v*l+k2*k2*c*c*l*l) + k2*c*l
}

// zeta14 is ζ(1.4), Riemann's function.
const zeta14 = 3.1055472779775816

// stitching are k1 and k2 at η = 2.
func stitching() (k1, k2 float64) {
	const eta = 2.0
	return (math.Pow(eta, 0.25) + math.Pow(eta, -0.25)) / math.Sqrt2, (math.Sqrt(eta) + 1) / 2
}

// DoubleStitching bounds the empirical distribution at all quantiles and times at
// once: with probability 1-alpha, hits - t·p at the p-quantile never passes it, for
// any p, from optimum observations t on. It is tighter at extreme quantiles than Band.
//
// Source: Howard & Ramdas, "Sequential estimation of quantiles" (2022), theorem
// 3, with δ = 1/2, η = 2, s = 1.4.
func DoubleStitching(p, t, alpha, optimum float64) float64 {
	const eta, s, delta = 2.0, 1.4, 0.5
	t = max(t, optimum)
	logit := math.Log(p / (1 - p))
	r := p
	if p < 0.5 {
		r = min(0.5, 1/(1+math.Exp(-logit-2*delta*math.Sqrt(optimum*eta/t))))
	}
	variance := r * (1 - r)
	j := math.Sqrt(t/optimum)*math.Abs(logit)/(2*delta) + 1
	l := s*math.Log(math.Log(eta*t/optimum)) + s*math.Log(j) +
		math.Log(2*zeta14*(2*zeta14+1)/(alpha*math.Pow(math.Ln2, s)))
	k1, k2 := stitching()
	c := k2 * (1 - 2*p) / 3 * l
	return delta*math.Sqrt(eta*t*variance/optimum) + math.Sqrt(k1*k1*variance*t*l+c*c) + c
}
