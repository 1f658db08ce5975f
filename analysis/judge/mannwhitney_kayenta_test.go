package judge

import (
	"math"
	"slices"
)

// kayenta is Kayenta's Mann–Whitney test as it is, defects included, for the tests that
// show what is different here (spinnaker/kayenta a69573be: MannWhitney.scala,
// BrentSolver.java). brentTolerance is absolute.
type kayenta struct {
	canary, baseline []float64
}

const brentTolerance = 1e-4

// diff is the standardised distance of the ranks from the null hypothesis, when the
// canary is shifted by mu. ok is false when all values are tied: Kayenta throws.
func (k kayenta) diff(mu, quantile float64) (z float64, ok bool) {
	n, m := float64(len(k.canary)), float64(len(k.baseline))
	u := 0.0
	var all []float64
	for _, x := range k.canary {
		all = append(all, x-mu)
		for _, y := range k.baseline {
			switch {
			case x-mu > y:
				u++
			case x-mu == y:
				u += 0.5
			}
		}
	}
	all = append(all, k.baseline...)
	dz := u - n*m/2
	s2 := n * m / 12 * ((n + m + 1) - tiesWithin(all)/((n+m)*(n+m-1)))
	if s2 <= 0 {
		return 0, false
	}
	correction := 0.0
	if dz != 0 {
		correction = math.Copysign(0.5, dz)
	}
	return (dz-correction)/math.Sqrt(s2) - quantile, true
}

// interval is the shift's; ok is false when Kayenta throws.
func (k kayenta) interval(z float64) (lower, estimate, upper float64, ok bool) {
	low := slices.Min(k.canary) - slices.Max(k.baseline)
	high := slices.Max(k.canary) - slices.Min(k.baseline)
	ok = true
	at := func(quantile float64) (fl, fu float64, f func(float64) float64) {
		f = func(mu float64) float64 {
			v, fine := k.diff(mu, quantile)
			ok = ok && fine
			return v
		}
		return f(low), f(high), f
	}
	root := func(quantile float64) float64 {
		fl, fu, f := at(quantile)
		switch {
		case fl <= 0:
			return low
		case fu >= 0:
			return high
		}
		return brent(low, high, fl, fu, f)
	}
	lower, upper = root(z), root(-z)
	fl, fu, f := at(0)
	return lower, brent(low, high, fl, fu, f), upper, ok
}

// brent is R's zeroin, which Kayenta copied.
//
// Long: it is kept as it is there, step by step.
// Complex: it is kept as it is there, step by step.
func brent(a, b, fa, fb float64, f func(float64) float64) float64 {
	c, fc := a, fa
	if fa == 0 {
		return a
	}
	if fb == 0 {
		return b
	}
	for range 1001 {
		previous := b - a
		if math.Abs(fc) < math.Abs(fb) {
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		tolerance := 2*2.220446049250313e-16*math.Abs(b) + brentTolerance/2
		step := (c - b) / 2
		if math.Abs(step) <= tolerance || fb == 0 {
			return b
		}
		if math.Abs(previous) >= tolerance && math.Abs(fa) > math.Abs(fb) {
			var p, q float64
			width := c - b
			if a == c {
				t1 := fb / fa
				p, q = width*t1, 1-t1
			} else {
				q = fa / fc
				t1, t2 := fb/fc, fb/fa
				p = t2 * (width*q*(q-t1) - (b-a)*(t1-1))
				q = (q - 1) * (t1 - 1) * (t2 - 1)
			}
			if p > 0 {
				q = -q
			} else {
				p = -p
			}
			if p < 0.75*width*q-math.Abs(tolerance*q)/2 && p < math.Abs(previous*q/2) {
				step = p / q
			}
		}
		if math.Abs(step) < tolerance {
			step = math.Copysign(tolerance, step)
		}
		a, fa = b, fb
		b += step
		fb = f(b)
		if fb > 0 && fc > 0 || fb < 0 && fc < 0 {
			c, fc = a, fa
		}
	}
	return b
}

// high tells whether Kayenta labels the canary High with a tolerance of 0.25 and an
// effect size that is beyond its threshold.
func (k kayenta) high(z float64) bool {
	lower, estimate, _, ok := k.interval(z)
	return ok && lower > 0.25*math.Abs(estimate)
}
