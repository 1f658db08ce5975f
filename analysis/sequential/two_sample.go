package sequential

import (
	"fmt"
	"math"
	"slices"
)

// TwoSample tests whether two arms draw from the same distribution over buckets,
// against any difference in either direction. The units are requests.
//
// For each arm the shares p* are predicted from its past, (counts+1/2)/(n+B/2) over B
// buckets; p° is (n1·p1*+n2·p2*)/(n1+n2), where n1 and n2 are the requests of the
// block; and
//
//	ln E += Σ c1·ln(p1*/p°) + c2·ln(p2*/p°).
//
// The first block is no evidence: nothing was predicted yet. It learns slowly, at a cost
// of (B-1)/2·ln n, and cannot tell slower from faster: it is for reports. Requests
// are independent. E is dimensionless.
//
// Source: Turner, Ly & Grünwald (2024), over a finite alphabet; prediction after
// Krichevsky & Trofimov (1981).
type TwoSample struct{}

// TwoSampleState is the memory of a TwoSample. The zero value has seen nothing.
type TwoSampleState struct {
	// Canary and Baseline are the requests seen so far, by bucket.
	Canary   []float64 `json:"canary,omitempty"`
	Baseline []float64 `json:"baseline,omitempty"`
	// Log is the natural logarithm of the evidence.
	Log float64 `json:"logE,omitempty"`
}

// Observe adds a block of requests by bucket. A block whose buckets are not as many as those
// seen before, or whose counts are no counts, leaves the state as it is.
func (TwoSample) Observe(s TwoSampleState, canary, baseline []float64) TwoSampleState {
	if !sameBuckets(canary, baseline, s.Canary, s.Baseline) {
		return s
	}
	n1, n2 := total(canary), total(baseline)
	past1, past2 := total(s.Canary), total(s.Baseline)
	log := s.Log
	for b := range canary {
		p1, p2 := predicted(s.Canary, past1, b, len(canary)), predicted(s.Baseline, past2, b, len(canary))
		log += bucketEvidence(n1, canary[b], p1, n2, baseline[b], p2)
	}
	return TwoSampleState{Canary: summed(s.Canary, canary), Baseline: summed(s.Baseline, baseline), Log: log}
}

// LogE is the natural logarithm of the evidence that the distributions differ.
func (s TwoSampleState) LogE() float64 { return s.Log }

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s TwoSampleState) Validate() error {
	if len(s.Canary) != len(s.Baseline) || !counted(s.Canary) || !counted(s.Baseline) || !isFinite(s.Log) {
		return fmt.Errorf("the state of a two-sample test has %d and %d buckets and evidence %v", len(s.Canary), len(s.Baseline), s.Log)
	}
	return nil
}

// Shift tests whether the canary is slower than the baseline, by buckets of
// ascending latency: one-sided.
//
// As TwoSample, but p1* is p2* tilted, proportional to p2*·e^(θg), where g is the
// bucket's place in the predicted distribution: its middle minus 1/2. E is the mean over
// θ = 1, 2, 4. The expectation of a block's factor is at most the exponential of
//
//	n1·(Σ q1·p1*/p° - 1) + n2·(Σ q2·p2*/p° - 1) <= Σ q2·(n1·p1*+n2·p2*)/p° - n1 - n2 = 0
//
// for every pair of distributions with q1 stochastically not slower than q2, also one
// that changes, because p1*/p° grows with the latency. The first block is no evidence unless the baseline's history was
// given to Learn. Requests are independent; clumps break it. E is dimensionless.
//
// Source: as TwoSample; the tilt is that of a monotone likelihood ratio (Lehmann &
// Romano, "Testing statistical hypotheses", section 3.4).
type Shift struct{}

// shiftTilts are the θ.
const shiftTilts = 3

// shiftTilt is the j-th θ: 1, 2, 4.
func shiftTilt(j int) float64 { return math.Ldexp(1, j) }

// ShiftState is the memory of a Shift. The zero value has seen nothing.
type ShiftState struct {
	// Baseline are the baseline's requests seen so far, by bucket.
	Baseline []float64 `json:"baseline,omitempty"`
	// LogL are the logarithms of the likelihood ratios, one for each tilt; none
	// before the first evidence.
	LogL []float64 `json:"logL,omitempty"`
}

