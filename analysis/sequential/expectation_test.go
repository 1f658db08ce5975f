package sequential

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The tests of this file compute the expectation of evidence exactly, over all that
// could have been seen: under the null hypothesis it is at most 1, which is all that
// validity at every look rests on.

// binomial is the probability of x among n.
func binomial(n, x int, p float64) float64 { return math.Exp(logBinomial(n, x, p)) }

func logBinomial(n, x int, p float64) float64 {
	choose, _ := math.Lgamma(float64(n + 1))
	a, _ := math.Lgamma(float64(x + 1))
	b, _ := math.Lgamma(float64(n - x + 1))
	log := choose - a - b
	if x > 0 {
		log += float64(x) * math.Log(p)
	}
	if x < n {
		log += float64(n-x) * math.Log1p(-p)
	}
	return log
}

// expected is the expectation of e^logE over both arms' bad requests.
func expected(n1, n2 int, theta1, theta2 float64, logE func(x1, x2 float64) float64) float64 {
	sum := 0.0
	for x1 := range n1 + 1 {
		for x2 := range n2 + 1 {
			sum += math.Exp(logBinomial(n1, x1, theta1) + logBinomial(n2, x2, theta2) + logE(float64(x1), float64(x2)))
		}
	}
	return sum
}

func drawShare(t *rapid.T, name string) float64 {
	return rapid.OneOf(rapid.Float64Range(0.001, 0.999), rapid.SampledFrom([]float64{1e-6, 0.5, 1 - 1e-6})).Draw(t, name)
}

// drawHypothesis draws a test of a block, and a pair that it accepts.
func drawHypothesis(t *rapid.T) (test BernoulliRIPr, theta1, theta2 float64) {
	test.Null = rapid.SampledFrom([]Hypothesis{Equal, OddsRatio, RiskRatio, Difference}).Draw(t, "null")
	theta2 = drawShare(t, "θ2")
	less := rapid.OneOf(rapid.Just(1.0), rapid.Float64Range(0, 1)).Draw(t, "less") // 1 is on the border.
	switch test.Null {
	case OddsRatio:
		test.Margin = rapid.Float64Range(1, 4).Draw(t, "margin")
		theta1 = less * Tilt(theta2, test.Margin)
	case RiskRatio:
		test.Margin = rapid.Float64Range(0.3, 4).Draw(t, "margin")
		theta1 = less * min(test.Margin*theta2, 1)
	case Difference:
		test.Margin = rapid.Float64Range(-0.3, 0.5).Draw(t, "margin")
		theta2 = max(theta2, -test.Margin)
		theta1 = less * min(theta2+test.Margin, 1)
	default:
		theta1 = theta2
	}
	return test, theta1, theta2
}

func TestBernoulliExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test, theta1, theta2 := drawHypothesis(t)
		n1, n2 := rapid.IntRange(1, 12).Draw(t, "n1"), rapid.IntRange(1, 12).Draw(t, "n2")
		a1, a2 := drawShare(t, "θ1*"), drawShare(t, "θ2*")
		e := expected(n1, n2, theta1, theta2, func(x1, x2 float64) float64 {
			return test.LogE(float64(n1), x1, float64(n2), x2, a1, a2)
		})
		if !(e <= 1+1e-9) {
			t.Fatalf("%+v at %v, %v against %v, %v with %d and %d requests: expectation %v", test, theta1, theta2, a1, a2, n1, n2, e)
		}
	})
}

