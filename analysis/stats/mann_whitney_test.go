package stats

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type rankOut struct {
	U           oracle `json:"U1"`
	Superiority oracle `json:"A12"`
	Mean        oracle `json:"mu"`
	Variance    oracle `json:"var"`
	Corrected   struct {
		Z oracle `json:"z"`
		oracleTails
	} `json:"asymp_cc"`
	Plain struct {
		Z oracle `json:"z"`
		oracleTails
	} `json:"asymp_nocc"`
	Exact  *oracleTails `json:"exact_perm"`
	Shift  *oracle      `json:"hodges_lehmann"`
	Shift5 *[2]oracle   `json:"exact_ci_0.95"`
	Shift2 *[2]oracle   `json:"exact_ci_0.98"`
}

func TestMannWhitneyGolden(t *testing.T) {
	eachGolden(t, "mannwhitney.json", 27*12+24*3+26+13*4, func(with comparison, _ goldenFile[sampleCase[rankOut]], c sampleCase[rankOut], _ string) {
		canary, baseline := c.samples(with.t)
		corrected, err := MannWhitneyAsymptotic(canary, baseline, true)
		plain, plainErr := MannWhitneyAsymptotic(canary, baseline, false)
		if err != nil || plainErr != nil {
			with.t.Fatal(err, plainErr)
		}
		with.same("U", corrected.U, c.Out.U)
		with.same("Superiority", corrected.Superiority, c.Out.Superiority)
		with.same("Mean", corrected.Mean, c.Out.Mean)
		with.same("Variance", corrected.Variance, c.Out.Variance)
		with.same("Z", corrected.Z, c.Out.Corrected.Z)
		with.tails("corrected", corrected.P, c.Out.Corrected.oracleTails)
		with.same("plain Z", plain.Z, c.Out.Plain.Z)
		with.tails("plain", plain.P, c.Out.Plain.oracleTails)
		test, err := MannWhitney(canary, baseline)
		if err != nil || test.Exact != (c.Out.Exact != nil) {
			with.t.Errorf("the rule chose exact %v, error %v", test.Exact, err)
		}
		if c.Out.Exact != nil {
			with.tails("exact", test.P, *c.Out.Exact)
		}
		compareShift(with, canary, baseline, c.Out)
	})
}

func compareShift(with comparison, canary, baseline []float64, out rankOut) {
	for level, want := range map[float64]*[2]oracle{0.95: out.Shift5, 0.98: out.Shift2} {
		shift, err := HodgesLehmann(canary, baseline, level)
		if err != nil {
			with.t.Fatal(err)
		}
		wantOrdered(with.t, shift.Interval)
		if want != nil {
			with.interval("shift", shift.Interval, *want)
		}
		if level == 0.95 && out.Shift != nil {
			with.same("shift", shift.Estimate, *out.Shift)
		}
	}
}

// TestMannWhitneyCounts holds the exact law against all splits, one by one.
func TestMannWhitneyCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := samples(t, 1, 6)
		got, err := MannWhitneyExact(canary, baseline)
		if err != nil {
			t.Fatal(err)
		}
		want := dumbRankTails(canary, baseline)
		for _, v := range [][2]float64{{got.P.TwoSided, want.TwoSided}, {got.P.Greater, want.Greater}, {got.P.Less, want.Less}} {
			if math.Abs(v[0]-v[1]) > 1e-14 {
				t.Fatalf("%+v, want %+v", got.P, want)
			}
		}
		attainable, err := Attainable(canary, baseline)
		if err != nil || attainable.Greater > got.P.Greater || attainable.Less > got.P.Less {
			t.Errorf("%+v is said to be the least, and %+v was there (%v)", attainable, got.P, err)
		}
	})
}

