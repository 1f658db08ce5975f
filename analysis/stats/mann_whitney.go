package stats

import (
	"fmt"
	"math"
	"slices"
)

// ExactRanks is how many values both samples may have together for the exact law of
// the ranks.
const ExactRanks = 60

// RankTest is the outcome of a Mann–Whitney test.
type RankTest struct {
	// U is #{x > y} + ½#{x = y} over the pairs of a canary's value x and a baseline's y.
	U float64
	// Superiority is U over the number of pairs (A12).
	Superiority float64
	// Mean and Variance are those of U under the null hypothesis, given the ties.
	Mean, Variance float64
	// Z is (U - Mean - correction)/√Variance, with the correction of the two-sided test;
	// 0 when all values are equal.
	Z float64
	// P are the p-values.
	P Tails
	// Exact: P is from the permutation law, not from the normal approximation.
	Exact bool
}

// MannWhitney tests whether values of the canary tend to be greater or less than
// those of the baseline, without an assumption on their distribution: exactly while
// both have at most ExactRanks values together, else by the normal approximation with
// continuity correction.
//
// Assumption: under the null hypothesis all values are exchangeable, so independent
// and equally distributed. Points of a time series seldom are: the p-value is then
// too small. Units cancel. Empty samples and values that are not finite are an error.
// Source: Mann & Whitney 1947; ties as in Lehmann 1975, "Nonparametrics", 1.4.
func MannWhitney(canary, baseline []float64) (RankTest, error) {
	if len(canary)+len(baseline) <= ExactRanks {
		return MannWhitneyExact(canary, baseline)
	}
	return MannWhitneyAsymptotic(canary, baseline, true)
}

// MannWhitneyExact is MannWhitney by the permutation law of U given the mid-ranks:
//
//	Greater = P(U' >= U), Less = P(U' <= U), TwoSided = P(|U'-Mean| >= |U-Mean|)
//
// over all splits of the values into samples of these sizes, each equally likely. They
// are counted over sums of doubled mid-ranks, which are whole. More than ExactRanks
// values are an error.
func MannWhitneyExact(canary, baseline []float64) (RankTest, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return RankTest{}, err
	}
	if n := len(canary) + len(baseline); n > ExactRanks {
		return RankTest{}, fmt.Errorf("%d values are too many for the exact test; at most %d are counted", n, ExactRanks)
	}
	r := rank(canary, baseline)
	test := r.test(true)
	test.P, test.Exact = r.permutationTails(), true
	return test, nil
}

// MannWhitneyAsymptotic is MannWhitney by the normal approximation:
//
//	z = (U - n1·n2/2 - c)/σ,  σ² = n1·n2/12·(N+1 - Σ(t³-t)/(N(N-1)))
//
// with the sizes t of the groups of ties, and the continuity correction c, if wanted:
// ½ for Greater, -½ for Less, and ½ towards the mean for TwoSided. When all values are
// equal, z is 0 and every p-value 1.
func MannWhitneyAsymptotic(canary, baseline []float64, continuity bool) (RankTest, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return RankTest{}, err
	}
	return rank(canary, baseline).test(continuity), nil
}

// test is the normal approximation.
func (r ranking) test(continuity bool) RankTest {
	n, m := float64(len(r.canary)), float64(len(r.baseline))
	all := n + m
	t := RankTest{
		U: float64(r.doubledU()) / 2, Superiority: r.superiority(),
		Mean: n * m / 2, Variance: n * m / 12 * (all + 1 - r.ties/(all*(all-1))),
		P: Tails{1, 1, 1},
	}
	if len(r.blocks) == 1 {
		t.Variance = 0
		return t
	}
	correction := 0.0
	if continuity {
		correction = 0.5
	}
	deviation, sigma := t.U-t.Mean, math.Sqrt(t.Variance)
	switch {
	case deviation > 0:
		t.Z = (deviation - correction) / sigma
	case deviation < 0:
		t.Z = (deviation + correction) / sigma
	}
	t.P = Tails{
		TwoSided: min(1, 2*normalSurvival(math.Abs(t.Z))),
		Greater:  normalSurvival((deviation - correction) / sigma),
		Less:     normalSurvival(-(deviation + correction) / sigma),
	}
	return t
}

// permutationTails counts the splits whose rank sum is as extreme as this one.
func (r ranking) permutationTails() Tails {
	ranks := reduced(append(slices.Clone(r.canary), r.baseline...))
	n, all := len(r.canary), len(ranks)
	smaller, flipped := ranks[:n], false
	if all-n < n {
		smaller, flipped = ranks[n:], true
	}
	counts := splits(ranks, len(smaller))
	observed, total := sum(smaller), sum(ranks)
	// all times the distance of a sum from its mean, which is whole.
	distance := func(s int) int {
		d := s*all - len(smaller)*total
		return max(d, -d)
	}
	var every, greater, less, both float64
	for s, count := range counts {
		every += count
		if s >= observed {
			greater += count
		}
		if s <= observed {
			less += count
		}
		if distance(s) >= distance(observed) {
			both += count
		}
	}
	if flipped {
		greater, less = less, greater
	}
	return Tails{TwoSided: both / every, Greater: greater / every, Less: less / every}
}

// reduced are ranks that begin at 0 and have no common divisor: there are fewer sums
// to count.
func reduced(ranks []int) []int {
	least, divisor := slices.Min(ranks), 0
	for i := range ranks {
		ranks[i] -= least
		a, b := ranks[i], divisor
		for b > 0 {
			a, b = b, a%b
		}
		divisor = a
	}
	for i := range ranks {
		ranks[i] /= max(divisor, 1)
	}
	return ranks
}

// splits counts the subsets of a size by their sum.
func splits(ranks []int, size int) []float64 {
	ranks = slices.Clone(ranks)
	slices.Sort(ranks)
	bound := sum(ranks[len(ranks)-size:])
	counts := make([][]float64, size+1)
	for k := range counts {
		counts[k] = make([]float64, bound+1)
	}
	counts[0][0] = 1
	reached := 0
	for seen, rank := range ranks {
		reached = min(reached+rank, bound)
		for k := min(size, seen+1); k >= 1; k-- {
			shorter, longer := counts[k-1][:reached-rank+1], counts[k][rank:]
			for s, count := range shorter {
				longer[s] += count
			}
		}
	}
	return counts[size]
}

// Attainable are the smallest p-values that MannWhitneyExact could give for any split
// of these values into samples of these sizes: those of the splits that put all the
// largest, or all the smallest, values into the canary. When they exceed the level of
// a test, the test cannot reject whatever it sees: too few values, or too many ties.
// TwoSided is the smaller one's own two-sided p-value. For more than ExactRanks values
// it is the normal approximation's.
func Attainable(canary, baseline []float64) (Tails, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return Tails{}, err
	}
	all := sorted(append(append([]float64{}, canary...), baseline...))
	n, m := len(canary), len(baseline)
	greatest, err := MannWhitney(all[m:], all[:m])
	if err != nil {
		return Tails{}, err
	}
	least, err := MannWhitney(all[:n], all[n:])
	if err != nil {
		return Tails{}, err
	}
	return Tails{
		TwoSided: min(greatest.P.TwoSided, least.P.TwoSided),
		Greater:  greatest.P.Greater, Less: least.P.Less,
	}, nil
}
