package criteria

import (
	"fmt"
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/sequential"
)

// side is canary or baseline as the value of an expression.
type side string

const (
	theCanary   side = "canary"
	theBaseline side = "baseline"
)

// theComparison is result as the value of an expression.
type theComparison struct{}

// arm is the data of a side.
func (m *machine) arm(s side) *Arm {
	if s == theBaseline {
		return &m.comparison.Baseline
	}
	return &m.comparison.Canary
}

// quantity names a number with bounds, so that it is computed once.
type quantity struct {
	of         side
	name       string
	at         float64
	confidence float64
}

// recalled is a quantity as it was computed before, or as compute makes it. A quantity
// that never changes during an evaluation may be asked for in a loop.
func (m *machine) recalled(of side, name string, at float64, compute func() any) any {
	key := quantity{of, name, at, m.confidence}
	if v, is := m.known[key]; is {
		return v
	}
	v := compute()
	if b, is := v.(bounded); is {
		v = b.tidy()
	}
	m.known[key] = v
	return v
}

// field is canary.name or baseline.name.
func (m *machine) field(s side, name string) any {
	arm := m.arm(s)
	switch name {
	case "points":
		if len(arm.Points) == 0 {
			return missing
		}
		return arm.Points
	case "total":
		n := arm.requests()
		return bounded{estimate: n, lower: n, upper: math.Inf(1), samples: n, of: requests, count: true}
	case "bad":
		if arm.Total == 0 {
			return missing
		}
		b := exactly(arm.Bad)
		b.samples, b.of = arm.Total, requests
		return b
	case "share":
		return m.recalled(s, name, 0, func() any { return arm.share(arm.Bad, arm.Total, 1-m.confidence) })
	default:
		return m.recalled(s, name, 0, func() any { return arm.mean(1 - m.confidence) })
	}
}

// What samples are.
const (
	requests = "requests"
	points   = "points"
)

// Where bounds are tightest: after so many requests, and so many points of a gauge.
// Elsewhere they are little wider.
const (
	optimumRequests = 1000
	optimumPoints   = 100
)

// share is the share of hits among so many requests, with bounds that hold at all looks
// at once (sequential.Tally.Confidence), if requests are independent but for the
// dispersion.
func (a *Arm) share(hits, among, alpha float64) any {
	if !(among > 0) {
		return missing
	}
	tally := sequential.Tally{Hits: hits / a.worth(), Trials: among / a.worth()}
	interval := tally.Confidence(alpha, optimumRequests)
	return bounded{
		estimate: hits / among, lower: interval.Lower, upper: interval.Upper,
		samples: among, of: requests, share: true, shrinks: true,
	}
}

// leastForMean is from how many points on a mean has bounds.
const leastForMean = 30

// mean is the mean of the points. Of values without known limits nothing bounds the
// mean at every look for sure: the bounds hold in the limit of many points
// (sequential.Asymptotic), and there are none below leastForMean. The points are taken
// for independent.
func (a *Arm) mean(alpha float64) any {
	n := float64(len(a.Points))
	if n == 0 {
		return missing
	}
	if !slices.ContainsFunc(a.Points, func(v float64) bool { return !finite(v) }) {
		mean, deviation := moments(a.Points)
		half := math.Inf(1)
		if n >= leastForMean {
			half = sequential.Asymptotic{Alpha: alpha, Tuning: optimumPoints}.HalfWidth(deviation/math.Sqrt(n), n)
		}
		return bounded{estimate: mean, lower: mean - half, upper: mean + half, samples: n, of: points}
	}
	return notNumber
}

// moments are mean and standard deviation, without overflow of the sums.
func moments(values []float64) (mean, deviation float64) {
	squares := 0.0
	for i, v := range values {
		step := v - mean
		mean += step / float64(i+1)
		squares += step * (v - mean)
	}
	if len(values) < 2 {
		return mean, 0
	}
	return mean, math.Sqrt(squares / float64(len(values)-1))
}

// method is canary.name(at).
func (m *machine) method(s side, name string, at any) any {
	x := toFloat(at)
	if !finite(x) {
		return notNumber
	}
	if name == "quantile" && !(x > 0 && x < 1) {
		panic(fmt.Errorf("the quantile %v is not between 0 and 1", x))
	}
	arm := m.arm(s)
	return m.recalled(s, name, x, func() any {
		buckets := arm.Buckets
		if arm.requests() == 0 || len(buckets.Edges) == 0 {
			m.charge(10 * len(arm.Points))
			if name == "quantile" {
				return arm.pointQuantile(x, 1-m.confidence)
			}
			return arm.pointsAbove(x, 1-m.confidence)
		}
		m.charge(10 * len(buckets.Edges))
		if name == "quantile" {
			return arm.bucketQuantile(x, 1-m.confidence)
		}
		return arm.bucketsAbove(x, 1-m.confidence)
	})
}

