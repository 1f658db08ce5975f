package sequential

import "math"

// PoissonRIPr gives the evidence of one block of events against the hypothesis
// that the canary's rate is at most the baseline's plus Margin: l1 <= l2 + Margin.
//
// T1 and T2 are the exposures, in requests or seconds; rates are events for each
// unit of them. For an alternative (l1*, l2*) that was chosen before the block was
// seen, its reverse information projection is l2° = q, l1° = q + Margin, where
//
//	T1·l1*/(q+Margin) + T2·l2*/q = T1 + T2,
//
// the positive root of a quadratic equation, and
//
//	ln E = Σ over both arms of x·ln(l*/l°) - (l*-l°)·T.
//
// The expectation of E is exp(Σ T·(l*-l°)·(l-l°)/l°), whose exponent is not
// positive for any pair of the hypothesis, because the projection is nearest in a convex
// set. Events are Poisson: rare among requests, and independent. An
// alternative inside the hypothesis gives no evidence, nor does a block in which an
// arm was not exposed. For ratios of rates RateRatio needs no alternative for the
// baseline. E is dimensionless.
//
// Source: the reverse information projection of Turner, Ly & Grünwald (2024), carried
// over from Bernoulli to Poisson.
type PoissonRIPr struct {
	// Margin is at least 0, in events for each unit of exposure.
	Margin float64
}

// LogE is the natural logarithm of the evidence of a block: x1 events under the
// exposure t1 of the canary, and x2 under t2 of the baseline. The alternative is
// positive. It allocates nothing.
func (t PoissonRIPr) LogE(t1, x1, t2, x2, rate1, rate2 float64) float64 {
	if !(t1 > 0 && t2 > 0) || rate1 <= rate2+t.Margin {
		return 0
	}
	null1, null2 := t.Project(t1, t2, rate1, rate2)
	return x1*math.Log(rate1/null1) - (rate1-null1)*t1 + x2*math.Log(rate2/null2) - (rate2-null2)*t2
}

// Project is the pair of the hypothesis that is nearest to an alternative.
func (t PoissonRIPr) Project(t1, t2, rate1, rate2 float64) (null1, null2 float64) {
	if rate1 <= rate2+t.Margin {
		return rate1, rate2
	}
	a := t1 + t2
	b := a*t.Margin - t1*rate1 - t2*rate2
	c := -t2 * rate2 * t.Margin
	root := math.Sqrt(b*b - 4*a*c)
	q := (root - b) / (2 * a)
	if b > 0 {
		q = -2 * c / (b + root)
	}
	return q + t.Margin, q
}
