package sequential

// Objective tests whether the share of bad requests of one arm is above what an
// objective allows, without looking at another arm.
//
// It is the one-sided BetaBinomial at Null = AtMost, with a mixture that is worth
// one bad request and centred at five times AtMost (halfway to 1 where that is more).
// E is dimensionless; an arm that keeps the objective at all times reaches 1/α with a
// probability of at most α, also when its share changes below the objective. Bad requests
// are independent given the share; clumps break it.
//
// An objective without a baseline cannot tell a bad version from a bad day: it is an
// additional guard.
//
// Source: as BetaBinomial.
type Objective struct {
	// AtMost is the largest share of bad requests that is accepted, between 0 and 1.
	AtMost float64
}

// test is the sequential test of the objective.
func (o Objective) test() BetaBinomial {
	mean := min(5*o.AtMost, (1+o.AtMost)/2)
	return BetaBinomial{Null: o.AtMost, A: 1, B: (1 - mean) / mean, Greater: true}
}

// LogE is the natural logarithm of the evidence that the share of bad requests is
// above AtMost; the hits of the tally are bad requests.
func (o Objective) LogE(s Tally) float64 { return o.test().LogE(s) }

// Growth is how much LogE grows with each request, on average, when a share of them
// is bad: its Kullback–Leibler divergence from AtMost, and 0 when it is not above.
func (o Objective) Growth(share float64) float64 {
	if !(share > o.AtMost) {
		return 0
	}
	return divergence(min(share, 1), o.AtMost)
}

// Factors adds to logE what one block, in which x of n requests were bad, says for
// each of some ratios against the objective: ln of the likelihood at ratio·AtMost, at most
// (1+AtMost)/2, over that at AtMost. These are the factors for a Detector.
func (o Objective) Factors(logE []float64, x, n float64, ratios []float64) []float64 {
	for _, r := range ratios {
		logE = append(logE, bernoulliLogRatio(n, x, min(r*o.AtMost, (1+o.AtMost)/2), o.AtMost))
	}
	return logE
}
