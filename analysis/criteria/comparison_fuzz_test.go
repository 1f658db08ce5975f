package criteria

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/serin-dev/serin/analysis/sequential"
)

// comparisonSeeds are conditions of all kinds.
var comparisonSeeds = []string{
	`canary.share < 0.01`, `canary.quantile(0.99) < 1.2 * baseline.quantile(0.99)`, `confidence(0.9, canary.share < 0.015)`,
	`lower(canary.mean, 0.9) < upper(baseline.mean)`, `let c = canary; c.above(0.5) - baseline.above(0.5) <= 0.01`,
	`result.ratio < 2 && pValue(result) > 0.01 || eValue(result) >= 1e300`, `abs(result.difference) * -1 > -0.1`,
	`mannWhitney(canary.points, baseline.points, "less") < 0.01 ? true : fisher(canary, baseline) > 0.5`,
	`welch(map(canary.points, # * 2), baseline.points[1:]) + brunnerMunzel(canary.points, baseline.points) < 2`,
	`kolmogorovSmirnov(sort(canary.points), baseline.points) == 1 or hodgesLehmann(canary.points, baseline.points) != 0`,
	`poissonRatio(canary, baseline, "twoSided") / twoProportions(canary, baseline) < nonInferiority(canary, baseline, 0.1)`,
	`reduce([canary.share, baseline.share], #acc * # + 1) in [1, 2]`, `max(canary.share, canary.total, 1) / canary.bad < samples(canary.mean)`,
	`all([canary, baseline], #.share < 0.02)`, `default(canary.share, 0) == 0 or isNil(canary.points)`, `superiority(canary.points, [1, 2]) < 1`,
	`canary?.share ?? 1 < 2`, `$env.canary.share < 1`, `canary["share"] > 0`, `find([canary.share], # > 1) < 1`, `len(canary.points) % 2 == 0`,
}

// arbitrary is a comparison that is made of bytes, as a defective provider might make it.
func arbitrary(numbers []byte) Comparison {
	next := func() float64 {
		if len(numbers) < 8 {
			return 0
		}
		v := math.Float64frombits(binary.LittleEndian.Uint64(numbers))
		numbers = numbers[8:]
		return v
	}
	arm := func() Arm {
		a := Arm{Bad: next(), Total: next(), Dispersion: next()}
		a.Points = []float64{next(), next(), next()}
		a.Buckets = sequential.Buckets{Edges: []float64{next(), next()}, Counts: []float64{next(), next(), next()}}
		return a
	}
	c := Comparison{Canary: arm(), Baseline: arm(), Effect: Effect{Judged: true, LogE: next(), HighestLogE: next()}}
	if bad, odds := next(), next(); bad > 0 {
		c.Effect.Ratio = sequential.RateRatioState{CanaryBad: bad / 2, Strata: []sequential.Stratum{{Odds: odds, Bad: bad}}}
	}
	return c
}

