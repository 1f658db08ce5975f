package stats

import (
	"fmt"
	"math"
)

// StudentSurvival is P(T > t) for Student's t distribution with freedom > 0 degrees of
// freedom (which need not be whole), as half an incomplete beta function of
// t²/(freedom+t²). t may be infinite. NaN, and degrees of freedom outside of (0, 1e12),
// are an error.
func StudentSurvival(t, freedom float64) (float64, error) {
	if math.IsNaN(t) || !(freedom > 0 && freedom < maxBeta) {
		return 0, fmt.Errorf("there is no t distribution with %v degrees of freedom at %v", freedom, t)
	}
	return studentSurvival(t, freedom), nil
}

func studentSurvival(t, freedom float64) float64 {
	if math.Abs(t) > largest {
		t = math.Copysign(largest, t)
	}
	square := t * t
	_, beyond := betaTails(0.5, freedom/2, square/(freedom+square), freedom/(freedom+square))
	if t < 0 {
		return 1 - beyond/2
	}
	return beyond / 2
}

// studentCritical is the t > 0 with P(|T| > t) = 1-confidence.
func studentCritical(confidence, freedom float64) float64 {
	half := (1 - confidence) / 2
	return smallest(0, largest, func(t float64) bool { return studentSurvival(t, freedom) <= half })
}
