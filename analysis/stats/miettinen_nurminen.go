package stats

import (
	"errors"
	"math"
)

// MiettinenNurminenDifference is the score interval of the difference of two shares
// (canary minus baseline): the δ with |z(δ)| <= z(1-α/2), where
//
//	z(δ) = (p̂1 - p̂2 - δ)/√((p̃1(1-p̃1)/n1 + p̃2(1-p̃2)/n2)·N/(N-1))
//
// and p̃ is the most likely pair of shares with p̃1 - p̃2 = δ. It is the interval to use
// for small counts.
//
// Assumption: independent trials. Counts without trials, or beyond MaxTotal, and a
// confidence outside of (0, 1) are errors. Source: Miettinen & Nurminen 1985,
// Statistics in Medicine 4:213. (statsmodels 0.13 computes another interval.)
func MiettinenNurminenDifference(canary, baseline Count, confidence float64) (Interval, error) {
	if err := errors.Join(checkCounts(canary, baseline), checkLevel(confidence)); err != nil {
		return Interval{}, err
	}
	z := criticalValue(confidence)
	d := canary.Share() - baseline.Share()
	return Interval{
		Lower: smallest(-1, d, func(delta float64) bool { return differenceScore(canary, baseline, delta) <= z }),
		Upper: -smallest(-1, -d, func(minus float64) bool { return differenceScore(canary, baseline, -minus) >= -z }),
	}, nil
}

// MiettinenNurminenRatio is the score interval of the ratio R of two shares (canary
// over baseline), with
//
//	z(R) = (p̂1 - R·p̂2)/√((p̃1(1-p̃1)/n1 + R²p̃2(1-p̃2)/n2)·N/(N-1)),  p̃1 = R·p̃2
//
// Lower is 0 without an event of the canary, and Upper is infinite without one of the
// baseline; without both there is no ratio, which is an error, as are counts without
// trials, or beyond MaxTotal, and a confidence outside of (0, 1). Source as above.
func MiettinenNurminenRatio(canary, baseline Count, confidence float64) (Interval, error) {
	if err := errors.Join(checkCounts(canary, baseline), checkLevel(confidence)); err != nil {
		return Interval{}, err
	}
	if canary.Events == 0 && baseline.Events == 0 {
		return Interval{}, errors.New("without any event there is no ratio of the shares")
	}
	const far = 1e30
	z := criticalValue(confidence)
	i := Interval{0, math.Inf(1)}
	if canary.Events > 0 {
		i.Lower = smallest(0, far, func(r float64) bool { return ratioScore(canary, baseline, r) <= z })
	}
	if baseline.Events > 0 {
		i.Upper = smallest(0, far, func(r float64) bool { return ratioScore(canary, baseline, r) <= -z })
	}
	return i, nil
}

// differenceScore is z(δ) of the difference.
func differenceScore(canary, baseline Count, delta float64) float64 {
	n1, n2 := float64(canary.Total), float64(baseline.Total)
	p1, q1, p2, q2 := constrainedShares(canary, baseline, delta)
	// Over one denominator, so that no difference of counts is no difference.
	numerator := (float64(canary.Events)*n2 - float64(baseline.Events)*n1 - delta*n1*n2) / n1 / n2
	return scoreOf(numerator, p1*q1/n1+p2*q2/n2, n1+n2)
}

// scoreOf is a numerator over the root of its variance, with the factor N/(N-1).
func scoreOf(numerator, variance, n float64) float64 {
	switch {
	case numerator == 0:
		return 0
	case variance <= 0:
		return math.Inf(int(math.Copysign(1, numerator)))
	}
	return numerator / math.Sqrt(variance*(n/(n-1)))
}

// constrainedShares are the most likely shares whose difference is delta, and what
// they leave to 1. They solve the likelihood equation, which falls in the smaller
// share, directly: the closed form by a cubic loses the digits of rare events.
func constrainedShares(canary, baseline Count, delta float64) (p1, q1, p2, q2 float64) {
	rest := func(c Count) Count { return Count{c.Total - c.Events, c.Total} }
	switch {
	case delta < 0:
		p2, q2, p1, q1 = constrainedShares(baseline, canary, -delta)
		return p1, q1, p2, q2
	case canary.Events+baseline.Events > canary.Total+baseline.Total-canary.Events-baseline.Events:
		// The shares that are not events are smaller: q2 - q1 = delta.
		q2, p2, q1, p1 = smallerShare(rest(baseline), rest(canary), delta)
		return p1, q1, p2, q2
	default:
		return smallerShare(canary, baseline, delta)
	}
}

// smallerShare finds p2 in [0, 1-delta], with p1 = p2+delta.
func smallerShare(canary, baseline Count, delta float64) (p1, q1, p2, q2 float64) {
	x1, y1 := float64(canary.Events), float64(canary.Total-canary.Events)
	x2, y2 := float64(baseline.Events), float64(baseline.Total-baseline.Events)
	// part is x/p, where no events ask for nothing.
	part := func(x, p float64) float64 {
		switch {
		case x == 0:
			return 0
		case p <= 0:
			return math.Inf(1)
		}
		return x / p
	}
	tooLarge := func(p float64) bool {
		up := part(x1, p+delta) + part(x2, p)
		down := part(y1, 1-delta-p) + part(y2, 1-p)
		return up <= down
	}
	p2 = smallest(0, 1-delta, tooLarge)
	return min(1, p2+delta), max(0, 1-delta-p2), p2, 1 - p2
}

// ratioScore is z(R) of the ratio.
func ratioScore(canary, baseline Count, ratio float64) float64 {
	n1, n2 := float64(canary.Total), float64(baseline.Total)
	x1, x2 := float64(canary.Events), float64(baseline.Events)
	// A·p2² + B·p2 + C = 0, of which the smaller root is wanted.
	a, minusB, c := (n1+n2)*ratio, n1*ratio+x1+n2+x2*ratio, x1+x2
	p2 := 2 * c / (minusB + math.Sqrt(max(0, minusB*minusB-4*a*c)))
	p2 = min(p2, 1, 1/ratio)
	p1 := min(1, ratio*p2)
	numerator := (x1*n2 - ratio*x2*n1) / n1 / n2
	return scoreOf(numerator, p1*(1-p1)/n1+ratio*ratio*p2*(1-p2)/n2, n1+n2)
}
