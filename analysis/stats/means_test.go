package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

type meanOut struct {
	N, M           int
	Mean1          *oracle    `json:"mean1"`
	Mean2          *oracle    `json:"mean2"`
	Var1           *oracle    `json:"var1"`
	Var2           *oracle    `json:"var2"`
	Difference     *oracle    `json:"diff"`
	T              oracle     `json:"t"`
	Freedom        oracle     `json:"df"`
	TwoSided       oracle     `json:"p_two"`
	Greater        *oracle    `json:"p_greater"`
	Less           *oracle    `json:"p_less"`
	Interval       *[2]oracle `json:"ci95"`
	ConventionText string     `json:"convention"`
}

func TestWelchGolden(t *testing.T) {
	eachGolden(t, "welch.json", 22*12+2*7, func(with comparison, _ goldenFile[sampleCase[meanOut]], c sampleCase[meanOut], _ string) {
		canary, baseline := c.samples(with.t)
		got, err := Welch(canary, baseline, 0.95)
		if c.Out.Mean1 == nil {
			if err == nil {
				with.t.Error("less than two values were tested")
			}
			return
		}
		if err != nil {
			with.t.Fatal(err)
		}
		with.same("Canary", got.Canary, *c.Out.Mean1)
		with.same("Baseline", got.Baseline, *c.Out.Mean2)
		with.same("CanaryVariance", got.CanaryVariance, *c.Out.Var1)
		with.same("BaselineVariance", got.BaselineVariance, *c.Out.Var2)
		with.same("Difference", got.Difference, *c.Out.Difference)
		with.same("TwoSided", got.P.TwoSided, c.Out.TwoSided)
		if c.Out.ConventionText != "" { // Both are constant; the oracle's statistic is NaN.
			want := oracle(0)
			if got.Difference != 0 {
				want = oracle(math.Inf(int(got.Difference)))
			}
			with.same("T", got.T, want)
			return
		}
		with.same("T", got.T, c.Out.T)
		with.same("Freedom", got.Freedom, c.Out.Freedom)
		with.same("Greater", got.P.Greater, *c.Out.Greater)
		with.same("Less", got.P.Less, *c.Out.Less)
		with.interval("Interval", got.Interval, *c.Out.Interval)
	})
}

type superiorityOut struct {
	Superiority oracle  `json:"p_hat_x_greater"`
	W           *oracle `json:"statistic"`
	Freedom     *oracle `json:"df"`
	TwoSided    *oracle `json:"p_two"`
	Less        *oracle `json:"p_x_less"`
	Greater     *oracle `json:"p_x_greater"`
}

func TestBrunnerMunzelGolden(t *testing.T) {
	eachGolden(t, "brunner_munzel.json", 27+24+18*4, func(with comparison, _ goldenFile[sampleCase[superiorityOut]], c sampleCase[superiorityOut], _ string) {
		canary, baseline := c.samples(with.t)
		superiority, err := Superiority(canary, baseline)
		if err != nil {
			with.t.Fatal(err)
		}
		with.same("Superiority", superiority, c.Out.Superiority)
		got, err := BrunnerMunzel(canary, baseline)
		if c.Out.W == nil {
			if err == nil {
				with.t.Error("less than two values were tested")
			}
			return
		}
		if err != nil {
			with.t.Fatal(err)
		}
		want := *c.Out.W
		if math.IsNaN(float64(want)) { // All values are equal.
			want = 0
		}
		with.same("W", got.W, want)
		if got.Permutation != (c.Out.TwoSided == nil) {
			with.t.Errorf("permutation is %v", got.Permutation)
		}
		if c.Out.TwoSided == nil {
			permutation, err := MannWhitneyExact(canary, baseline)
			if err != nil {
				with.t.Fatal(err)
			}
			with.same("permutation", got.P.Greater, oracle(permutation.P.Greater))
			with.same("permutation", got.P.Less, oracle(permutation.P.Less))
			return
		}
		with.same("Freedom", got.Freedom, *c.Out.Freedom)
		with.tails("P", got.P, oracleTails{c.Out.TwoSided, c.Out.Greater, c.Out.Less})
	})
}

// TestWelchLimits: with equal sizes and variances it is Student's test, by the
// formulae that one learns at school.
func TestWelchLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, _ := samples(t, 2, 30)
		shift := float64(rapid.IntRange(-4, 4).Draw(t, "shift"))
		baseline := make([]float64, len(canary))
		for i, v := range canary {
			baseline[i] = v - shift
		}
		got, err := Welch(canary, baseline, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		wantTails(t, got.P)
		wantOrdered(t, got.Interval)
		if spread := got.CanaryVariance; spread > 1e-3 {
			n := float64(len(canary))
			if math.Abs(got.Freedom-(2*n-2)) > 1e-6*n || math.Abs(got.T-shift/math.Sqrt(2*spread/n)) > 1e-6*(1+math.Abs(got.T)) {
				t.Errorf("%+v for a shift of %v", got, shift)
			}
		}
	})
}

// TestBrunnerMunzelDirection: what is greater in one order is less in the other, and
// the unit changes nothing.
func TestBrunnerMunzelDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := samples(t, 2, 30)
		one, err := BrunnerMunzel(canary, baseline)
		other, otherErr := BrunnerMunzel(baseline, canary)
		if err != nil || otherErr != nil {
			t.Fatal(err, otherErr)
		}
		if math.Abs(one.P.Greater-other.P.Less) > 1e-12 || math.Abs(one.Superiority+other.Superiority-1) > 1e-12 {
			t.Errorf("%+v and %+v", one, other)
		}
	})
}

func FuzzMeans(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 1, 3})
	f.Add([]byte{205, 2, 204, 3, 205, 205})
	f.Add([]byte{204, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		canary, baseline := fuzzed(data[:min(len(data), 300)])
		if got, err := Welch(canary, baseline, 0.99); err == nil {
			wantTails(t, got.P)
			wantOrdered(t, got.Interval)
			if math.IsNaN(got.T) || math.IsNaN(got.Freedom) {
				t.Errorf("%+v", got)
			}
		}
		if got, err := BrunnerMunzel(canary, baseline); err == nil {
			wantTails(t, got.P)
			if math.IsNaN(got.W) || math.IsNaN(got.Freedom) {
				t.Errorf("%+v", got)
			}
		}
	})
}
