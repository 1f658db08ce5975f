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
// The tail of S is that of Pearson's type III, with the third moment of the same
// distribution: a few events in a small sample are far from normal (Mielke & Berry 2007,
// chapter 2). Pearson's curve is continuous, and S goes in steps: see Above.
//
// Values that come in clumps are not exchangeable. So the variance is also taken from
// how S scatters from block to block, around what the same difference in each would give
// (a cluster-robust variance; the blocks are the clusters), over what it would do if the
// values of each sample were independent: by their own variances, so that a sample that is
// higher, and has another variance, is not taken for one in clumps. Few blocks tell it badly:
// "not at all" weighs as much as priorBlocks of them. It is never taken below V.
//
// It is a test for one look. The zero value has seen nothing.
type Stratified struct {
	// Sum is ΣS, Variance ΣV, Third the sum of the third moments, Own the variance by the
	// samples' own variances, Lean the covariance with the ridits' S, Worth Σh with
	// h = n1·n2/N, and the others are sums of products.
	Sum          float64 `json:"sum,omitempty"`
	Variance     float64 `json:"variance,omitempty"`
	Third        float64 `json:"third,omitempty"`
	Own          float64 `json:"own,omitempty"`
	Lean         float64 `json:"lean,omitempty"`
	Worth        float64 `json:"worth,omitempty"`
	Squares      float64 `json:"squares,omitempty"`
	Cross        float64 `json:"cross,omitempty"`
	WorthSquares float64 `json:"worthSquares,omitempty"`
	Blocks       int     `json:"blocks,omitempty"`
}

// priorBlocks is how many blocks the variance of exchangeable values weighs as much as.
const priorBlocks = 4

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
	var sum, spread, cubes, lean, below float64
	occupied := 0
	for i, g := range scores {
		both := canary[i] + baseline[i]
		ridit := (below+both/2)/all - 0.5
		below += both
		sum += canary[i] * (g - mean)
		spread += both * (g - mean) * (g - mean)
		cubes += both * (g - mean) * (g - mean) * (g - mean)
		lean += both * (g - mean) * ridit
		if both > 0 {
			occupied++
		}
	}
	if occupied < 2 {
		// All values are the same. What is left of g - ḡ is rounding, and would make a
		// certainty of nothing.
		sum, spread, cubes, lean = 0, 0, 0, 0
	}
	worth := n1 * n2 / all
	s.Sum += sum
	s.Variance += worth / (all - 1) * spread
	if n1 > 1 && n2 > 1 {
		s.Own += worth * worth * (scatter(canary, scores, n1)/n1 + scatter(baseline, scores, n2)/n2)
	} else {
		s.Own += worth / (all - 1) * spread
	}
	s.Lean += worth / (all - 1) * lean
	if all > 2 {
		s.Third += worth / (all - 1) * (n2 - n1) / (all - 2) * cubes
	}
	s.Worth += worth
	s.Squares += sum * sum
	s.Cross += sum * worth
	s.WorthSquares += worth * worth
	s.Blocks++
}

// scatter is the variance of the scores of n values.
func scatter(counts, scores []float64, n float64) float64 {
	sum, squares := 0.0, 0.0
	for i, g := range scores {
		sum += counts[i] * g
	}
	for i, g := range scores {
		squares += counts[i] * (g - sum/n) * (g - sum/n)
	}
	return squares / (n - 1)
}

// Above is the one-sided p-value of "the canary's values are higher by more than is
// tolerated": logOdds is the logarithm of how much higher the odds of being above any
// category may be. step is by how much S changes when one value does: half of it is
// taken off, for the steps' sake; 1 for scores of 0 and 1, 0 when there are many scores. It
// is 1 before anything was seen. The variance is taken as at least inflation times that of
// exchangeable values.
func (s Stratified) Above(logOdds, step, inflation float64) float64 {
	if s.Blocks < 1 || !(s.Variance > leastVariance) {
		return 1
	}
	// The efficient score of a shift of the log odds is twice that of the ridits
	// (McCullagh 1980), so that the mean of S is the shift times twice the covariance.
	excess := s.Sum - 2*logOdds*s.Lean - step/2
	inflation = max(inflation, s.Inflation())
	p := certain(s.pearson(excess / math.Sqrt(s.Variance)))
	if inflation <= 1 || p >= 1 {
		return p
	}
	z, err := NormalQuantile(max(p, math.SmallestNonzeroFloat64))
	if err != nil {
		return 1
	}
	return certain(StudentSurvival(-z/math.Sqrt(inflation), priorBlocks+float64(s.Blocks-1)))
}

// pearson is P(Z > z) of a variable of Pearson's type III with mean 0, variance 1 and
// the skewness of S: a gamma variable, moved and scaled. A tail lighter than the
// normal one is taken as normal.
func (s Stratified) pearson(z float64) (float64, error) {
	skewness := s.Third / (s.Variance * math.Sqrt(s.Variance))
	if skewness < leastSkewness {
		return NormalSurvival(z)
	}
	shape := 4 / (skewness * skewness)
	x := shape + z*math.Sqrt(shape)
	if x <= 0 {
		return 1, nil
	}
	_, upper, err := IncompleteGamma(shape, x)
	return upper, err
}

// leastOwn is the least Own, in variances: samples without any overlap have none.
const leastOwn = 0.01

// leastVariance is above what rounding leaves of no variance.
const leastVariance = 1e-9

// leastSkewness is below what makes a difference.
const leastSkewness = 1e-3

// certain is a p-value that could not be computed as one that says nothing.
func certain(p float64, err error) float64 {
	if err != nil || math.IsNaN(p) {
		return 1
	}
	return p
}

// Inflation is how many times the variance of exchangeable values S seems to have, from
// how it scatters from block to block; less than 1 by chance.
func (s Stratified) Inflation() float64 {
	if s.Blocks < 2 || !(s.Variance > leastVariance) {
		return 1
	}
	rate := s.Sum / s.Worth
	residual := max(s.Squares-2*rate*s.Cross+rate*rate*s.WorthSquares, 0)
	free := float64(s.Blocks - 1)
	seen := residual * float64(s.Blocks) / free / max(s.Own, leastOwn*s.Variance)
	return (priorBlocks + free*seen) / (priorBlocks + free)
}
