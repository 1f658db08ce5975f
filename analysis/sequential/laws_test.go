package sequential

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// resumed plays steps twice, once through the text of the state after each of them,
// and checks that the states are equal to the bit, valid, and that the old one is left alone.
func resumed[State interface{ Validate() error }](t *rapid.T, steps int, observe func(s State, step int) State) State {
	var whole, cut State
	write := func(s State) string {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("writing %+v: %v", s, err)
		}
		return string(text)
	}
	for step := range steps {
		before := write(whole)
		next := observe(whole, step)
		if write(whole) != before {
			t.Fatalf("step %d changed the old state", step)
		}
		whole = next
		var read State
		if err := json.Unmarshal([]byte(write(cut)), &read); err != nil {
			t.Fatal(err)
		}
		cut = observe(read, step)
		if a, b := write(whole), write(cut); a != b {
			t.Fatalf("step %d: states differ:\n%s\n%s", step, a, b)
		}
		if err := whole.Validate(); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	return whole
}

// drawCounts draws counts of any size by bucket.
func drawCounts(t *rapid.T, name string, buckets int) []float64 {
	counts := make([]float64, buckets)
	for i := range counts {
		counts[i] = rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1e9}), rapid.Float64Range(0, 1e9), rapid.Float64Range(0, 20)).Draw(t, name)
	}
	return counts
}

func number(t *rapid.T, what string, v float64) {
	if !isFinite(v) {
		t.Fatalf("%s is %v", what, v)
	}
}

// TestResumed: every state goes on from its text to the bit, and every evidence is a number,
// whatever the counts.
func TestResumed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.IntRange(0, 12).Draw(t, "steps")
		switch rapid.IntRange(0, 4).Draw(t, "test") {
		case 0:
			test := Multinomial{Concentration: rapid.SampledFrom([]float64{1, 100, 1e6}).Draw(t, "k")}
			s := resumed(t, steps, func(s MultinomialState, step int) MultinomialState {
				weight := []float64{0.05, 0.5, 1e-6}[step/4]
				return test.Observe(s, []float64{float64(step) * 1e8, 7, 0}, []float64{weight, 1 - weight, 0.3})
			})
			number(t, "evidence of a split", test.LogE(s))
		case 1:
			counts := func(name string) []float64 { return drawCounts(t, name, 4) }
			number(t, "evidence of a difference", resumed(t, steps, func(s TwoSampleState, _ int) TwoSampleState {
				return TwoSample{}.Observe(s, []float64{1, 0, 1e9, 3}, []float64{0, 5, 1e9, float64(steps)})
			}).LogE())
			var s ShiftState
			for range steps {
				s = Shift{}.Observe(s, counts("canary"), counts("baseline"))
			}
			number(t, "evidence of a shift", s.LogE())
			resumed(t, steps, func(s ShiftState, step int) ShiftState {
				return Shift{}.Observe(s, []float64{1, float64(step), 0}, []float64{1e5, 3, 1})
			})
		case 2:
			test := NonInferiority{Max: 1.5}
			blocks := make([]Block, steps)
			for i := range blocks {
				blocks[i] = drawBlock(t)
			}
			number(t, "evidence of no harm", resumed(t, steps, func(s NonInferiorityState, step int) NonInferiorityState {
				return test.Observe(s, blocks[step])
			}).LogE())
		case 3:
			values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1})), steps, steps).Draw(t, "values")
			resumedMeans(t, values)
		default:
			detector := Detector{Cusum: rapid.Bool().Draw(t, "cusum"), Limit: rapid.SampledFrom([]float64{0, 5}).Draw(t, "limit")}
			factors := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e12, 1e12), rapid.Float64Range(-3, 3), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})), steps, steps).Draw(t, "factors")
			s := resumed(t, steps, func(s DetectorState, step int) DetectorState {
				return detector.Observe(s, []float64{factors[step], -0.1})
			})
			if len(s.LogM) > 0 {
				number(t, "the detector's level", s.Level())
			}
		}
	})
}

