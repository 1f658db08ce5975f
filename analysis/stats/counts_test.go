package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// counts are drawn small, as often without as with events.
func counts(t *rapid.T, most int64) (canary, baseline Count) {
	draw := func(name string) Count {
		total := rapid.Int64Range(1, most).Draw(t, name+" total")
		return Count{rapid.Int64Range(0, total).Draw(t, name+" events"), total}
	}
	return draw("canary"), draw("baseline")
}

type fisherCase struct {
	Table [2][2]int64 `json:"table"`
	Out   struct {
		oracleTails
		SampleOdds oracle     `json:"sample_or"`
		Odds       *oracle    `json:"cond_mle_or"`
		Interval   *[2]oracle `json:"or_ci95"`
	} `json:"out"`
}

func TestFisherGolden(t *testing.T) {
	eachGolden(t, "fisher.json", 19*3+17*4, func(with comparison, _ goldenFile[fisherCase], c fisherCase, _ string) {
		row := func(r [2]int64) Count { return Count{r[0], r[0] + r[1]} }
		got, err := Fisher(row(c.Table[0]), row(c.Table[1]), 0.95)
		if err != nil {
			with.t.Fatal(err)
		}
		with.tails("P", got.P, c.Out.oracleTails)
		if got.Defined != (c.Out.Odds != nil) {
			with.t.Errorf("defined is %v", got.Defined)
		}
		if c.Out.Odds == nil {
			return
		}
		with.same("SampleOdds", got.SampleOdds, c.Out.SampleOdds)
		with.same("Odds", got.Odds, *c.Out.Odds)
		with.interval("Interval", got.Interval, *c.Out.Interval)
	})
}

// TestFisherCounts holds the tails against sums over the whole law.
func TestFisherCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := counts(t, 25)
		got, err := Fisher(canary, baseline, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		want := dumbOddsTails(canary, baseline)
		for _, v := range [][2]float64{{got.P.TwoSided, want.TwoSided}, {got.P.Greater, want.Greater}, {got.P.Less, want.Less}} {
			if math.Abs(v[0]-v[1]) > 1e-11*v[1] {
				t.Errorf("%+v, want %+v", got.P, want)
			}
		}
		wantOrdered(t, got.Interval)
		if got.Defined && !(got.Interval.Lower <= got.Odds && got.Odds <= got.Interval.Upper) {
			t.Errorf("the estimate is outside of its interval: %+v", got)
		}
	})
}

// dumbOddsTails sums the hypergeometric law by binomial coefficients.
func dumbOddsTails(canary, baseline Count) Tails {
	choose := func(n, k int64) float64 {
		v := 1.0
		for i := range k {
			v = v * float64(n-i) / float64(i+1)
		}
		return v
	}
	events := canary.Events + baseline.Events
	chance := func(k int64) float64 {
		if k < 0 || k > canary.Total || events-k < 0 || events-k > baseline.Total {
			return 0
		}
		return choose(canary.Total, k) * choose(baseline.Total, events-k) / choose(canary.Total+baseline.Total, events)
	}
	var tails Tails
	for k := range events + 1 {
		p := chance(k)
		if k >= canary.Events {
			tails.Greater += p
		}
		if k <= canary.Events {
			tails.Less += p
		}
		if p <= chance(canary.Events)*(1+1e-7) {
			tails.TwoSided += p
		}
	}
	return tails
}

type proportionCase struct {
	X1, N1, X2, N2 int64
	Out            struct {
		Difference   oracle    `json:"diff"`
		Ratio        oracle    `json:"ratio"`
		Z            oracle    `json:"pooled_z"`
		TwoSided     oracle    `json:"pooled_p_two"`
		Greater      oracle    `json:"pooled_p_greater"`
		Wilson1      [2]oracle `json:"wilson1"`
		Wilson2      [2]oracle `json:"wilson2"`
		Newcombe     [2]oracle `json:"newcombe95"`
		Difference95 [2]oracle `json:"mn_diff_ci95"`
		Ratio95      [2]oracle `json:"mn_ratio_ci95"`
		Margins      []struct {
			Kind        string  `json:"kind"`
			Margin      float64 `json:"margin"`
			Z           oracle  `json:"z"`
			Worse       oracle  `json:"p_worse"`
			NonInferior oracle  `json:"p_noninferior"`
		} `json:"noninf"`
	} `json:"out"`
}

