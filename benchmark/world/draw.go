package world

import (
	"math"
	"math/rand/v2"
)

// few is the mean up to which counts are drawn by going through their distribution from
// 0 upwards, and from which on they are drawn by transformed rejection.
const few = 10

// poisson draws a Poisson count: by inversion if the mean is small, otherwise by
// Hörmann's transformed rejection (PTRS; Insurance: Mathematics and Economics 12, 1993).
func poisson(mean float64, rng *rand.Rand) int {
	switch {
	case mean <= 0:
		return 0
	case mean < few:
		return invertPoisson(mean, rng)
	}
	b := .931 + 2.53*math.Sqrt(mean)
	a := -.059 + .02483*b
	inverse := 1.1239 + 1.1328/(b-3.4)
	quick := .9277 - 3.6224/(b-2)
	for {
		u, v := rng.Float64()-.5, rng.Float64()
		us := .5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + mean + .43)
		if us >= .07 && v <= quick {
			return int(k)
		}
		if k < 0 || us < .013 && v > us {
			continue
		}
		if math.Log(v*inverse/(a/(us*us)+b)) <= k*math.Log(mean)-mean-logFactorial(k) {
			return int(k)
		}
	}
}

// invertPoisson draws a Poisson count with a small mean.
func invertPoisson(mean float64, rng *rand.Rand) int {
	term := math.Exp(-mean)
	u := rng.Float64()
	for k := 0; ; k++ {
		// The sum of the terms may stay a rounding error below 1, and u above it.
		if u < term || k > 1000 {
			return k
		}
		u -= term
		term *= mean / float64(k+1)
	}
}

// Binomial draws a binomial count: by inversion if the mean is small, otherwise by
// Hörmann's transformed rejection (BTRS; Journal of Statistical Computation and Simulation
// 46, 1993). The world draws with it, and judges that thin what they see.
func Binomial(n int, p float64, rng *rand.Rand) int {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	case p > .5:
		return n - Binomial(n, 1-p, rng)
	case float64(n)*p < few:
		return invertBinomial(n, p, rng)
	}
	return rejectBinomial(float64(n), p, rng)
}

// invertBinomial draws a binomial count with a small mean.
func invertBinomial(n int, p float64, rng *rand.Rand) int {
	u := rng.Float64()
	if u < 1-float64(n)*p { // This is at most the probability of 0, and quicker to know.
		return 0
	}
	first := math.Exp(float64(n) * math.Log1p(-p))
	odds := p / (1 - p)
	for ; ; u = rng.Float64() {
		term := first
		for k := 0; k <= n; k++ {
			if u < term {
				return k
			}
			u -= term
			term *= odds * float64(n-k) / float64(k+1)
		}
		// Rounding left u above the sum of all terms; draw again.
	}
}

// rejectBinomial draws a binomial count with a mean of at least 10, for p of at most ½.
func rejectBinomial(n, p float64, rng *rand.Rand) int {
	odds := p / (1 - p)
	deviation := math.Sqrt(n * p * (1 - p))
	b := 1.15 + 2.53*deviation
	a := -.0873 + .0248*b + .01*p
	c := n*p + .5
	quick := .92 - 4.2/b
	alpha := (2.83 + 5.1/b) * deviation
	mode := math.Floor((n + 1) * p)
	for {
		u, v := rng.Float64()-.5, rng.Float64()
		us := .5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + c)
		if us >= .07 && v <= quick {
			return int(k)
		}
		if k < 0 || k > n {
			continue
		}
		relative := logFactorial(mode) + logFactorial(n-mode) - logFactorial(k) - logFactorial(n-k) + (k-mode)*math.Log(odds)
		if math.Log(v*alpha/(a/(us*us)+b)) <= relative {
			return int(k)
		}
	}
}

// logFactorial is ln k!.
func logFactorial(k float64) float64 {
	value, _ := math.Lgamma(k + 1)
	return value
}

// negativeBinomial draws how many failures come before the k-th success, as a sum of k
// geometric counts, each of which is a rounded exponential.
func negativeBinomial(k int, success float64, rng *rand.Rand) int {
	scale := -1 / math.Log1p(-success)
	sum := 0
	for range k {
		sum += int(rng.ExpFloat64() * scale)
	}
	return sum
}

// multinomial throws n requests into the buckets.
func multinomial(n int, shares *[Buckets]float64, rng *rand.Rand) [Buckets]int32 {
	var counts [Buckets]int32
	if n < Buckets { // One by one is quicker than bucket by bucket.
		for range n {
			u, bucket := rng.Float64(), 0
			for ; bucket < Buckets-1 && u >= shares[bucket]; bucket++ {
				u -= shares[bucket]
			}
			counts[bucket]++
		}
		return counts
	}
	rest := 1.0
	for bucket := 0; bucket < Buckets-1 && n > 0; bucket++ {
		count := n // Rounding may leave less than the share.
		if rest > shares[bucket] {
			count = Binomial(n, shares[bucket]/rest, rng)
		}
		counts[bucket] = int32(count)
		n -= count
		rest -= shares[bucket]
	}
	counts[Buckets-1] = int32(n)
	return counts
}