// resumedMeans does the same for the tests of means, and holds their bounds in order.
func resumedMeans(t *rapid.T, values []float64) {
	mean, bet, bets := BoundedMean{Alpha: 0.01}, MeanBet{Mean: 0.3, Alpha: 0.01, Adaptive: true}, MeanBets{Alpha: 0.01}
	narrow := mean.Confidence(resumed(t, len(values), func(s BoundedMeanState, step int) BoundedMeanState { return mean.Observe(s, values[step]) }))
	number(t, "the bet", resumed(t, len(values), func(s MeanBetState, step int) MeanBetState { return bet.Observe(s, values[step]) }).LogE())
	wide := bets.Confidence(resumed(t, len(values), func(s MeanBetsState, step int) MeanBetsState { return bets.Observe(s, values[step]) }))
	for _, i := range []Interval{narrow, wide} {
		if !(i.Lower <= i.Estimate && i.Estimate <= i.Upper) {
			t.Fatalf("bounds %+v", i)
		}
	}
}

// TestTalliesAreNumbers: any tally up to 1e9 against any share.
func TestTalliesAreNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trials := rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1e9}), rapid.Float64Range(0, 1e9)).Draw(t, "trials")
		hits := trials * rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1e-6}), rapid.Float64Range(0, 1)).Draw(t, "share")
		s := Tally{}.Add(hits, trials)
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		null := rapid.SampledFrom([]float64{1e-6, 0.001, 0.5, 0.999}).Draw(t, "null")
		number(t, "two-sided", BetaBinomial{Null: null, A: 1, B: 3}.LogE(s))
		number(t, "tuned", Howard(null, 1000, 0.05, true).LogE(s))
		number(t, "objective", Objective{AtMost: null}.LogE(s))
		c := s.Confidence(0.01, 1000)
		if !(0 <= c.Lower && c.Lower <= c.Estimate && c.Estimate <= c.Upper && c.Upper <= 1) {
			t.Fatalf("confidence %+v of %+v", c, s)
		}
	})
}

// TestBlocksAreNumbers: the evidence of any block against any alternative.
func TestBlocksAreNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBlock(t)
		test, _, _ := drawHypothesis(t)
		small := rapid.OneOf(rapid.Float64Range(1e-9, 1-1e-9), rapid.SampledFrom([]float64{5e-10, 1 - 5e-10}))
		theta2 := small.Draw(t, "θ2*")
		theta1 := Tilt(theta2, rapid.SampledFrom([]float64{0.5, 1, 1.1, 15, 97}).Draw(t, "tilt"))
		number(t, "Bernoulli", test.LogE(b.CanaryTotal, b.CanaryBad, b.BaselineTotal, b.BaselineBad, theta1, theta2))
		number(t, "Poisson", PoissonRIPr{Margin: max(test.Margin, 0)}.LogE(b.CanaryTotal, b.CanaryBad, b.BaselineTotal, b.BaselineBad, theta1, theta2))
	})
}

// TestMixturesAreNumbers: at any sum and time, large and small; only where a mixture
// ends it is -Inf.
func TestMixturesAreNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		optimum := rapid.SampledFrom([]float64{1, 100, 1e6}).Draw(t, "optimum")
		v := rapid.OneOf(rapid.SampledFrom([]float64{0, 1e9}), rapid.Float64Range(0, 1e9), rapid.Float64Range(0, 10)).Draw(t, "v")
		s := rapid.OneOf(rapid.Float64Range(-1e5, 1e5), rapid.Float64Range(-30, 30)).Draw(t, "s")
		for _, oneSided := range []bool{false, true} {
			m := NewNormalMixture(optimum, 0.05, oneSided)
			number(t, "normal", m.LogE(s, v))
			number(t, "normal bound", m.Bound(v, 0.01))
		}
		if e := NewGammaExponential(optimum, 0.05, 2).LogE(s, v); e != math.Inf(-1) {
			number(t, "gamma-exponential", e)
		}
		number(t, "gamma-Poisson", NewGammaPoisson(optimum, 0.05, 2).LogE(s, v))
		number(t, "poly-stitching", PolyStitching(v, 0.01, 10, 2))
		number(t, "double stitching", DoubleStitching(rapid.Float64Range(1e-6, 1-1e-6).Draw(t, "p"), v, 0.01, 100))
	})
}

