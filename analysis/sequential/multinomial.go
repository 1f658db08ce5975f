package sequential

import (
	"fmt"
	"math"
	"slices"
)

// Multinomial tests whether requests are spread over the versions as they should
// be: the check of the traffic's split, also known as sample-ratio mismatch.
//
// While the shares that were set are θ, the counts x have the evidence
//
//	ln E = ln B(kθ+x) - ln B(kθ) - Σ x·ln θ
//
// where B is the multivariate beta function and k is Concentration: the
// likelihood ratio, mixed over a Dirichlet distribution around θ. When the shares are
// changed, what was seen under the old ones stays a factor of E, and a new factor
// begins at 1.
//
// It holds for any deviation in either direction when each request chooses its
// version on its own. Connections that are kept alive carry many requests to one
// version; count connections, or divide by how many requests each carries. E is
// dimensionless.
//
// Source: Lindon & Malek, "Anytime-valid inference for multinomial count data"
// (NeurIPS 2022).
type Multinomial struct {
	// Concentration is how many requests the mixture is worth: 100 looks for
	// deviations of about a tenth. Positive, and the same in all of a test.
	Concentration float64
}

// MultinomialState is the memory of a Multinomial. The zero value has seen nothing.
type MultinomialState struct {
	// LogPast is the logarithm of the evidence under earlier shares.
	LogPast float64 `json:"logPast,omitempty"`
	// Shares are those in force; they add up to 1. Counts were seen under them.
	Shares []float64 `json:"shares,omitempty"`
	Counts []float64 `json:"counts,omitempty"`
}

// Observe adds requests that were seen while shares were set. Shares are positive,
// one for each count, and need not add up to 1; anything else, or counts that are no counts,
// leaves the state as it is.
func (t Multinomial) Observe(s MultinomialState, counts, shares []float64) MultinomialState {
	sum := 0.0
	for i, share := range shares {
		if i >= len(counts) || !(share > 0) || !isCount(counts[i]) {
			return s
		}
		sum += share
	}
	if len(counts) != len(shares) || len(shares) < 2 || math.IsInf(sum, 0) {
		return s
	}
	set := make([]float64, len(shares))
	for i := range set {
		set[i] = shares[i] / sum
	}
	if !slices.Equal(set, s.Shares) {
		return MultinomialState{LogPast: t.LogE(s), Shares: set, Counts: slices.Clone(counts)}
	}
	seen := slices.Clone(s.Counts)
	for i := range seen {
		seen[i] += counts[i]
	}
	return MultinomialState{LogPast: s.LogPast, Shares: s.Shares, Counts: seen}
}

// LogE is the natural logarithm of the evidence that the requests are not spread as
// they should be.
func (t Multinomial) LogE(s MultinomialState) float64 {
	if len(s.Counts) == 0 {
		return s.LogPast
	}
	prior := make([]float64, len(s.Shares))
	for i, share := range s.Shares {
		prior[i] = t.Concentration * share
	}
	return s.LogPast + logDirichlet(s.Counts, s.Shares, prior)
}

// Validate returns an error that says which part of a state that was read cannot
// have been written by Observe.
func (s MultinomialState) Validate() error {
	if !isFinite(s.LogPast) {
		return fmt.Errorf("the state has a likelihood ratio of %v", s.LogPast)
	}
	if len(s.Shares) != len(s.Counts) || len(s.Shares) == 1 {
		return fmt.Errorf("the state has %d counts under %d shares", len(s.Counts), len(s.Shares))
	}
	sum := 0.0
	for i, share := range s.Shares {
		if !isShare(share) || !isCount(s.Counts[i]) {
			return fmt.Errorf("the state has %v requests under a share of %v", s.Counts[i], share)
		}
		sum += share
	}
	if len(s.Shares) > 0 && math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("the state has shares that add up to %v", sum)
	}
	return nil
}

// logDirichlet is the logarithm of the likelihood of counts, mixed over a Dirichlet
// distribution with the parameters prior, over that under the shares null. With
// A = prior+counts, N = ΣA and k = Σprior it is
//
//	Σ counts·ln(A/(N·null)) + Σ prior·ln(A·k/(N·prior)) - ½Σ ln(A/prior) + ½ln(N/k) + Σ(δ(A)-δ(prior)) - δ(N) + δ(k)
//
// in which nothing large cancels.
func logDirichlet(counts, null, prior []float64) float64 {
	n, k := 0.0, 0.0
	for i := range counts {
		n, k = n+counts[i], k+prior[i]
	}
	if n <= 0 {
		return 0
	}
	n += k
	sum := 0.5*math.Log(n/k) - stirling(n) + stirling(k)
	for i, x := range counts {
		a := prior[i] + x
		// Both sums lack ΣA - N = 0, which the deviances bring.
		mean := n * prior[i] / k
		sum += deviance(a, mean) - 0.5*math.Log(a/prior[i]) + stirling(a) - stirling(prior[i])
		if expected := n * null[i]; x > 0 && expected != mean {
			sum += x * math.Log(mean/expected)
		}
	}
	return sum
}
