package judge

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/analysis/series"
)

var every = flag.Bool("every", false, "replay more often, with more tolerances")

// noise draws one track of a gauge that is as it always is.
type noise func(r *rand.Rand, n int) []float64

// autoregressive noise about 1: ln x is an AR(1) process of a spread; heavy draws its
// innovations from Student's t with 3 degrees of freedom.
func autoregressive(spread, rho float64, heavy bool) noise {
	return func(r *rand.Rand, n int) []float64 {
		draw := func() float64 {
			z := r.NormFloat64()
			if heavy {
				chi := 0.0
				for range 3 {
					chi += sq(r.NormFloat64())
				}
				// Student's t with 3 degrees of freedom has the variance 3.
				return z / math.Sqrt(chi/3) / math.Sqrt(3)
			}
			return z
		}
		values := make([]float64, n)
		y := draw()
		for range 50 {
			y = rho*y + math.Sqrt(1-rho*rho)*draw()
		}
		for i := range values {
			y = rho*y + math.Sqrt(1-rho*rho)*draw()
			values[i] = math.Exp(spread * y)
		}
		return values
	}
}

// spikes are points five times as high, one in twenty.
func spikes(spread float64) noise {
	return func(r *rand.Rand, n int) []float64 {
		values := autoregressive(spread, 0, false)(r, n)
		for i := range values {
			if r.Float64() < 0.05 {
				values[i] *= 5
			}
		}
		return values
	}
}

// sparse is zero at most points, as an error ratio is.
func sparse(r *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		if r.Float64() < 0.3 {
			values[i] = r.ExpFloat64()
		}
	}
	return values
}

// points are values five minutes apart, the last one before a time or the first one at it.
func points(values []float64, before bool) []series.Sample {
	all := make([]series.Sample, len(values))
	for i, v := range values {
		minute := 5 * float64(i)
		if before {
			minute -= 5 * float64(len(values))
		}
		all[i] = series.Sample{At: at(60 * minute), Value: v}
	}
	return all
}

// falseAlarms is the share of canaries that are like the baseline, of n points, that a
// judge takes back. The track is continued from the baseline's, or is one of its own.
func falseAlarms(m Mean, draw noise, baseline, n, replays int) float64 {
	failed := 0
	for seed := range replays {
		r := rand.New(rand.NewPCG(uint64(seed), uint64(baseline)))
		track := draw(r, baseline+n)
		window := MeanWindow{To: at(60 * 5 * float64(n)), Canary: points(track[baseline:], false), Baseline: points(track[:baseline], true)}
		state, v := m.Observe(MeanState{}, window)
		if v = m.Conclude(state, v); v.Decision == Fail {
			failed++
		}
	}
	return float64(failed) / float64(replays)
}

