package judge

import (
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// reference is what the baseline's points make likely, on a scale on which worse is
// up and differences are ratios.
//
// The scale is ln(x/u + ⅒), with u the median of the positive points, so that a zero
// is far off and not infinitely far, and the unit of the gauge drops out. A gauge with
// negative points has the scale x/u, with u their mean size.
//
// The level is the median. The spread is that of the worse half, doubled,
//
//	s² = (n₀ s₀² + 2 c Σ max(y_i - level, 0)²) / (n₀ + n - 1),   n₀ = 2, s₀ = Noise,
//
// because only the worse side's tail decides, and drops to zero say nothing about
// it. c is 1 as long as the points scatter by less than twice the Noise; beyond, it goes
// to the inverse of the lower quartile of χ²/ν at ν = (n-1)/2 (see caution), because a
// spread of few points is easily estimated too low. The level's own error is common to
// all points of the canary: half a standard error of it, times √(k/n) at the k-th point,
// is taken off each distance.
//
// None of these is a theorem; they are what it takes to keep the budget in the tests. Points follow one another: what a point explains of the next one is
// ρ max(y_i - level, 0), with ρ the autocorrelation at lag 1, shrunk to ⅕ with the
// weight of eight points and corrected for its bias of -(1+3ρ)/n (Marriott & Pope
// 1954); the spread of what it does not explain is estimated like s, and at least s/2.
// Only a worse point explains: a canary that recovers from a dip is not surprised at.
type reference struct {
	sign, unit  float64
	logarithmic bool
	points      float64
	// level is the baseline's median and tolerated the level that is accepted, in
	// the gauge's unit; limit is tolerated on the scale.
	level, tolerated float64
	center, limit    float64
	spread           float64
	memory           float64
	unexplained      float64
	// doubt is how much higher than estimated the level may be.
	doubt   float64
	spacing time.Duration
	// far are the points more than two spreads worse than the level.
	far []distance
}

// distance is how far a point was off the level.
type distance struct {
	at   time.Time
	much float64
}

const (
	noisePoints  = 2.0
	memoryPoints = 8.0
	memoryPrior  = 0.2
	mostMemory   = 0.95
	// cautionShare and doubtShare are how many standard errors of the spread and of the
	// level are allowed for, the latter at most mostDoubt times.
	cautionShare = 0.67
	doubtShare   = 0.5
	mostDoubt    = 3.0
	// trusted is how many times the presumed noise a spread may be to be believed.
	trusted = 2.0
	// zeroAt is where zero lies on the logarithmic scale, in units.
	zeroAt = 0.1
	// farOff is from how many spreads on a point of the baseline counts as an incident.
	farOff = 2.0
)

// refer learns the baseline from its points (at least three, in order of time), or
// says why it cannot.
func (m Mean) refer(points []series.Sample) (reference, string) {
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = p.Value
	}
	r := reference{sign: 1, points: float64(len(points)), level: middle(values), logarithmic: slices.Min(values) >= 0}
	if m.Worse == Lower {
		r.sign = -1
	}
	r.unit = m.unit(values, r.logarithmic)
	if !(r.unit > 0) {
		return r, "the baseline is zero at every point: give an absolute tolerance to compare with"
	}
	accepted := max(m.RelativeTolerance*math.Abs(r.level), m.AbsoluteTolerance)
	r.tolerated = r.level + r.sign*accepted
	if r.logarithmic {
		r.tolerated = max(r.tolerated, 0)
	}
	r.center, r.limit = r.scale(r.level), r.scale(r.tolerated)
	r.learn(points, m.Noise)
	r.spacing = spacing(points)
	for _, p := range points {
		if d := r.scale(p.Value) - r.center; d > farOff*r.spread {
			r.far = append(r.far, distance{p.At, d})
		}
	}
	return r, ""
}

// unit is what values are measured in.
func (m Mean) unit(values []float64, logarithmic bool) float64 {
	sizes := make([]float64, 0, len(values))
	for _, v := range values {
		if v != 0 {
			sizes = append(sizes, math.Abs(v))
		}
	}
	switch {
	case len(sizes) == 0:
		return m.AbsoluteTolerance / zeroAt
	case logarithmic:
		return max(middle(sizes), m.AbsoluteTolerance/zeroAt*smallUnit)
	default:
		sum := 0.0
		for _, v := range sizes {
			sum += v / float64(len(sizes))
		}
		return sum
	}
}

