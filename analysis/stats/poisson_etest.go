package stats

import (
	"errors"
	"math"
)

// maxETest is how many events ETest compares; its work grows with their number.
const maxETest = 1000

// ETestStatistic is what an E-test compares.
type ETestStatistic int

// The statistics of the E-test, with λ̂ = k/t: (λ̂1 - r·λ̂2)/√variance.
const (
	// ETestWald has the variance k1/t1² + r²·k2/t2².
	ETestWald ETestStatistic = iota
	// ETestScore has the variance r·q/t1 + r²·q/t2 with the pooled rate
	// q = (k1+k2)/(r·t1+t2). It is the better one when the exposures differ much.
	ETestScore
)

// RateDifference is the outcome of ETest.
type RateDifference struct {
	// Statistic is positive when the canary's rate is greater.
	Statistic float64
	// TwoSided and Greater are p-values.
	TwoSided, Greater float64
}

// ETest tests the ratio of two rates against null by the unconditional E-test: the
// probability of a statistic at least as extreme when both counts are Poisson with the
// rates λ2 = (x1+x2)/(null·t1+t2) and λ1 = null·λ2. It has more power than the
// conditional test for few events, and its level is not strictly kept.
//
// Statistics within 1e-9 are equal. Errors as for PoissonRatio, and more than 1000
// events. Source: Krishnamoorthy & Thomson 2004, J. Stat. Plan. Inference 119:23.
func ETest(canary, baseline Rate, null float64, statistic ETestStatistic) (RateDifference, error) {
	if err := checkRates(canary, baseline, null); err != nil {
		return RateDifference{}, err
	}
	n := canary.Events + baseline.Events
	if n > maxETest {
		return RateDifference{}, errors.New("more than 1000 events are too many for the E-test; use PoissonRatio")
	}
	t1, t2 := canary.Exposure, baseline.Exposure
	// Everything is measured in t2, so that only the ratio of the exposures counts.
	e := eTest{ratio: null, exposure: t1 / t2, score: statistic == ETestScore}
	if n == 0 {
		return RateDifference{0, 1, 1}, nil
	}
	rate2 := float64(n) / (null*e.exposure + 1)
	observed := e.statistic(float64(canary.Events), float64(baseline.Events))
	if math.IsNaN(observed) || math.IsInf(observed, 0) || !(rate2 > 0) {
		return RateDifference{}, errors.New("the exposures are too far apart for the E-test")
	}
	first, second := poissonLaw(null*rate2*e.exposure), poissonLaw(rate2)
	result := RateDifference{Statistic: observed}
	for k1, p1 := range first {
		for k2, p2 := range second {
			s := e.statistic(float64(k1), float64(k2))
			slack := 1e-9 * max(1, math.Abs(s))
			if s >= observed-slack {
				result.Greater += p1 * p2
			}
			if math.Abs(s) >= math.Abs(observed)-slack {
				result.TwoSided += p1 * p2
			}
		}
	}
	result.TwoSided, result.Greater = probability(result.TwoSided), probability(result.Greater)
	return result, nil
}

type eTest struct {
	ratio, exposure float64
	score           bool
}

// statistic is 0 where the variance is.
func (e eTest) statistic(k1, k2 float64) float64 {
	if k1+k2 == 0 {
		return 0
	}
	variance := k1/e.exposure/e.exposure + e.ratio*e.ratio*k2
	if e.score {
		q := (k1 + k2) / (e.ratio*e.exposure + 1)
		variance = e.ratio*q/e.exposure + e.ratio*e.ratio*q
	}
	if variance == 0 {
		return 0
	}
	return (k1/e.exposure - e.ratio*k2) / math.Sqrt(variance)
}

// poissonLaw are the probabilities of 0, 1, … up to where they no longer count.
func poissonLaw(mean float64) []float64 {
	var law []float64
	for k := int64(0); ; k++ {
		p := 1.0
		switch {
		case mean > 0:
			p = math.Exp(logPoisson(k, mean))
		case k > 0:
			p = 0
		}
		if float64(k) > mean && p < 1e-40 {
			return law
		}
		law = append(law, p)
	}
}
