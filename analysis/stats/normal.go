package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// NormalSurvival is P(Z > z) of the standard normal distribution, with all its digits
// in the tail: erfc(z/√2)/2. (gonum's Normal.Survival is (1-erf)/2, and 0 from z = 8.3
// on.) z may be infinite; NaN is an error.
func NormalSurvival(z float64) (float64, error) {
	if math.IsNaN(z) {
		return 0, fmt.Errorf("z is %v", z)
	}
	return normalSurvival(z), nil
}

func normalSurvival(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// LogNormalSurvival is ln P(Z > z). From z = 10 on it is the continued fraction of
// Mills' ratio, ln φ(z) - ln(z + 1/(z + 2/(z + 3/(z + …)))) (Abramowitz & Stegun 26.2.14),
// so that it is exact where the probability itself is 0. NaN and +Inf are errors.
func LogNormalSurvival(z float64) (float64, error) {
	switch {
	case math.IsNaN(z) || math.IsInf(z, 1) || z > 1e150:
		return 0, fmt.Errorf("z is %v; its tail has no finite logarithm", z)
	case z < -1:
		return math.Log1p(-normalSurvival(-z)), nil
	case z < 10:
		return math.Log(normalSurvival(z)), nil
	}
	fraction := z
	for k := 60.0; k >= 1; k-- {
		fraction = z + k/fraction
	}
	return -z*z/2 - halfLogTwoPi - math.Log(fraction), nil
}

// NormalQuantile is the z with P(Z <= z) = p, by gonum (Cephes), for p between 0 and 1;
// another p is an error.
func NormalQuantile(p float64) (float64, error) {
	if !(p > 0 && p < 1) {
		return 0, fmt.Errorf("the probability is %v; it must be between 0 and 1", p)
	}
	return mathext.NormalQuantile(p), nil
}

// criticalValue is the z of a two-sided interval. confidence was checked.
func criticalValue(confidence float64) float64 {
	return -mathext.NormalQuantile((1 - confidence) / 2)
}
