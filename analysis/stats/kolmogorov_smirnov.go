package stats

import (
	"fmt"
	"math"
)

// exactPaths is up to how many pairs of values KolmogorovSmirnov counts paths.
const exactPaths = 1_000_000

// DistributionTest is the outcome of a Kolmogorov–Smirnov test.
type DistributionTest struct {
	// D is the largest distance between the two distribution functions; Plus is the
	// largest of canary minus baseline, and Minus of baseline minus canary.
	D, Plus, Minus float64
	// P are the p-values. Greater is for Minus: the canary's distribution function lies
	// below where its values are greater.
	P Tails
	// Exact: P is from the permutation law, not from the limit of large samples.
	Exact bool
}

// KolmogorovSmirnov tests whether both samples have the same distribution, against any
// difference: of place, spread or shape. It is exact, given the ties, while there are
// at most a million pairs of values, and else asymptotic.
//
// Assumption: under the null hypothesis all values are exchangeable. Units cancel.
// Empty samples and values that are not finite are an error. Source: Kolmogorov 1933,
// Smirnov 1939; the exact law by paths as in R's psmirnov since version 4.2.
func KolmogorovSmirnov(canary, baseline []float64) (DistributionTest, error) {
	if len(canary)*len(baseline) <= exactPaths {
		return KolmogorovSmirnovExact(canary, baseline)
	}
	return KolmogorovSmirnovAsymptotic(canary, baseline)
}

// KolmogorovSmirnovExact is KolmogorovSmirnov by the law over all orders of the
// values. Each is a path from (0, 0) to (n1, n2); the p-value is the share of the paths
// that are somewhere at least as far from the diagonal as this one, looking only where
// a group of ties ends. More than a million pairs are an error.
func KolmogorovSmirnovExact(canary, baseline []float64) (DistributionTest, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return DistributionTest{}, err
	}
	if len(canary)*len(baseline) > exactPaths {
		return DistributionTest{}, fmt.Errorf("%d and %d values are too many for the exact test", len(canary), len(baseline))
	}
	g := newGap(canary, baseline)
	looks := make([]bool, g.n+g.m+1)
	for _, end := range g.ends {
		looks[end] = true
	}
	test := g.test()
	test.P, test.Exact = g.pathTails(looks), true
	return test, nil
}

// KolmogorovSmirnovAsymptotic is KolmogorovSmirnov in the limit of large samples: with
// λ = D·√(n1·n2/(n1+n2))
//
//	TwoSided = 2·Σ (-1)^(k-1) exp(-2k²λ²) = 1 - √(2π)/λ · Σ exp(-(2k-1)²π²/(8λ²))
//	Greater = exp(-2λ²) with D-, Less the same with D+
func KolmogorovSmirnovAsymptotic(canary, baseline []float64) (DistributionTest, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return DistributionTest{}, err
	}
	g := newGap(canary, baseline)
	test := g.test()
	n, m := float64(g.n), float64(g.m)
	root := math.Sqrt(n / (n + m) * m)
	oneSided := func(d float64) float64 { return math.Exp(-2 * d * root * d * root) }
	test.P = Tails{kolmogorov(test.D * root), oneSided(test.Minus), oneSided(test.Plus)}
	return test, nil
}

// kolmogorov is the survival function of Kolmogorov's distribution.
func kolmogorov(lambda float64) float64 {
	switch {
	case lambda < 0.04: // 1 to the last bit.
		return 1
	case lambda < 1:
		sum := 0.0
		for k := 1.0; k <= 20; k++ {
			odd := (2*k - 1) * math.Pi / lambda
			sum += math.Exp(-odd * odd / 8)
		}
		return probability(1 - math.Sqrt(2*math.Pi)/lambda*sum)
	}
	sum := 0.0
	for k := 20.0; k >= 1; k-- {
		sum = math.Exp(-2*k*k*lambda*lambda) - sum
	}
	return probability(2 * sum)
}

// gap is how far two empirical distribution functions are apart, times n·m, so that
// it is whole.
type gap struct {
	n, m int
	// ends are how many values there are up to the end of each group of ties.
	ends        []int
	plus, minus int
}

func newGap(canary, baseline []float64) gap {
	x, y := sorted(canary), sorted(baseline)
	g := gap{n: len(x), m: len(y)}
	for i, j := 0, 0; i < g.n || j < g.m; {
		var at float64
		if j == g.m || i < g.n && x[i] <= y[j] {
			at = x[i]
		} else {
			at = y[j]
		}
		for i < g.n && x[i] == at {
			i++
		}
		for j < g.m && y[j] == at {
			j++
		}
		g.ends = append(g.ends, i+j)
		apart := i*g.m - j*g.n
		g.plus, g.minus = max(g.plus, apart), max(g.minus, -apart)
	}
	return g
}

func (g gap) test() DistributionTest {
	pairs := float64(g.n) * float64(g.m)
	t := DistributionTest{Plus: float64(g.plus) / pairs, Minus: float64(g.minus) / pairs}
	t.D = max(t.Plus, t.Minus)
	return t
}

// pathTails are the shares of the paths that reach the gap seen where they are
// looked at: after looks[i+j] steps.
func (g gap) pathTails(looks []bool) Tails {
	both := max(g.plus, g.minus)
	return Tails{
		TwoSided: g.reach(looks, func(apart int) bool { return max(apart, -apart) >= both }),
		Greater:  g.reach(looks, func(apart int) bool { return -apart >= g.minus }),
		Less:     g.reach(looks, func(apart int) bool { return apart >= g.plus }),
	}
}

// reach is the probability that a random path reaches what is far. It goes backwards
// from the end: from each point, the next value is the canary's with the probability
// of its share of the values left. Nothing is subtracted, so tiny shares stay exact.
func (g gap) reach(looks []bool, far func(apart int) bool) float64 {
	next := make([]float64, g.m+2) // of the row below, by j
	for i := g.n; i >= 0; i-- {
		for j := g.m; j >= 0; j-- {
			left := float64(g.n - i + g.m - j)
			switch {
			case i+j > 0 && looks[i+j] && far(i*g.m-j*g.n):
				next[j] = 1
			case left == 0:
				next[j] = 0
			default:
				hit := 0.0
				if i < g.n {
					hit += float64(g.n-i) / left * next[j]
				}
				if j < g.m {
					hit += float64(g.m-j) / left * next[j+1]
				}
				next[j] = hit
			}
		}
	}
	return probability(next[0])
}