// bucketQuantile is a quantile read off a histogram: its bounds are edges, and hold at
// all looks at once (sequential.FixedQuantile).
func (a *Arm) bucketQuantile(p, alpha float64) any {
	n := 0.0
	scaled := sequential.Buckets{Edges: a.Buckets.Edges, Counts: make([]float64, len(a.Buckets.Counts))}
	for i, count := range a.Buckets.Counts {
		n += count
		scaled.Counts[i] = count / a.worth()
	}
	if n == 0 {
		return missing
	}
	q := sequential.FixedQuantile{P: p, Optimum: optimumRequests}.Bounds(scaled, alpha)
	return bounded{estimate: q.Estimate, lower: q.Lower, upper: q.Upper, samples: n, of: requests}
}

// pointQuantile is a quantile of the points. The buckets are their places in order, so
// that points may be negative.
func (a *Arm) pointQuantile(p, alpha float64) any {
	values, places, why := a.places()
	if why != nil {
		return why
	}
	q := sequential.FixedQuantile{P: p, Optimum: optimumPoints}.Bounds(places, alpha)
	at := func(place float64) float64 {
		switch {
		case place < 1:
			return math.Inf(-1)
		case math.IsInf(place, 1):
			return place
		default:
			return values[int(place)-1]
		}
	}
	return bounded{estimate: at(q.Estimate), lower: at(q.Lower), upper: at(q.Upper), samples: float64(len(a.Points)), of: points}
}

// places are the different values of the points, and how many there are of each.
func (a *Arm) places() (values []float64, places sequential.Buckets, why any) {
	if len(a.Points) == 0 {
		return nil, places, missing
	}
	sorted := slices.Clone(a.Points)
	slices.Sort(sorted)
	for _, v := range sorted {
		if !finite(v) {
			return nil, places, notNumber
		}
		if n := len(values); n == 0 || v != values[n-1] {
			values = append(values, v)
			places.Edges = append(places.Edges, float64(len(values)))
			places.Counts = append(places.Counts, 0)
		}
		places.Counts[len(places.Counts)-1]++
	}
	places.Counts = append(places.Counts, 0)
	return values, places, nil
}

// pointsAbove is the share of points above a value.
func (a *Arm) pointsAbove(x, alpha float64) any {
	if len(a.Points) == 0 {
		return missing
	}
	above := 0.0
	for _, v := range a.Points {
		if !finite(v) {
			return notNumber
		}
		if v > x {
			above++
		}
	}
	n := float64(len(a.Points))
	interval := sequential.Tally{Hits: above, Trials: n}.Confidence(alpha, optimumPoints)
	return bounded{estimate: above / n, lower: interval.Lower, upper: interval.Upper, samples: n, of: points, share: true, shrinks: true}
}

// bucketsAbove is the share of requests above a value. Between two edges it is at least
// the share above the higher and at most that above the lower one; the estimate is the
// latter, as nothing is known of what is inside a bucket.
func (a *Arm) bucketsAbove(x, alpha float64) any {
	last := len(a.Buckets.Edges)
	above, least, most, found := a.Buckets.Counts[last], 0.0, 0.0, false
	for i, edge := range slices.Backward(a.Buckets.Edges) {
		if edge >= x {
			least = above
		}
		if edge <= x && !found {
			most, found = above, true
		}
		above += a.Buckets.Counts[i]
	}
	if !found {
		most = above
	}
	upper, is := a.share(most, above, alpha).(bounded)
	lower, also := a.share(least, above, alpha).(bounded)
	if !is || !also {
		return missing
	}
	upper.lower, upper.shrinks = lower.lower, most == least
	return upper
}

// effect is result.name.
func (m *machine) effect(name string) any {
	if name == "ratio" {
		return m.recalled("", name, 0, m.ratio)
	}
	return m.recalled("", name, 0, m.difference)
}

// ratio is the canary's rate of bad requests over the baseline's, whatever the split
// (sequential.RateRatioState.Confidence).
func (m *machine) ratio() any {
	c := m.comparison
	if len(c.Effect.Ratio.Strata) == 0 && (!c.Effect.Judged || c.Canary.Total == 0 || c.Baseline.Total == 0) {
		return missing
	}
	r := c.Effect.Ratio.Confidence(1 - m.confidence)
	estimate := r.Estimate
	if len(c.Effect.Ratio.Strata) == 0 {
		estimate = math.NaN()
	}
	return bounded{estimate: estimate, lower: r.Lower, upper: r.Upper, samples: min(c.Canary.Total, c.Baseline.Total), of: requests}
}

// difference is the canary's share of bad requests minus the baseline's, or the
// difference of the means of a gauge. Each of the two misses with half the probability
// (Bonferroni), so that both hold together.
func (m *machine) difference() any {
	c := m.comparison
	alpha := (1 - m.confidence) / 2
	canary, baseline := c.Canary.share(c.Canary.Bad, c.Canary.Total, alpha), c.Baseline.share(c.Baseline.Bad, c.Baseline.Total, alpha)
	if c.Canary.Total == 0 && c.Baseline.Total == 0 {
		canary, baseline = c.Canary.mean(alpha), c.Baseline.mean(alpha)
	}
	if why, is := firstUnknown(canary, baseline); is {
		return why
	}
	return canary.(bounded).plus(baseline.(bounded).negative())
}
