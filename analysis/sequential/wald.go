package sequential

import "math"

// Growth is how much LogE grows with each request of the canary, on average, when
// the rates of bad requests are canary and baseline and the canary gets a share
// (between 0 and 1) of the requests. Its inverse times ln(1/α) is Wald's
// lower limit to the number of requests that a verdict takes. It is 0 when the
// canary is not worse than accepted.
//
// It is the rate of bad requests per canary request, times the Kullback–Leibler
// divergence of the canary's share of them from the share at the null.
func (t RateRatio) Growth(canary, baseline, share float64) float64 {
	bad := canary + baseline*(1-share)/share
	if !(share > 0 && share < 1 && bad > 0) || math.IsInf(bad, 0) {
		return 0
	}
	p, q := canary/bad, t.Null*share/(t.Null*share+1-share)
	if p <= q {
		return 0
	}
	return bad * divergence(p, q)
}

// divergence is the Kullback–Leibler divergence of Bernoulli(p) from Bernoulli(q),
// in nats.
func divergence(p, q float64) float64 {
	sum := 0.0
	if p > 0 {
		sum += p * math.Log(p/q)
	}
	if p < 1 {
		sum += (1 - p) * math.Log((1-p)/(1-q))
	}
	return max(sum, 0)
}