func TestTwoProportionsGolden(t *testing.T) {
	eachGolden(t, "two_proportion.json", 18*(4+4+2+2+12)+17*2, func(with comparison, file goldenFile[proportionCase], c proportionCase, _ string) {
		canary, baseline := Count{c.X1, c.N1}, Count{c.X2, c.N2}
		pooled, err := TwoProportions(canary, baseline)
		if err != nil {
			with.t.Fatal(err)
		}
		with.same("Difference", pooled.Difference, c.Out.Difference)
		with.same("Z", pooled.Z, c.Out.Z)
		with.same("TwoSided", pooled.P.TwoSided, c.Out.TwoSided)
		with.same("Greater", pooled.P.Greater, c.Out.Greater)
		compareIntervals(with, file.Intervals, canary, baseline, c)
		for _, m := range c.Out.Margins {
			got, err := NonInferiority(canary, baseline, Margin{m.Margin, m.Kind == "relative"})
			if err != nil {
				with.t.Fatal(err)
			}
			with.same(m.Kind+" z", got.Z, m.Z)
			with.same(m.Kind+" Worse", got.Worse, m.Worse)
			with.same(m.Kind+" NonInferior", got.NonInferior, m.NonInferior)
		}
	})
}

func compareIntervals(with comparison, relative float64, canary, baseline Count, c proportionCase) {
	must := func(i Interval, err error) Interval {
		if err != nil {
			with.t.Fatal(err)
		}
		return i
	}
	with.interval("Wilson of the canary", must(Wilson(canary, 0.95)), c.Out.Wilson1)
	with.interval("Wilson of the baseline", must(Wilson(baseline, 0.95)), c.Out.Wilson2)
	with.interval("Newcombe", must(Newcombe(canary, baseline, 0.95)), c.Out.Newcombe)
	with = with.with(relative)
	with.interval("difference", must(MiettinenNurminenDifference(canary, baseline, 0.95)), c.Out.Difference95)
	ratio, err := MiettinenNurminenRatio(canary, baseline, 0.95)
	if math.IsNaN(float64(c.Out.Ratio)) {
		if err == nil {
			with.t.Error("there is a ratio without any event")
		}
		return
	}
	with.interval("ratio", must(ratio, err), c.Out.Ratio95)
}

type rateCase struct {
	X1   int64   `json:"x1"`
	T1   float64 `json:"t1"`
	X2   int64   `json:"x2"`
	T2   float64 `json:"t2"`
	Null float64 `json:"ratio_null"`
	Out  struct {
		Conditional struct {
			Greater    oracle `json:"p_greater"`
			Less       oracle `json:"p_less"`
			TwoSided   oracle `json:"p_two_minlike"`
			MidGreater oracle `json:"midp_greater"`
			MidLess    oracle `json:"midp_less"`
		} `json:"cond"`
		Z        oracle      `json:"score_z"`
		Interval *[2]oracle  `json:"ratio_ci95"`
		Wald     *eTestValue `json:"etest_wald"`
		Score    *eTestValue `json:"etest_score"`
	} `json:"out"`
}

type eTestValue struct {
	Statistic oracle `json:"stat"`
	TwoSided  oracle `json:"p_two"`
	Greater   oracle `json:"p_greater"`
}

func TestPoissonRatioGolden(t *testing.T) {
	eachGolden(t, "poisson_ratio.json", 34*6+32*2+28*6, func(with comparison, file goldenFile[rateCase], c rateCase, _ string) {
		canary, baseline := Rate{c.X1, c.T1}, Rate{c.X2, c.T2}
		got, err := PoissonRatio(canary, baseline, c.Null, 0.95)
		if err != nil {
			with.t.Fatal(err)
		}
		with.same("Greater", got.P.Greater, c.Out.Conditional.Greater)
		with.same("Less", got.P.Less, c.Out.Conditional.Less)
		with.same("TwoSided", got.P.TwoSided, c.Out.Conditional.TwoSided)
		with.same("MidGreater", got.MidGreater, c.Out.Conditional.MidGreater)
		with.same("MidLess", got.MidLess, c.Out.Conditional.MidLess)
		with.same("Z", got.Z, c.Out.Z)
		if c.Out.Interval != nil {
			with.interval("Interval", got.Interval, *c.Out.Interval)
		}
		with = with.with(file.ETest)
		for statistic, want := range map[ETestStatistic]*eTestValue{ETestWald: c.Out.Wald, ETestScore: c.Out.Score} {
			if want == nil {
				continue
			}
			got, err := ETest(canary, baseline, c.Null, statistic)
			if err != nil {
				with.t.Fatal(err)
			}
			with.same("statistic", got.Statistic, want.Statistic)
			with.same("TwoSided", got.TwoSided, want.TwoSided)
			with.same("Greater", got.Greater, want.Greater)
		}
	})
}

