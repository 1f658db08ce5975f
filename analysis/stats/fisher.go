package stats

import "math"

// OddsTest is the outcome of Fisher's exact test.
type OddsTest struct {
	P Tails
	// SampleOdds is the odds ratio of the table, ad/(bc); it may be infinite. Defined
	// is false when it is 0/0, because no trial or every trial was an event; then
	// nothing can be said on the ratio, and the fields below are 0 and (0, +Inf).
	SampleOdds float64
	Defined    bool
	// Odds is the conditional maximum likelihood estimate of the odds ratio, and
	// Interval holds the true one with the confidence asked for. Both may be infinite.
	Odds     float64
	Interval Interval
}

// sameChance is how much more probable than the table seen another one may be and
// still count as "as improbable": what R and scipy allow for rounding.
const sameChance = 1e-7

// Fisher tests whether the odds of an event differ, given the margins of the table
// ((x1, n1-x1), (x2, n2-x2)): the canary's events follow the hypergeometric law.
//
//	Greater = P(X >= x1), Less = P(X <= x1)
//	TwoSided = Σ P(k) over all k with P(k) <= P(x1)·(1+1e-7)
//
// The estimate and the bounds of the odds ratio are from the noncentral hypergeometric
// law: E(X) = x1, P(X >= x1) = α/2 and P(X <= x1) = α/2.
//
// Assumption: independent trials. Clumped requests (retries) make the p-values too
// small. Counts without trials, or beyond MaxTotal, and a confidence outside of (0, 1)
// are errors. Source: Fisher 1935; Agresti 1992, "A survey of exact inference".
func Fisher(canary, baseline Count, confidence float64) (OddsTest, error) {
	if err := checkCounts(canary, baseline); err != nil {
		return OddsTest{}, err
	}
	if err := checkLevel(confidence); err != nil {
		return OddsTest{}, err
	}
	h := hypergeometric{n1: canary.Total, n2: baseline.Total, events: canary.Events + baseline.Events}
	t := OddsTest{P: h.tails(canary.Events), Interval: Interval{0, math.Inf(1)}}
	if h.lowest() == h.highest() {
		return t, nil
	}
	t.Defined = true
	a, b := float64(canary.Events), float64(canary.Total-canary.Events)
	c, d := float64(baseline.Events), float64(baseline.Total-baseline.Events)
	t.SampleOdds = math.Inf(1)
	if b > 0 && c > 0 {
		t.SampleOdds = a / b * (d / c)
	}
	t.Odds, t.Interval = h.odds(canary.Events, (1-confidence)/2)
	return t, nil
}

// hypergeometric is the law of the canary's events, given all events.
type hypergeometric struct {
	n1, n2, events int64
}

func (h hypergeometric) lowest() int64  { return max(0, h.events-h.n2) }
func (h hypergeometric) highest() int64 { return min(h.n1, h.events) }

// log is ln P(X = k): three binomial probabilities, in which no large terms cancel
// (Loader 2000).
func (h hypergeometric) log(k int64) float64 {
	all := h.n1 + h.n2
	if h.events == 0 || h.events == all {
		return 0
	}
	p, q := float64(h.events)/float64(all), float64(all-h.events)/float64(all)
	return logBinomial(k, h.n1, p, q) + logBinomial(h.events-k, h.n2, p, q) - logBinomial(h.events, all, p, q)
}

// up is P(k+1)/P(k).
func (h hypergeometric) up(k int64) float64 {
	return float64(h.n1-k) / float64(k+1) * (float64(h.events-k) / float64(h.n2-h.events+k+1))
}

