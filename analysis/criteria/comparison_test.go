package criteria

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/sequential"
)

// release is a comparison in which the canary looks somewhat worse: 10 bad of 1200
// requests against 60 of 24000.
func release() Comparison {
	edges := []float64{0.1, 0.2, 0.4, 0.8}
	var ratio sequential.RateRatioState
	ratio = ratio.Count(sequential.Block{CanaryBad: 10, CanaryTotal: 1200, BaselineBad: 60, BaselineTotal: 24000}, 1)
	return Comparison{
		Canary:   Arm{Bad: 10, Total: 1200, Points: gauge(40, 5), Buckets: sequential.Buckets{Edges: edges, Counts: []float64{900, 200, 80, 15, 5}}},
		Baseline: Arm{Bad: 60, Total: 24000, Points: gauge(40, 4), Buckets: sequential.Buckets{Edges: edges, Counts: []float64{20000, 3000, 900, 80, 20}}},
		Effect:   Effect{Judged: true, LogE: math.Log(4), HighestLogE: math.Log(8), Ratio: ratio},
	}
}

// gauge are n points from a lowest one on: seven values over and over.
func gauge(n int, lowest float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = lowest + float64(i%7)
	}
	return values
}

// TestComparisonTruthTable: what conditions come to on release, and on nothing.
//
// Long: it is a table.
func TestComparisonTruthTable(t *testing.T) {
	const yes, no, open = "Pass", "Fail", "Blind NotKnownYet"
	tests := []struct{ condition, want string }{
		// The share is 0.83 %, within 0.19 % and 2.12 %.
		{`canary.share < 0.03`, yes},
		{`canary.share < 0.01`, open},
		{`canary.share < 0.001`, no},
		{`canary.share >= 0.001`, yes},
		{`canary.share > 0.03`, no},
		{`0.01 >= canary.share`, open},
		{`canary.share == 0.01`, open},
		{`canary.share != 0.5`, yes},
		{`not (canary.share < 0.01)`, open},
		{`confidence(0.5, canary.share < 0.016)`, yes},
		{`confidence(0.5, 2 * canary.share) < 0.032`, yes},
		{`estimate(canary.share) < 0.01`, yes},
		{`upper(canary.share) < 0.01`, no},
		{`upper(canary.share, 0.5) < 0.016`, yes},
		{`lower(canary.share) < 0.01`, yes},
		{`samples(canary.share) == 1200`, yes},
		{`samples(canary.share - baseline.share) == 1200`, yes},
		// Kleene's logic: an open part matters where it could change the outcome.
		{`canary.share < 0.01 || canary.share < 0.05`, yes},
		{`canary.share < 0.01 && canary.share > 0.05`, no},
		{`canary.share < 0.01 && canary.share < 0.05`, open},
		{`(canary.share < 0.01) == (canary.share < 0.05)`, open},
		{`canary.share < 0.01 ? true : false`, open},
		{`all([canary, baseline], #.share < 0.03)`, yes},
		{`any([canary.share, baseline.share], # < 0.01)`, yes},
		{`none([canary.share, baseline.share], # < 0.0001)`, yes},
		// Counts grow: what is not there yet may come.
		{`canary.total >= 1000`, yes},
		{`canary.total >= 2000`, open},
		{`canary.total < 1000`, no},
		{`canary.total >= 2000 && canary.share < 0.001`, no},
		{`canary.total >= 2000 || canary.share < 0.03`, yes},
		{`canary.bad <= 10`, yes},
		{`canary.bad > 10`, no},
		// Arithmetic is that of intervals.
		{`canary.share < 20 * baseline.share`, yes},
		{`canary.share < 1.2 * baseline.share`, open},
		{`canary.share - baseline.share < 0.03`, yes},
		{`canary.share / baseline.share < 20`, yes},
		{`canary.share / baseline.share < 0.3`, no},
		{`-canary.share < 0`, yes},
		{`abs(baseline.share - canary.share) < 0.03`, yes},
		{`max(canary.share, baseline.share) < 0.03`, yes},
		{`min(canary.share, 0.0001) < 0.001`, yes},
		{`sum([canary.share, baseline.share]) < 0.05`, yes},
		{`let s = canary.share; s < 0.03 && s > 0.001`, yes},
		{`default(canary.share, 1) < 0.03`, yes},
		// Histograms.
		{`canary.quantile(0.5) <= 0.1`, yes},
		{`canary.quantile(0.99) < 1.2 * baseline.quantile(0.99)`, open},
		{`canary.quantile(0.9) < 2 * baseline.quantile(0.9)`, open},
		{`canary.quantile(0.9) < 5 * baseline.quantile(0.9)`, yes},
		{`canary.above(0.4) < 0.04`, yes},
		{`canary.above(0.3) < 0.04`, open},
		{`canary.above(0.3) < 0.15`, yes},
		{`canary.above(9) < 0.02`, yes},
		{`canary.above(0.01) < 0.9`, open},
		{`baseline.above(0) > 0.5`, open},
		// The effect.
		{`result.ratio < 20`, yes},
		{`result.ratio < 2`, open},
		{`result.ratio < 0.5`, no},
		{`result.difference < 0.03`, yes},
		{`result.difference < 0.01`, open},
		{`abs(upper(result.difference) - (upper(canary.share, 0.995) - lower(baseline.share, 0.995))) < 1e-12`, yes},
		{`abs(lower(result.difference) - (lower(canary.share, 0.995) - upper(baseline.share, 0.995))) < 1e-12`, yes},
		{`round(1000 * pValue(result)) == 125`, yes},
		{`round(eValue(result)) == 4`, yes},
		// Points.
		{`canary.mean < 12`, yes},
		{`canary.mean < 8`, open},
		{`len(canary.points) == 40 && median(canary.points) == 8`, yes},
		{`samples(canary.mean) == 40`, yes},
		// Tests, for one look.
		{`mannWhitney(canary.points, baseline.points) < 0.02`, yes},
		{`mannWhitney(canary.points, baseline.points) < 0.01`, no},
		{`mannWhitney(canary.points, baseline.points, "less") > 0.98`, yes},
		{`mannWhitney(canary.points[:3], baseline.points[:3]) < 0.01`, open},
		{`mannWhitney(canary.points[:3], baseline.points[:3]) >= 0.01`, open},
		{`0.05 < mannWhitney(canary.points[:3], baseline.points[:3])`, open},
		{`0.06 < mannWhitney(canary.points[:3], baseline.points[:3])`, yes},
		{`mannWhitney(canary.points[:1], baseline.points[:3]) < 0.01`, open},
		{`mannWhitney(filter(canary.points, # > 5), baseline.points) < 0.002`, yes},
		{`kolmogorovSmirnov(canary.points, baseline.points, "twoSided") < 0.01`, no},
		{`kolmogorovSmirnov(baseline.points[:2], canary.points[:2], "less") < 0.01`, open},
		{`welch(canary.points, baseline.points) < 0.02`, yes},
		{`brunnerMunzel(canary.points, baseline.points) < 0.02`, yes},
		{`superiority(canary.points, baseline.points) > 0.6`, yes},
		{`hodgesLehmann(canary.points, baseline.points) < 3`, yes},
		{`hodgesLehmann(canary.points, baseline.points) < 1`, open},
		{`fisher(canary, baseline) < 0.01`, yes},
		{`fisher(baseline, canary, "less") < 0.01`, yes},
		{`poissonRatio(canary, baseline, "twoSided") < 0.01`, yes},
		{`twoProportions(canary, baseline) < 0.01`, yes},
		{`nonInferiority(canary, baseline, 0.02) < 0.01`, yes},
		{`nonInferiority(canary, baseline, 0.001) < 0.01`, no},
		// What cannot be evaluated is no verdict.
		{`canary.quantile(canary.points[0]) < 1`, "Blind ConditionError"},
		{`canary.points[99] < 1`, "Blind ConditionError"},
		{`all(1..1000, nonInferiority(canary, baseline, # / 10000) < #)`, "Blind ConditionError"},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			conditions, err := CompileComparison(test.condition, "")
			if err != nil {
				t.Fatal(err)
			}
			got := conditions.Judge(release())
			if outcome(got) != test.want {
				t.Errorf("got %q, want %q: %s", outcome(got), test.want, got.Message)
			}
			for _, pair := range [][2]string{{test.condition, ""}, {"", test.condition}} {
				conditions, err := CompileComparison(pair[0], pair[1])
				if err != nil {
					t.Fatal(err)
				}
				if got := conditions.Judge(Comparison{}); got.Outcome != Blind {
					t.Errorf("%q on nothing is %q: %s", pair, outcome(got), got.Message)
				}
			}
		})
	}
}

