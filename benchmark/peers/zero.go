package peers

import "math"

const (
	// zeroTolerance is Kayenta's tolerance of roots. It is absolute, and so its verdicts
	// depend on the unit (its defect K2): that belongs to what is measured.
	zeroTolerance  = 1e-4
	zeroIterations = 1001
	epsilon        = 0x1p-52
)

// zero finds a root between a and b by Brent's method, as in R's uniroot (R_zeroin2), from
// which Kayenta took it.
func zero(a, b, fa, fb float64, f func(float64) float64) float64 {
	if fa == 0 {
		return a
	}
	c, fc := a, fa
	for range zeroIterations {
		if fb == 0 {
			return b
		}
		previous := b - a
		if math.Abs(fc) < math.Abs(fb) {
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		least := 2*epsilon*math.Abs(b) + zeroTolerance/2
		step := (c - b) / 2
		if math.Abs(step) <= least || fb == 0 {
			return b
		}
		if math.Abs(previous) >= least && math.Abs(fa) > math.Abs(fb) {
			step = interpolate(a, b, c, fa, fb, fc, least, previous, step)
		}
		if math.Abs(step) < least {
			step = math.Copysign(least, step)
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

// interpolate gives the next step by the secant or by inverse quadratic interpolation, or
// the given one, which bisects, where they lead too far.
func interpolate(a, b, c, fa, fb, fc, least, previous, step float64) float64 {
	var p, q float64
	cb := c - b
	if a == c {
		ratio := fb / fa
		p, q = cb*ratio, 1-ratio
	} else {
		t1, t2 := fb/fc, fb/fa
		q = fa / fc
		p = t2 * (cb*q*(q-t1) - (b-a)*(t1-1))
		q = (q - 1) * (t1 - 1) * (t2 - 1)
	}
	if p > 0 {
		q = -q
	} else {
		p = -p
	}
	if p < .75*cb*q-math.Abs(least*q)/2 && p < math.Abs(previous*q/2) {
		return p / q
	}
	return step
}
