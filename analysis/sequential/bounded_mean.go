package sequential

import (
	"fmt"
	"math"
	"slices"
)

// MeanState is what was seen of a series of values between 0 and 1, in order: a CPU
// share, a cost for each request clipped to a range, a ratio for each window. The
// zero value has seen nothing.
type MeanState struct {
	// N are the values, and Sum is their sum.
	N   float64 `json:"n,omitempty"`
	Sum float64 `json:"sum,omitempty"`
	// Squares is the sum of (x-μ̂)², where μ̂ is the estimate that includes x.
	Squares float64 `json:"squares,omitempty"`
}

// mean is μ̂ = (1/2+Σx)/(n+1).
func (s MeanState) mean() float64 { return (0.5 + s.Sum) / (s.N + 1) }

// variance is σ̂² = (1/4+Σ(x-μ̂)²)/(n+1).
func (s MeanState) variance() float64 { return (0.25 + s.Squares) / (s.N + 1) }

// stake is λ before it is cut off: √(2·ln(1/alpha)/(t·ln(1+t)·σ̂²)) for the t-th
// value, from what was seen before it.
func (s MeanState) stake(alpha float64) float64 {
	t := s.N + 1
	return math.Sqrt(2 * math.Log(1/alpha) / (t * math.Log1p(t) * s.variance()))
}

// add adds a value.
func (s MeanState) add(x float64) MeanState {
	s.N, s.Sum = s.N+1, s.Sum+x
	d := x - s.mean()
	s.Squares += d * d
	return s
}

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s MeanState) Validate() error {
	if !isCount(s.N) || !isCount(s.Sum) || !isCount(s.Squares) || s.Sum > s.N*(1+rounding) || s.Squares > s.N*(1+rounding) {
		return fmt.Errorf("%v values with the sum %v and squares %v are not between 0 and 1", s.N, s.Sum, s.Squares)
	}
	return nil
}

// inUnit reports whether x is between 0 and 1, inclusive.
func inUnit(x float64) bool { return x >= 0 && x <= 1 }

// BoundedMean is a confidence sequence for the mean of values between 0 and 1, by
// predictable-mixture empirical Bernstein: with λ = min(1/2, stake), which is known
// before its value,
//
//	lower = Σλx/Σλ - (ln(1/Alpha) + Σ(x-x̄)²·ψ(λ))/Σλ, ψ(λ) = -ln(1-λ) - λ,
//
// where x̄ is the mean of the values before, 0 at first; the upper bound is that of 1-x
// turned over. Each bound misses the mean at any time with a probability of at most Alpha.
//
// It holds when each value has the same mean given the past; nothing else is
// assumed about the values. For the mean of values with other ranges, scale.
//
// Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by
// betting" (2024), theorem 2.
type BoundedMean struct {
	// Alpha is between 0 and 1.
	Alpha float64
}

// BoundedMeanState is the memory of a BoundedMean. The zero value has seen nothing.
type BoundedMeanState struct {
	Values MeanState `json:"values"`
	// Stakes is Σλ, and Staked is Σλx.
	Stakes float64 `json:"stakes,omitempty"`
	Staked float64 `json:"staked,omitempty"`
	// Below and Above are Σ(x-x̄)²·ψ(λ), for x and for 1-x.
	Below float64 `json:"below,omitempty"`
	Above float64 `json:"above,omitempty"`
}

// Observe adds a value; one that is not between 0 and 1 leaves the state as it is.
func (t BoundedMean) Observe(s BoundedMeanState, x float64) BoundedMeanState {
	if !inUnit(x) {
		return s
	}
	stake := min(0.5, s.Values.stake(t.Alpha))
	psi := -math.Log1p(-stake) - stake
	mean, turned := 0.0, 0.0
	if s.Values.N > 0 {
		mean = s.Values.Sum / s.Values.N
		turned = 1 - mean
	}
	s.Stakes, s.Staked = s.Stakes+stake, s.Staked+stake*x
	s.Below += (x - mean) * (x - mean) * psi
	s.Above += (1 - x - turned) * (1 - x - turned) * psi
	s.Values = s.Values.add(x)
	return s
}

// Confidence are the mean of what was seen and its bounds, not cut off at 0 and 1.
// Before the first value they are 1/2, 0 and 1.
func (t BoundedMean) Confidence(s BoundedMeanState) Interval {
	if s.Stakes <= 0 {
		return Interval{Estimate: 0.5, Upper: 1}
	}
	limit := math.Log(1 / t.Alpha)
	return Interval{
		Estimate: s.Values.Sum / s.Values.N,
		Lower:    (s.Staked - limit - s.Below) / s.Stakes,
		Upper:    1 - (s.Stakes-s.Staked-limit-s.Above)/s.Stakes,
	}
}

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s BoundedMeanState) Validate() error {
	for _, v := range []float64{s.Stakes, s.Staked, s.Below, s.Above} {
		if !isCount(v) {
			return fmt.Errorf("the state of a bounded mean holds %v", v)
		}
	}
	return s.Values.Validate()
}

