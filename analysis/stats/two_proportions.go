package stats

import (
	"errors"
	"fmt"
	"math"
)

// ProportionTest is the outcome of the pooled z-test.
type ProportionTest struct {
	// Difference is the canary's share of events minus the baseline's.
	Difference float64
	// Z is the statistic; 0 when no trial or every trial was an event.
	Z float64
	P Tails
}

// TwoProportions tests whether two shares of events differ, by the normal
// approximation with the pooled share p = (x1+x2)/(n1+n2):
//
//	z = (x1/n1 - x2/n2)/√(p(1-p)(1/n1 + 1/n2))
//
// Assumption: independent trials, and at least about five events and five others on
// each side; with fewer use Fisher. Counts without trials, or beyond MaxTotal, are an
// error. Source: Fleiss, Levin & Paik 2003, "Statistical Methods for Rates and
// Proportions", 3.1 (without continuity correction).
func TwoProportions(canary, baseline Count) (ProportionTest, error) {
	if err := checkCounts(canary, baseline); err != nil {
		return ProportionTest{}, err
	}
	n1, n2 := float64(canary.Total), float64(baseline.Total)
	events := float64(canary.Events + baseline.Events)
	p, q := events/(n1+n2), (n1+n2-events)/(n1+n2)
	t := ProportionTest{Difference: canary.Share() - baseline.Share()}
	if p > 0 && q > 0 {
		t.Z = t.Difference / math.Sqrt(p*q*(1/n1+1/n2))
	}
	t.P = Tails{min(1, 2*normalSurvival(math.Abs(t.Z))), normalSurvival(t.Z), normalSurvival(-t.Z)}
	return t, nil
}

// Wilson is the score interval of one share of events: the p with
// |x/n - p| <= z·√(p(1-p)/n),
//
//	(p̂ + z²/2n ± z√(p̂(1-p̂)/n + z²/4n²))/(1 + z²/n)
//
// It keeps its confidence, on average, also for few events. A count without trials and
// a confidence outside of (0, 1) are errors. Source: Wilson 1927.
func Wilson(c Count, confidence float64) (Interval, error) {
	if err := errors.Join(c.check("count"), checkLevel(confidence)); err != nil {
		return Interval{}, err
	}
	return wilson(c, criticalValue(confidence)), nil
}

func wilson(c Count, z float64) Interval {
	n := float64(c.Total)
	p, q := c.Share(), float64(c.Total-c.Events)/n
	i := Interval{0, 1}
	centre := p + z*z/(2*n)
	half := z * math.Sqrt(p*q/n+z*z/(4*n*n))
	if c.Events > 0 { // The product of both bounds is p²/(1+z²/n): nothing cancels.
		i.Lower = p * p / (centre + half)
	}
	if c.Events < c.Total {
		i.Upper = (centre + half) / (1 + z*z/n)
	}
	return i
}

// Newcombe is the hybrid score interval of the difference d of two shares (canary minus
// baseline), from Wilson's bounds l and u of each:
//
//	d - √((p1-l1)² + (u2-p2)²)  to  d + √((u1-p1)² + (p2-l2)²)
//
// Errors as for Wilson. Source: Newcombe 1998, Statistics in Medicine 17:873, method 10.
func Newcombe(canary, baseline Count, confidence float64) (Interval, error) {
	if err := errors.Join(checkCounts(canary, baseline), checkLevel(confidence)); err != nil {
		return Interval{}, err
	}
	z := criticalValue(confidence)
	p1, p2 := canary.Share(), baseline.Share()
	w1, w2 := wilson(canary, z), wilson(baseline, z)
	d := p1 - p2
	return Interval{
		Lower: max(-1, d-math.Hypot(p1-w1.Lower, w2.Upper-p2)),
		Upper: min(1, d+math.Hypot(w1.Upper-p1, p2-w2.Lower)),
	}, nil
}

// Margin is how much worse the canary may be.
type Margin struct {
	// Size is the accepted difference of the shares, within (-1, 1); or, when Relative,
	// the accepted excess of their ratio over 1, above -1: 0.1 is 10 %.
	Size     float64
	Relative bool
}

func (m Margin) check() error {
	if !(m.Size > -1) || math.IsInf(m.Size, 0) || !m.Relative && m.Size >= 1 {
		return fmt.Errorf("the margin is %v; it must be above -1 and, as a difference, below 1", m.Size)
	}
	return nil
}

// MarginTest is the outcome of NonInferiority.
type MarginTest struct {
	// Z is Miettinen and Nurminen's score at the margin; positive when the canary is
	// worse than the margin. It is 0 when nothing can be said, and may be infinite.
	Z float64
	// Worse is the p-value against "the canary is at most the margin worse": a small
	// one takes it back. NonInferior is the p-value against "it is at least the margin
	// worse": a small one lets it through.
	Worse, NonInferior float64
}

// NonInferiority tests whether the canary is worse than the baseline by less than a
// margin, by the score of Miettinen and Nurminen (1985) at the margin; events are bad.
// Worse = P(Z >= z) and NonInferior = P(Z <= z).
//
// Assumption: independent trials. Counts without trials, or beyond MaxTotal, and a
// margin outside of its range are errors.
func NonInferiority(canary, baseline Count, margin Margin) (MarginTest, error) {
	if err := errors.Join(checkCounts(canary, baseline), margin.check()); err != nil {
		return MarginTest{}, err
	}
	var t MarginTest
	if margin.Relative {
		t.Z = ratioScore(canary, baseline, 1+margin.Size)
	} else {
		t.Z = differenceScore(canary, baseline, margin.Size)
	}
	t.Worse, t.NonInferior = normalSurvival(t.Z), normalSurvival(-t.Z)
	return t, nil
}
