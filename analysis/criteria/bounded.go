package criteria

import "math"

// bounded is a number that is known within bounds: the true value is between Lower
// and Upper, both inclusive, with the confidence that was asked for. Bounds are never
// NaN; the lower one may be -Inf and the upper one +Inf. The estimate may be anything.
type bounded struct {
	estimate, lower, upper float64
	// samples are how many requests or points it rests on; +Inf when it is a constant.
	samples float64
	of      string
	// share says that it is shown in per cent, count that it only grows, and shrinks that
	// the bounds come closer with the square root of the samples.
	share, count, shrinks bool
	// floor of a p-value is the least that so many values could have given; else 0.
	floor float64
}

// exactly is a number as its own bounds.
func exactly(v float64) bounded {
	return bounded{estimate: v, lower: v, upper: v, samples: math.Inf(1)}
}

// tidy makes bounds what they are said to be. A bound beyond all numbers says less than
// the largest one does, never more.
func (b bounded) tidy() bounded {
	if math.IsNaN(b.lower) {
		b.lower = math.Inf(-1)
	}
	if math.IsNaN(b.upper) {
		b.upper = math.Inf(1)
	}
	b.lower, b.upper = min(b.lower, math.MaxFloat64), max(b.upper, -math.MaxFloat64)
	return b
}

// hasBounds reports whether a value is one with bounds.
func hasBounds(v any) bool {
	_, is := v.(bounded)
	return is
}

// asBounded is a value with its bounds; ok is false for what is no finite number.
func asBounded(v any) (b bounded, ok bool) {
	if b, is := v.(bounded); is {
		return b, true
	}
	x := toFloat(v)
	return exactly(x), finite(x)
}

// intervals is the function of an operator that computes, on values with bounds, or
// nil. The result holds x∘y for all x and y within the bounds of the operands: rounding
// is monotone, so that the corners bound it also in floating point. (R. E. Moore,
// Interval Analysis, 1966.)
func intervals(operator string) func(a, b bounded) bounded {
	switch operator {
	case "+":
		return bounded.plus
	case "-":
		return func(a, b bounded) bounded { return a.plus(b.negative()) }
	case "*":
		return bounded.times
	case "/":
		return bounded.over
	default:
		return nil
	}
}

// with is the result of an operation on a and b: it rests on the fewer samples.
func (b bounded) with(a, c bounded) bounded {
	b.samples, b.of = a.samples, a.of
	if c.samples < a.samples {
		b.samples, b.of = c.samples, c.of
	}
	return b.tidy()
}

func (b bounded) negative() bounded {
	n := b
	n.estimate, n.lower, n.upper = -b.estimate, -b.upper, -b.lower
	n.floor, n.count = 0, false
	return n
}

func (b bounded) plus(c bounded) bounded {
	return bounded{
		estimate: b.estimate + c.estimate, lower: b.lower + c.lower, upper: b.upper + c.upper,
		share: b.share || c.share, shrinks: b.shrinks && c.shrinks,
	}.with(b, c)
}

func (b bounded) times(c bounded) bounded {
	product := corners(b, c, func(x, y float64) float64 {
		if x == 0 || y == 0 {
			return 0 // An infinite bound is never reached.
		}
		return x * y
	})
	product.estimate, product.share = b.estimate*c.estimate, b.share != c.share
	return product.with(b, c)
}

// over is b/c. When c may be 0, the quotient is beyond all numbers on one side if c
// cannot be on both sides of it, and b not 0; else it is anything.
func (b bounded) over(c bounded) bounded {
	quotient := bounded{lower: math.Inf(-1), upper: math.Inf(1)}
	apart, touching := c.lower > 0 || c.upper < 0, c.lower == 0 || c.upper == 0
	if apart || touching && (b.lower > 0 || b.upper < 0) {
		divisor := c
		if c.lower == 0 {
			divisor.lower = 0 // And not -0: it is reached from above,
		}
		if c.upper == 0 {
			divisor.upper = math.Copysign(0, -1) // and this one from below.
		}
		quotient = corners(b, divisor, func(x, y float64) float64 {
			if x == 0 {
				return 0 // Also divided by infinity.
			}
			return x / y
		})
	}
	quotient.estimate, quotient.share = b.estimate/c.estimate, b.share && !c.share
	return quotient.with(b, c)
}

// corners bounds a function that is monotone in each argument. ∞/∞ is left out: the
// other corners are beyond it.
func corners(a, b bounded, f func(x, y float64) float64) bounded {
	c := bounded{lower: math.Inf(1), upper: math.Inf(-1)}
	for _, x := range [2]float64{a.lower, a.upper} {
		for _, y := range [2]float64{b.lower, b.upper} {
			if v := f(x, y); !math.IsNaN(v) {
				c.lower, c.upper = min(c.lower, v), max(c.upper, v)
			}
		}
	}
	return c
}

// absolute is |b|.
func (b bounded) absolute() bounded {
	switch {
	case b.upper <= 0:
		return b.negative()
	case b.lower < 0:
		b.lower, b.upper = 0, max(-b.lower, b.upper)
	}
	b.estimate = math.Abs(b.estimate)
	return b
}

// extreme is the lesser (pick is min) or greater one of two.
func (b bounded) extreme(c bounded, pick func(x, y float64) float64) bounded {
	return bounded{
		estimate: pick(b.estimate, c.estimate), lower: pick(b.lower, c.lower), upper: pick(b.upper, c.upper),
		share: b.share || c.share,
	}.with(b, c)
}

// before is what is known of b < r, or of b <= r: that it is so, that it is not, or
// neither.
func (b bounded) before(r bounded, orEqual bool) (holds, known bool) {
	switch {
	case b.upper < r.lower || orEqual && b.upper == r.lower:
		return true, true
	case b.lower > r.upper || !orEqual && b.lower == r.upper:
		return false, true
	default:
		return false, false
	}
}

// equals is what is known of l == r.
func (b bounded) equals(r bounded) (holds, known bool) {
	if b.upper < r.lower || r.upper < b.lower {
		return false, true
	}
	same := b.lower == b.upper && r.lower == r.upper && b.lower == r.lower
	return same, same
}

// compared is what is known of l operator r. That a p-value is not below a limit
// says nothing when so few values could not have brought it there.
func compared(operator string, l, r bounded) (holds, known bool) {
	switch operator {
	case "==":
		return l.equals(r)
	case "!=":
		holds, known = l.equals(r)
		return known && !holds, known
	case ">":
		return compared("<", r, l)
	case ">=":
		return compared("<=", r, l)
	}
	holds, known = l.before(r, operator == "<=")
	vain := known && !holds && l.floor > 0 && l.floor >= r.lower || known && holds && r.floor > 0 && r.floor >= l.upper
	if vain {
		return false, false
	}
	return holds, known
}
