package sequential

import (
	"fmt"
	"math"
	"slices"
)

// RateRatio tests whether the rate of bad requests of the canary (arm 1) exceeds
// Null times that of the baseline (arm 2), by the conditional-binomial e-process.
//
// Given the m = x1+x2 bad requests of a block with n1 and n2 requests, x1 is
// binomial with share ρn1/(ρn1+n2), where ρ is the ratio of the rates; the rates
// themselves, and whatever moves both of them, cancel. Against the alternative
// ρ = r·Null each block multiplies the likelihood ratio L by
//
//	r^x1 · ((Null·n1+n2) / (r·Null·n1+n2))^m
//
// and E is the mean of L over r = 1.1, 1.1², …, 1.1⁴⁸ (up to 97 times as many).
// E is dimensionless; 1 is no evidence, 100 is evidence that a canary without
// regression reaches with a probability of at most 1 %.
//
// It holds for every ρ <= Null, because L grows in x1, which is stochastically
// smaller then. Requests that are bad or not (Bernoulli) instead of Poisson make
// x1 hypergeometric at ρ = 1, which is smaller in convex order (Hoeffding 1963,
// theorem 4), while L is convex in x1. The split may change from block to block.
// It does not hold for bad requests that come in clumps within one arm, such as
// retries.
//
// Source: conditioning as in Lindon & Malek, "Anytime-valid inference for
// multinomial count data" (NeurIPS 2022); mixture over a grid as in Robbins 1970.
type RateRatio struct {
	// Null is the largest ratio of rates that is accepted: 1.1 is 10 % more. It is
	// positive and finite.
	Null float64
}

// Block is what both arms served in one window. Bad requests are at most all
// requests; neither is negative, nor NaN or infinite.
type Block struct {
	CanaryBad, CanaryTotal     float64
	BaselineBad, BaselineTotal float64
}

// comparable reports whether both arms served requests and some of them were bad;
// otherwise the block is no evidence in either direction.
func (b Block) comparable() bool {
	return b.CanaryTotal > 0 && b.BaselineTotal > 0 && b.CanaryBad+b.BaselineBad > 0
}

// odds are the canary's requests for each of the baseline, within what can be
// computed with.
func (b Block) odds() float64 {
	return min(max(b.CanaryTotal/b.BaselineTotal, 1/extremeOdds), extremeOdds)
}

// The grid of alternatives: gridStep^1 … gridStep^gridSize.
const (
	gridStep = 1.1
	gridSize = 48
)

// RateRatioState is the memory of a RateRatio. The zero value has seen nothing.
type RateRatioState struct {
	// LogL are the logarithms of the likelihood ratios, one for each alternative;
	// none before the first block that could be compared.
	LogL []float64 `json:"logL,omitempty"`
	// CanaryBad are the canary's bad requests in such blocks.
	CanaryBad float64 `json:"canaryBad,omitempty"`
	// Strata are the splits of such blocks, ordered by Odds.
	Strata []Stratum `json:"strata,omitempty"`
}

// Stratum is what was bad while the traffic was split in one way.
type Stratum struct {
	// Odds are the canary's requests for each request of the baseline.
	Odds float64 `json:"odds"`
	// Bad are the bad requests of both arms.
	Bad float64 `json:"bad"`
}

// Observe adds a block.
func (t RateRatio) Observe(s RateRatioState, b Block) RateRatioState {
	if !b.comparable() {
		return s
	}
	logL := make([]float64, gridSize)
	copy(logL, s.LogL)
	bad := b.CanaryBad + b.BaselineBad
	null := t.Null * b.CanaryTotal
	for j := range logL {
		r := math.Pow(gridStep, float64(j+1))
		logL[j] += b.CanaryBad*math.Log(r) - bad*math.Log1p((r-1)*null/(null+b.BaselineTotal))
	}
	return RateRatioState{
		LogL:      logL,
		CanaryBad: s.CanaryBad + b.CanaryBad,
		Strata:    addStratum(s.Strata, Stratum{Odds: b.odds(), Bad: bad}),
	}
}

// Count adds a block to what Confidence rests on, and not to the evidence: a block
// whose bad requests are worth as much as one in so many independent ones, at least 1.
func (s RateRatioState) Count(b Block, temper float64) RateRatioState {
	if !b.comparable() {
		return s
	}
	s.CanaryBad += b.CanaryBad / temper
	s.Strata = addStratum(s.Strata, Stratum{Odds: b.odds(), Bad: (b.CanaryBad + b.BaselineBad) / temper})
	return s
}

// LogE is the natural logarithm of the evidence that the ratio exceeds Null.
func (s RateRatioState) LogE() float64 {
	if len(s.LogL) == 0 {
		return 0
	}
	return logMeanExp(s.LogL)
}

// Validate returns an error that says which part of a state that was read cannot
// have been written by Observe.
func (s RateRatioState) Validate() error {
	if len(s.LogL) != 0 && len(s.LogL) != gridSize {
		return fmt.Errorf("the state has %d likelihood ratios, want %d", len(s.LogL), gridSize)
	}
	for _, v := range s.LogL {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the state has a likelihood ratio of %v", v)
		}
	}
	if !(s.CanaryBad >= 0) || math.IsInf(s.CanaryBad, 0) {
		return fmt.Errorf("the state has %v bad requests", s.CanaryBad)
	}
	for _, v := range s.Strata {
		if !(v.Odds > 0 && v.Bad > 0) || math.IsInf(v.Odds, 0) || math.IsInf(v.Bad, 0) {
			return fmt.Errorf("the state has a stratum with odds %v and %v bad requests", v.Odds, v.Bad)
		}
	}
	return nil
}

// extremeOdds keeps the logarithm of odds within what can be computed with.
const extremeOdds = 1e18

// maxStrata bounds the size of a state.
const maxStrata = 24

// addStratum adds the bad requests of one more block. Equal splits are one
// stratum; when there are too many, the two whose union changes the likelihood
// least become one. Only the confidence sequence sees that; the evidence does not.
func addStratum(strata []Stratum, add Stratum) []Stratum {
	i, found := slices.BinarySearchFunc(strata, add, func(a, b Stratum) int {
		switch {
		case a.Odds < b.Odds:
			return -1
		case a.Odds > b.Odds:
			return 1
		default:
			return 0
		}
	})
	strata = slices.Clone(strata)
	if found {
		strata[i].Bad += add.Bad
		return strata
	}
	strata = slices.Insert(strata, i, add)
	if len(strata) <= maxStrata {
		return strata
	}
	closest, least := 0, math.Inf(1)
	for k := range len(strata) - 1 {
		if c := unionCost(strata[k], strata[k+1]); c < least {
			closest, least = k, c
		}
	}
	strata[closest] = union(strata[closest], strata[closest+1])
	return slices.Delete(strata, closest+1, closest+2)
}

// unionCost is how much the likelihood changes, to second order, when two strata
// become one.
func unionCost(a, b Stratum) float64 {
	d := math.Log(a.Odds) - math.Log(b.Odds)
	return a.Bad / (a.Bad + b.Bad) * b.Bad * d * d
}

// union is one stratum in place of two.
func union(a, b Stratum) Stratum {
	bad := a.Bad + b.Bad
	return Stratum{Odds: math.Exp((a.Bad*math.Log(a.Odds) + b.Bad*math.Log(b.Odds)) / bad), Bad: bad}
}

// logMeanExp is ln(mean(exp(v))), without overflow.
func logMeanExp(values []float64) float64 {
	top := slices.Max(values)
	sum := 0.0
	for _, v := range values {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/float64(len(values)))
}