// TestIntervalsHoldTheirConfidence sums the probability that an interval of 90 % holds
// the truth over all outcomes of few trials. Clopper and Pearson's is never below; the
// score intervals may be, by little.
func TestIntervalsHoldTheirConfidence(t *testing.T) {
	const n1, n2 = 15, 20
	for _, truth := range [][2]float64{{0.1, 0.1}, {0.3, 0.1}, {0.5, 0.45}, {0.05, 0.4}} {
		p1, p2 := truth[0], truth[1]
		var wilson, newcombe, miettinen, ratio float64
		for x1 := range int64(n1 + 1) {
			for x2 := range int64(n2 + 1) {
				chance := math.Exp(logBinomial(x1, n1, p1, 1-p1) + logBinomial(x2, n2, p2, 1-p2))
				canary, baseline := Count{x1, n1}, Count{x2, n2}
				holds := func(to *float64, i Interval, err error, v float64) {
					if err == nil && i.Lower <= v && v <= i.Upper || err != nil {
						*to += chance
					}
				}
				i, err := Wilson(canary, 0.9)
				holds(&wilson, i, err, p1)
				i, err = Newcombe(canary, baseline, 0.9)
				holds(&newcombe, i, err, p1-p2)
				i, err = MiettinenNurminenDifference(canary, baseline, 0.9)
				holds(&miettinen, i, err, p1-p2)
				i, err = MiettinenNurminenRatio(canary, baseline, 0.9)
				holds(&ratio, i, err, p1/p2)
			}
		}
		for name, covered := range map[string]float64{"Wilson": wilson, "Newcombe": newcombe, "Miettinen-Nurminen": miettinen, "ratio": ratio} {
			if covered < 0.85 || covered > 0.995 {
				t.Errorf("%s covers %v against %v with %v", name, p1, p2, covered)
			}
		}
	}
}

// TestRateIntervalHoldsItsConfidence sums over the law of the canary's events.
func TestRateIntervalHoldsItsConfidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ratio := rapid.Float64Range(0.1, 10).Draw(t, "ratio")
		exposure := rapid.Float64Range(0.1, 10).Draw(t, "exposure")
		n := rapid.Int64Range(1, 30).Draw(t, "n")
		p := ratio * exposure / (ratio*exposure + 1)
		covered := 0.0
		for x := range n + 1 {
			got, err := PoissonRatio(Rate{x, exposure}, Rate{n - x, 1}, 1, 0.9)
			if err != nil {
				t.Fatal(err)
			}
			if got.Interval.Lower <= ratio && ratio <= got.Interval.Upper {
				covered += math.Exp(logBinomial(x, n, p, 1-p))
			}
		}
		if covered < 0.9-1e-9 {
			t.Errorf("an exact interval of 90 %% covers the truth with %v", covered)
		}
	})
}

// TestBinomialCounts holds the tails against the sums that define them.
func TestBinomialCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 60).Draw(t, "n")
		k := rapid.Int64Range(-1, 61).Draw(t, "k")
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		want := 0.0
		for i := max(k, 0); i <= n; i++ {
			chance := 1.0
			for j := range i {
				chance *= float64(n-j) / float64(j+1) * p
			}
			want += chance * math.Pow(1-p, float64(n-i))
		}
		got, err := BinomialSurvival(k, n, p)
		if err != nil || math.Abs(got-want) > 1e-11*want+1e-300 {
			t.Errorf("P(X >= %d) of %d with %v is %v, want %v (%v)", k, n, p, got, want, err)
		}
	})
}

func FuzzCounts(f *testing.F) {
	f.Add(int64(0), int64(0), int64(0), int64(0), 0.95, 0.1)
	f.Add(int64(1), int64(1), int64(0), int64(1), 0.95, -0.5)
	f.Add(int64(5), int64(100), int64(-3), int64(100), 0.0, 2.0)
	f.Add(int64(1000), int64(1_000_000_000), int64(900), int64(9_000_000_000), 0.999, 1e-9)
	f.Add(int64(10_000_000_000), int64(10_000_000_000), int64(0), int64(10_000_000_000), 1e-12, 0.999)
	f.Fuzz(func(t *testing.T, x1, n1, x2, n2 int64, confidence, size float64) {
		canary, baseline := Count{x1, n1}, Count{x2, n2}
		if got, err := Fisher(canary, baseline, confidence); err == nil {
			wantTails(t, got.P)
			wantOrdered(t, got.Interval)
			if math.IsNaN(got.Odds) || math.IsNaN(got.SampleOdds) {
				t.Errorf("%+v", got)
			}
		}
		if got, err := TwoProportions(canary, baseline); err == nil {
			wantTails(t, got.P)
		}
		for _, interval := range []func(Count, Count, float64) (Interval, error){
			Newcombe, MiettinenNurminenDifference, MiettinenNurminenRatio,
			func(c, _ Count, confidence float64) (Interval, error) { return Wilson(c, confidence) },
		} {
			if got, err := interval(canary, baseline, confidence); err == nil {
				wantOrdered(t, got)
			}
		}
		for _, relative := range []bool{false, true} {
			got, err := NonInferiority(canary, baseline, Margin{size, relative})
			if err == nil && (math.IsNaN(got.Z) || !(got.Worse+got.NonInferior > 0.999 && got.Worse+got.NonInferior < 1.001)) {
				t.Errorf("%+v", got)
			}
		}
	})
}