// MeanBet tests whether the mean of values between 0 and 1 is above Mean, by betting
// on each value:
//
//	E = Π (1 + λ·(x-Mean)), 0 <= λ <= 1/(2·Mean),
//
// where λ is known before its value. It is evidence against every mean <= Mean,
// also one that changes, and assumes nothing else. E is dimensionless. For the other
// direction give 1-x and 1-Mean.
//
// Source: Waudby-Smith & Ramdas (2024), sections 4 and B.3.
type MeanBet struct {
	// Mean is between 0 and 1.
	Mean float64
	// Alpha is the level that the stakes are made for, between 0 and 1.
	Alpha float64
	// Adaptive stakes follow the growth that was seen (aGRAPA),
	// λ = (μ̂-Mean)/(σ̂²+(μ̂-Mean)²), and lose little when there is nothing to find; else they
	// are those of BoundedMean.
	Adaptive bool
}

// MeanBetState is the memory of a MeanBet. The zero value has seen nothing.
type MeanBetState struct {
	Values MeanState `json:"values"`
	// Log is the natural logarithm of the evidence.
	Log float64 `json:"logE,omitempty"`
}

// Observe adds a value; one that is not between 0 and 1 leaves the state as it is.
func (t MeanBet) Observe(s MeanBetState, x float64) MeanBetState {
	if !inUnit(x) {
		return s
	}
	stake := s.Values.stake(t.Alpha)
	if t.Adaptive {
		gain := s.Values.mean() - t.Mean
		stake = max(gain, 0) / (s.Values.variance() + gain*gain)
	}
	s.Log += math.Log1p(min(stake, 0.5/t.Mean) * (x - t.Mean))
	s.Values = s.Values.add(x)
	return s
}

// LogE is the natural logarithm of the evidence that the mean is above Mean.
func (s MeanBetState) LogE() float64 { return s.Log }

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s MeanBetState) Validate() error {
	if !isFinite(s.Log) {
		return fmt.Errorf("the state of a bet holds the evidence %v", s.Log)
	}
	return s.Values.Validate()
}

// MeanBets is a confidence sequence for the mean of values between 0 and 1 by
// betting against every mean of a grid, 1/50 … 49/50, from both sides: tighter than
// BoundedMean, and fifty times the work. Each bound misses the mean at any time with a
// probability of at most Alpha. It holds when each value has the same mean given the
// past.
//
// Source: Waudby-Smith & Ramdas (2024), section 4.
type MeanBets struct {
	// Alpha is between 0 and 1.
	Alpha float64
}

// meanGrid is how many steps the grid divides the range into.
const meanGrid = 50

// MeanBetsState is the memory of a MeanBets. The zero value has seen nothing.
type MeanBetsState struct {
	Values MeanState `json:"values"`
	// Above and Below are the logarithms of the evidence that the mean is above, and
	// below, each mean of the grid; none before the first value.
	Above []float64 `json:"above,omitempty"`
	Below []float64 `json:"below,omitempty"`
}

// Observe adds a value; one that is not between 0 and 1 leaves the state as it is.
func (t MeanBets) Observe(s MeanBetsState, x float64) MeanBetsState {
	if !inUnit(x) {
		return s
	}
	stake := s.Values.stake(t.Alpha)
	next := MeanBetsState{Values: s.Values.add(x), Above: make([]float64, meanGrid-1), Below: make([]float64, meanGrid-1)}
	copy(next.Above, s.Above)
	copy(next.Below, s.Below)
	for i := range next.Above {
		mean := float64(i+1) / meanGrid
		next.Above[i] += math.Log1p(min(stake, 0.5/mean) * (x - mean))
		next.Below[i] += math.Log1p(min(stake, 0.5/(1-mean)) * (mean - x))
	}
	return next
}

// Confidence are the mean of what was seen and its bounds, which are 0, 1 or means of
// the grid. Before the first value they are 1/2, 0 and 1.
func (t MeanBets) Confidence(s MeanBetsState) Interval {
	interval := Interval{Estimate: 0.5, Upper: 1}
	if s.Values.N > 0 {
		interval.Estimate = s.Values.Sum / s.Values.N
	}
	limit := math.Log(1 / t.Alpha)
	for i := 0; i < len(s.Above) && s.Above[i] >= limit; i++ {
		interval.Lower = float64(i+1) / meanGrid
	}
	for i := len(s.Below) - 1; i >= 0 && s.Below[i] >= limit; i-- {
		interval.Upper = float64(i+1) / meanGrid
	}
	return interval
}

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s MeanBetsState) Validate() error {
	for _, logs := range [][]float64{s.Above, s.Below} {
		if len(logs) != 0 && len(logs) != meanGrid-1 {
			return fmt.Errorf("the state has bets on %d means, want %d", len(logs), meanGrid-1)
		}
		if slices.ContainsFunc(logs, func(v float64) bool { return !isFinite(v) }) {
			return fmt.Errorf("the state has a bet that is no number")
		}
	}
	if len(s.Above) != len(s.Below) {
		return fmt.Errorf("the state has %d bets above and %d below", len(s.Above), len(s.Below))
	}
	return s.Values.Validate()
}
