package main

import (
	"math"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/benchmark/world"
)

// The parameters of the tables: the defaults of the API, and one metric that has the whole
// budget.
const (
	budget      = 0.01
	tolerance   = 0.1
	minRequests = 100
)

// question is what a judge has to find out.
type question interface {
	// limit is how many canary requests any test needs on average: ln(1/α)/I (Wald 1945),
	// where I is what a canary request tells, together with the baseline's beside it.
	limit() float64
	// rehearsal prepares replays in which the canary serves so many requests in a window.
	rehearsal(window int) rehearsal
}

// moreErrors asks whether a canary has factor times the baseline's share of errors.
type moreErrors struct{ base, factor, share, tolerance float64 }

// slower asks whether a canary's latency is factor times the baseline's, for the
// benchmark's law and the buckets that Prometheus' client libraries have by default.
type slower struct{ factor, share float64 }

// proof asks for a proof that a canary that is as good as the baseline has less than ratio
// times its share of errors.
type proof struct{ base, ratio, share float64 }

// limit is that of the odds ratio being 1 + tolerance at most.
func (q moreErrors) limit() float64 {
	null := sequential.BernoulliRIPr{Null: sequential.OddsRatio, Margin: 1 + q.tolerance}
	bad, w := q.base*q.factor, q.share
	growth := null.LogE(w, w*bad, 1-w, (1-w)*q.base, bad, q.base) / w
	if growth <= 0 {
		return math.Inf(1)
	}
	return math.Log(1/budget) / growth
}

// limit is that of both laws being equal, so without a tolerance: nobody is faster.
func (q slower) limit() float64 {
	canary, baseline := world.BucketShares(math.Log(q.factor), 0), world.BucketShares(0, 0)
	growth := 0.0
	for i, a := range canary {
		both := q.share*a + (1-q.share)*baseline[i]
		if both > 0 {
			growth += a*logOf(a/both) + (1-q.share)/q.share*baseline[i]*logOf(baseline[i]/both)
		}
	}
	return math.Log(1/budget) / growth
}

// limit is that of the ratio being the one to rule out.
func (q proof) limit() float64 {
	growth := sequential.NonInferiority{Max: q.ratio}.Growth(q.base, q.base, q.share)
	return math.Log(1/judge.ProofError) / growth
}

// logOf is the logarithm, and 0 of what counts for nothing.
func logOf(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return math.Log(v)
}

// The rows and columns of the tables. They are functions, because nobody may change them.
func bases() []float64       { return []float64{0.0001, 0.001, 0.01} }
func factors() []float64     { return []float64{1.5, 2, 5, 10, 50} }
func shares() []float64      { return []float64{0.01, 0.05, 0.2, 0.5} }
func slownesses() []float64  { return []float64{1.1, 1.25, 1.5, 2} }
func proofRatios() []float64 { return []float64{1.25, 1.5, 2} }
func tolerances() []float64  { return []float64{0, 0.03, 0.1, 0.25, 0.5} }
func services() []float64    { return []float64{2, 20, 200, 2000} }

// firstShare is the share of a first step.
const firstShare = 0.05

// questions are those of all tables.
func questions() []question {
	var all []question
	for _, share := range shares() {
		for _, base := range bases() {
			for _, factor := range factors() {
				all = append(all, moreErrors{base, factor, share, tolerance})
			}
			for _, ratio := range proofRatios() {
				all = append(all, proof{base, ratio, share})
			}
		}
		for _, factor := range slownesses() {
			all = append(all, slower{factor, share})
		}
	}
	for _, accepted := range tolerances() {
		if accepted == tolerance {
			continue
		}
		for _, factor := range []float64{1.5, 2, 5} {
			all = append(all, moreErrors{0.001, factor, firstShare, accepted})
		}
	}
	return all
}