func outcome(f Finding) string { return strings.TrimSpace(string(f.Outcome) + " " + f.Reason) }

// TestBothConditions: an open failure condition holds a release that the success
// condition would let pass, and a true one fails whatever the other is.
func TestBothConditions(t *testing.T) {
	tests := []struct{ reason, success, failure, want string }{
		{"failure wins", `canary.share < 0.03`, `canary.bad > 5`, "Fail"},
		{"failure is open", `canary.share < 0.03`, `result.ratio > 2`, "Blind NotKnownYet"},
		{"failure is false", `canary.share < 0.03`, `canary.bad > 50`, "Pass"},
		{"both are false", `canary.share > 0.03`, `canary.bad > 50`, "Undecided"},
		{"success is open", `canary.share < 0.01`, `canary.bad > 50`, "Blind NotKnownYet"},
		{"failure alone is false", ``, `canary.share > 0.03`, "Pass"},
		{"failure alone is open", ``, `canary.share > 0.01`, "Blind NotKnownYet"},
		{"emptiness has a name", `default(canary.share, 0) == 0`, ``, "Fail"},
	}
	for _, test := range tests {
		conditions, err := CompileComparison(test.success, test.failure)
		if err != nil {
			t.Fatal(err)
		}
		if got := conditions.Judge(release()); outcome(got) != test.want {
			t.Errorf("%s: got %q, want %q: %s", test.reason, outcome(got), test.want, got.Message)
		}
	}
	conditions, err := CompileComparison(`default(canary.share, 0) == 0`, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := conditions.Judge(Comparison{}); got.Outcome != Pass {
		t.Errorf("the author named what is not there: %+v", got)
	}
}

// TestBadComparisons: each has its own answer, and none is a verdict.
func TestBadComparisons(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		reason, condition, want string
		change                  func(*Comparison)
	}{
		{"more bad than all", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Canary.Bad = 5000 }},
		{"negative", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Baseline.Bad = -1 }},
		{"NaN", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Canary.Total = nan }},
		{"infinite", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Canary.Total = inf }},
		{"a layout that is none", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Canary.Buckets.Edges[1] = 0 }},
		{"evidence that is none", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Effect.LogE = nan }},
		{"a confidence that is none", `canary.share < 0.5`, ConditionError, func(c *Comparison) { c.Confidence = 99 }},
		{"too many for a test", `fisher(canary, baseline) < 0.5`, ConditionError, func(c *Comparison) { c.Canary.Total = 1e12 }},
		{"points that are no numbers", `canary.mean < 5000`, NotANumber, func(c *Comparison) { c.Canary.Points[3] = inf }},
		{"nor for a test", `welch(canary.points, baseline.points) < 2`, NotANumber, func(c *Comparison) { c.Canary.Points[3] = nan }},
		{"no requests of the baseline", `canary.share < baseline.share`, NoData, func(c *Comparison) { c.Baseline = Arm{} }},
		{"no histogram and no points", `canary.quantile(0.5) < 9`, NoData, func(c *Comparison) { c.Canary.Buckets, c.Canary.Points = sequential.Buckets{}, nil }},
		{"no evidence of a ratio", `result.ratio < 9`, NotKnownYet, func(c *Comparison) { c.Effect.Ratio = sequential.RateRatioState{} }},
		{"no judge, and no ratio", `result.ratio < 9`, NoData, func(c *Comparison) { c.Effect = Effect{} }},
		{"no judge, and no p-value", `pValue(result) > 0.01`, NoData, func(c *Comparison) { c.Effect.Judged = false }},
		{"few points", `canary.mean < 5000`, NotKnownYet, func(c *Comparison) { c.Canary.Points = gauge(29, 1) }},
		{"bounds beyond all numbers", `canary.share < 1e308 * 1e308`, NotANumber, func(*Comparison) {}},
		{"a quotient of nothing", `canary.share / (canary.bad - 10) < 5`, NotANumber, func(*Comparison) {}},
	}
	for _, test := range tests {
		data := release()
		test.change(&data)
		conditions, err := CompileComparison(test.condition, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := conditions.Judge(data); got.Outcome != Blind || got.Reason != test.want {
			t.Errorf("%s: got %+v, want %s", test.reason, got, test.want)
		}
	}
}

