package sequential

import (
	"fmt"
	"math"
)

// Buckets is a histogram: the values of an arm by bucket. Values are not negative;
// their unit is that of the edges.
type Buckets struct {
	// Edges are the upper bounds of the buckets, inclusive, finite and ascending.
	Edges []float64
	// Counts are the values in each bucket, and in a last one above all edges.
	Counts []float64
}

// Validate returns an error that says what is wrong with a histogram.
func (b Buckets) Validate() error {
	if len(b.Counts) != len(b.Edges)+1 || !counted(b.Counts) {
		return fmt.Errorf("%d counts for %d edges, or one that is no count", len(b.Counts), len(b.Edges))
	}
	for i, e := range b.Edges {
		if !isFinite(e) || i > 0 && e <= b.Edges[i-1] {
			return fmt.Errorf("edge %v is not above the one before it", e)
		}
	}
	return nil
}

// below are the counts up to and including each edge.
func (b Buckets) below() (cumulated []float64, n float64) {
	cumulated = make([]float64, len(b.Edges))
	for i := range cumulated {
		n += b.Counts[i]
		cumulated[i] = n
	}
	return cumulated, n + b.Counts[len(b.Counts)-1]
}

// Band is a confidence band around a distribution function: with probability
// 1-alpha it holds the true one at all values and all looks at once, from Least
// values on, if the values are independent and their distribution does not change.
// Its half-width is
//
//	0.85·√((ln(1 + ln(n/Least)) + C)/n)
//
// as a share. C depends on alpha: it solves min over η of
// 4·e^(-gC)·(1 + 1/((g-1)·ln η)) = alpha, g = (2/η)·(0.85 - √(2(η-1)/C))².
//
// It serves the report, which may show any quantile; the verdict takes a quarter of
// the traffic by looking at each edge on its own.
//
// Source: Howard & Ramdas, "Sequential estimation of quantiles with applications to
// A/B testing and best-arm identification" (2022), theorem 2 and equation 17.
type Band struct {
	// C is the constant of a level.
	C float64
	// Least is the number of values from which on the band is finite, positive.
	Least float64
}

// bandA is the constant A of the band.
const bandA = 0.85

// NewBand is the band at level alpha, between 0 and 1. It takes some thousand
// exponentials to find C.
func NewBand(alpha, least float64) Band {
	tooLikely := func(c float64) bool { return bandMiss(c) > math.Log(alpha) }
	return Band{C: boundary(tooLikely, 3, 2000), Least: least}
}

// bandMiss is the logarithm of the probability that a band with the constant c
// misses, at the best η.
func bandMiss(c float64) float64 {
	miss := func(eta float64) float64 {
		root := bandA - math.Sqrt(2*(eta-1)/c)
		g := 2 / eta * root * root
		if root <= 0 || g <= 1 {
			return math.Inf(1)
		}
		return math.Log(4) - g*c + math.Log1p(1/((g-1)*math.Log(eta)))
	}
	const golden = 0.6180339887498949
	low, high := 1.0, 2*bandA*bandA
	a, b := high-golden*(high-low), low+golden*(high-low)
	fa, fb := miss(a), miss(b)
	for high-low > 1e-10 {
		if fa < fb || math.IsInf(fb, 1) { // Beyond the last possible η it is infinite.
			high, b, fb = b, a, fa
			a = high - golden*(high-low)
			fa = miss(a)
		} else {
			low, a, fa = a, b, fb
			b = low + golden*(high-low)
			fb = miss(b)
		}
	}
	return min(fa, fb)
}

// HalfWidth is the half-width of the band after n values, as a share; +Inf below
// Least.
func (b Band) HalfWidth(n float64) float64 {
	if !(n >= b.Least) {
		return math.Inf(1)
	}
	return bandA * math.Sqrt((math.Log1p(math.Log(n/b.Least))+b.C)/n)
}

// Quantile bounds the p-quantile, 0 < p < 1: it is above Lower and at most Upper. Both are
// edges, 0 or +Inf, because nothing is known of what is inside a bucket; Estimate is the upper edge of
// the bucket that holds the quantile of what was seen, and 0 when nothing was. All
// quantiles may be asked for at once.
func (b Band) Quantile(values Buckets, p float64) Interval {
	cumulated, n := values.below()
	half := b.HalfWidth(n)
	return quantileBounds(values, cumulated, n, p,
		func(at float64) bool { return at/n+half < p },
		func(at float64) bool { return at/n-half >= p })
}

