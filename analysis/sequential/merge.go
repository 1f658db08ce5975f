package sequential

import (
	"cmp"
	"math"
	"slices"
)

// The functions of this file take e-values that were gathered in any way, and may
// depend on each other in any way: those of several metrics, bucket edges or
// weights. They are given by their natural logarithms.

// rounding is what sums of evidence may lack of a limit through rounding.
const rounding = 1e-12

// LogMean is the logarithm of the weighted mean of e-values, itself an e-value:
// ln(Σ w·E / Σ w). Weights are not negative and not all 0; they were chosen before
// anything was seen. Without e-values it is 0: no evidence.
//
// Source: Vovk & Wang, "E-values: calibration, combination and applications"
// (2021), proposition 3.1.
func LogMean(weights, logE []float64) float64 {
	top, sum, all := math.Inf(-1), 0.0, 0.0
	for i, w := range weights {
		if w > 0 {
			top = max(top, logE[i])
		}
	}
	if math.IsInf(top, 0) {
		if len(weights) == 0 {
			return 0
		}
		return top
	}
	for i, w := range weights {
		if w > 0 {
			sum, all = sum+w*math.Exp(logE[i]-top), all+w
		}
	}
	return top + math.Log(sum/all)
}

// Culprits are the indices of the hypotheses that can be named as false, in
// ascending order: with probability 1-alpha none of them is true. That is closed
// testing: each set of hypotheses to which a culprit belongs is rejected by its
// weighted mean reaching 1/alpha,
//
//	w(i)·(αE(i)-1) + Σ w(j)·(αE(j)-1) >= 0, over all j ≠ i with αE(j) < 1,
//
// because the set that is hardest to reject adds just those that pull its mean below
// 1/alpha. The mean over all may reach 1/alpha while nobody can be named.
//
// Source: Vovk & Wang, "Confidence and discoveries with e-values" (2023), section 4.
func Culprits(weights, logE []float64, alpha float64) []int {
	excess := make([]float64, len(logE)) // w·(αE-1); at least -w, and may be +Inf.
	drag := 0.0
	for i, log := range logE {
		excess[i] = weights[i] * math.Expm1(log+math.Log(alpha))
		if weights[i] <= 0 {
			excess[i] = 0
		}
		drag += min(excess[i], 0)
	}
	var named []int
	for i, e := range excess {
		if weights[i] > 0 && e >= -rounding && e+drag-min(e, 0) >= -rounding {
			named = append(named, i)
		}
	}
	return named
}

// Bonferroni are the indices of the hypotheses whose e-value alone reaches
// 1/(alpha·w), with weights that are scaled to add up to 1: a simpler and weaker rule than Culprits.
func Bonferroni(weights, logE []float64, alpha float64) []int {
	all := 0.0
	for _, w := range weights {
		all += w
	}
	var named []int
	for i, log := range logE {
		if weights[i] > 0 && log+math.Log(alpha*weights[i]/all) >= -rounding {
			named = append(named, i)
		}
	}
	return named
}

// Discoveries are the indices of the hypotheses that the e-BH procedure rejects, in
// ascending order: those with the k largest e-values, for the largest k with
// k·E(k)/K >= 1/alpha. The expected share of true ones among them is at most alpha.
// That is for dashboards with many series; releases use Culprits.
//
// Source: Wang & Ramdas, "False discovery rate control with e-values" (2022).
func Discoveries(logE []float64, alpha float64) []int {
	order := make([]int, len(logE))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(logE[b], logE[a]) })
	found := 0
	for k, i := range order {
		if logE[i]+math.Log(alpha*float64(k+1)/float64(len(logE))) >= -rounding {
			found = k + 1
		}
	}
	named := slices.Clone(order[:found])
	slices.Sort(named)
	return named
}

// The calibrators turn the p-value of a test for one look into an e-value, which may
// be averaged with others. All of them decrease in p, and integrate to 1 over 0 < p <= 1.
// At p = 0 they are +Inf.
//
// Source: Shafer, "Testing by betting" (2021); Vovk & Wang (2021), section 2.

// HalfPower is 1/(2√p).
func HalfPower(p float64) float64 { return 0.5 / math.Sqrt(p) }

// Shafer is 1/√p - 1.
func Shafer(p float64) float64 { return 1/math.Sqrt(p) - 1 }

// AllPowers is the mean of κ·p^(κ-1) over κ from 0 to 1:
// (1 - p + p·ln p)/(p·(ln p)²); 1/2 at p = 1.
func AllPowers(p float64) float64 {
	if p <= 0 {
		return math.Inf(1)
	}
	u := -math.Log(p)
	if u > 0.5 {
		return (1 - p - p*u) / (p * u * u)
	}
	// (e^u - 1 - u)/u², without cancellation.
	sum, term := 0.0, 0.5
	for k := 3.0; sum+term != sum; k++ {
		sum += term
		term *= u / k
	}
	return sum
}

// AnytimeP is the p-value that belongs to the highest evidence so far:
// min(1, 1/E). It may be looked at at any time.
func AnytimeP(highestLogE float64) float64 { return min(1, math.Exp(-highestLogE)) }