// TestBernoulliProjection: no pair on the border is nearer than the projection, and
// the projection is on the border.
func TestBernoulliProjection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test, _, theta2 := drawHypothesis(t)
		n1, n2 := rapid.Float64Range(1, 1e6).Draw(t, "n1"), rapid.Float64Range(1, 1e6).Draw(t, "n2")
		a1, a2 := drawShare(t, "θ1*"), drawShare(t, "θ2*")
		p1, p2 := test.Project(n1, n2, a1, a2)
		if test.accepts(a1, a2) {
			if p1 != a1 || p2 != a2 {
				t.Fatalf("an accepted alternative was moved to %v, %v", p1, p2)
			}
			return
		}
		border := func(theta2 float64) float64 {
			switch test.Null {
			case OddsRatio:
				return Tilt(theta2, test.Margin)
			case RiskRatio:
				return test.Margin * theta2
			case Difference:
				return theta2 + test.Margin
			default:
				return theta2
			}
		}
		if !near(p1, border(p2), 1e-9, 0) || !(p1 > 0 && p1 < 1 && p2 > 0 && p2 < 1) {
			t.Fatalf("the projection %v, %v is not on the border", p1, p2)
		}
		other := border(theta2)
		if !(other > 0 && other < 1) {
			return
		}
		distance := func(q1, q2 float64) float64 { return n1*divergence(a1, q1) + n2*divergence(a2, q2) }
		if here, there := distance(p1, p2), distance(other, theta2); here > there*(1+1e-9)+1e-9 {
			t.Fatalf("%+v: %v, %v is %v away, and %v, %v only %v", test, p1, p2, here, other, theta2, there)
		}
	})
}

func TestPoissonExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := PoissonRIPr{Margin: rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 0.5)).Draw(t, "margin")}
		l2 := rapid.Float64Range(0.01, 2).Draw(t, "l2")
		l1 := rapid.OneOf(rapid.Just(1.0), rapid.Float64Range(0, 1)).Draw(t, "less") * (l2 + test.Margin)
		t1, t2 := rapid.Float64Range(0.1, 5).Draw(t, "t1"), rapid.Float64Range(0.1, 5).Draw(t, "t2")
		a1, a2 := rapid.Float64Range(0.01, 3).Draw(t, "l1*"), rapid.Float64Range(0.01, 3).Draw(t, "l2*")
		sum, p1 := 0.0, math.Exp(-l1*t1)
		for x1 := range 150 {
			p2 := math.Exp(-l2 * t2)
			for x2 := range 150 {
				sum += p1 * p2 * math.Exp(test.LogE(t1, float64(x1), t2, float64(x2), a1, a2))
				p2 *= l2 * t2 / float64(x2+1)
			}
			p1 *= l1 * t1 / float64(x1+1)
		}
		if !(sum <= 1+1e-9) {
			t.Fatalf("expectation %v", sum)
		}
	})
}

// TestNonInferiorityExpectation: requests that are bad or not, at a ratio of rates of
// at least Max.
func TestNonInferiorityExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := NonInferiority{Max: rapid.Float64Range(0.5, 3).Draw(t, "max")}
		theta2 := rapid.Float64Range(0, min(1, 1/test.Max)).Draw(t, "θ2")
		worse := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1)).Draw(t, "worse")
		theta1 := test.Max*theta2 + worse*(1-test.Max*theta2)
		n1, n2 := rapid.IntRange(1, 12).Draw(t, "n1"), rapid.IntRange(1, 12).Draw(t, "n2")
		e := expected(n1, n2, theta1, theta2, func(x1, x2 float64) float64 {
			return test.Observe(NonInferiorityState{}, Block{x1, float64(n1), x2, float64(n2)}).LogE()
		})
		if !(e <= 1+1e-9) {
			t.Fatalf("max %v, shares %v and %v: expectation %v", test.Max, theta1, theta2, e)
		}
	})
}

