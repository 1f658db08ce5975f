package stats

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// distributionOut are values of which p_greater is for "the canary's distribution
// function lies above": its values are less.
type distributionOut struct {
	D      oracle       `json:"D"`
	Plus   oracle       `json:"D_plus"`
	Minus  oracle       `json:"D_minus"`
	Limit  oracleTails  `json:"asymp"`
	Untied *oracleTails `json:"exact_noties"`
	Exact  *oracleTails `json:"exact_ties"`
}

func TestKolmogorovSmirnovGolden(t *testing.T) {
	eachGolden(t, "ks2.json", 27*6+25*6, func(with comparison, _ goldenFile[sampleCase[distributionOut]], c sampleCase[distributionOut], _ string) {
		canary, baseline := c.samples(with.t)
		limit, err := KolmogorovSmirnovAsymptotic(canary, baseline)
		if err != nil {
			with.t.Fatal(err)
		}
		with.same("D", limit.D, c.Out.D)
		with.same("Plus", limit.Plus, c.Out.Plus)
		with.same("Minus", limit.Minus, c.Out.Minus)
		with.tails("asymptotic", swapped(limit.P), c.Out.Limit)
		if c.Out.Exact == nil {
			return
		}
		exact, err := KolmogorovSmirnov(canary, baseline)
		if err != nil || !exact.Exact {
			with.t.Fatal(exact, err)
		}
		with.tails("exact", swapped(exact.P), *c.Out.Exact)
		everywhere := slices.Repeat([]bool{true}, len(canary)+len(baseline)+1)
		with.tails("without ties", swapped(newGap(canary, baseline).pathTails(everywhere)), *c.Out.Untied)
	})
}

func swapped(p Tails) Tails { return Tails{p.TwoSided, p.Less, p.Greater} }

// TestKolmogorovSmirnovCounts holds the exact law against all splits, one by one.
func TestKolmogorovSmirnovCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := samples(t, 1, 6)
		got, err := KolmogorovSmirnovExact(canary, baseline)
		if err != nil {
			t.Fatal(err)
		}
		all := append(slices.Clone(canary), baseline...)
		var total, both, greater, less float64
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
			plus, minus := dumbDistances(x, y)
			total++
			count := func(to *float64, yes bool) {
				if yes {
					*to++
				}
			}
			count(&both, max(plus, minus) >= got.D-1e-12)
			count(&greater, plus >= got.Plus-1e-12)
			count(&less, minus >= got.Minus-1e-12)
		}
		for _, v := range [][2]float64{{got.P.TwoSided, both}, {got.P.Less, greater}, {got.P.Greater, less}} {
			if math.Abs(v[0]-v[1]/total) > 1e-13 {
				t.Fatalf("%+v, want %v, %v and %v of %v", got, both, greater, less, total)
			}
		}
	})
}

// dumbDistances evaluates both distribution functions at each value.
func dumbDistances(x, y []float64) (plus, minus float64) {
	share := func(values []float64, at float64) float64 {
		count := 0.0
		for _, v := range values {
			if v <= at {
				count++
			}
		}
		return count / float64(len(values))
	}
	for _, at := range append(slices.Clone(x), y...) {
		d := share(x, at) - share(y, at)
		plus, minus = max(plus, d), max(minus, -d)
	}
	return plus, minus
}

func FuzzKolmogorovSmirnov(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2})
	f.Add([]byte{1, 2, 3, 4, 200})
	f.Add(make([]byte, 200))
	f.Fuzz(func(t *testing.T, data []byte) {
		canary, baseline := fuzzed(data[:min(len(data), 300)])
		for _, test := range []func(x, y []float64) (DistributionTest, error){KolmogorovSmirnov, KolmogorovSmirnovAsymptotic} {
			got, err := test(canary, baseline)
			if err != nil {
				continue
			}
			for _, v := range []float64{got.P.TwoSided, got.P.Greater, got.P.Less, got.D} {
				if !(v >= 0 && v <= 1) {
					t.Errorf("%+v", got)
				}
			}
		}
	})
}