// smallUnit keeps the unit of a gauge that is nearly always zero from being far below
// the absolute tolerance.
const smallUnit = 0.1

// scale is where a value lies; a negative one on a logarithmic scale is taken as zero.
func (r reference) scale(v float64) float64 {
	if r.logarithmic {
		return r.sign * math.Log(max(v, 0)/r.unit+zeroAt)
	}
	return r.sign * v / r.unit
}

// learn estimates the spread and the memory.
func (r *reference) learn(points []series.Sample, noise float64) {
	n := float64(len(points))
	away := make([]float64, len(points))
	worse := 0.0
	for i, p := range points {
		away[i] = r.scale(p.Value) - r.center
		worse += sq(max(away[i], 0))
	}
	freedom := noisePoints + n - 1
	inflation := 1.0
	if plain := (n - 1) * sq(trusted*noise); 2*worse > plain {
		inflation += (caution((n-1)/2) - 1) * (1 - plain/(2*worse))
	}
	r.spread = math.Sqrt((noisePoints*sq(noise) + 2*inflation*worse) / freedom)
	r.memory = memory(away, 3*r.spread)
	left := 0.0
	for i := 1; i < len(away); i++ {
		left += sq(max(away[i]-r.memory*max(away[i-1], 0), 0))
	}
	r.unexplained = math.Sqrt((noisePoints*sq(noise)*(1-sq(r.memory)) + 2*inflation*left) / freedom)
	r.unexplained = max(r.unexplained, r.spread/2)
	r.doubt = doubtShare * r.spread * math.Sqrt((1+r.memory)/(1-r.memory)/n)
}

// caution is by how much a variance of some degrees of freedom may be underestimated:
// freedom over its quantile of the chi-squared distribution (Wilson & Hilferty 1931).
func caution(freedom float64) float64 {
	share := 2 / (9 * freedom)
	root := max(1-share-cautionShare*math.Sqrt(share), 0.1)
	return 1 / (root * root * root)
}

// memory is the shrunk autocorrelation at lag 1. Distances on the better side are cut
// off at a limit: drops to zero are no memory.
func memory(away []float64, limit float64) float64 {
	n := float64(len(away))
	var all, next float64
	for i := range away {
		y := max(away[i], -limit)
		all += sq(y)
		if i > 0 {
			next += y * max(away[i-1], -limit)
		}
	}
	if all == 0 {
		return memoryPrior
	}
	found := next / all
	found += (1 + 3*found) / n
	found = min(max(found, 0), mostMemory)
	return (n*found + memoryPoints*memoryPrior) / (n + memoryPoints)
}

// excess is how far beyond the tolerated level a value lies.
func (r reference) excess(v float64) float64 { return r.scale(v) - r.limit }

// common is how far the baseline was off at the same time, if it was far off.
func (r reference) common(at time.Time) float64 {
	for i := len(r.far) - 1; i >= 0; i-- {
		if d := r.far[i].at.Sub(at); d <= r.spacing/2 && -d <= r.spacing/2 {
			return r.far[i].much
		}
	}
	return 0
}

// previous is the canary's point before the one that is looked at.
type previous struct {
	// points are how many points of the canary there are, the one that is looked at
	// included.
	points float64
	known  bool
	// near says that no point is missing between the two.
	near   bool
	excess float64
}

// surprise is an excess in spreads, less what the previous point explains.
func (r reference) surprise(excess float64, p previous) float64 {
	spread := r.spread
	if p.known {
		excess -= r.memory * max(p.excess, 0)
		if p.near {
			spread = r.unexplained
		}
	}
	excess -= r.doubt * min(math.Sqrt(p.points/r.points), mostDoubt)
	spread *= math.Sqrt(1 + 1/r.points)
	if spread == 0 {
		spread = math.SmallestNonzeroFloat64
	}
	return min(max(excess/spread, -mostSurprise), mostSurprise)
}

// mostSurprise is beyond any evidence that is let count.
const mostSurprise = 1e6

func sq(v float64) float64 { return v * v }

// middle is the median.
func middle(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

// spacing is the median time between points.
func spacing(points []series.Sample) time.Duration {
	gaps := make([]float64, 0, len(points))
	for i := 1; i < len(points); i++ {
		gaps = append(gaps, float64(points[i].At.Sub(points[i-1].At)))
	}
	return time.Duration(middle(gaps))
}
