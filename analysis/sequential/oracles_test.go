package sequential

import (
	"math"
	"testing"
)

// The tests of this file hold each method against the oracle values, computed from
// the definitions with 50 digits. goldenTolerance is that of cases without their own.
const goldenTolerance = 1e-12

// tolerance is a case's own, if it has one.
func tolerance(own float64) float64 {
	if own > 0 {
		return own
	}
	return goldenTolerance
}

func TestBetaBinomialGolden(t *testing.T) {
	type row struct {
		X, N, P0, A, B, Rtol float64
		Out                  struct {
			Two float64 `json:"log_e_two_sided"`
			One float64 `json:"log_e_one_sided_greater"`
		}
	}
	for i, c := range readSection[row](t, "beta_binomial_mixture", 16) {
		test := BetaBinomial{Null: c.P0, A: c.A, B: c.B}
		seen := Tally{Hits: c.X, Trials: c.N}
		if got := test.LogE(seen); !near(got, c.Out.Two, tolerance(c.Rtol), 1) {
			t.Errorf("case %d, two-sided: %.16g, want %.16g", i, got, c.Out.Two)
		}
		test.Greater = true
		if got := test.LogE(seen); !near(got, c.Out.One, tolerance(c.Rtol), 1) {
			t.Errorf("case %d, one-sided: %.16g, want %.16g", i, got, c.Out.One)
		}
	}
}

func TestMultinomialGolden(t *testing.T) {
	type row struct {
		Counts []float64
		Theta0 []float64
		K      float64
		Out    struct {
			LogE float64 `json:"log_e"`
		}
	}
	for i, c := range readSection[row](t, "dirichlet_multinomial", 15) {
		test := Multinomial{Concentration: c.K}
		s := test.Observe(MultinomialState{}, c.Counts, c.Theta0)
		if got := test.LogE(s); !near(got, c.Out.LogE, goldenTolerance, 1) {
			t.Errorf("case %d: %.16g, want %.16g", i, got, c.Out.LogE)
		}
	}
}

func TestBernoulliRIPrGolden(t *testing.T) {
	type row struct {
		Block  [4]float64
		Null   string
		Margin float64
		Theta  [2]float64 `json:"theta_star"`
		Out    struct {
			Theta [2]float64 `json:"theta_o"`
			LogE  float64    `json:"log_e"`
		}
	}
	kinds := map[string]Hypothesis{"equal": Equal, "ratio": RiskRatio, "diff": Difference}
	for i, c := range readSection[row](t, "bernoulli_ripr", 32) {
		kind, known := kinds[c.Null]
		if !known {
			t.Fatalf("case %d has the null %q", i, c.Null)
		}
		test := BernoulliRIPr{Null: kind, Margin: c.Margin}
		x1, n1, x2, n2 := c.Block[0], c.Block[1], c.Block[2], c.Block[3]
		p1, p2 := test.Project(n1, n2, c.Theta[0], c.Theta[1])
		if !near(p1, c.Out.Theta[0], goldenTolerance, 0) || !near(p2, c.Out.Theta[1], goldenTolerance, 0) {
			t.Errorf("case %d: projection %.16g, %.16g, want %v", i, p1, p2, c.Out.Theta)
		}
		got := test.LogE(n1, x1, n2, x2, c.Theta[0], c.Theta[1])
		if !near(got, c.Out.LogE, goldenTolerance, 1) {
			t.Errorf("case %d: %.16g, want %.16g", i, got, c.Out.LogE)
		}
	}
}

func TestPoissonRIPrGolden(t *testing.T) {
	type row struct {
		Block  [4]float64
		Margin float64    `json:"abs_margin"`
		Rates  [2]float64 `json:"lambda_star"`
		Out    struct {
			Rates [2]float64 `json:"lambda_o"`
			LogE  float64    `json:"log_e"`
		}
	}
	for i, c := range readSection[row](t, "poisson_ripr", 10) {
		test := PoissonRIPr{Margin: c.Margin}
		x1, t1, x2, t2 := c.Block[0], c.Block[1], c.Block[2], c.Block[3]
		l1, l2 := test.Project(t1, t2, c.Rates[0], c.Rates[1])
		if !near(l1, c.Out.Rates[0], goldenTolerance, 0) || !near(l2, c.Out.Rates[1], goldenTolerance, 0) {
			t.Errorf("case %d: projection %.16g, %.16g, want %v", i, l1, l2, c.Out.Rates)
		}
		if got := test.LogE(t1, x1, t2, x2, c.Rates[0], c.Rates[1]); !near(got, c.Out.LogE, goldenTolerance, 1) {
			t.Errorf("case %d: %.16g, want %.16g", i, got, c.Out.LogE)
		}
	}
}

