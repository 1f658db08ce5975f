package stats

import "math"

// Stratified compares two samples of ordered categories, block by block, by a score
// for each category: whether the canary's values are higher than the baseline's. What
// moves both samples of a block cancels; what moves them from block to block does
// not matter; and the blocks may be split between the samples in any way. It adds up
//
//	S = Σ canary·(g - ḡ),  V = n1·n2/(N(N-1)) · Σ (canary + baseline)·(g - ḡ)²
//
// with the scores g, their mean ḡ in the block, and N = n1 + n2 values. Given what the
// block holds, S has the mean 0 and the variance V if the values are exchangeable
// (van Elteren 1960; with scores 0 and 1 it is Cochran, Mantel & Haenszel's test).
//
// Values that come in clumps are not. So the variance is also taken from how S
// scatters from block to block, around what the same difference in each would give,
// and the greater one counts (a cluster-robust variance; the blocks are the clusters).
//
// It is a test for one look. The zero value has seen nothing.
type Stratified struct {
	// Sum is ΣS, Variance ΣV, Worth Σh with h = n1·n2/N, and the others are sums of
	// products.
	Sum          float64 `json:"sum,omitempty"`
	Variance     float64 `json:"variance,omitempty"`
	Worth        float64 `json:"worth,omitempty"`
	Squares      float64 `json:"squares,omitempty"`
	Cross        float64 `json:"cross,omitempty"`
	WorthSquares float64 `json:"worthSquares,omitempty"`
	Blocks       int     `json:"blocks,omitempty"`
}

// Add adds a block: how many values of each sample are in each category, and the
// categories' scores, which may depend on earlier blocks, and on this one by the sums
// of both samples only. A block without values of either sample tells nothing.
func (s *Stratified) Add(canary, baseline, scores []float64) {
	n1, n2, mean := 0.0, 0.0, 0.0
	for i, g := range scores {
		n1, n2 = n1+canary[i], n2+baseline[i]
		mean += (canary[i] + baseline[i]) * g
	}
	all := n1 + n2
	if !(n1 > 0 && n2 > 0 && all > 1) {
		return
	}
	mean /= all
	sum, spread, occupied := 0.0, 0.0, 0
	for i, g := range scores {
		sum += canary[i] * (g - mean)
		spread += (canary[i] + baseline[i]) * (g - mean) * (g - mean)
		if canary[i]+baseline[i] > 0 {
			occupied++
		}
	}
	if occupied < 2 {
		// All values are the same. What is left of g - ḡ is rounding, and would make a
		// certainty of nothing.
		sum, spread = 0, 0
	}
	worth := n1 * n2 / all
	s.Sum += sum
	s.Variance += worth / (all - 1) * spread
	s.Worth += worth
	s.Squares += sum * sum
	s.Cross += sum * worth
	s.WorthSquares += worth * worth
	s.Blocks++
}

// Above is the one-sided p-value of "the canary's values are higher by more than is
// tolerated": by the logarithm of the odds of being above any category, as far as the
// scores are the shares of values below (ridits). It is 1 before anything was seen.
func (s Stratified) Above(logOdds float64) float64 {
	if s.Blocks < 1 || !(s.Variance > 0) {
		return 1
	}
	// With ridits as scores, 2S is the efficient score of a shift of the log odds
	// (McCullagh 1980), so that its mean is the shift times 4V.
	excess := s.Sum - 2*logOdds*s.Variance
	robust := s.scatter()
	if s.Blocks < 3 || !(robust > s.Variance) {
		return certain(NormalSurvival(excess / math.Sqrt(s.Variance)))
	}
	return certain(StudentSurvival(excess/math.Sqrt(robust), float64(s.Blocks-1)))
}

// certain is a p-value that could not be computed as one that says nothing.
func certain(p float64, err error) float64 {
	if err != nil {
		return 1
	}
	return p
}

// scatter is the variance of Sum by how the blocks scatter.
func (s Stratified) scatter() float64 {
	if s.Blocks < 2 || !(s.Worth > 0) {
		return 0
	}
	rate := s.Sum / s.Worth
	residual := s.Squares - 2*rate*s.Cross + rate*rate*s.WorthSquares
	return max(residual, 0) * float64(s.Blocks) / float64(s.Blocks-1)
}
