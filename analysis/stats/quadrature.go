package stats

import "math"

// integrateHill integrates a function that is not negative, rises to one hill and
// falls, between two bounds. It finds the top, then how far the hill reaches, and
// integrates that by the double exponential rule.
func integrateHill(f func(float64) float64, low, high float64) float64 {
	top := hilltop(f, low, high)
	if f(top) == 0 {
		return 0
	}
	negligible := 1e-22 * f(top)
	foot := smallest(low, top, func(u float64) bool { return f(u) > negligible })
	end := -smallest(-high, -top, func(minus float64) bool { return f(-minus) > negligible })
	// Split at the top, so that a narrow hill is not stepped over.
	return doubleExponential(f, foot, top) + doubleExponential(f, top, end)
}

// hilltop looks at a grid, because far from the hill f is 0 and shows no slope, and
// then narrows the best place by golden sections.
func hilltop(f func(float64) float64, low, high float64) float64 {
	best, most := low, -1.0
	const steps = 2000
	for k := 0; k <= steps; k++ {
		u := low + (high-low)*float64(k)/steps
		if v := f(u); v > most {
			best, most = u, v
		}
	}
	width := (high - low) / steps
	a, b := max(low, best-width), min(high, best+width)
	golden := (math.Sqrt(5) - 1) / 2
	for range 80 {
		left, right := b-golden*(b-a), a+golden*(b-a)
		if f(left) >= f(right) {
			b = right
		} else {
			a = left
		}
	}
	return a + (b-a)/2
}

// doubleExponential is Takahasi and Mori's rule: the trapezoidal rule after
// u = middle + half·tanh(π/2·sinh t), halving the step until nothing changes.
func doubleExponential(f func(float64) float64, a, b float64) float64 {
	if !(b > a) {
		return 0
	}
	half := (b - a) / 2
	at := func(t float64) float64 {
		// The distance from the nearer end keeps its digits.
		s := math.Pi / 2 * math.Sinh(math.Abs(t))
		fromEnd := 2 / (1 + math.Exp(2*s)) // 1 - tanh s
		u := b - half*fromEnd
		if t < 0 {
			u = a + half*fromEnd
		}
		weight := math.Pi / 2 * math.Cosh(t) * fromEnd * (2 - fromEnd)
		return f(u) * weight * half
	}
	const reach = 4.0
	step := 0.5
	total := at(0)
	for t := step; t <= reach; t += step {
		total += at(t) + at(-t)
	}
	last := total * step
	for range 8 {
		for t := step / 2; t <= reach; t += step {
			total += at(t) + at(-t)
		}
		step /= 2
		next := total * step
		if math.Abs(next-last) <= 1e-13*next {
			return next
		}
		last = next
	}
	return last
}