func TestTwoSampleGolden(t *testing.T) {
	type row struct {
		ID       string
		Canary   [][]float64 `json:"canary_blocks"`
		Baseline []float64   `json:"baseline_block"`
		Out      struct {
			Plugin []float64          `json:"log_e_plugin"`
			Tilts  map[string]float64 `json:"log_e_tilt"`
			Mix    float64            `json:"log_e_tilt_mix"`
		}
	}
	for _, c := range readSection[row](t, "multinomial_two_sample", 3) {
		var both TwoSampleState
		var shift ShiftState
		for k, canary := range c.Canary {
			both = TwoSample{}.Observe(both, canary, c.Baseline)
			shift = Shift{}.Observe(shift, canary, c.Baseline)
			if got := both.LogE(); !near(got, c.Out.Plugin[k], goldenTolerance, 1) {
				t.Errorf("%s, block %d: %.16g, want %.16g", c.ID, k, got, c.Out.Plugin[k])
			}
		}
		for j, name := range []string{"1", "2", "4"} {
			if want, found := c.Out.Tilts[name]; !found || !near(shift.LogL[j], want, goldenTolerance, 1) {
				t.Errorf("%s, tilt %s: %.16g, want %.16g", c.ID, name, shift.LogL[j], want)
			}
		}
		if got := shift.LogE(); !near(got, c.Out.Mix, goldenTolerance, 1) {
			t.Errorf("%s: %.16g, want %.16g", c.ID, got, c.Out.Mix)
		}
	}
}

func TestBandGolden(t *testing.T) {
	type row struct {
		Alpha, Rtol float64
		Out         struct {
			C     float64
			Few   float64 `json:"bound_t1000_tmin100"`
			Large float64 `json:"bound_t1e5_tmin100"`
		}
	}
	for _, c := range readSection[row](t, "dkw_lil", 10) {
		band := NewBand(c.Alpha, 100)
		got := [3]float64{band.C, band.HalfWidth(1000), band.HalfWidth(1e5)}
		for i, want := range [3]float64{c.Out.C, c.Out.Few, c.Out.Large} {
			if !near(got[i], want, tolerance(c.Rtol), 0) {
				t.Errorf("alpha %v: %.16g, want %.16g", c.Alpha, got[i], want)
			}
		}
	}
}

func TestMixturesGolden(t *testing.T) {
	type row struct {
		S, V, Rtol float64
		Optimum    float64 `json:"v_opt"`
		Alpha      float64 `json:"alpha_opt"`
		Out        map[string]float64
	}
	compared := 0
	for i, c := range readSection[row](t, "mixtures", 28) {
		for name, got := range map[string]float64{
			"normal_two":           NewNormalMixture(c.Optimum, c.Alpha, false).LogE(c.S, c.V),
			"normal_one":           NewNormalMixture(c.Optimum, c.Alpha, true).LogE(c.S, c.V),
			"gamma_exponential_c2": NewGammaExponential(c.Optimum, c.Alpha, 2).LogE(c.S, c.V),
			"gamma_poisson_c2":     NewGammaPoisson(c.Optimum, c.Alpha, 2).LogE(c.S, c.V),
		} {
			want, has := c.Out[name]
			if !has { // One value was not computed.
				continue
			}
			compared++
			if !near(got, want, tolerance(c.Rtol), 1) {
				t.Errorf("case %d, %s: %.16g, want %.16g", i, name, got, want)
			}
		}
	}
	if compared != 0 && compared != 111 {
		t.Errorf("%d values were compared, want 111", compared)
	}
}

// confseqRow is a fact from the tests of the package confseq.
type confseqRow struct {
	Fn     string
	P      float64
	S, V   float64
	T      float64
	N, X   float64
	Alpha  float64
	VOpt   float64 `json:"v_opt"`
	TOpt   float64 `json:"t_opt"`
	VMin   float64 `json:"v_min"`
	TMin   float64 `json:"t_min"`
	G, C   float64
	Offset int
	Expect any
}

// howard is the beta-binomial mixture of the fact, tuned at an intrinsic time, and
// the trials of another one.
func (c confseqRow) howard(greater bool) (test BetaBinomial, trials float64) {
	variance := c.G * (1 - c.G)
	return Howard(c.G, c.VOpt/variance, 0.05, greater), c.V / variance
}

