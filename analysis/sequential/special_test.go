package sequential

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"pgregory.net/rapid"
)

// TestStirling: both branches against lnΓ, where that has its digits.
func TestStirling(t *testing.T) {
	for _, z := range []float64{1e-9, 0.1, 0.5, 1, 2.5, 9.99, 10, 10.01, 20, 170} {
		log, _ := math.Lgamma(z)
		got := (z-0.5)*math.Log(z) - z + halfLogTwoPi + stirling(z)
		if !near(got, log, 1e-14, 10) {
			t.Errorf("lnΓ(%v) is %.17g, want %.17g", z, got, log)
		}
	}
	if below, above := stirling(math.Nextafter(10, 0)), stirling(10); !near(below, above, 1e-12, 1e-2) {
		t.Errorf("a step at 10: %v and %v", below, above)
	}
}

// TestDeviance holds both branches against each other at their border, and against
// the series far inside.
func TestDeviance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := math.Exp(rapid.Float64Range(-20, 21).Draw(t, "ln m"))
		e := rapid.Float64Range(-0.15, 0.15).Draw(t, "e")
		x := m * (1 + e)
		e = (x - m) / m // As it is after rounding.
		want, power := 0.0, e*e
		for k := 2.0; k < 60; k++ { // x·ln(x/m)+m-x = m·Σ (-e)^k/(k(k-1))
			want += power / (k * (k - 1))
			power *= -e
		}
		if got := deviance(x, m); !near(got, m*want, 1e-11, 0) {
			t.Fatalf("deviance(%v, %v) is %.17g, want %.17g", x, m, got, m*want)
		}
	})
	if deviance(0, 3) != 3 || deviance(5, 5) != 0 {
		t.Error("deviance at 0 or at the mean")
	}
}

// TestLogBetaTail holds the tail against gonum where gonum is exact, and against the
// normal limit where counts are large.
func TestLogBetaTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := math.Exp(rapid.Float64Range(-2, 6).Draw(t, "ln a")), math.Exp(rapid.Float64Range(-2, 6).Draw(t, "ln b"))
		x := rapid.Float64Range(0.001, 0.999).Draw(t, "x")
		want := mathext.RegIncBeta(a, b, x)
		if want < 1e-290 {
			return
		}
		if got := math.Exp(logBetaTail(a, b, x, 1-x)); !near(got, want, 1e-9, 0) {
			t.Fatalf("I(%v; %v, %v) is %.15g, want %.15g", x, a, b, got, want)
		}
	})
	// At the mean of a symmetric distribution it is one half.
	for _, n := range []float64{1, 100, 1e5, 1e9} {
		if got := logBetaTail(n, n, 0.5, 0.5); !near(got, -math.Ln2, 1e-9, 0) {
			t.Errorf("the median of Beta(%v, %v): %v", n, n, got)
		}
	}
	// 6 standard deviations out, at 1e8 counts, the normal tail is within its skew.
	a, b := 1e6, 99e6
	sd := math.Sqrt(a * b / ((a + b) * (a + b) * (a + b + 1)))
	x := 0.01 - 6*sd
	if got, want := logBetaTail(a, b, x, 1-x), logNormal(-6); !near(got, want, 0.01, 0) {
		t.Errorf("the tail at 6 standard deviations is %v, want about %v", got, want)
	}
}

// TestLogGammas holds both functions against gonum where it does not underflow.
func TestLogGammas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := math.Exp(rapid.Float64Range(-2, 5).Draw(t, "ln a")), math.Exp(rapid.Float64Range(-2, 5).Draw(t, "ln x"))
		lg, _ := math.Lgamma(a)
		factor := lg - a*math.Log(x) + x
		if p := mathext.GammaIncReg(a, x); p > 1e-250 {
			if got, want := logLowerGamma(a, x), math.Log(p)+factor; !near(got, want, 1e-10, 10) {
				t.Fatalf("lower(%v, %v) is %.15g, want %.15g", a, x, got, want)
			}
		}
		if q := mathext.GammaIncRegComp(a, x); q > 1e-250 {
			if got, want := logUpperGamma(a, x), math.Log(q)+factor; !near(got, want, 1e-10, 10) {
				t.Fatalf("upper(%v, %v) is %.15g, want %.15g", a, x, got, want)
			}
		}
	})
}

// TestLogUpperGammaBelowZero: Γ(a,x) for a <= 0 by its recurrence from above, a·Γ(a,x) =
// Γ(a+1,x) - x^a·e^(-x).
func TestLogUpperGammaBelowZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := rapid.Float64Range(-8, -0.01).Draw(t, "a"), rapid.Float64Range(0.05, 20).Draw(t, "x")
		got, above := math.Exp(logUpperGamma(a, x)), math.Exp(logUpperGamma(a+1, x))
		if !near(a*got, x*above-1, 1e-9, 1) {
			t.Fatalf("Γ(%v, %v): %v·%v is not %v", a, x, a, got, x*above-1)
		}
	})
}

func TestLogNormal(t *testing.T) {
	for _, c := range []struct{ z, want float64 }{
		{0, -math.Ln2}, {-10, -53.231285169890894}, {-29.999, -454.2617}, {-30.001, -454.3817}, {8, -6.220960574271785e-16},
	} {
		if got := logNormal(c.z); math.Abs(got-c.want) > 1e-3*max(math.Abs(c.want), 1e-13) && math.Abs(got-c.want) > 2e-16 {
			t.Errorf("ln Φ(%v) is %v, want %v", c.z, got, c.want)
		}
	}
	if below, above := logNormal(-30-1e-9), logNormal(-30+1e-9); math.Abs(below-above) > 1e-6 {
		t.Errorf("a step at -30: %v and %v", below, above)
	}
}