// TestPredict: what is predicted is strictly between 0 and 1, and as a tilt of one half
// is known.
func TestPredict(t *testing.T) {
	for _, c := range [][3]float64{{0, 0, 0.5}, {0, 9, 0.05}, {9, 9, 0.95}} {
		if got := Predict(c[0], c[1]); !near(got, c[2], 1e-15, 0) {
			t.Errorf("%v of %v predict %v, want %v", c[0], c[1], got, c[2])
		}
	}
	if got := Tilt(0.5, 3); got != 0.75 {
		t.Errorf("three times the odds of a half are %v", got)
	}
}

// TestBlocksAllocateNothing: the judge's inner loop calls them for each edge and
// alternative.
func TestBlocksAllocateNothing(t *testing.T) {
	for _, null := range []Hypothesis{Equal, OddsRatio, RiskRatio, Difference} {
		test := BernoulliRIPr{Null: null, Margin: 1.1}
		if null == Difference {
			test.Margin = 0.01
		}
		sum := 0.0
		if allocations := testing.AllocsPerRun(100, func() { sum += test.LogE(75, 9, 1425, 10, 0.03, 0.01) }); allocations != 0 || sum == 0 {
			t.Errorf("null %d: %v allocations, evidence %v", null, allocations, sum)
		}
	}
}

// TestBlocksAreMonotone: the evidence grows with the canary's bad requests, and falls with the
// baseline's, as dominance needs.
func TestBlocksAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test, _, _ := drawHypothesis(t)
		a2 := drawShare(t, "θ2*")
		a1 := Tilt(a2, rapid.Float64Range(1, 50).Draw(t, "tilt"))
		n1, n2 := float64(rapid.IntRange(1, 1000).Draw(t, "n1")), float64(rapid.IntRange(1, 1000).Draw(t, "n2"))
		x1, x2 := float64(rapid.IntRange(0, int(n1)-1).Draw(t, "x1")), float64(rapid.IntRange(0, int(n2)-1).Draw(t, "x2"))
		if test.accepts(a1, a2) {
			return
		}
		here := test.LogE(n1, x1, n2, x2, a1, a2)
		if more := test.LogE(n1, x1+1, n2, x2, a1, a2); more < here-1e-9*math.Abs(here) {
			t.Fatalf("one more bad request of the canary: %v after %v", more, here)
		}
		if less := test.LogE(n1, x1, n2, x2+1, a1, a2); less > here+1e-9*math.Abs(here) {
			t.Fatalf("one more bad request of the baseline: %v after %v", less, here)
		}
		slack := NonInferiority{Max: 1.5}
		good := slack.Observe(NonInferiorityState{}, Block{x1, n1, x2, n2}).LogE()
		if worse := slack.Observe(NonInferiorityState{}, Block{x1 + 1, n1, x2, n2}).LogE(); worse > good+1e-9 {
			t.Fatalf("a worse canary has more evidence for it: %v after %v", worse, good)
		}
	})
}

