package sequential

import "math"

// Hypothesis is what a BernoulliRIPr accepts: a relation between θ1, the canary's
// share of bad (or slow) requests, and θ2, the baseline's.
type Hypothesis int

// The hypotheses.
const (
	// Equal: θ1 = θ2. The margin is not used.
	Equal Hypothesis = iota
	// OddsRatio: θ1/(1-θ1) <= margin·θ2/(1-θ2). The margin is at least 1.
	OddsRatio
	// RiskRatio: θ1 <= margin·θ2. The margin is positive.
	RiskRatio
	// Difference: θ1 <= θ2 + margin. The margin is between -1 and 1.
	Difference
)

// BernoulliRIPr gives the evidence of one block of requests, each bad or not,
// against a hypothesis about both arms.
//
// For an alternative (θ1*, θ2*) that was chosen before the block was seen, let (θ1°, θ2°) be the
// pair of the hypothesis for which n1·KL(θ1*‖θ1) + n2·KL(θ2*‖θ2) is least, its reverse
// information projection. Then
//
//	ln E = Σ over both arms of x·ln(θ*/θ°) + (n-x)·ln((1-θ*)/(1-θ°))
//
// is 0 or less in expectation of E-1 for every pair of the hypothesis, whatever the
// sizes of the block: with c = (θ*-θ°)/(θ°(1-θ°)) the expectation of E is
// Π(1+c·(θ-θ°))^n <= exp(Σ n·c·(θ-θ°)), and the sum is not positive, because that is
// what it is for θ° to be nearest in a convex set. Products over blocks are
// e-processes. Requests are independent given the shares; clumps within one arm
// break it. E is dimensionless.
//
// An alternative inside the hypothesis is its own projection, and E is 1. So it is
// for a block in which an arm served nothing.
//
// Source: Turner, Ly & Grünwald, "Generic e-variables for exact sequential
// k-sample tests that allow for optional stopping" (2024), and Turner & Grünwald,
// "Exact anytime-valid confidence intervals for contingency tables" (2023).
type BernoulliRIPr struct {
	Null   Hypothesis
	Margin float64
}

// LogE is the natural logarithm of the evidence of a block: x1 of n1 requests of the
// canary were bad, and x2 of n2 of the baseline. The alternative lies strictly between 0 and 1.
// It allocates nothing.
func (t BernoulliRIPr) LogE(n1, x1, n2, x2, theta1, theta2 float64) float64 {
	if !(n1 > 0 && n2 > 0) {
		return 0
	}
	null1, null2 := t.Project(n1, n2, theta1, theta2)
	return bernoulliLogRatio(n1, x1, theta1, null1) + bernoulliLogRatio(n2, x2, theta2, null2)
}

// Project is the pair of the hypothesis that is nearest to an alternative, for
// blocks of n1 and n2 requests, both positive.
func (t BernoulliRIPr) Project(n1, n2, theta1, theta2 float64) (null1, null2 float64) {
	if t.accepts(theta1, theta2) {
		return theta1, theta2
	}
	bad := n1*theta1 + n2*theta2
	switch t.Null {
	case OddsRatio:
		c := t.Margin - 1
		b := n1*t.Margin + n2 - bad*c
		q := 2 * bad / (b + math.Sqrt(b*b+4*n2*c*bad))
		return inside(t.Margin * q / (1 + c*q)), inside(q)
	case RiskRatio:
		// The smaller root of (n1+n2)·R·q² - b·q + bad = 0.
		r := t.Margin
		b := n1*(r+theta1) + n2*(1+theta2*r)
		q := 2 * bad / (b + math.Sqrt(max(b*b-4*(n1+n2)*r*bad, 0)))
		return inside(r * q), inside(q)
	case Difference:
		q := differenceProjection(n1, n2, theta1, theta2, t.Margin)
		return inside(q + t.Margin), inside(q)
	default:
		q := inside(bad / (n1 + n2))
		return q, q
	}
}

// inside keeps a share that was rounded to 0 or 1 between them.
func inside(share float64) float64 { return min(max(share, 1e-300), 1-1.0/(1<<53)) }

// accepts reports whether a pair belongs to the hypothesis.
func (t BernoulliRIPr) accepts(theta1, theta2 float64) bool {
	switch t.Null {
	case OddsRatio:
		return theta1*(1-theta2) <= t.Margin*theta2*(1-theta1)
	case RiskRatio:
		return theta1 <= t.Margin*theta2
	case Difference:
		return theta1 <= theta2+t.Margin
	default:
		return theta1 == theta2
	}
}

// differenceProjection is θ2° on the line θ1 = θ2 + margin: where the slope of the
// expected log-likelihood along the line,
//
//	n1·(θ1*-θ1)/(θ1(1-θ1)) + n2·(θ2*-θ2)/(θ2(1-θ2)),
//
// is 0. It falls along the line, between θ2* and θ1*-margin. Newton's method, held by
// bisection.
func differenceProjection(n1, n2, theta1, theta2, margin float64) float64 {
	low, high := max(theta2, -margin), min(theta1-margin, 1-max(margin, 0))
	q := low + (high-low)*n1/(n1+n2)
	if !(q > low && q < high) {
		q = low + (high-low)/2
	}
	for range 100 {
		p := q + margin
		v1, v2 := p*(1-p), q*(1-q)
		d1, d2 := (theta1-p)/v1, (theta2-q)/v2
		value := n1*d1 + n2*d2
		if value > 0 {
			low = q
		} else {
			high = q
		}
		slope := -n1*(1+d1*(1-2*p))/v1 - n2*(1+d2*(1-2*q))/v2
		next := q - value/slope
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-q) <= 1e-16*q || next == low || next == high {
			return next
		}
		q = next
	}
	return q
}

// bernoulliLogRatio is the logarithm of the likelihood of a share over that of
// another one, for x of n.
func bernoulliLogRatio(n, x, share, over float64) float64 {
	if share == over {
		return 0
	}
	return x*math.Log(share/over) + (n-x)*math.Log1p((over-share)/(1-over))
}

// Tilt is the share whose odds are so many times those of another share. It is the
// canary's alternative, given what was predicted for the baseline.
func Tilt(share, odds float64) float64 { return odds * share / (1 + (odds-1)*share) }

// Predict is the share to expect after x of n: (x+1/2)/(n+1), strictly between 0 and
// 1 (Krichevsky & Trofimov 1981). What an alternative is made of must have been seen
// before the block.
func Predict(x, n float64) float64 { return (x + 0.5) / (n + 1) }
