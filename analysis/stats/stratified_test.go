package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// blockOf counts values in categories.
func blockOf(values []int, categories int) []float64 {
	counts := make([]float64, categories)
	for _, v := range values {
		counts[v]++
	}
	return counts
}

// TestStratifiedVariance: in one block, S and V are the mean and the variance over all
// ways to divide the values between the samples.
func TestStratifiedVariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(0, 3), 3, 8).Draw(t, "values")
		canaries := rapid.IntRange(1, len(values)-1).Draw(t, "canaries")
		scores := []float64{0, 1, rapid.Float64Range(1, 3).Draw(t, "score"), 4}
		sum, squares, ways, variance := 0.0, 0.0, 0.0, 0.0
		for chosen := range 1 << len(values) {
			var canary, baseline []int
			for i, v := range values {
				if chosen>>i&1 == 1 {
					canary = append(canary, v)
				} else {
					baseline = append(baseline, v)
				}
			}
			if len(canary) != canaries {
				continue
			}
			var s Stratified
			s.Add(blockOf(canary, 4), blockOf(baseline, 4), scores)
			sum, squares, ways, variance = sum+s.Sum, squares+s.Sum*s.Sum, ways+1, s.Variance
		}
		if mean := sum / ways; math.Abs(mean) > 1e-9 || math.Abs(squares/ways-variance) > 1e-9*max(1, variance) {
			t.Fatalf("mean %v, variance %v, want 0 and %v", mean, squares/ways, variance)
		}
	})
}

// TestStratifiedIsMantelHaenszel: with two categories it is the test of Cochran, Mantel
// and Haenszel: Σ(a - E a) / √Σ V, here on the example of R's mantelhaen.test without
// continuity correction (UCBAdmissions: M² = 1.5246).
func TestStratifiedIsMantelHaenszel(t *testing.T) {
	var s Stratified
	for _, d := range [][4]float64{{512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391}, {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317}} {
		s.Add([]float64{d[1], d[0]}, []float64{d[3], d[2]}, []float64{0, 1})
	}
	if m := s.Sum * s.Sum / s.Variance; math.Abs(m-1.5246) > 5e-4 {
		t.Errorf("M² = %v, want 1.5246", m)
	}
}

// TestStratifiedKeepsItsLevel: identical samples are found different at most as often as
// the level says, also when values come in clumps and the level moves from block to block.
func TestStratifiedKeepsItsLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	scores := []float64{0, 1, 2, 3}
	const runs, level = 4000, 0.01
	for _, clump := range []int{1, 4} {
		found := 0
		for range runs {
			var s Stratified
			for range 20 {
				shift := rng.Float64()
				draw := func(n int) []float64 {
					counts := make([]float64, 4)
					for range n {
						counts[min(int((rng.Float64()+shift)*2), 3)] += float64(clump)
					}
					return counts
				}
				s.Add(draw(3+rng.IntN(4)), draw(20), scores)
			}
			if s.Above(0, 0, 1) <= level {
				found++
			}
		}
		// 1.8 %: five standard errors above the level.
		if rate := float64(found) / runs; rate > 0.018 {
			t.Errorf("clumps of %d: %v found at level %v", clump, rate, level)
		}
	}
}

// TestStratifiedTolerates: a shift of the odds within the tolerance is not found, however
// many values there are.
func TestStratifiedTolerates(t *testing.T) {
	var s Stratified
	for range 20 {
		// Odds of the upper half 1.02 times as high.
		s.Add([]float64{1e6 / 2.02, 1e6 * 1.02 / 2.02}, []float64{5e6, 5e6}, []float64{0.25, 0.75})
	}
	if p := s.Above(0, 0, 1); p > 1e-6 {
		t.Errorf("without a tolerance p = %v", p)
	}
	if p := s.Above(math.Log(1.03), 0, 1); p < 0.99 {
		t.Errorf("with a tolerance of 3 %% p = %v", p)
	}
	if p := (Stratified{}).Above(0, 0, 1); p != 1 {
		t.Errorf("nothing gives p = %v", p)
	}
}

// TestStratifiedMakesNothingOfRounding: the scores' mean is not exactly the one score
// that all values have, and a certainty must not come of the difference.
func TestStratifiedMakesNothingOfRounding(t *testing.T) {
	for _, blocks := range []int{1, 2, 3, 50} {
		var s Stratified
		for i := range blocks {
			all := float64(250 + 37*i)
			share := (all + 0.5) / (all + 1)
			s.Add([]float64{all / 5, 0}, []float64{all, 0}, []float64{share / 2, share + (1-share)/2})
		}
		if p := s.Above(0, 0, 1); p != 1 {
			t.Errorf("%d blocks of the same value everywhere: p = %g", blocks, p)
		}
	}
}

// TestStratifiedAtItsEnds: samples without any overlap are a certainty, and ten thousand
// values that are ten clumps are none.
func TestStratifiedAtItsEnds(t *testing.T) {
	var apart, clumps Stratified
	rng := rand.New(rand.NewPCG(3, 9))
	for i := range 20 {
		apart.Add([]float64{0, float64(50 + i)}, []float64{float64(70 - i), 0}, []float64{0, 1})
		draw := func() []float64 {
			high := 1000 * float64(rng.IntN(11))
			return []float64{10000 - high, high}
		}
		clumps.Add(draw(), draw(), []float64{0, 1})
	}
	if p := apart.Above(0, 1, 1); !(p < 1e-20) {
		t.Errorf("without overlap p = %v", p)
	}
	if p := clumps.Above(0, 1, 1); p < 1e-3 {
		t.Errorf("clumps: p = %v, inflation %v", p, clumps.Inflation())
	}
	clumps.Sum = 100 * math.Sqrt(clumps.Variance)
	if p := clumps.Above(0, 1, 1); p == 0 {
		t.Error("clumps give a certainty")
	}
}
