package stats

import (
	"errors"
	"fmt"
	"math"
)

// Prior is the Beta distribution that is assumed for a share before any trial:
// (1, 1) holds every share for equally likely, (½, ½) is Jeffreys'.
type Prior struct {
	A, B float64
}

// Worse is what PosteriorWorse asks: whether the canary's share is above
// Ratio·(the baseline's share) + Difference.
type Worse struct {
	Ratio, Difference float64
}

// PosteriorWorse is the Bayesian probability that the canary's share of events is
// above Ratio times the baseline's plus Difference, when each has a Beta posterior
//
//	p1 ~ Beta(A+x1, B+n1-x1), p2 ~ Beta(A+x2, B+n2-x2)
//
// It is for a report after a fixed number of trials. It is NOT valid for a stopping
// rule: whoever stops at the first look at which it exceeds 99 % is wrong far more
// often than once in a hundred times.
//
// Without a margin (1, 0) and with whole posterior parameters of the canary it is a
// finite sum of a beta negative binomial law, whose terms have a relative error near
// 1e-14; else an integral over the logit of p2 by the double exponential rule, with
// a relative error below 1e-9 down to the smallest numbers.
//
// Assumption: independent trials. Counts without trials, or beyond MaxTotal, a prior
// outside of [1e-3, 1e6], a Ratio outside of [1e-6, 1e6] and a Difference outside of
// [0, 1) are errors. Source: Miller 2015, "Formulas for Bayesian A/B testing"; Takahasi
// & Mori 1974 for the rule.
func PosteriorWorse(canary, baseline Count, prior Prior, than Worse) (float64, error) {
	if err := errors.Join(checkCounts(canary, baseline), prior.check(), than.check()); err != nil {
		return 0, err
	}
	c, b := prior.after(canary), prior.after(baseline)
	if than == (Worse{1, 0}) && c.a == math.Trunc(c.a) {
		return c.above(b), nil
	}
	return c.aboveMargin(b, than), nil
}

func (p Prior) check() error {
	for _, v := range []float64{p.A, p.B} {
		if !(v >= 1e-3 && v <= 1e6) {
			return fmt.Errorf("the prior has the parameter %v; it must be within 0.001 and 1,000,000", v)
		}
	}
	return nil
}

func (w Worse) check() error {
	if !(w.Ratio >= 1e-6 && w.Ratio <= 1e6) || !(w.Difference >= 0 && w.Difference < 1) {
		return fmt.Errorf("a share cannot be compared with %v times another one plus %v", w.Ratio, w.Difference)
	}
	return nil
}

func (p Prior) after(c Count) posterior {
	return posterior{p.A + float64(c.Events), p.B + float64(c.Total-c.Events)}
}

// posterior is a Beta distribution.
type posterior struct {
	a, b float64
}

// above is P(c > d) for independent c and d, and a whole c.a: the sum over i < c.a of
//
//	B(d.a+i, d.b+c.b)/((c.b+i)·B(1+i, c.b)·B(d.a, d.b))
//
// from its greatest term outwards. The terms rise and then fall.
func (c posterior) above(d posterior) float64 {
	up := func(i float64) float64 { return (d.a + i) / (d.a + d.b + c.b + i) * ((c.b + i) / (i + 1)) }
	start, high := 0.0, c.a-1
	for start < high {
		middle := math.Floor(start + (high-start)/2)
		if up(middle) > 1 {
			start = middle + 1
		} else {
			high = middle
		}
	}
	const negligible = 1e-19
	total, term := 0.0, 1.0
	for i := start; i < c.a && term > negligible*total; i++ {
		total += term
		term *= up(i)
	}
	term = 1.0
	for i := start - 1; i >= 0; i-- {
		term /= up(i)
		if term <= negligible*total {
			break
		}
		total += term
	}
	return probability(c.term(d, start) * total)
}

// term is the i-th of them. Each beta function is written as a power at the same x, so
// that the powers cancel but for one factor x.
func (c posterior) term(d posterior, i float64) float64 {
	x := (d.a + i) / (d.a + i + d.b + c.b)
	y := (d.b + c.b) / (d.a + i + d.b + c.b)
	power := func(a, b float64) float64 { return logBetaPower(a, b, x, y, aboveMean(a, b, x, y)) }
	return math.Exp(power(d.a, d.b)+power(1+i, c.b)-power(d.a+i, d.b+c.b)) / (x * (c.b + i))
}

// aboveMargin is the integral over u = logit(p) of d's density times
// P(c > ratio·p + difference). Where ratio·p + difference reaches 1 the integrand ends
// with a root or steeper; u is counted from there, so that the distance has all digits.
func (c posterior) aboveMargin(d posterior, than Worse) float64 {
	limit := (1 - than.Difference) / than.Ratio
	if limit >= 1 {
		return probability(integrateHill(func(u float64) float64 {
			p, q := logistic(u), logistic(-u)
			x, y := than.Ratio*p+than.Difference, than.Ratio*q+(1-than.Difference-than.Ratio)
			return d.densityTimes(p, q, c, x, y)
		}, -farLogit, farLogit))
	}
	end := math.Log(limit / (1 - limit))
	return probability(integrateHill(func(v float64) float64 {
		p, q := logistic(end+v), logistic(-end-v)
		// ratio·(limit - p), as logistic(a) - logistic(b) = logistic(a)·logistic(-b)·(1 - e^(b-a)).
		y := than.Ratio * limit * q * -math.Expm1(v)
		return d.densityTimes(p, q, c, than.Ratio*p+than.Difference, y)
	}, -2*farLogit, 0))
}

// farLogit is a logit beyond which nothing counts.
const farLogit = 700

// densityTimes is d's density of the logit of p times P(c > x); q is 1-p and y 1-x.
func (d posterior) densityTimes(p, q float64, c posterior, x, y float64) float64 {
	if p == 0 || q == 0 || y <= 0 {
		return 0
	}
	_, beyond := betaTails(c.a, c.b, min(x, 1), y)
	return beyond * math.Exp(logBetaPower(d.a, d.b, p, q, aboveMean(d.a, d.b, p, q)))
}

func logistic(u float64) float64 { return 1 / (1 + math.Exp(-u)) }
