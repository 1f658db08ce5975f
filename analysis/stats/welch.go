package stats

import "math"

// MeanTest is the outcome of Welch's test.
type MeanTest struct {
	// Canary and Baseline are the means, and CanaryVariance and BaselineVariance the
	// variances with n-1, in the unit of the values and its square.
	Canary, Baseline                 float64
	CanaryVariance, BaselineVariance float64
	// Difference is Canary - Baseline, and Interval holds the true difference with the
	// confidence asked for.
	Difference float64
	Interval   Interval
	// T is the statistic and Freedom its degrees of freedom. When both samples are
	// constant, T is 0 or infinite, and Freedom 0.
	T, Freedom float64
	P          Tails
}

// Welch tests whether the means differ:
//
//	t = (m1-m2)/√(a+b),  ν = (a+b)²/(a²/(n1-1) + b²/(n2-1)),  a = v1/n1, b = v2/n2
//
// with Student's distribution of ν degrees of freedom, and gives the interval
// m1-m2 ± t(1-α/2, ν)·√(a+b).
//
// Assumption: independent values whose means are nearly normal; one outlier can hide
// everything. The variances may differ. When both samples are constant, the p-values
// are 1 and 1, or 0 in the direction in which they differ: say so when you show them.
//
// Samples of less than two values, values that are not finite and a confidence outside
// of (0, 1) are errors. Sums are taken around the joint mean, so that values around
// 1e15 keep their variance. Source: Welch 1947, Satterthwaite 1946.
func Welch(canary, baseline []float64, confidence float64) (MeanTest, error) {
	if err := checkSamples(canary, baseline, 2); err != nil {
		return MeanTest{}, err
	}
	if err := checkLevel(confidence); err != nil {
		return MeanTest{}, err
	}
	centre := (mean(canary, 0)*float64(len(canary)) + mean(baseline, 0)*float64(len(baseline))) / float64(len(canary)+len(baseline))
	m1, m2 := mean(canary, centre), mean(baseline, centre)
	t := MeanTest{
		Canary: centre + m1, Baseline: centre + m2, Difference: m1 - m2,
		CanaryVariance: variance(canary, centre+m1), BaselineVariance: variance(baseline, centre+m2),
	}
	if constant(canary) && constant(baseline) {
		// Rounding of the mean leaves no trace.
		t.Canary, t.Baseline, t.Difference = canary[0], baseline[0], canary[0]-baseline[0]
		t.CanaryVariance, t.BaselineVariance = 0, 0
		return t.withoutVariance(), nil
	}
	n1, n2 := float64(len(canary)), float64(len(baseline))
	a, b := t.CanaryVariance/n1, t.BaselineVariance/n2
	scale := max(a, b)
	if scale == 0 { // The squares are below the smallest number.
		return t.withoutVariance(), nil
	}
	t.Freedom = (a/scale + b/scale) * (a/scale + b/scale) / (a/scale*a/scale/(n1-1) + b/scale*b/scale/(n2-1))
	se := math.Sqrt(a + b)
	t.T = t.Difference / se
	t.P = Tails{
		TwoSided: min(1, 2*studentSurvival(math.Abs(t.T), t.Freedom)),
		Greater:  studentSurvival(t.T, t.Freedom),
		Less:     studentSurvival(-t.T, t.Freedom),
	}
	half := studentCritical(confidence, t.Freedom) * se
	t.Interval = Interval{t.Difference - half, t.Difference + half}
	return t, nil
}

func (t MeanTest) withoutVariance() MeanTest {
	t.Interval = Interval{t.Difference, t.Difference}
	switch {
	case t.Difference > 0:
		t.T, t.P = math.Inf(1), Tails{TwoSided: 0, Greater: 0, Less: 1}
	case t.Difference < 0:
		t.T, t.P = math.Inf(-1), Tails{TwoSided: 0, Greater: 1, Less: 0}
	default:
		t.P = Tails{1, 1, 1}
	}
	return t
}

// mean is the mean of the distances from a centre.
func mean(values []float64, centre float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v - centre
	}
	return total / float64(len(values))
}

// variance is that of at least two values, with n-1, given their mean; what the mean
// lost by rounding is taken off.
func variance(values []float64, mean float64) float64 {
	squares, rest := 0.0, 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
		rest += v - mean
	}
	n := float64(len(values))
	return max(0, squares-rest*rest/n) / (n - 1)
}

func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}