// value is what this package says about the fact.
//
// Long: it is a table.
func (c confseqRow) value(t *testing.T) []float64 {
	one := func(v float64) []float64 { return []float64{v} }
	switch c.Fn {
	case "normal_mixture_bound two-sided":
		return one(NewNormalMixture(c.VOpt, 0.05, false).Bound(c.V, c.Alpha))
	case "normal_mixture_bound one-sided":
		return one(NewNormalMixture(c.VOpt, 0.05, true).Bound(c.V, c.Alpha))
	case "gamma_exponential_mixture_bound":
		return one(NewGammaExponential(c.VOpt, 0.05, c.C).Bound(c.V, c.Alpha))
	case "gamma_poisson_mixture_bound":
		return one(NewGammaPoisson(c.VOpt, 0.05, c.C).Bound(c.V, c.Alpha))
	case "beta_binomial_mixture_bound two-sided", "beta_binomial_mixture_bound one-sided":
		test, trials := c.howard(c.Fn == "beta_binomial_mixture_bound one-sided")
		return one(test.Bound(trials, c.Alpha))
	case "beta_binomial_log_mixture two-sided", "beta_binomial_log_mixture one-sided":
		test, trials := c.howard(c.Fn == "beta_binomial_log_mixture one-sided")
		return one(test.LogE(Tally{Hits: c.S + trials*c.G, Trials: trials}))
	case "poly_stitching_bound":
		return one(PolyStitching(c.V, c.Alpha, c.VMin, c.C))
	case "empirical_process_lil_bound":
		return one(NewBand(c.Alpha, c.TMin).HalfWidth(c.T))
	case "double_stitching_bound":
		return one(DoubleStitching(c.P, c.T, c.Alpha, c.TOpt))
	case "quantile_ab_p_value":
		return one(FixedQuantile{P: c.P, Optimum: 100}.PValue(ladder(0, c.Offset), ladder(c.Offset, c.Offset)))
	case "bernoulli_confidence_interval":
		got := Tally{Hits: c.X, Trials: c.N}.Confidence(c.Alpha, c.TOpt)
		return []float64{got.Lower, got.Upper}
	default:
		t.Fatalf("nothing is known of %s", c.Fn)
		return nil
	}
}

// ladder is one value each at from+1 … from+1000, over edges 1 … 1000+most.
func ladder(from, most int) Buckets {
	var b Buckets
	for edge := 1; edge <= 1000+most; edge++ {
		count := 0.0
		if edge > from && edge <= from+1000 {
			count = 1
		}
		b.Edges, b.Counts = append(b.Edges, float64(edge)), append(b.Counts, count)
	}
	b.Counts = append(b.Counts, 0)
	return b
}

func TestConfseqFacts(t *testing.T) {
	for i, c := range readSection[confseqRow](t, "confseq_unit_values", 24) {
		var want []float64
		switch expect := c.Expect.(type) {
		case float64:
			want = []float64{expect}
		case []any:
			for _, v := range expect {
				want = append(want, v.(float64))
			}
		}
		got := c.value(t)
		if len(got) != len(want) {
			t.Fatalf("case %d: %v, want %v", i, got, want)
		}
		for k := range got {
			if math.Abs(got[k]-want[k]) > 1e-5 {
				t.Errorf("case %d, %s: %.10g, want %.10g", i, c.Fn, got[k], want[k])
			}
		}
	}
}

// TestBoundedMeanGolden: the bounds and bets after each value.
func TestBoundedMeanGolden(t *testing.T) {
	type row struct {
		ID    string
		X     []float64
		Alpha float64
		Out   struct {
			Lambda  []float64 `json:"lambda_"`
			Lower   []float64 `json:"predmix_eb_lower"`
			Upper   []float64 `json:"predmix_eb_upper"`
			Betting []float64 `json:"betting_logcapital_m_0_2"`
			Agrapa  []float64 `json:"agrapa_logcapital_m_0_2"`
		}
	}
	for _, c := range readSection[row](t, "bounded_mean", 8) {
		mean := BoundedMean{Alpha: c.Alpha}
		bet, adaptive := MeanBet{Mean: 0.2, Alpha: c.Alpha}, MeanBet{Mean: 0.2, Alpha: c.Alpha, Adaptive: true}
		var s BoundedMeanState
		var plain, follows MeanBetState
		for k, x := range c.X {
			stake := min(0.5, s.Values.stake(c.Alpha))
			s, plain, follows = mean.Observe(s, x), bet.Observe(plain, x), adaptive.Observe(follows, x)
			bounds := mean.Confidence(s)
			for _, pair := range [][2]float64{
				{stake, c.Out.Lambda[k]},
				{bounds.Lower, c.Out.Lower[k]},
				{bounds.Upper, c.Out.Upper[k]},
				{plain.LogE(), c.Out.Betting[k]},
				{follows.LogE(), c.Out.Agrapa[k]},
			} {
				if !near(pair[0], pair[1], goldenTolerance, 1) {
					t.Errorf("%s, value %d: %.16g, want %.16g", c.ID, k, pair[0], pair[1])
				}
			}
		}
	}
}

