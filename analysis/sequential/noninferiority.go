package sequential

import (
	"fmt"
	"math"
)

// NonInferiority tests the opposite of RateRatio: whether the canary's rate of bad
// requests is less than Max times the baseline's. Its evidence speaks for the
// canary, and allows a promotion before its time.
//
// Against the alternatives ρ = r·Max, r = 0.9, 0.9², …, 0.9³², each block multiplies
//
//	r^x1 · ((Max·n1+n2) / (r·Max·n1+n2))^(x1+x2),
//
// and E is the mean over r. It is dimensionless: 1 is no evidence, and a canary that
// is Max times as bad or worse reaches 1/β with a probability of at most β.
//
// It holds for requests that are bad or not (Bernoulli), for every ρ >= Max and any
// baseline: with κ the ratio in brackets, the expectation of the factor is
// (1+θ1(rκ-1))^n1 · (1+θ2(κ-1))^n2 <= exp(n1·θ1(rκ-1) + n2·θ2(κ-1)), whose exponent is 0 at
// θ1 = Max·θ2 and falls in θ1, because rκ < 1. Poisson requests reach the bound. It
// does not hold for bad requests that come in clumps.
//
// Source: as RateRatio; the SPRT's second error rate (Wald 1945).
type NonInferiority struct {
	// Max is the smallest ratio of rates that is too much: 1.5 is 50 % more. Positive and
	// finite.
	Max float64
}

// The grid of alternatives: slackStep^1 … slackStep^slackSize.
const (
	slackStep = 0.9
	slackSize = 32
)

// NonInferiorityState is the memory of a NonInferiority. The zero value has seen nothing.
type NonInferiorityState struct {
	// LogL are the logarithms of the likelihood ratios, one for each alternative;
	// none before the first block that could be compared.
	LogL []float64 `json:"logL,omitempty"`
}

// Observe adds a block.
func (t NonInferiority) Observe(s NonInferiorityState, b Block) NonInferiorityState {
	if !b.comparable() {
		return s
	}
	logL := make([]float64, slackSize)
	copy(logL, s.LogL)
	bad := b.CanaryBad + b.BaselineBad
	most := t.Max * b.CanaryTotal
	for j := range logL {
		r := math.Pow(slackStep, float64(j+1))
		logL[j] += b.CanaryBad*math.Log(r) - bad*math.Log1p((r-1)*most/(most+b.BaselineTotal))
	}
	return NonInferiorityState{LogL: logL}
}

// LogE is the natural logarithm of the evidence that the ratio is less than Max.
func (s NonInferiorityState) LogE() float64 {
	if len(s.LogL) == 0 {
		return 0
	}
	return logMeanExp(s.LogL)
}

// Validate returns an error that says which part of a state that was read cannot
// have been written by Observe.
func (s NonInferiorityState) Validate() error {
	if len(s.LogL) != 0 && len(s.LogL) != slackSize {
		return fmt.Errorf("the state has %d likelihood ratios, want %d", len(s.LogL), slackSize)
	}
	for _, v := range s.LogL {
		if !isFinite(v) {
			return fmt.Errorf("the state has a likelihood ratio of %v", v)
		}
	}
	return nil
}

// Growth is how much LogE grows with each request of the canary, on average, when
// the rates of bad requests are canary and baseline and the canary gets a share
// (between 0 and 1) of the requests. ln(1/β) over it is the promotion limit: how many
// canary requests a proof takes at least. It is 0 when the canary is no better than
// Max times the baseline.
func (t NonInferiority) Growth(canary, baseline, share float64) float64 {
	bad := canary + baseline*(1-share)/share
	if !(share > 0 && share < 1 && bad > 0) || math.IsInf(bad, 0) {
		return 0
	}
	p, q := canary/bad, t.Max*share/(t.Max*share+1-share)
	if p >= q {
		return 0
	}
	return bad * divergence(p, q)
}