// quantileBounds reads bounds off the edges: the quantile is above every edge where the
// distribution is less than p for sure, and at most at every edge where it is not.
func quantileBounds(values Buckets, cumulated []float64, n, p float64, less, atLeast func(at float64) bool) Interval {
	if n <= 0 {
		return Interval{Upper: math.Inf(1)}
	}
	interval := Interval{Estimate: math.Inf(1), Upper: math.Inf(1)}
	for i := len(cumulated) - 1; i >= 0; i-- {
		if cumulated[i] >= p*n {
			interval.Estimate = values.Edges[i]
		}
		if atLeast(cumulated[i]) {
			interval.Upper = values.Edges[i]
		}
	}
	for i, at := range cumulated {
		if less(at) {
			interval.Lower = values.Edges[i]
		}
	}
	return interval
}

// Slower reports whether the canary is slower somewhere: fewer of its values are at
// or below an edge, beyond both bands, F1 + b1 < F2 - b2. It returns the edge where
// that is clearest. The histograms have the same edges; with a band at alpha/2 the
// answer is wrong with a probability of at most alpha, over all edges and looks.
func (b Band) Slower(canary, baseline Buckets) (edge float64, found bool) {
	at1, n1 := canary.below()
	at2, n2 := baseline.below()
	clearest := 0.0
	widths := b.HalfWidth(n1) + b.HalfWidth(n2)
	for i := range at1 {
		if gap := at2[i]/n2 - at1[i]/n1 - widths; gap > clearest {
			clearest, edge, found = gap, canary.Edges[i], true
		}
	}
	return edge, found
}

// FixedQuantile is for one quantile that was chosen beforehand: it takes less data
// than a Band, which is for all of them.
//
// Whether a value x is the P-quantile is tested by the share of values at or below
// it, with the BetaBinomial of Howard at null P. Values are independent.
//
// Source: Howard & Ramdas (2022), theorem 5 and section 4.
type FixedQuantile struct {
	// P is the quantile, between 0 and 1: 0.99.
	P float64
	// Optimum is the number of values at which it is tightest: 100 or more.
	Optimum float64
}

// Bounds are bounds of the quantile at level alpha, at all looks at once; each side
// misses with a probability of at most alpha/2. What they are is said at Band.Quantile.
func (q FixedQuantile) Bounds(values Buckets, alpha float64) Interval {
	cumulated, n := values.below()
	limit := math.Log(2 / alpha)
	above := Howard(q.P, q.Optimum, howardAlpha, true)
	under := Howard(1-q.P, q.Optimum, howardAlpha, true)
	return quantileBounds(values, cumulated, n, q.P,
		func(at float64) bool { return under.LogE(Tally{Hits: n - at, Trials: n}) >= limit },
		func(at float64) bool { return above.LogE(Tally{Hits: at, Trials: n}) >= limit })
}

// PValue is the p-value of both arms having the same quantile, valid at all looks:
//
//	min(1, exp(-min over x of G1(x) + G2(x))),
//
// where G(x) is the evidence of an arm that its quantile is not x, and x runs over
// the buckets: within one, nothing is known, and the edge that speaks less counts. The
// histograms have the same edges.
func (q FixedQuantile) PValue(canary, baseline Buckets) float64 {
	at1, n1 := canary.below()
	at2, n2 := baseline.below()
	if n1 <= 0 || n2 <= 0 {
		return 1
	}
	least1, least2 := q.leastEvidence(n1), q.leastEvidence(n2)
	least := math.Inf(1)
	for bucket := range canary.Counts {
		least = min(least, q.against(bucket, at1, n1, least1)+q.against(bucket, at2, n2, least2))
	}
	return AnytimeP(least)
}

// against is the evidence that the quantile of an arm is not in a bucket.
func (q FixedQuantile) against(bucket int, cumulated []float64, n, least float64) float64 {
	test := Howard(q.P, q.Optimum, howardAlpha, false)
	if bucket < len(cumulated) && cumulated[bucket] < least*n {
		return test.LogE(Tally{Hits: cumulated[bucket], Trials: n})
	}
	if bucket > 0 && cumulated[bucket-1] > least*n {
		return test.LogE(Tally{Hits: cumulated[bucket-1], Trials: n})
	}
	return test.LogE(Tally{Hits: least * n, Trials: n})
}

// leastEvidence is the share of values below at which the evidence is least: about P.
// The evidence is convex in the share.
func (q FixedQuantile) leastEvidence(n float64) float64 {
	test := Howard(q.P, q.Optimum, howardAlpha, false)
	low, high := 0.0, 1.0
	for range 100 {
		a, b := low+(high-low)/3, high-(high-low)/3
		if test.LogE(Tally{Hits: a * n, Trials: n}) < test.LogE(Tally{Hits: b * n, Trials: n}) {
			high = b
		} else {
			low = a
		}
	}
	return low + (high-low)/2
}