func FuzzRates(f *testing.F) {
	f.Add(int64(0), 1.0, int64(0), 1.0, 1.0, 0.95)
	f.Add(int64(3), 1e-99, int64(2), 1e99, 1e99, 0.95)
	f.Add(int64(9_000_000_000), 1e9, int64(1), 1e-9, 1.5, 0.5)
	f.Add(int64(30), math.NaN(), int64(20), math.Inf(1), 1.0, 0.5)
	f.Fuzz(func(t *testing.T, x1 int64, t1 float64, x2 int64, t2 float64, null, confidence float64) {
		canary, baseline := Rate{x1, t1}, Rate{x2, t2}
		if got, err := PoissonRatio(canary, baseline, null, confidence); err == nil {
			wantTails(t, got.P)
			wantOrdered(t, got.Interval)
			if math.IsNaN(got.Z) || math.IsNaN(got.Ratio) || !(got.MidGreater >= 0 && got.MidLess >= 0) {
				t.Errorf("%+v", got)
			}
		}
		for _, statistic := range []ETestStatistic{ETestWald, ETestScore} {
			got, err := ETest(canary, baseline, null, statistic)
			if err == nil && !(got.TwoSided >= 0 && got.TwoSided <= 1 && got.Greater >= 0 && got.Greater <= 1) {
				t.Errorf("%+v", got)
			}
		}
	})
}

func FuzzPosteriorWorse(f *testing.F) {
	f.Add(int64(0), int64(1), int64(0), int64(1), 1.0, 1.0, 0.0)
	f.Add(int64(5), int64(1_000_000_000), int64(7), int64(1_000_000), 0.5, 1.5, 0.001)
	f.Fuzz(func(t *testing.T, x1, n1, x2, n2 int64, prior, ratio, difference float64) {
		got, err := PosteriorWorse(Count{x1, n1}, Count{x2, n2}, Prior{prior, prior}, Worse{ratio, difference})
		if err == nil && !(got >= 0 && got <= 1) {
			t.Errorf("the probability is %v", got)
		}
	})
}

func FuzzSpecialFunctions(f *testing.F) {
	f.Add(1.0, 2.0, 0.5)
	f.Add(1e-300, 1e300, 1e-300)
	f.Add(5e11, 5e11, 0.5)
	f.Add(math.NaN(), math.Inf(1), -1.0)
	f.Fuzz(func(t *testing.T, a, b, x float64) {
		for _, tails := range []func() (float64, float64, error){
			func() (float64, float64, error) { return IncompleteBeta(a, b, x) },
			func() (float64, float64, error) { return IncompleteGamma(a, b) },
		} {
			if lower, upper, err := tails(); err == nil && !(lower >= 0 && upper >= 0 && math.Abs(lower+upper-1) < 1e-12) {
				t.Errorf("%v and %v of %v, %v, %v", lower, upper, a, b, x)
			}
		}
		for name, function := range map[string]func() (float64, error){
			"LogBeta": func() (float64, error) { return LogBeta(a, b) }, "LogGammaDifference": func() (float64, error) { return LogGammaDifference(a, b) },
			"NormalSurvival": func() (float64, error) { return NormalSurvival(a) }, "LogNormalSurvival": func() (float64, error) { return LogNormalSurvival(a) },
			"NormalQuantile": func() (float64, error) { return NormalQuantile(x) }, "StudentSurvival": func() (float64, error) { return StudentSurvival(a, b) },
			"BinomialSurvival": func() (float64, error) { return BinomialSurvival(int64(min(a, 1e9)), 1_000_000, x) },
			"PoissonSurvival":  func() (float64, error) { return PoissonSurvival(int64(min(a, 1e9)), b) },
		} {
			if got, err := function(); err == nil && math.IsNaN(got) {
				t.Errorf("%s of %v, %v, %v is not a number", name, a, b, x)
			}
		}
	})
}