// TestBetaBinomialExpectation: at the null it is 1, and one-sided at most 1 below.
func TestBetaBinomialExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := BetaBinomial{Null: drawShare(t, "null"), A: rapid.Float64Range(0.1, 50).Draw(t, "a"), B: rapid.Float64Range(0.1, 50).Draw(t, "b")}
		if rapid.Bool().Draw(t, "howard") {
			test = Howard(test.Null, rapid.Float64Range(1, 1000).Draw(t, "optimum"), 0.05, false)
		}
		n := rapid.IntRange(1, 60).Draw(t, "n")
		mean := func(share float64) float64 {
			return expected(n, 0, share, 0.5, func(x, _ float64) float64 { return test.LogE(Tally{x, float64(n)}) })
		}
		if e := mean(test.Null); !near(e, 1, 1e-8, 0) {
			t.Fatalf("%+v: expectation %v", test, e)
		}
		test.Greater = true
		if e := mean(test.Null); !near(e, 1, 1e-8, 0) {
			t.Fatalf("%+v: expectation %v", test, e)
		}
		if e := mean(test.Null * rapid.Float64Range(0, 1).Draw(t, "less")); !(e <= 1+1e-8) {
			t.Fatalf("%+v below the null: expectation %v", test, e)
		}
	})
}

// TestMultinomialExpectation: three versions, and shares that change after the first
// block.
func TestMultinomialExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := Multinomial{Concentration: rapid.Float64Range(0.5, 200).Draw(t, "k")}
		a, b := rapid.Float64Range(0.05, 0.5).Draw(t, "a"), rapid.Float64Range(0.05, 0.45).Draw(t, "b")
		shares := []float64{a, b, 1 - a - b}
		before := test.Observe(MultinomialState{}, []float64{3, 1, 2}, []float64{0.2, 0.3, 0.5})
		n := rapid.IntRange(1, 15).Draw(t, "n")
		sum := 0.0
		for x := range n + 1 {
			for y := range n - x + 1 {
				p := binomial(n, x, a) * binomial(n-x, y, b/(1-a))
				s := test.Observe(before, []float64{float64(x), float64(y), float64(n - x - y)}, shares)
				sum += p * math.Exp(test.LogE(s)-test.LogE(before))
			}
		}
		if !near(sum, 1, 1e-9, 0) {
			t.Fatalf("expectation %v", sum)
		}
	})
}

// triples are all ways to put n requests into three buckets, with their probabilities.
func triples(n int, q [3]float64, visit func(counts []float64, p float64)) {
	for x := range n + 1 {
		for y := range n - x + 1 {
			p := binomial(n, x, q[0])
			if q[0] < 1 {
				p *= binomial(n-x, y, min(q[1]/(1-q[0]), 1))
			}
			visit([]float64{float64(x), float64(y), float64(n - x - y)}, p)
		}
	}
}

// TestShiftExpectation: the canary's distribution is the baseline's, with some of it
// moved to faster buckets.
func TestShiftExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		share := func(name string) float64 { return rapid.Float64Range(0.01, 0.5).Draw(t, name) }
		q2 := [3]float64{share("a"), share("b"), 0}
		q2[2] = 1 - q2[0] - q2[1]
		faster := func(name string) float64 {
			return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1)).Draw(t, name)
		}
		f, g := faster("f"), faster("g")
		q1 := [3]float64{q2[0] + f*q2[1], q2[1]*(1-f) + g*q2[2], q2[2] * (1 - g)}
		past := Shift{}.Learn(ShiftState{}, []float64{float64(rapid.IntRange(0, 9).Draw(t, "x")), 4, 1})
		n1, n2 := rapid.IntRange(1, 5).Draw(t, "n1"), rapid.IntRange(1, 5).Draw(t, "n2")
		sum := 0.0
		triples(n1, q1, func(c1 []float64, p1 float64) {
			triples(n2, q2, func(c2 []float64, p2 float64) {
				sum += p1 * p2 * math.Exp(Shift{}.Observe(past, c1, c2).LogE())
			})
		})
		if !(sum <= 1+1e-9) {
			t.Fatalf("%v and %v: expectation %v", q1, q2, sum)
		}
	})
}