// Learn adds requests that the baseline served before the canary did.
func (Shift) Learn(s ShiftState, baseline []float64) ShiftState {
	if !sameBuckets(baseline, baseline, s.Baseline, s.Baseline) {
		return s
	}
	s.Baseline = summed(s.Baseline, baseline)
	return s
}

// Observe adds a block of requests by bucket, ascending. A block whose buckets are
// not as many as those seen before, or whose counts are no counts, leaves the state as it is.
func (t Shift) Observe(s ShiftState, canary, baseline []float64) ShiftState {
	if !sameBuckets(canary, baseline, s.Baseline, s.Baseline) {
		return s
	}
	past := total(s.Baseline)
	if past <= 0 {
		return t.Learn(s, baseline)
	}
	logL := make([]float64, shiftTilts)
	copy(logL, s.LogL)
	shares, places := places(s.Baseline, past)
	n1, n2 := total(canary), total(baseline)
	for j := range logL {
		theta := shiftTilt(j)
		norm := 0.0
		for b, share := range shares {
			norm += share * math.Exp(theta*places[b])
		}
		for b, share := range shares {
			logL[j] += bucketEvidence(n1, canary[b], share*math.Exp(theta*places[b])/norm, n2, baseline[b], share)
		}
	}
	return ShiftState{Baseline: summed(s.Baseline, baseline), LogL: logL}
}

// LogE is the natural logarithm of the evidence that the canary is slower.
func (s ShiftState) LogE() float64 {
	if len(s.LogL) == 0 {
		return 0
	}
	return logMeanExp(s.LogL)
}

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s ShiftState) Validate() error {
	if len(s.LogL) != 0 && len(s.LogL) != shiftTilts {
		return fmt.Errorf("the state has %d likelihood ratios, want %d", len(s.LogL), shiftTilts)
	}
	if !counted(s.Baseline) || slices.ContainsFunc(s.LogL, func(v float64) bool { return !isFinite(v) }) {
		return fmt.Errorf("the state of a shift holds what is no number of requests, or no evidence")
	}
	return nil
}

// places are the predicted shares of the buckets, and where in the distribution each
// one's middle lies, minus 1/2.
func places(past []float64, n float64) (shares, places []float64) {
	shares, places = make([]float64, len(past)), make([]float64, len(past))
	below := 0.0
	for b := range past {
		shares[b] = predicted(past, n, b, len(past))
		places[b] = below + shares[b]/2 - 0.5
		below += shares[b]
	}
	return shares, places
}

// predicted is the share of a bucket to expect after a past of n requests.
func predicted(past []float64, n float64, bucket, buckets int) float64 {
	count := 0.5
	if len(past) > 0 {
		count += past[bucket]
	}
	return count / (n + 0.5*float64(buckets))
}

// bucketEvidence is the logarithm of one bucket's part of a block's evidence.
func bucketEvidence(n1, c1, p1, n2, c2, p2 float64) float64 {
	if p1 == p2 || !(n1 > 0 && n2 > 0) {
		return 0
	}
	mean := (n1*p1 + n2*p2) / (n1 + n2)
	return c1*math.Log(p1/mean) + c2*math.Log(p2/mean)
}

// sameBuckets reports whether two arms of a block are counts over the same buckets
// as those seen before, if any.
func sameBuckets(canary, baseline, before1, before2 []float64) bool {
	return len(canary) == len(baseline) && counted(canary) && counted(baseline) &&
		(len(before1) == 0 || len(before1) == len(canary)) && (len(before2) == 0 || len(before2) == len(canary))
}

// counted reports whether all are counts.
func counted(counts []float64) bool {
	return !slices.ContainsFunc(counts, func(v float64) bool { return !isCount(v) })
}

// total is the sum of counts.
func total(counts []float64) float64 {
	sum := 0.0
	for _, v := range counts {
		sum += v
	}
	return sum
}

// summed are the sums of two counts by bucket; the first ones may be absent.
func summed(a, b []float64) []float64 {
	sum := slices.Clone(b)
	for i := range a {
		sum[i] += a[i]
	}
	return sum
}
