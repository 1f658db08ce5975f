package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/world"
)

// TestLimits compares with those of the benchmark, which were derived on their own, and which
// know no tolerance.
func TestLimits(t *testing.T) {
	for _, s := range world.Families() {
		var q question
		switch {
		case s.Name == "B22" || s.Name == "B23" || !s.Bad() || s.Tail != 0:
			continue
		case s.LatencyFactor() != 1:
			q = slower{s.LatencyFactor(), firstShare}
		default:
			q = moreErrors{s.P0, s.ErrorFactor(), firstShare, 0}
		}
		if got, want := q.limit(), peers.WaldLimit(s); math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s: %v, want %v", s.Name, got, want)
		}
	}
	for _, ratio := range proofRatios() {
		got, want := proof{0.001, ratio, firstShare}.limit(), peers.PromotionLimit(0.001, ratio, judge.ProofError)
		if math.Abs(got/want-1) > 1e-9 {
			t.Errorf("proof of %v: %v, want %v", ratio, got, want)
		}
	}
	if limit := (moreErrors{0.001, 1.05, firstShare, 0.1}).limit(); !math.IsInf(limit, 1) {
		t.Errorf("what is tolerated is found after %v requests", limit)
	}
}

// TestTemperature compares the measured temperatures with the smallest τ of
//
//	−ln(1 − (φ−1)(r^(1/τ) − 1))/(φ−1) <= (r−1)/τ,
//
// which the judge rounds up a little.
func TestTemperature(t *testing.T) {
	for _, tilt := range []int{0, 6, 16} {
		if tau := temperature(1, tilt); math.Abs(tau-1) > 1e-6 {
			t.Errorf("τ = %v at φ = 1", tau)
		}
		for _, phi := range []float64{1.5, 3, 9} {
			r := math.Pow(1.25, float64(tilt+1))
			smallest := 1.0
			for valid := false; !valid; smallest += 1e-4 {
				inside := (phi - 1) * math.Expm1(math.Log(r)/smallest)
				valid = inside < 1 && -math.Log1p(-inside)/(phi-1) <= (r-1)/smallest
			}
			if tau := temperature(phi, tilt); tau < smallest-1e-3 || tau > 1.02*smallest {
				t.Errorf("φ = %v, r = %v: τ = %v, and %v is enough", phi, r, tau, smallest)
			}
		}
	}
}

// TestCurve counts those that were taken back before a tick.
func TestCurve(t *testing.T) {
	c := curve{ticks: []int{3, never, 10, 10}}
	for tick, want := range map[int]float64{3: 0, 4: 0.25, 11: 0.75, world.PlanTicks: 0.75} {
		if got := c.after(tick); got != want {
			t.Errorf("after %d: %v, want %v", tick, got, want)
		}
	}
}

// TestBuckets draws all requests, and as the law says.
func TestBuckets(t *testing.T) {
	law := world.BucketShares(0, 0)
	const n = 100_000
	counts := buckets(n, law, rand.New(rand.NewPCG(1, 2)))
	all := 0.0
	for i, count := range counts {
		all += count
		if mean := n * law[i]; math.Abs(count-mean) > 5*math.Sqrt(mean)+5 {
			t.Errorf("bucket %d: %v of %v", i, count, mean)
		}
	}
	if all != n {
		t.Errorf("%v of %d requests", all, n)
	}
}
