package stats

import (
	"errors"
	"fmt"
	"math"
)

// BinomialSurvival is P(X >= k) for X ~ Binomial(n, p), as I_p(k, n-k+1). (gonum's
// Survival is 1-CDF, and has no digits below 1e-16.) k may be anything, n is at least
// 0 and p within [0, 1]; anything else is an error.
func BinomialSurvival(k, n int64, p float64) (float64, error) {
	if n < 0 || n > MaxTotal || !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("there is no binomial distribution of %d trials with probability %v", n, p)
	}
	return binomialAtLeast(k, n, p, 1-p), nil
}

// binomialAtLeast is P(X >= k); q is 1-p.
func binomialAtLeast(k, n int64, p, q float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n:
		return 0
	}
	atLeast, _ := betaTails(float64(k), float64(n-k+1), p, q)
	return atLeast
}

// binomialAtMost is P(X <= k).
func binomialAtMost(k, n int64, p, q float64) float64 {
	return binomialAtLeast(n-k, n, q, p)
}

// logBinomial is ln P(X = k) (Loader 2000); -Inf where that is 0.
func logBinomial(k, n int64, p, q float64) float64 {
	switch {
	case k < 0 || k > n:
		return math.Inf(-1)
	case n == 0:
		return 0
	case k == 0:
		return float64(n) * logOf(q, p)
	case k == n:
		return float64(n) * logOf(p, q)
	case p <= 0 || q <= 0:
		return math.Inf(-1)
	}
	a, b := float64(k), float64(n-k)
	// P(X = k) = p^k q^(n-k) / ((n+1) B(k+1, n-k+1)), and 1/B(k+1, n-k+1) is
	// (n+1) n / (k (n-k)) times 1/B(k, n-k).
	return logBetaPower(a, b, p, q, aboveMean(a, b, p, q)) + math.Log(float64(n)/a/b)
}

// logOf is ln p; q is 1-p.
func logOf(p, q float64) float64 {
	if q < 0.5 {
		return math.Log1p(-q)
	}
	return math.Log(p)
}

// PoissonSurvival is P(X >= k) for X ~ Poisson(mean), as the incomplete gamma function
// P(k, mean). k may be anything and mean is within [0, 1e12]; anything else is an error.
func PoissonSurvival(k int64, mean float64) (float64, error) {
	switch {
	case !(mean >= 0 && mean <= maxBeta):
		return 0, fmt.Errorf("there is no Poisson distribution of mean %v", mean)
	case float64(k) > maxBeta:
		return 0, errors.New("the count is too large")
	case k <= 0:
		return 1, nil
	}
	atLeast, _ := gammaTails(float64(k), mean)
	return atLeast, nil
}

// logPoisson is ln P(X = k) for a mean above 0 (Loader 2000).
func logPoisson(k int64, mean float64) float64 {
	if k == 0 {
		return -mean
	}
	a := float64(k)
	return -halfLogTwoPi - 0.5*math.Log(a) - stirlingRest(a) - deviance(a, mean, mean-a)
}
