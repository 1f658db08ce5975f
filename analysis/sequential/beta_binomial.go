package sequential

import (
	"fmt"
	"math"
)

// BetaBinomial tests whether a share, of bad requests among all or of canary
// requests among the bad ones, is Null, by mixing its likelihood ratio over a Beta
// distribution.
//
// With x hits among n trials,
//
//	ln E = ln B(A+x, B+n-x) - ln B(A, B) - x·ln Null - (n-x)·ln(1-Null)
//
// against any other share; if Greater, the Beta distribution is cut off below Null,
//
//	ln E = … + ln P(Beta(A+x, B+n-x) > Null) - ln P(Beta(A, B) > Null)
//
// and E is then evidence against every share <= Null, also one that changes, because it is
// a mean of likelihood ratios that grow with x. Trials are independent, or at
// least each is a hit with a conditional probability of Null given the past: hits that
// come in clumps break it. E is dimensionless.
//
// Source: Robbins, "Statistical methods related to the law of the iterated
// logarithm" (1970); in the parameters of Howard, Ramdas, McAuliffe & Sekhon,
// "Time-uniform Chernoff bounds via nonnegative supermartingales" (2020), see Howard.
type BetaBinomial struct {
	// Null is the share at the null hypothesis, between 0 and 1.
	Null float64
	// A and B are the parameters of the mixture, positive; its mean is A/(A+B), and
	// A+B is how many trials it is worth.
	A, B float64
	// Greater makes the test one-sided: against shares above Null.
	Greater bool
}

// Tally is hits among trials: the memory of a BetaBinomial. The zero value has seen
// nothing.
type Tally struct {
	Hits   float64 `json:"hits,omitempty"`
	Trials float64 `json:"trials,omitempty"`
}

// Add counts more hits among more trials.
func (s Tally) Add(hits, trials float64) Tally {
	return Tally{Hits: s.Hits + hits, Trials: s.Trials + trials}
}

// Validate returns an error when a state that was read is no tally.
func (s Tally) Validate() error {
	if !isCount(s.Hits) || !isCount(s.Trials) || s.Hits > s.Trials {
		return fmt.Errorf("%v hits among %v trials are no tally", s.Hits, s.Trials)
	}
	return nil
}

// LogE is the natural logarithm of the evidence.
func (t BetaBinomial) LogE(s Tally) float64 {
	misses := s.Trials - s.Hits
	log := logDirichlet([]float64{s.Hits, misses}, []float64{t.Null, 1 - t.Null}, []float64{t.A, t.B})
	if t.Greater {
		log += logBetaTail(t.B+misses, t.A+s.Hits, 1-t.Null, t.Null) - logBetaTail(t.B, t.A, 1-t.Null, t.Null)
	}
	return log
}

// Howard is the BetaBinomial of a share null that is tuned to be tightest at level
// alpha after so many trials as optimum says. Its mean is null.
//
// In the parameters of Howard et al. (2020, proposition 7) g is null and h is 1-null,
// v is trials·g·h, s is hits - trials·null, and
// r = max(ρ - gh, gh/1000), ρ = v/(2·ln(1/a) + ln(1 + 2·ln(1/a))) at the optimum, a is
// alpha, or 2·alpha when one-sided.
func Howard(null, optimum, alpha float64, greater bool) BetaBinomial {
	h := 1 - null
	r := max(mixtureVariance(optimum*null*h, alpha, greater)-null*h, 1e-3*null*h)
	return BetaBinomial{Null: null, A: r / h, B: r / null, Greater: greater}
}

// Confidence is the confidence sequence of the share: with probability 1-alpha the
// true share is within the bounds at all looks at once, if it does not change. It
// is the set of shares that the two-sided test of Howard does not reject, tightest
// after so many trials as optimum says. Before the first trial it is 0 to 1.
//
// Source: Howard & Ramdas, "Sequential estimation of quantiles" (2022), section 4,
// and their package confseq, bernoulli_confidence_interval.
func (s Tally) Confidence(alpha, optimum float64) Interval {
	interval := Interval{Estimate: 0.5, Upper: 1}
	if s.Trials <= 0 {
		return interval
	}
	estimate := s.Hits / s.Trials
	interval.Estimate = estimate
	limit := math.Log(1 / alpha)
	inside := func(share float64) bool {
		return Howard(share, optimum, howardAlpha, false).LogE(s) < limit
	}
	if s.Hits > 0 {
		interval.Lower = shareEdge(inside, estimate, 0)
	}
	if s.Hits < s.Trials {
		interval.Upper = shareEdge(inside, estimate, 1)
	}
	return interval
}

// howardAlpha is the level at which confidence sequences are tuned; it costs little
// at other ones.
const howardAlpha = 0.05

// shareEdge is where shares between an estimate and the end of the range, 0 or 1,
// cease to be inside.
func shareEdge(inside func(float64) bool, estimate, end float64) float64 {
	next := math.Nextafter(end, 1-end)
	if end == 0 {
		next = 1e-300
	}
	if isShare(estimate) && !inside(estimate) {
		return estimate // Rounding: nothing but the estimate is inside.
	}
	if inside(next) {
		return end
	}
	if estimate == 1-end { // The likelihood is highest at the other end.
		estimate = math.Nextafter(1-end, end)
		if end == 1 {
			estimate = 1e-300
		}
	}
	// Nine digits of the distance from the nearer end are enough for a report.
	holds, fails := estimate, next
	for range 128 {
		middle := holds + (fails-holds)/2
		if math.Abs(fails-holds) <= 1e-9*min(middle, 1-middle) || middle == holds || middle == fails {
			break
		}
		if inside(middle) {
			holds = middle
		} else {
			fails = middle
		}
	}
	return fails
}