// written are numbers as the bytes of arbitrary.
func written(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// FuzzComparison: whatever the condition and whatever the data, there is an answer,
// and no verdict rests on what is not a number.
func FuzzComparison(f *testing.F) {
	data := [][]byte{
		written(10, 1200, 1, 1, 2, 3, 0.1, 0.5, 900, 200, 100, 60, 24000, 2, 3, 4, 5, 0.1, 0.5, 20000, 3000, 1000, 2, 3, 70, 0.05),
		written(1e9, 1e9, 0, -1e308, 1e308, 1e308, 1e-300, 1e308, 1e300, 1e300, 1e300, 0, 1e9, 0, 0, 0, 0, 0, 1, 0, 0, 1, 800, 900, 1e300, 1e-300),
		written(0, 1e-300, 1e300, 0, 0, 0, 0, 1, 0, 0, 0, 1e-300, 1e-300, 0, 1, 1, 1),
		written(math.NaN(), math.Inf(1), math.Inf(-1), math.NaN()),
		nil,
	}
	for _, seed := range comparisonSeeds {
		for _, d := range data {
			f.Add(seed, "", d)
			f.Add("", seed, d)
		}
	}
	f.Fuzz(func(t *testing.T, success, failure string, numbers []byte) {
		conditions, err := CompileComparison(success, failure)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 || syntax.Message == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		comparison := arbitrary(numbers)
		got := conditions.Judge(comparison)
		if got.Message == "" || (got.Outcome == Blind) != (got.Reason != "") {
			t.Fatalf("%+v", got)
		}
		if strings.Contains(got.Message, "NaN") && got.Outcome != Blind {
			t.Fatalf("a verdict on what is not a number: %+v", got)
		}
	})
}

// TestComparisonsAreBounded: a condition ends, and is given up when it would take too long,
// however much work hides in it.
func TestComparisonsAreBounded(t *testing.T) {
	data := release()
	data.Canary.Points, data.Baseline.Points = gauge(2000, 5), gauge(2000, 4)
	data.Canary.Total, data.Baseline.Total = 1e9, 1e9
	data.Canary.Bad, data.Baseline.Bad = 4e8, 4e8
	edges, counts := make([]float64, 10000), make([]float64, 10001)
	for i := range edges {
		edges[i], counts[i] = float64(i), float64(i)
	}
	data.Canary.Buckets = sequential.Buckets{Edges: edges, Counts: counts}
	nested := `canary.share < 1`
	for range 6 {
		nested = "(" + nested + ") == (" + nested + ")"
	}
	deep := `[1]`
	for range 60 {
		deep = "[reduce(" + deep + ", #acc + # * canary.share, 0)]"
	}
	for condition, want := range map[string]string{
		`all(1..100000, canary.quantile(1 / (1 + #)) < # + 1e9)`:                               tooLong,
		`all(1..100000, canary.above(#) < # + 1)`:                                              tooLong,
		`all(1..50000, canary.share < # + 1)`:                                                  "Pass",
		`all(1..50000, canary.quantile(0.5) < # + 1e9)`:                                        "Pass",
		`all(1..50000, result.ratio < # + 100)`:                                                "Pass",
		`all(1..50000, mannWhitney(canary.points, baseline.points) < # + 1)`:                   tooLong,
		`all(1..50000, kolmogorovSmirnov(canary.points[:900], baseline.points[:900]) < # + 1)`: tooLong,
		`all(1..50000, hodgesLehmann(canary.points, baseline.points) < # + 1000)`:              tooLong,
		`all(1..50000, fisher(canary, baseline, "twoSided") < # + 1)`:                          "Pass",
		`all(1..50000, poissonRatio(canary, baseline, "twoSided") < # + 1)`:                    "Pass",
		`all(1..50000, nonInferiority(canary, baseline, # / 100000) < # + 1)`:                  tooLong,
		nested:             "Pass",
		deep + `[0] != -1`: "Pass",
	} {
		conditions, err := CompileComparison(condition, "")
		if err != nil {
			t.Fatal(err)
		}
		got := conditions.Judge(data)
		if outcome(got) != want && (want != tooLong || !strings.Contains(got.Message, tooLong)) {
			t.Errorf("%.80s is %q, want %q: %.300s", condition, outcome(got), want, got.Message)
		}
	}
}

// tooLong is how a condition is given up.
const tooLong = string(errBudget)

func BenchmarkComparison(b *testing.B) {
	for _, condition := range []string{`canary.share < 0.01`, `canary.quantile(0.99) < 1.2 * baseline.quantile(0.99)`, `result.ratio < 2`} {
		b.Run(condition, func(b *testing.B) {
			conditions, err := CompileComparison(condition, "")
			if err != nil {
				b.Fatal(err)
			}
			data := release()
			b.ReportAllocs()
			for b.Loop() {
				conditions.Judge(data)
			}
		})
	}
}