// TestComparisonMessages: a message says what was compared, and how much is missing.
func TestComparisonMessages(t *testing.T) {
	tests := []struct{ condition, want string }{
		{`canary.share < 0.01`, "successCondition canary.share < 0.01 is not known yet: canary.share 0.833 % (0.187 % to 2.12 %) < 1 %, 1200 requests, about 70000 more requests needed"},
		{`canary.share < 0.03`, "successCondition canary.share < 0.03 is true: canary.share 0.833 % (0.187 % to 2.12 %) < 3 %, 1200 requests"},
		{`canary.total >= 2000 && canary.share < 0.03`, "successCondition canary.total >= 2000 && canary.share < 0.03 is not known yet: canary.total 1200 so far >= 2000"},
		{`canary.quantile(0.99) < 1.2 * baseline.quantile(0.99)`, "successCondition canary.quantile(0.99) < 1.2 * baseline.quantile(0.99) is not known yet: " +
			"canary.quantile(0.99) 0.8 (0.2 to ∞) < 1.2 * baseline.quantile(0.99) 0.48 (0.24 to 0.48), 1200 requests"},
		{`result.ratio < 2 && canary.share < 0.03`, "successCondition result.ratio < 2 && canary.share < 0.03 is not known yet: result.ratio 3.33 (0.715 to 10.3) < 2, 1200 requests"},
		{`mannWhitney(canary.points[:3], baseline.points[:3]) < 0.01`, "successCondition mannWhitney(canary.points[:3], baseline.points[:3]) < 0.01 is not known yet: " +
			"mannWhitney(canary.points[:3], baseline.points[:3]) 0.25 < 0.01, 3 points"},
		{`all(canary.points, # < 100) && canary.bad < 10`, "successCondition all(canary.points, # < 100) && canary.bad < 10 is false: canary.bad 10 < 10, 1200 requests"},
	}
	for _, test := range tests {
		conditions, err := CompileComparison(test.condition, "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, conditions.Judge(release()).Message); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.condition, diff)
		}
	}
}