// TestTwoSampleExpectation: both arms alike, after any past.
func TestTwoSampleExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := func(name string) float64 { return float64(rapid.IntRange(0, 9).Draw(t, name)) }
		q := [3]float64{rapid.Float64Range(0.01, 0.5).Draw(t, "a"), rapid.Float64Range(0.01, 0.49).Draw(t, "b"), 0}
		q[2] = 1 - q[0] - q[1]
		past := TwoSample{}.Observe(TwoSampleState{}, []float64{count("x"), count("y"), 1}, []float64{count("u"), 2, count("v")})
		sum := 0.0
		triples(rapid.IntRange(1, 5).Draw(t, "n1"), q, func(c1 []float64, p1 float64) {
			triples(4, q, func(c2 []float64, p2 float64) {
				sum += p1 * p2 * math.Exp(TwoSample{}.Observe(past, c1, c2).LogE()-past.LogE())
			})
		})
		if !(sum <= 1+1e-9) {
			t.Fatalf("expectation %v", sum)
		}
	})
}

// TestBetExpectation: of two values with a mean of at most Mean, whatever was seen.
func TestBetExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := MeanBet{Mean: rapid.Float64Range(0.01, 0.99).Draw(t, "mean"), Alpha: 0.01, Adaptive: rapid.Bool().Draw(t, "adaptive")}
		var s MeanBetState
		for _, x := range rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 20).Draw(t, "past") {
			s = test.Observe(s, x)
		}
		low := rapid.Float64Range(0, test.Mean).Draw(t, "low")
		high := rapid.Float64Range(test.Mean, 1).Draw(t, "high")
		p := 0.0
		if high > low {
			p = (test.Mean - low) / (high - low)
		}
		e := p*math.Exp(test.Observe(s, high).LogE()-s.LogE()) + (1-p)*math.Exp(test.Observe(s, low).LogE()-s.LogE())
		if !(e <= 1+1e-9) {
			t.Fatalf("expectation %v", e)
		}
	})
}

// TestMixtureExpectation: the mixtures are supermartingales of the sums that they are for.
func TestMixtureExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		optimum := rapid.Float64Range(1, 200).Draw(t, "optimum")
		steps := rapid.IntRange(1, 60).Draw(t, "steps")
		fair := func(logE func(s float64) float64) float64 { // A fair coin is sub-Gaussian with v = 1.
			return expected(steps, 0, 0.5, 0.5, func(x, _ float64) float64 { return logE(2*x - float64(steps)) })
		}
		for _, oneSided := range []bool{false, true} {
			m := NewNormalMixture(optimum, 0.05, oneSided)
			if e := fair(func(s float64) float64 { return m.LogE(s, float64(steps)) }); !(e <= 1+1e-9) {
				t.Fatalf("normal, one-sided %t: expectation %v", oneSided, e)
			}
		}
		// Poisson counts with mean v are sub-Poisson with c = 1, and sub-exponential.
		v, sum, sumExponential := float64(steps), 0.0, 0.0
		poisson, exponential := NewGammaPoisson(optimum, 0.05, 1), NewGammaExponential(optimum, 0.05, 1)
		log := -v
		for x := range 400 {
			sum += math.Exp(log + poisson.LogE(float64(x)-v, v))
			sumExponential += math.Exp(log + exponential.LogE(float64(x)-v, v))
			log += math.Log(v / float64(x+1))
		}
		if !(sum <= 1+1e-9) || !(sumExponential <= 1+1e-9) {
			t.Fatalf("gamma-Poisson %v, gamma-exponential %v", sum, sumExponential)
		}
	})
}

// TestCalibratorsIntegrate: under uniform p their mean is 1.
func TestCalibratorsIntegrate(t *testing.T) {
	for name, calibrate := range map[string]func(float64) float64{"half power": HalfPower, "Shafer": Shafer, "all powers": AllPowers} {
		// p = e^-u: ∫ f(e^-u)·e^-u du, which falls as e^(-u/2), or 1/u² for the mixture.
		sum, step := 0.0, 1e-3
		for u := step / 2; u < 200; u += step {
			p := math.Exp(-u)
			sum += calibrate(p) * p * step
		}
		if name == "all powers" {
			sum += 1.0 / 200 // The rest of ∫ 1/u² du.
		}
		if !near(sum, 1, 1e-4, 0) {
			t.Errorf("%s: %v", name, sum)
		}
	}
}
