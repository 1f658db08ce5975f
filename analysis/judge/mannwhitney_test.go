package judge

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestMannWhitneyOrder: the order of points changes nothing, nor does NaN among them,
// and the samples stay as they are.
func TestMannWhitneyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		point := rapid.Map(rapid.IntRange(-2, 6), func(i int) float64 { return float64(max(i, 0)) })
		canary, baseline := rapid.SliceOfN(point, 0, 20).Draw(t, "canary"), rapid.SliceOfN(point, 0, 20).Draw(t, "baseline")
		before := slices.Clone(canary)
		want := increases().Judge("metric", canary, baseline)
		backwards := append(slices.Clone(canary), math.NaN())
		slices.Reverse(backwards)
		got := increases().Judge("metric", backwards, baseline)
		// A sum in another order may be rounded otherwise.
		for _, v := range []*PointsVerdict{&want, &got} {
			v.Canary.Mean, v.Canary.Deviation, v.Deviation.Value, v.Effect.Value = 0, 0, 0, 0
		}
		if d := diff.Diff(want, got); d != "" {
			t.Errorf("backwards:\n%s", d)
		}
		if !slices.Equal(before, canary) {
			t.Error("the points were changed")
		}
	})
}

// TestMannWhitneyMirror: what is an increase upside down is a decrease.
func TestMannWhitneyMirror(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		point := rapid.Map(rapid.IntRange(1, 9), func(i int) float64 { return float64(i) })
		canary, baseline := rapid.SliceOfN(point, 2, 20).Draw(t, "canary"), rapid.SliceOfN(point, 2, 20).Draw(t, "baseline")
		up := MannWhitney{
			Direction: Increase, Tolerance: 0.25, Confidence: 0.98, NaN: RemoveNaN,
			EffectSize: EffectSize{Measure: CLES, AllowedIncrease: 0.6, AllowedDecrease: 0.4},
		}
		down := up
		down.Direction = Decrease
		one := up.Judge("metric", canary, baseline)
		other := down.Judge("metric", scaled(canary, -1), scaled(baseline, -1))
		if one.Decision != other.Decision || (one.Classification == High) != (other.Classification == Low) || one.Lower != -other.Upper {
			t.Errorf("%+v\n%+v", one, other)
		}
	})
}

// TestMannWhitneyKeepsItsLevel: of versions that do not differ, not more than the level
// in each direction is failed in one look, and few are left open.
func TestMannWhitneyKeepsItsLevel(t *testing.T) {
	const replays = 1000
	r := rand.New(rand.NewPCG(1, 4))
	m := KayentaMannWhitney()
	for name, draw := range map[string]func() []float64{
		"normal":    func() []float64 { return normal(r, 20, 10, 1) },
		"lognormal": func() []float64 { return exponentials(normal(r, 20, 0, 1)) },
		"sparse": func() []float64 {
			points := normal(r, 20, 1, 0.2)
			for i := range points {
				if r.Float64() < 0.8 {
					points[i] = 0
				}
			}
			return points
		},
	} {
		failed, open := 0, 0
		for range replays {
			switch m.Judge("metric", draw(), draw()).Decision {
			case Fail:
				failed++
			case Inconclusive:
				open++
			}
		}
		t.Logf("%s: %d failed and %d open of %d", name, failed, open, replays)
		// Both directions at 1 %: 20 of 1000 are expected at most, and 33 is 2.9 deviations
		// above. Open are those whose spread differs by chance, and sparse ones.
		if failed > 33 || open > replays/5 {
			t.Errorf("%s: %d failed and %d open of %d", name, failed, open, replays)
		}
	}
}

func exponentials(points []float64) []float64 {
	for i, v := range points {
		points[i] = math.Exp(v)
	}
	return points
}

func TestMannWhitneyRefuses(t *testing.T) {
	for name, change := range map[string]func(*MannWhitney){
		"nothing said":            func(m *MannWhitney) { *m = MannWhitney{} },
		"no direction":            func(m *MannWhitney) { m.Direction = "" },
		"a misspelt direction":    func(m *MannWhitney) { m.Direction = "up" },
		"a tolerance of 1":        func(m *MannWhitney) { m.Tolerance = 1 },
		"a tolerance of NaN":      func(m *MannWhitney) { m.Tolerance = math.NaN() },
		"a confidence of 98":      func(m *MannWhitney) { m.Confidence = 98 },
		"no strategy for NaN":     func(m *MannWhitney) { m.NaN = "" },
		"a factor of 0":           func(m *MannWhitney) { m.Outliers = Outliers{Remove: true} },
		"no measure":              func(m *MannWhitney) { m.EffectSize.Measure = "" },
		"no allowed increase":     func(m *MannWhitney) { m.EffectSize.AllowedIncrease = 0 },
		"a negative decrease":     func(m *MannWhitney) { m.EffectSize.AllowedDecrease = -1 },
		"critical without a size": func(m *MannWhitney) { m.Critical, m.EffectSize.CriticalDecrease = true, 0 },
	} {
		m := KayentaMannWhitney()
		change(&m)
		got := m.Judge("metric", []float64{1, 2, 3}, []float64{1, 2, 3})
		if m.Validate() == nil || got.Decision != Inconclusive || got.Reason != InvalidJudge {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if err := KayentaMannWhitney().Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzMannWhitneyJudge(f *testing.F) {
	f.Add([]byte{}, []byte{}, false, 1.1)
	f.Add(make([]byte, 80), make([]byte, 160), true, 1.0)
	f.Add([]byte("\x7f\xf0\x00\x00\x00\x00\x00\x00\x7f\xf8\x00\x00\x00\x00\x00\x01"), []byte("12345678abcdefgh"), true, math.NaN())
	f.Fuzz(func(t *testing.T, canary, baseline []byte, replace bool, allowed float64) {
		m := KayentaMannWhitney()
		m.EffectSize.AllowedIncrease, m.Outliers.Remove, m.MustHaveData = allowed, replace, replace
		if replace {
			m.NaN = ReplaceNaN
		}
		x, y := anyPoints(canary), anyPoints(baseline)
		v := m.Judge("metric", x, y)
		wantSound(t, v)
		if v.Decision == Pass && (len(x) < 2 || len(y) < 2) {
			t.Errorf("%d and %d points pass: %+v", len(x), len(y), v)
		}
		got := usual(nil).Score([]ScoredMetric{{Name: "metric", Groups: []string{"g"}, Verdict: v}})
		if got.Decision == Pass && v.Decision != Pass {
			t.Errorf("%+v passes by %+v", v, got)
		}
	})
}

// anyPoints are numbers of all kinds, at most 100.
func anyPoints(data []byte) []float64 {
	var all []float64
	for len(data) >= 8 && len(all) < 100 {
		all = append(all, math.Float64frombits(binary.BigEndian.Uint64(data)))
		data = data[8:]
	}
	return all
}

// wantSound: every number is one, and everything is said.
func wantSound(t *testing.T, v PointsVerdict) {
	t.Helper()
	for _, number := range []float64{v.Lower, v.Upper, v.Estimate, v.Deviation.Value, v.Effect.Value, v.Canary.Mean, v.Canary.Deviation, v.Baseline.Mean, v.Ranks.Greater} {
		if math.IsNaN(number) || math.IsInf(number, 0) {
			t.Errorf("%v in %+v", number, v)
		}
	}
	if v.Message == "" || v.Reason == "" || v.Decision == "" || v.Classification == "" || !(v.Lower <= v.Upper) {
		t.Errorf("%+v", v)
	}
}
