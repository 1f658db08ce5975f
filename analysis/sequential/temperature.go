package sequential

import "math"

// temperatures says by how much the logarithm of a likelihood ratio is divided so
// that overdispersed counts do not fake evidence.
//
// Let the variance of the canary's events be φ times that of independent ones.
// Events whose rate varies from pod to pod and from minute to minute by a gamma
// law are negative binomial, with the cumulant
//
//	-ln(1 - (φ-1)(e^t - 1)) / (φ-1)
//
// for each expected event (Johnson, Kotz & Kemp, Univariate Discrete Distributions,
// 5.1). The likelihood ratio of r times the rate, divided by τ, is e^(t·x - μ(r-1)/τ)
// with t = ln(r)/τ, and its expectation is at most 1 if
//
//	-ln(1 - (φ-1)(r^(1/τ) - 1)) / (φ-1) <= (r-1) / τ.
//
// The smallest such τ is the temperature of r. Dividing by φ alone would
// be right to the second order only: clumps are skewed, and a large tilt feels it.
// Geometric clumps, such as retries, have lighter tails at the same φ and are
// covered.
type temperatures struct {
	tilts []float64
	// table[g][i] is τ for φ = 1.02^g and tilt i. Rows are made when they are
	// asked for: a look needs a few of them.
	table [][]float64
}

const (
	// logDispersionStep is ln(1.02).
	logDispersionStep = 0.01980262729617973
	dispersionGrid    = 253 // Up to φ = 147.
	// Beyond the grid τ/φ grows by 0.35 % at most, to the limit of large φ.
	beyondGrid = 1.004
)

func newTemperatures(tilts []float64) temperatures {
	return temperatures{tilts: tilts, table: make([][]float64, dispersionGrid)}
}

// row is table[g].
func (t temperatures) row(g int) []float64 {
	if t.table[g] == nil {
		row := make([]float64, len(t.tilts))
		for i, tilt := range t.tilts {
			row[i] = temperature(math.Exp(logDispersionStep*float64(g)), tilt)
		}
		t.table[g] = row
	}
	return t.table[g]
}

// at returns the temperatures for a dispersion φ >= 1: those of tilt i are
// scale·row[i]. Between two rows it is the upper one: nothing in between is certain to
// satisfy the condition.
func (t temperatures) at(dispersion float64) (row []float64, scale float64) {
	position := math.Ceil(math.Log(max(dispersion, 1))/logDispersionStep - 1e-9)
	if last := len(t.table) - 1; position >= float64(last) {
		return t.row(last), beyondGrid * max(dispersion/math.Exp(logDispersionStep*float64(last)), 1)
	}
	return t.row(int(position)), 1
}

// temperature solves the condition by bisection.
func temperature(dispersion, tilt float64) float64 {
	extra := dispersion - 1
	if extra < 1e-9 {
		return 1
	}
	valid := func(tau float64) bool {
		inside := extra * math.Expm1(math.Log(tilt)/tau)
		return inside < 1 && -math.Log1p(-inside)/extra <= (tilt-1)/tau
	}
	low, high := 1.0, dispersion
	for !valid(high) {
		low, high = high, 2*high
	}
	for high-low > 1e-6*high {
		if middle := (low + high) / 2; valid(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