// mode is the most probable k when the odds ratio is omega: up·omega falls with k.
func (h hypergeometric) mode(logOmega float64) int64 {
	low, high := h.lowest(), h.highest()
	for low < high {
		middle := low + (high-low)/2
		if math.Log(h.up(middle))+logOmega > 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// above is P(X >= k), for k above the mode: terms that fall.
func (h hypergeometric) above(k int64) float64 {
	if k > h.highest() {
		return 0
	}
	total, term := 0.0, 1.0
	for i := max(k, h.lowest()); i <= h.highest() && term > 1e-18*total; i++ {
		total += term
		term *= h.up(i)
	}
	return math.Exp(h.log(max(k, h.lowest()))) * total
}

// below is P(X <= k), for k below the mode.
func (h hypergeometric) below(k int64) float64 {
	if k < h.lowest() {
		return 0
	}
	start := min(k, h.highest())
	total, term := 0.0, 1.0
	for i := start; i >= h.lowest() && term > 1e-18*total; i-- {
		total += term
		if i > h.lowest() {
			term /= h.up(i - 1)
		}
	}
	return math.Exp(h.log(start)) * total
}

// tails are the p-values of k events.
func (h hypergeometric) tails(k int64) Tails {
	if h.lowest() == h.highest() {
		return Tails{1, 1, 1}
	}
	mode := h.mode(0)
	t := Tails{}
	if k > mode {
		t.Greater = h.above(k)
		t.Less = 1 - h.above(k+1)
	} else {
		t.Less = h.below(k)
		t.Greater = 1 - h.below(k-1)
	}
	t.TwoSided = 1
	if limit := h.log(k) + math.Log1p(sameChance); h.log(mode) > limit {
		t.TwoSided = h.below(h.lastBelow(mode, limit)) + h.above(h.firstAbove(mode, limit))
	}
	return Tails{probability(t.TwoSided), probability(t.Greater), probability(t.Less)}
}

// lastBelow is the greatest k up to the mode that is no more probable than the limit;
// below the lowest when there is none.
func (h hypergeometric) lastBelow(mode int64, limit float64) int64 {
	low, high := h.lowest()-1, mode
	for low < high {
		middle := low + (high-low+1)/2
		if h.log(middle) <= limit {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// firstAbove is the least k from the mode on that is no more probable than the limit.
func (h hypergeometric) firstAbove(mode int64, limit float64) int64 {
	low, high := mode, h.highest()+1
	for low < high {
		middle := low + (high-low)/2
		if h.log(middle) <= limit {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// odds are the estimate and the bounds of the odds ratio: each is where a function of
// its logarithm, which rises or falls all along, passes its value.
func (h hypergeometric) odds(k int64, half float64) (float64, Interval) {
	const far = 700 // e^700 is near the largest number.
	estimate, interval := 0.0, Interval{0, math.Inf(1)}
	if k > h.lowest() {
		interval.Lower = math.Exp(smallest(-far, far, func(log float64) bool {
			greater, _, _ := h.noncentral(k, log)
			return greater >= half
		}))
	}
	if k < h.highest() {
		interval.Upper = math.Exp(smallest(-far, far, func(log float64) bool {
			_, less, _ := h.noncentral(k, log)
			return less <= half
		}))
	}
	switch k {
	case h.lowest():
	case h.highest():
		estimate = math.Inf(1)
	default:
		estimate = math.Exp(smallest(-far, far, func(log float64) bool {
			_, _, expected := h.noncentral(k, log)
			return expected >= 0
		}))
	}
	return estimate, interval
}

// noncentral are P(X >= k), P(X <= k) and E(X) - k for a logarithm of the odds ratio,
// summed outwards from the mode.
func (h hypergeometric) noncentral(k int64, logOmega float64) (greater, less, expected float64) {
	mode, omega := h.mode(logOmega), math.Exp(logOmega)
	var total, above, below, distance float64
	add := func(i int64, weight float64) {
		total += weight
		distance += weight * float64(i-k)
		if i >= k {
			above += weight
		}
		if i <= k {
			below += weight
		}
	}
	const negligible = 1e-22
	weight := 1.0
	for i := mode; i <= h.highest() && weight > negligible; i++ {
		add(i, weight)
		weight *= h.up(i) * omega
	}
	weight = 1.0
	for i := mode - 1; i >= h.lowest(); i-- {
		weight /= h.up(i) * omega
		if weight <= negligible {
			break
		}
		add(i, weight)
	}
	return above / total, below / total, distance / total
}