// TestComparisonSyntaxErrors: an error points at the place, and says what there is.
//
// Long: it is a table.
func TestComparisonSyntaxErrors(t *testing.T) {
	tests := []struct{ condition, want string }{
		{`canary.sahre < 1`, `
column 8: there is no field sahre; canary and baseline have share, bad, total, mean, points, quantile(p) and above(limit)
  canary.sahre < 1
         ^`},
		{`let c = canary; c.quantil(0.9) < 1`, `
column 19: there is no function quantil; canary and baseline have share, bad, total, mean, points, quantile(p) and above(limit)
  let c = canary; c.quantil(0.9) < 1
                    ^`},
		{`result.errorRate < 1`, `
column 8: there is no field errorRate; result, the comparison of canary and baseline, has ratio and difference, pValue(result) and eValue(result)
  result.errorRate < 1
         ^`},
		{`default(canary, 1).foo < 1`, `
column 20: there is no field foo; ` + armFields + `; ` + effectFields + `
  default(canary, 1).foo < 1
                     ^`},
		{`canray.share < 1`, `
column 1: unknown name canray; there are canary, baseline and result
  canray.share < 1
  ^`},
		{`result[0] < 1`, `
column 7: type result[int] is undefined; ` + effectFields + `
  result[0] < 1
        ^`},
		{`canary < baseline`, `
column 8: invalid operation: < (mismatched types canary or baseline and canary or baseline); ` + armFields + `
  canary < baseline
         ^`},
		{`canary == baseline`, `
column 1: this is not a number; ` + armFields + `, and ` + effectFields + `
  canary == baseline
  ^`},
		{`canary.share`, `
column 1: expected bool, but got float64
  canary.share
  ^`},
		{`round(canary.share) < 1`, `
column 14: round needs a plain number, and this one has bounds: take its estimate(…), lower(…) or upper(…)
  round(canary.share) < 1
               ^`},
		{`median([canary.share, 1]) < 1`, `
column 8: median needs a plain number, and this one has bounds: take its estimate(…), lower(…) or upper(…)
  median([canary.share, 1]) < 1
         ^`},
		{`sortBy([1, 2], # * canary.share)[0] < 1`, `
column 16: sortBy needs a plain number, and this one has bounds: take its estimate(…), lower(…) or upper(…)
  sortBy([1, 2], # * canary.share)[0] < 1
                 ^`},
		{`canary.share ** 2 < 1`, `
column 8: operator ** needs a plain number, and this one has bounds: take its estimate(…), lower(…) or upper(…)
  canary.share ** 2 < 1
         ^`},
		{`100 * canary.bad / canary.total < 1`, `
column 18: a quotient of counts has no bounds; write canary.share, or estimate(canary.bad)
  100 * canary.bad / canary.total < 1
                   ^`},
		{`let s = canary.share; upper(s, 0.9) < 1`, `
column 29: the bounds of s were computed before, with another confidence; write here what it stands for
  let s = canary.share; upper(s, 0.9) < 1
                              ^`},
		{`confidence(1.5, canary.share < 1)`, `
column 12: a confidence is a number between 0 and 1, such as 0.95
  confidence(1.5, canary.share < 1)
             ^`},
		{`canary.quantile(1.5) < 1`, `
column 17: a quantile is between 0 and 1, as in canary.quantile(0.99)
  canary.quantile(1.5) < 1
                  ^`},
		{`lower(0.5) < 1`, `
column 7: this is a plain number and has no bounds
  lower(0.5) < 1
        ^`},
		{`welch(canary.points, baseline.points, "up") < 1`, `
column 39: a test is "greater", "less" or "twoSided"
  welch(canary.points, baseline.points, "up") < 1
                                        ^`},
		{`fisher(canary.points, baseline) < 1`, `
column 15: cannot use []float64 as argument (type canary or baseline) to call fisher; ` + armFields + `
  fisher(canary.points, baseline) < 1
                ^`},
		{``, `
column 1: neither successCondition nor failureCondition is set, so that nothing could ever pass or fail; set one of them`},
	}
	for _, test := range tests {
		_, err := CompileComparison(test.condition, "")
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("%s: got %v, want a *SyntaxError", test.condition, err)
		}
		if diff := cmp.Diff("successCondition, line 1, "+strings.TrimPrefix(test.want, "\n"), err.Error()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if _, err := Compile(`canary.share < 1`, ""); err == nil || !strings.Contains(err.Error(), "unknown name canary") {
		t.Errorf("a condition on the answer of a query reads canary: %v", err)
	}
}

// TestEvidenceIsNeverTooMuch: evidence beyond all numbers is still evidence.
func TestEvidenceIsNeverTooMuch(t *testing.T) {
	conditions, err := CompileComparison("", `eValue(result) > 100 && pValue(result) < 0.01`)
	if err != nil {
		t.Fatal(err)
	}
	for _, logE := range []float64{5, 1e4, math.MaxFloat64, math.Inf(1)} {
		data := release()
		data.Effect.LogE, data.Effect.HighestLogE = logE, logE
		if got := conditions.Judge(data); got.Outcome != Fail {
			t.Errorf("evidence of e^%v: %+v", logE, got)
		}
	}
}

// TestMeansOfPoints: without requests the difference is that of the means, and a
// quantile that of the points.
func TestMeansOfPoints(t *testing.T) {
	data := release()
	for _, arm := range []*Arm{&data.Canary, &data.Baseline} {
		arm.Bad, arm.Total, arm.Buckets = 0, 0, sequential.Buckets{}
	}
	for condition, want := range map[string]string{
		`estimate(result.difference) == estimate(canary.mean) - estimate(baseline.mean)`: "Pass",
		`result.difference < 4`:       "Pass",
		`result.difference < 1`:       "Blind NotKnownYet",
		`canary.quantile(0.5) < 11`:   "Pass",
		`canary.quantile(0.5) < 8`:    "Blind NotKnownYet",
		`canary.quantile(0.9) < 1000`: "Blind NotKnownYet",
		`canary.quantile(0.05) > -9`:  "Blind NotKnownYet",
		`canary.above(10.5) < 0.5`:    "Pass",
		`canary.share < 1`:            "Blind NoData",
	} {
		conditions, err := CompileComparison(condition, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := conditions.Judge(data); outcome(got) != want {
			t.Errorf("%s is %q, want %q: %s", condition, outcome(got), want, got.Message)
		}
	}
	for i := range data.Canary.Points {
		data.Canary.Points[i] -= 100
	}
	conditions, err := CompileComparison(`canary.quantile(0.5) < -85 && canary.quantile(0.5) >= -95`, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := conditions.Judge(data); got.Outcome != Pass {
		t.Errorf("a gauge below 0: %+v", got)
	}
}

// TestDispersion: requests in clumps of four are worth a quarter, and so are buckets.
func TestDispersion(t *testing.T) {
	clumped, fewer := release(), release()
	clumped.Canary.Dispersion = 4
	fewer.Canary.Bad, fewer.Canary.Total = fewer.Canary.Bad/4, fewer.Canary.Total/4
	for i := range fewer.Canary.Buckets.Counts {
		fewer.Canary.Buckets.Counts[i] /= 4
	}
	for _, bound := range []string{"lower", "upper"} {
		for _, x := range []string{"canary.share", "canary.above(0.2)", "canary.quantile(0.8)"} {
			var values [2]any
			for i, data := range []Comparison{clumped, fewer} {
				c, err := compileComparison(successCondition, bound+"("+x+") >= 0")
				if err != nil {
					t.Fatal(err)
				}
				data.Confidence = defaultConfidence
				values[i], _, _ = strings.Cut(c.compare(&data).notes, ",")
			}
			if values[0] != values[1] {
				t.Errorf("%s of clumped requests is %v, of a quarter as many %v", x, values[0], values[1])
			}
		}
	}
}
