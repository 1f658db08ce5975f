package stats

import "math"

// Differences are all differences x - y of a canary's and a baseline's value, as
// floating-point numbers, in ascending order, without being written out.
type Differences struct {
	canary, baseline []float64
}

// NewDifferences are the differences of two samples. Empty samples and values that are
// not finite are an error.
func NewDifferences(canary, baseline []float64) (Differences, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return Differences{}, err
	}
	return Differences{sorted(canary), sorted(baseline)}, nil
}

// Len is how many there are.
func (d Differences) Len() int { return len(d.canary) * len(d.baseline) }

// At is the k-th smallest, counted from 1; a k below 1 means 1, and one above Len
// means Len. It takes at most 64 passes over the samples.
func (d Differences) At(k int) float64 {
	k = min(max(k, 1), d.Len())
	low := d.canary[0] - d.baseline[len(d.baseline)-1]
	high := d.canary[len(d.canary)-1] - d.baseline[0]
	return smallest(low, high, func(t float64) bool { return d.atMost(t) >= k })
}

// atMost counts the differences up to t.
func (d Differences) atMost(t float64) int {
	count, tooSmall := 0, 0
	for _, x := range d.canary {
		// The greater x is, the fewer y are great enough; rounding keeps the order.
		for tooSmall < len(d.baseline) && x-d.baseline[tooSmall] > t {
			tooSmall++
		}
		count += len(d.baseline) - tooSmall
	}
	return count
}

// Median is the median of the differences: the mean of the middle two of an even
// number.
func (d Differences) Median() float64 {
	n := d.Len()
	if n%2 == 1 {
		return d.At(n/2 + 1)
	}
	low, high := d.At(n/2), d.At(n/2+1)
	return low + (high-low)/2
}

// Shift is how much greater the canary's values are.
type Shift struct {
	// Estimate is the Hodges–Lehmann estimate, the median of all differences.
	Estimate float64
	// Interval holds the true shift with the confidence asked for, if both
	// distributions differ by a shift alone.
	Interval Interval
	// Exact: the interval is from the exact law of U.
	Exact bool
}

// HodgesLehmann estimates how far the canary's values are shifted, in their own unit.
// The interval consists of two of the ordered differences d(1) … d(n1·n2),
//
//	(d(q), d(n1·n2+1-q))
//
// While both samples have at most ExactRanks values together, q is the smallest k with
// P(U <= k) >= α/2 by the law of U without ties, at least 1; else
// q = ⌊n1·n2/2 - z(1-α/2)·√(n1·n2·(N+1)/12)⌋, at least 1. With ties both are
// conservative. When q = 1 even the widest interval may have less confidence than
// asked for: with 3 and 3 values no interval reaches 98 %.
//
// Empty samples, values that are not finite and a confidence outside of (0, 1) are
// errors. Source: Hodges & Lehmann 1963; Hollander & Wolfe 1999, 4.2 and 4.3.
func HodgesLehmann(canary, baseline []float64, confidence float64) (Shift, error) {
	if err := checkLevel(confidence); err != nil {
		return Shift{}, err
	}
	d, err := NewDifferences(canary, baseline)
	if err != nil {
		return Shift{}, err
	}
	n, m := len(canary), len(baseline)
	s := Shift{Estimate: d.Median(), Exact: n+m <= ExactRanks}
	q := 0
	if s.Exact {
		q = quantileOfU(n, m, (1-confidence)/2)
	} else {
		pairs, all := float64(n)*float64(m), float64(n+m)
		q = int(math.Floor(pairs/2 - criticalValue(confidence)*math.Sqrt(pairs*(all+1)/12)))
	}
	q = max(q, 1)
	s.Interval = Interval{d.At(q), d.At(d.Len() + 1 - q)}
	return s, nil
}

// quantileOfU is the smallest k with P(U <= k) >= level, without ties.
func quantileOfU(n, m int, level float64) int {
	ranks := make([]int, n+m)
	for i := range ranks {
		ranks[i] = i
	}
	size := min(n, m) // The law is the same for both.
	counts := splits(ranks, size)
	total := 0.0
	for _, count := range counts {
		total += count
	}
	below := 0.0
	for s, count := range counts {
		below += count
		if count > 0 && below >= level*total {
			return s - size*(size-1)/2
		}
	}
	return n * m
}