// TestOneSidedIsMonotone: one more hit is more evidence, and a slower request is.
func TestOneSidedIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := float64(rapid.IntRange(1, 100000).Draw(t, "n"))
		x := math.Floor(rapid.Float64Range(0, 1).Draw(t, "share") * (n - 1))
		null := drawShare(t, "null")
		for _, test := range []BetaBinomial{Howard(null, 1000, 0.05, true), Objective{AtMost: null}.test()} {
			here, more := test.LogE(Tally{x, n}), test.LogE(Tally{x + 1, n})
			if more < here-1e-9*(1+math.Abs(here)) {
				t.Fatalf("%+v: %v of %v is %v, one more is %v", test, x, n, here, more)
			}
		}
		past := Shift{}.Learn(ShiftState{}, drawCounts(t, "past", 4))
		canary, baseline := []float64{3, 4, 5, 6}, []float64{9, 7, 5, 3}
		bucket := rapid.IntRange(0, 2).Draw(t, "bucket")
		slower := slices.Clone(canary)
		slower[bucket]--
		slower[bucket+1]++
		if here, there := (Shift{}).Observe(past, canary, baseline).LogE(), (Shift{}).Observe(past, slower, baseline).LogE(); there < here-1e-9*(1+math.Abs(here)) {
			t.Fatalf("a slower request is less evidence: %v after %v", there, here)
		}
	})
}

// TestOrder: neither the order of the versions nor that in which pods are counted matters.
func TestOrder(t *testing.T) {
	test := Multinomial{Concentration: 100}
	a := test.Observe(MultinomialState{}, []float64{30, 500, 470}, []float64{5, 50, 45})
	b := test.Observe(MultinomialState{}, []float64{470, 30, 500}, []float64{45, 5, 50})
	if !near(test.LogE(a), test.LogE(b), 1e-13, 1) {
		t.Errorf("another order of versions: %v and %v", test.LogE(a), test.LogE(b))
	}
	two := test.Observe(test.Observe(MultinomialState{}, []float64{10, 500, 0}, []float64{5, 50, 45}), []float64{20, 0, 470}, []float64{5, 50, 45})
	if test.LogE(a) != test.LogE(two) {
		t.Errorf("in two windows: %v, in one: %v", test.LogE(two), test.LogE(a))
	}
}

// TestSplitOfOtherShares: a change of shares keeps the evidence, and what cannot be
// compared changes nothing.
func TestSplitOfOtherShares(t *testing.T) {
	test := Multinomial{Concentration: 100}
	s := test.Observe(MultinomialState{}, []float64{100, 100}, []float64{0.05, 0.95})
	before := test.LogE(s)
	s = test.Observe(s, []float64{0, 0}, []float64{0.5, 0.5})
	if got := test.LogE(s); before < 50 || got != before {
		t.Errorf("evidence %v before the change, %v after", before, got)
	}
	for _, odd := range [][2][]float64{{{1}, {1}}, {{1, 2}, {0.5}}, {{1, 2}, {0, 1}}, {{1, -2}, {0.5, 0.5}}, {{1, math.NaN()}, {0.5, 0.5}}, {{1, 2}, {math.Inf(1), 1}}} {
		if got := test.LogE(test.Observe(s, odd[0], odd[1])); got != before {
			t.Errorf("%v changes the evidence to %v", odd, got)
		}
	}
}

// TestCulprits holds closed testing against its definition: all sets that hold the metric.
func TestCulprits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const alpha = 0.05
		k := rapid.IntRange(1, 7).Draw(t, "metrics")
		weights, logs := make([]float64, k), make([]float64, k)
		for i := range weights {
			weights[i] = rapid.Float64Range(0.01, 1).Draw(t, "weight")
			logs[i] = rapid.OneOf(rapid.Float64Range(-5, 12), rapid.SampledFrom([]float64{-1e6, 1e6})).Draw(t, "log e")
		}
		named := Culprits(weights, logs, alpha)
		for i := range k {
			want := true
			for set := range 1 << k {
				if set>>i&1 == 0 {
					continue
				}
				sum := 0.0
				for j := range k {
					if set>>j&1 == 1 {
						sum += weights[j] * (alpha*math.Exp(logs[j]) - 1)
					}
				}
				want = want && sum >= 0
			}
			if got := slices.Contains(named, i); got != want {
				t.Fatalf("metric %d: %t, by the definition %t", i, got, want)
			}
		}
		if len(named) > 0 && LogMean(weights, logs) < math.Log(1/alpha)-1e-9 {
			t.Fatal("a culprit is named, and nothing is wrong")
		}
		for _, i := range Bonferroni(weights, logs, alpha) {
			if !slices.Contains(named, i) {
				t.Fatalf("metric %d is named by the weaker rule alone", i)
			}
		}
	})
}