// TestMeanKeepsItsBudget: of canaries that are like the baseline, at most the budget of
// 1 % is taken back over 10 and over 50 points, from the number of the baseline's points
// on that is named; with fewer, it may be more. The whole table is logged with -v.
//
// Long: it is a table.
func TestMeanKeepsItsBudget(t *testing.T) {
	const budget = 0.01
	replays, tolerances := 200, []float64{0.1}
	if *every {
		replays, tolerances = 2000, []float64{0, 0.1, 0.25}
	}
	families := []struct {
		name string
		draw noise
		// kept10 and kept50 are from how many points of the baseline on the budget
		// is kept at a tolerance of 0.1; 0 is never.
		kept10, kept50 int
	}{
		{"independent, spread 0.05", autoregressive(0.05, 0, false), 5, 5},
		{"independent, spread 0.1", autoregressive(0.1, 0, false), 5, 5},
		{"independent, spread 0.2", autoregressive(0.2, 0, false), 12, 30},
		{"independent, spread 0.6", autoregressive(0.6, 0, false), 30, 30},
		{"AR(1) 0.5, spread 0.2", autoregressive(0.2, 0.5, false), 30, 30},
		{"AR(1) 0.8, spread 0.2", autoregressive(0.2, 0.8, false), 100, 300},
		{"AR(1) 0.9, spread 0.4", autoregressive(0.4, 0.9, false), 100, 300},
		{"t(3), spread 0.2", autoregressive(0.2, 0, true), 100, 300},
		{"t(3), AR(1) 0.6, spread 0.4", autoregressive(0.4, 0.6, true), 0, 0},
		{"x5 at 5 % of points, spread 0.1", spikes(0.1), 0, 0},
		{"zero at 70 % of points", sparse, 30, 100},
	}
	for _, family := range families {
		for _, baseline := range []int{5, 12, 30, 100, 300} {
			line := fmt.Sprintf("| %s | %d |", family.name, baseline)
			for _, tolerance := range tolerances {
				for i, n := range []int{10, 50} {
					m := Mean{RelativeTolerance: tolerance, MinPoints: 2, Budget: budget}
					rate := falseAlarms(m, family.draw, baseline, n, replays)
					line += fmt.Sprintf(" %.4f |", rate)
					kept := []int{family.kept10, family.kept50}[i]
					// Three standard errors beyond the budget is no accident.
					most := budget + 3*math.Sqrt(budget*(1-budget)/float64(replays))
					if tolerance == 0.1 && kept > 0 && baseline >= kept && rate > most {
						t.Errorf("%s, %d points of the baseline, %d of the canary: %v of the good canaries fail", family.name, baseline, n, rate)
					}
				}
			}
			t.Log(line)
		}
	}
}

// TestMeanKeepsItsBudgetAtALastLook: so it does when half of the budget is kept for a
// planned last look, from as many points of the baseline on.
func TestMeanKeepsItsBudgetAtALastLook(t *testing.T) {
	const budget, replays = 0.01, 300
	most := budget + 3*math.Sqrt(budget*(1-budget)/replays)
	for _, family := range []struct {
		name     string
		draw     noise
		baseline int
	}{
		{"independent, spread 0.05", autoregressive(0.05, 0, false), 5},
		{"independent, spread 0.2", autoregressive(0.2, 0, false), 30},
		{"AR(1) 0.5, spread 0.2", autoregressive(0.2, 0.5, false), 30},
		{"AR(1) 0.8, spread 0.2", autoregressive(0.2, 0.8, false), 300},
		{"t(3), spread 0.2", autoregressive(0.2, 0, true), 300},
		{"zero at 70 % of points", sparse, 100},
	} {
		for _, n := range []int{5, 10, 50} {
			m := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: budget, Planned: true}
			rate := falseAlarms(m, family.draw, family.baseline, n, replays)
			t.Logf("| %s | %d | %d points | %.4f |", family.name, family.baseline, n, rate)
			if rate > most {
				t.Errorf("%s, %d points of the baseline, %d of the canary: %v of the good canaries fail", family.name, family.baseline, n, rate)
			}
		}
	}
}

// TestMeanKeepsItsBudgetAsPresumed: who presumes the noise of independent points rightly,
// or too high, needs five points of the baseline only.
func TestMeanKeepsItsBudgetAsPresumed(t *testing.T) {
	const budget, replays = 0.01, 300
	for _, spread := range []float64{0.1, 0.2, 0.6} {
		for _, presumed := range []float64{1, 1.5, 2} {
			for _, rho := range []float64{0, 0.4} {
				m := Mean{RelativeTolerance: 0.1, Noise: presumed * spread, MinPoints: 2, Budget: budget}
				ten, fifty := falseAlarms(m, autoregressive(spread, rho, false), 5, 10, replays), falseAlarms(m, autoregressive(spread, rho, false), 5, 50, replays)
				t.Logf("| spread %v, presumed x%v, AR(1) %v | 5 | %.3f | %.3f |", spread, presumed, rho, ten, fifty)
				most := budget + 3*math.Sqrt(budget*(1-budget)/replays)
				if rho == 0 && max(ten, fifty) > most {
					t.Errorf("spread %v, presumed x%v: %v and %v of the good canaries fail", spread, presumed, ten, fifty)
				}
			}
		}
	}
}
