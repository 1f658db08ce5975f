package stats

import "math"

// SuperiorityTest is the outcome of a Brunner–Munzel test.
type SuperiorityTest struct {
	// Superiority is the estimate of P(x > y) + P(x = y)/2.
	Superiority float64
	// W is the statistic, positive when the baseline's values are greater; it is
	// infinite when all of one sample lie above the other, and 0 when all values are equal.
	W float64
	// Freedom are the degrees of freedom; 0 when Permutation is true.
	Freedom float64
	P       Tails
	// Permutation: the samples are apart, or all equal, so that W has no variance, and
	// P is from the permutation law of the ranks.
	Permutation bool
}

// BrunnerMunzel tests whether P(x > y) + P(x = y)/2 differs from ½. Other than
// Mann–Whitney's it stays valid when the samples have different variances or shapes.
//
//	W = n1·n2·(R̄2-R̄1)/(N·√(n1·S1²+n2·S2²))
//
// where S_i² is the variance of the overall mid-rank minus the one within the sample,
// with Student's distribution and
//
//	ν = (n1·S1²+n2·S2²)² / ((n1·S1²)²/(n1-1) + (n2·S2²)²/(n2-1))
//
// When W has no variance the p-values are those of the permutations of the ranks:
// 1/(N choose n1) in the direction in which the samples lie apart.
//
// Assumption: independent values; ten or more in each sample for the level to hold.
// Samples of less than two values and values that are not finite are an error.
// Source: Brunner & Munzel 2000.
func BrunnerMunzel(canary, baseline []float64) (SuperiorityTest, error) {
	if err := checkSamples(canary, baseline, 2); err != nil {
		return SuperiorityTest{}, err
	}
	r := rank(canary, baseline)
	t := SuperiorityTest{Superiority: r.superiority()}
	n1, n2 := float64(len(canary)), float64(len(baseline))
	a, b := n1*placementVariance(canary, r.canary), n2*placementVariance(baseline, r.baseline)
	if a+b == 0 {
		return t.apart(n1, n2), nil
	}
	// R̄2 - R̄1 is N times ½ minus the superiority.
	t.W = n1 * n2 * (0.5 - t.Superiority) / math.Sqrt(a+b)
	t.Freedom = (a + b) * (a + b) / (a*a/(n1-1) + b*b/(n2-1))
	t.P = Tails{
		TwoSided: min(1, 2*studentSurvival(math.Abs(t.W), t.Freedom)),
		Greater:  studentSurvival(-t.W, t.Freedom),
		Less:     studentSurvival(t.W, t.Freedom),
	}
	return t, nil
}

// apart is the outcome without variance: all of one sample above the other, or all equal.
func (t SuperiorityTest) apart(n1, n2 float64) SuperiorityTest {
	t.Permutation = true
	t.P = Tails{1, 1, 1}
	if t.Superiority == 0.5 {
		return t
	}
	// 1/(N choose n1) is (N+1)·B(n1+1, n2+1).
	logBeta, err := LogBeta(n1+1, n2+1)
	if err != nil { // Both are at least 3.
		return t
	}
	one := math.Exp(math.Log(n1+n2+1) + logBeta)
	t.P.TwoSided = min(1, 2*one)
	if t.Superiority > 0.5 {
		t.W, t.P.Greater = math.Inf(-1), one
	} else {
		t.W, t.P.Less = math.Inf(1), one
	}
	return t
}

// placementVariance is S²: that of overall minus own mid-ranks. They are multiples of
// ½, so that a variance of zero is zero.
func placementVariance(values []float64, overall []int) float64 {
	own := rank(values, nil).canary
	total := 0
	for i := range own {
		total += overall[i] - own[i]
	}
	n := float64(len(own))
	squares := 0.0
	for i := range own {
		d := float64(overall[i]-own[i]) - float64(total)/n
		squares += d * d
	}
	if allEqual(overall, own) {
		return 0
	}
	return squares / 4 / (n - 1)
}

// allEqual tells whether all differences of two rankings are the same.
func allEqual(overall, own []int) bool {
	for i := range own {
		if overall[i]-own[i] != overall[0]-own[0] {
			return false
		}
	}
	return true
}