// dumbRankTails compares U of each split with the one that is.
func dumbRankTails(canary, baseline []float64) Tails {
	u := func(x, y []float64) float64 {
		pairs := 0.0
		for _, a := range x {
			for _, b := range y {
				switch {
				case a > b:
					pairs++
				case a == b:
					pairs += 0.5
				}
			}
		}
		return pairs
	}
	all := append(slices.Clone(canary), baseline...)
	observed, mean := u(canary, baseline), float64(len(canary)*len(baseline))/2
	var total, greater, less, both float64
	for mask := range uint(1) << len(all) {
		if bits.OnesCount(mask) != len(canary) {
			continue
		}
		var x, y []float64
		for i, v := range all {
			if mask>>i&1 == 1 {
				x = append(x, v)
			} else {
				y = append(y, v)
			}
		}
		total++
		v := u(x, y)
		if v >= observed {
			greater++
		}
		if v <= observed {
			less++
		}
		if math.Abs(v-mean) >= math.Abs(observed-mean) {
			both++
		}
	}
	return Tails{both / total, greater / total, less / total}
}

// TestDifferences holds the ordered differences against all of them, written out.
func TestDifferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := samples(t, 1, 20)
		d, err := NewDifferences(canary, baseline)
		if err != nil {
			t.Fatal(err)
		}
		var all []float64
		for _, x := range canary {
			for _, y := range baseline {
				all = append(all, x-y)
			}
		}
		slices.Sort(all)
		k := rapid.IntRange(1, len(all)).Draw(t, "k")
		if got := d.At(k); got != all[k-1] {
			t.Errorf("number %d of %d is %v, want %v", k, len(all), got, all[k-1])
		}
	})
}

// TestMannWhitneyUnit: the unit changes nothing, the sides can be swapped, and the
// samples stay as they are.
func TestMannWhitneyUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := samples(t, 1, 40)
		before := slices.Clone(canary)
		test, err := MannWhitney(canary, baseline)
		if err != nil {
			t.Fatal(err)
		}
		scaled := func(values []float64) []float64 {
			s := slices.Clone(values)
			for i := range s {
				s[i] *= 1.0 / 1024 / 1024 / 1024
			}
			return s
		}
		if other, _ := MannWhitney(scaled(canary), scaled(baseline)); other != test {
			t.Errorf("in another unit %+v, want %+v", other, test)
		}
		swapped, _ := MannWhitney(baseline, canary)
		if math.Abs(swapped.P.Greater-test.P.Less) > 1e-14 || math.Abs(swapped.P.TwoSided-test.P.TwoSided) > 1e-14 {
			t.Errorf("swapped %+v, want %+v", swapped.P, test.P)
		}
		if !slices.Equal(before, canary) {
			t.Error("a sample was changed")
		}
	})
}

func FuzzMannWhitney(f *testing.F) {
	f.Add([]byte{}, 0.98)
	f.Add([]byte{1, 2}, 0.98)
	f.Add([]byte{1, 2, 3, 4, 200}, 0.5)
	f.Add([]byte{201, 202, 203, 204, 205, 1, 0}, 1.0)
	f.Add(make([]byte, 200), 0.95)
	f.Fuzz(func(t *testing.T, data []byte, confidence float64) {
		canary, baseline := fuzzed(data[:min(len(data), 400)])
		if test, err := MannWhitney(canary, baseline); err == nil {
			wantTails(t, test.P)
			if math.IsNaN(test.Z) || !(test.Superiority >= 0 && test.Superiority <= 1) {
				t.Errorf("%+v", test)
			}
		}
		if shift, err := HodgesLehmann(canary, baseline, confidence); err == nil {
			wantOrdered(t, shift.Interval)
			if !(shift.Interval.Lower <= shift.Estimate && shift.Estimate <= shift.Interval.Upper) {
				t.Errorf("the estimate is outside of its interval: %+v", shift)
			}
		}
		if p, err := Attainable(canary, baseline); err == nil && !(p.Greater > 0 && p.Less > 0 && p.Greater <= 1 && p.Less <= 1) {
			t.Errorf("attainable %+v", p)
		}
	})
}
