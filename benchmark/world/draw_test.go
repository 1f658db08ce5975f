package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// distribution compares draws of counts with their probabilities by Pearson's χ², with
// cells of at least 20 expected draws.
func distribution(t *testing.T, most int, probability func(k int) float64, draw func() int) {
	t.Helper()
	const draws = 200_000
	observed := make([]float64, most+2)
	for range draws {
		k := draw()
		if k < 0 || k > most+1 {
			k = most + 1
		}
		observed[k]++
	}
	chi, cells, seen, expected, rest := 0.0, 0.0, 0.0, 0.0, 1.0
	for k := 0; k <= most; k++ {
		p := probability(k)
		rest -= p
		seen, expected = seen+observed[k], expected+p*draws
		if expected >= 20 {
			chi, cells = chi+(seen-expected)*(seen-expected)/expected, cells+1
			seen, expected = 0, 0
		}
	}
	seen, expected = seen+observed[most+1], expected+math.Max(rest, 0)*draws
	if expected > 1 {
		chi, cells = chi+(seen-expected)*(seen-expected)/expected, cells+1
	} else if seen > 20 {
		t.Errorf("%v draws where %.3g were expected", seen, expected)
	}
	freedom := cells - 1
	if freedom < 1 {
		t.Fatal("there is only one cell to compare")
	}
	if limit := freedom + 4.5*math.Sqrt(2*freedom) + 10; chi > limit {
		t.Errorf("χ² is %.1f with %v degrees of freedom, above %.1f", chi, freedom, limit)
	}
}

func TestPoissonDraws(t *testing.T) {
	for i, mean := range []float64{.01, .7, 5, 9.99, 10, 37.5, 150, 1500} {
		t.Run(fmt.Sprint(mean), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(31, uint64(i)))
			most := int(mean + 6*math.Sqrt(mean) + 5)
			distribution(t, most, func(k int) float64 {
				return math.Exp(float64(k)*math.Log(mean) - mean - logFactorial(float64(k)))
			}, func() int { return poisson(mean, rng) })
		})
	}
}

func TestBinomialDraws(t *testing.T) {
	for i, c := range []struct {
		n int
		p float64
	}{{1, .3}, {5, .5}, {150, .001}, {150, .16}, {150, .5}, {150, .93}, {1500, .01}, {3000, .0033}, {3000, .7}, {100_000, .00011}} {
		t.Run(fmt.Sprint(c.n, c.p), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(37, uint64(i)))
			most := min(c.n, int(float64(c.n)*c.p+6*math.Sqrt(float64(c.n)*c.p)+5))
			n := float64(c.n)
			distribution(t, most, func(k int) float64 {
				x := float64(k)
				return math.Exp(logFactorial(n) - logFactorial(x) - logFactorial(n-x) + x*math.Log(c.p) + (n-x)*math.Log1p(-c.p))
			}, func() int { return Binomial(c.n, c.p, rng) })
		})
	}
}

func TestNegativeBinomialDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	const k, p = 4, 1.0 / 3
	distribution(t, 60, func(x int) float64 {
		f := float64(x)
		return math.Exp(logFactorial(f+k-1) - logFactorial(f) - logFactorial(k-1) + k*math.Log(p) + f*math.Log1p(-p))
	}, func() int { return negativeBinomial(k, p, rng) })
}

// TestMultinomialMargins checks each bucket's margin, with few requests and with many, and
// the negative covariance between two buckets.
func TestMultinomialMargins(t *testing.T) {
	shares := BucketShares(.1, .02)
	for i, n := range []int{5, 400} {
		rng := rand.New(rand.NewPCG(43, uint64(i)))
		const draws = 100_000
		var sums [Buckets]float64
		product := 0.0
		for range draws {
			counts := multinomial(n, &shares, rng)
			for bucket, count := range counts {
				sums[bucket] += float64(count)
			}
			product += float64(counts[4]) * float64(counts[5])
		}
		for bucket, share := range shares {
			want, sd := float64(n)*share, math.Sqrt(float64(n)*share/draws)
			if math.Abs(sums[bucket]/draws-want) > 4.5*sd+1e-4 {
				t.Errorf("%d requests, bucket %d: mean %.5f, not %.5f", n, bucket, sums[bucket]/draws, want)
			}
		}
		want := float64(n*(n-1)) * shares[4] * shares[5]
		if got := product / draws; math.Abs(got-want) > .02*want {
			t.Errorf("%d requests: mean product of two buckets %.3f, not %.3f", n, got, want)
		}
	}
}