func TestNoEvidenceAtAll(t *testing.T) {
	for what, got := range map[string]float64{
		"no metrics":       LogMean(nil, nil),
		"no tally":         Objective{AtMost: 0.01}.LogE(Tally{}),
		"no split":         Multinomial{Concentration: 100}.LogE(MultinomialState{}),
		"no blocks":        NonInferiorityState{}.LogE(),
		"no shift":         ShiftState{}.LogE(),
		"one arm":          BernoulliRIPr{Null: Equal}.LogE(5, 5, 0, 0, 0.5, 0.1),
		"one arm, Poisson": PoissonRIPr{}.LogE(0, 0, 5, 5, 0.5, 0.1),
		"no observations":  Asymptotic{Alpha: 0.05, Tuning: 5000}.LogE(1, 1, 0),
	} {
		if got != 0 {
			t.Errorf("%s: evidence %v", what, got)
		}
	}
	if got := (Tally{}).Confidence(0.05, 100); got != (Interval{0.5, 0, 1}) {
		t.Errorf("nothing is known, and the bounds are %+v", got)
	}
	empty := Buckets{Edges: []float64{1, 2}, Counts: []float64{0, 0, 0}}
	if got := NewBand(0.05, 100).Quantile(empty, 0.9); got != (Interval{0, 0, math.Inf(1)}) {
		t.Errorf("a quantile of nothing: %+v", got)
	}
	if got := (FixedQuantile{0.9, 100}).PValue(empty, empty); got != 1 {
		t.Errorf("p-value of nothing: %v", got)
	}
}

// TestStatesThatCannotBe: Validate names what no Observe has written.
func TestStatesThatCannotBe(t *testing.T) {
	nan := math.NaN()
	for i, s := range []interface{ Validate() error }{
		Tally{Hits: 2, Trials: 1},
		Tally{Hits: -1, Trials: 1},
		Tally{Hits: 0, Trials: math.Inf(1)},
		MultinomialState{LogPast: nan},
		MultinomialState{Shares: []float64{0.5, 0.5}, Counts: []float64{1}},
		MultinomialState{Shares: []float64{0.5, 0.6}, Counts: []float64{1, 1}},
		MultinomialState{Shares: []float64{0.5, 0.5}, Counts: []float64{1, -1}},
		MultinomialState{Shares: []float64{1, 0}, Counts: []float64{1, 1}},
		TwoSampleState{Canary: []float64{1}},
		TwoSampleState{Canary: []float64{nan}, Baseline: []float64{1}},
		ShiftState{LogL: []float64{1}},
		ShiftState{LogL: []float64{1, 2, nan}},
		ShiftState{Baseline: []float64{-1}},
		NonInferiorityState{LogL: []float64{1}},
		NonInferiorityState{LogL: slices.Repeat([]float64{nan}, slackSize)},
		DetectorState{LogM: []float64{math.Inf(-1)}},
		MeanState{N: 1, Sum: 2},
		BoundedMeanState{Stakes: nan},
		MeanBetState{Log: nan},
		MeanBetsState{Above: []float64{1}},
		MeanBetsState{Above: slices.Repeat([]float64{0}, meanGrid-1)},
		Buckets{Edges: []float64{1, 1}, Counts: []float64{0, 0, 0}},
		Buckets{Edges: []float64{1}, Counts: []float64{0}},
	} {
		if s.Validate() == nil {
			t.Errorf("case %d, %+v, is taken for a state", i, s)
		}
	}
}