func TestAsymptoticGolden(t *testing.T) {
	type row struct {
		Estimate, SE, N, Tuning, Alpha float64
		Out                            struct {
			Two  float64 `json:"halfwidth_two"`
			LogE float64 `json:"log_e_two"`
			P    float64 `json:"p_two"`
			One  float64 `json:"halfwidth_one"`
			Rho2 float64 `json:"rho_two"`
			Rho1 float64 `json:"rho_one"`
		}
	}
	for i, c := range readSection[row](t, "asymptotic_cs", 20) {
		a := Asymptotic{Alpha: c.Alpha, Tuning: c.Tuning}
		logE := a.LogE(c.Estimate, c.SE, c.N)
		for k, pair := range [][2]float64{
			{a.HalfWidth(c.SE, c.N), c.Out.Two},
			{a.HalfWidthOneSided(c.SE, c.N), c.Out.One},
			{a.rho(c.Alpha), c.Out.Rho2},
			{a.rho(2 * c.Alpha), c.Out.Rho1},
			{AnytimeP(logE), c.Out.P},
		} {
			if !near(pair[0], pair[1], goldenTolerance, 0) {
				t.Errorf("case %d, value %d: %.16g, want %.16g", i, k, pair[0], pair[1])
			}
		}
		if !near(logE, c.Out.LogE, goldenTolerance, 1) {
			t.Errorf("case %d: %.16g, want %.16g", i, logE, c.Out.LogE)
		}
	}
}

func TestMergeGolden(t *testing.T) {
	type row struct {
		E   []float64
		Out struct {
			EBH5        []int `json:"ebh_0.05"`
			EBH1        []int `json:"ebh_0.01"`
			Mean5       bool  `json:"mean_rejects_0.05"`
			Mean1       bool  `json:"mean_rejects_0.01"`
			Bonferroni5 []int `json:"bonferroni_0.05"`
			Bonferroni1 []int `json:"bonferroni_0.01"`
			Closed5     []int `json:"closed_mean_0.05"`
			Closed1     []int `json:"closed_mean_0.01"`
		}
	}
	for i, c := range readSection[row](t, "e_merge", 10) {
		var logs, weights []float64
		for _, e := range c.E {
			logs, weights = append(logs, math.Log(e)), append(weights, 0.7)
		}
		same := func(what string, got, want []int) {
			if len(got) != len(want) {
				t.Errorf("case %d, %s: %v, want %v", i, what, got, want)
				return
			}
			for k := range got {
				if got[k] != want[k] {
					t.Errorf("case %d, %s: %v, want %v", i, what, got, want)
				}
			}
		}
		same("e-BH at 0.05", Discoveries(logs, 0.05), c.Out.EBH5)
		same("e-BH at 0.01", Discoveries(logs, 0.01), c.Out.EBH1)
		same("Bonferroni at 0.05", Bonferroni(weights, logs, 0.05), c.Out.Bonferroni5)
		same("Bonferroni at 0.01", Bonferroni(weights, logs, 0.01), c.Out.Bonferroni1)
		same("culprits at 0.05", Culprits(weights, logs, 0.05), c.Out.Closed5)
		same("culprits at 0.01", Culprits(weights, logs, 0.01), c.Out.Closed1)
		mean := LogMean(weights, logs)
		if (mean >= math.Log(20)-rounding) != c.Out.Mean5 || (mean >= math.Log(100)-rounding) != c.Out.Mean1 {
			t.Errorf("case %d: the mean is %v", i, math.Exp(mean))
		}
	}
}

func TestCalibratorsGolden(t *testing.T) {
	type row struct {
		P   float64
		Out struct {
			Half   float64 `json:"kappa_half"`
			Shafer float64 `json:"shafer"`
			Mix    float64 `json:"mix"`
		}
	}
	for _, c := range readSection[row](t, "p_to_e", 15) {
		for k, pair := range [][2]float64{{HalfPower(c.P), c.Out.Half}, {Shafer(c.P), c.Out.Shafer}, {AllPowers(c.P), c.Out.Mix}} {
			if !near(pair[0], pair[1], goldenTolerance, 0.1) {
				t.Errorf("p %v, calibrator %d: %.16g, want %.16g", c.P, k, pair[0], pair[1])
			}
		}
	}
}
