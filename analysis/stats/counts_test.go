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
	choose := func(n, k int64) float64 {
		v := 1.0
		for i := range k {
			v = v * float64(n-i) / float64(i+1)
		}
		return v
	}
	rapid.Check(t, func(t *rapid.T) {
		canary, baseline := counts(t, 25)
		got, err := Fisher(canary, baseline, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		events := canary.Events + baseline.Events
		chance := func(k int64) float64 {
			if k < 0 || k > canary.Total || events-k < 0 || events-k > baseline.Total {
				return 0
			}
			return choose(canary.Total, k) * choose(baseline.Total, events-k) / choose(canary.Total+baseline.Total, events)
		}
		var want Tails
		for k := range events + 1 {
			p := chance(k)
			if k >= canary.Events {
				want.Greater += p
			}
			if k <= canary.Events {
				want.Less += p
			}
			if p <= chance(canary.Events)*(1+1e-7) {
				want.TwoSided += p
			}
		}
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
