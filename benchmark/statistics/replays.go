package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/benchmark/world"
)

// rehearsal is a question that can be replayed.
type rehearsal struct {
	window int
	// most is how many windows a replay lasts at most.
	most int
	// begin begins a replay; each call of what it returns is a look, which says whether the
	// question is answered.
	begin func(rng *rand.Rand) (look func(i int) bool)
}

// replay is how many canary requests it took; +Inf when that was not enough.
func (r rehearsal) replay(rng *rand.Rand) float64 {
	look := r.begin(rng)
	for i := range r.most {
		if look(i) {
			return float64((i + 1) * r.window)
		}
	}
	return math.Inf(1)
}

const (
	// windowsOfLimit is how many windows the limit is divided into, so that the length of a
	// window does not decide.
	windowsOfLimit = 20
	// limitsAtMost is how many times the limit a replay lasts.
	limitsAtMost = 30
	// history is how many windows of the baseline are seen before, with so many requests in
	// each at least.
	history        = 40
	historyAtLeast = 500
	// allPods is how many pods there are; the canary has its share of them, and one at least.
	allPods = 20
)

// fleet is the pods of a replay, and how many requests each arm serves in a window.
type fleet struct {
	canaryPods, baselinePods []string
	canary, baseline         int
	// past is how many the baseline serves in a window before the release.
	past int
}

func newFleet(share float64, window int) fleet {
	f := fleet{canary: window, baseline: int(math.Round(float64(window) * (1 - share) / share))}
	f.past = max(f.baseline, historyAtLeast)
	canaries := max(1, int(math.Round(share*allPods)))
	for i := range allPods {
		if i < canaries {
			f.canaryPods = append(f.canaryPods, fmt.Sprintf("canary-%02d", i))
		} else {
			f.baselinePods = append(f.baselinePods, fmt.Sprintf("stable-%02d", i))
		}
	}
	return f
}

// spread draws how many of n requests each of some pods serves.
func spread(n, pods int, rng *rand.Rand) []int {
	counts := make([]int, pods)
	for i := range counts {
		counts[i] = world.Binomial(n, 1/float64(pods-i), rng)
		n -= counts[i]
	}
	return counts
}

// bounds are the times of a window; those before the release are negative.
func bounds(i int) (from, to time.Time) {
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return epoch.Add(time.Duration(i) * world.TickSeconds * time.Second), epoch.Add(time.Duration(i+1) * world.TickSeconds * time.Second)
}

// release is since when the weight is set.
func release() time.Time { from, _ := bounds(0); return from }

// errors draws a window in which both arms serve requests with their shares of errors.
func (f fleet) errors(i int, canary, baseline float64, rng *rand.Rand) judge.Window {
	var w judge.Window
	w.From, w.To = bounds(i)
	draw := func(pods []string, n int, bad float64) (all []series.PodCounts, sum series.Counts) {
		for p, total := range spread(n, len(pods), rng) {
			c := series.Counts{Bad: float64(world.Binomial(total, bad, rng)), Total: float64(total)}
			all = append(all, series.PodCounts{Pod: pods[p], Counts: c})
			sum.Bad, sum.Total = sum.Bad+c.Bad, sum.Total+c.Total
		}
		return all, sum
	}
	served := f.past
	if i >= 0 {
		served = f.baseline
		w.CanaryPods, w.Canary = draw(f.canaryPods, f.canary, canary)
	}
	w.BaselinePods, w.Baseline = draw(f.baselinePods, served, baseline)
	return w
}

// latencies draws a window in which both arms serve requests with their laws of latency.
func (f fleet) latencies(i int, canary, baseline [world.Buckets]float64, rng *rand.Rand) judge.HistogramWindow {
	edges := world.Edges()
	w := judge.HistogramWindow{Edges: edges[:]}
	w.From, w.To = bounds(i)
	draw := func(pods []string, n int, law [world.Buckets]float64) (all []series.PodBuckets) {
		for p, total := range spread(n, len(pods), rng) {
			all = append(all, series.PodBuckets{Pod: pods[p], Counts: buckets(total, law, rng)})
		}
		return all
	}
	served := f.past
	if i >= 0 {
		served = f.baseline
		w.Canary = draw(f.canaryPods, f.canary, canary)
	}
	w.Baseline = draw(f.baselinePods, served, baseline)
	return w
}

// buckets draws in which bucket each of n requests falls.
func buckets(n int, law [world.Buckets]float64, rng *rand.Rand) []float64 {
	counts := make([]float64, len(law))
	left := 1.0
	for i, p := range law {
		x := n
		if p < left {
			x = world.Binomial(n, p/left, rng)
		}
		counts[i] = float64(x)
		n, left = n-x, left-p
	}
	return counts
}

// proportionReplay replays a judge of errors until a condition on its verdict.
func proportionReplay(p judge.Proportion, f fleet, canary, baseline float64, done func(judge.Verdict) bool) func(*rand.Rand) func(int) bool {
	p = p.Prepare()
	return func(rng *rand.Rand) func(int) bool {
		var s judge.ProportionState
		for i := -history; i < 0; i++ {
			p.Learn(&s, f.errors(i, canary, baseline, rng))
		}
		return func(i int) bool {
			return done(p.Observe(&s, f.errors(i, canary, baseline, rng), release()))
		}
	}
}

func failed(v judge.Verdict) bool { return v.Decision == judge.Fail }

func (q moreErrors) rehearsal(window int) rehearsal {
	p := judge.Proportion{RelativeTolerance: q.tolerance, MinRequests: minRequests, Budget: budget}
	return rehearsal{window, windowsOfLimit * limitsAtMost, proportionReplay(p, newFleet(q.share, window), q.base*q.factor, q.base, failed)}
}

func (q proof) rehearsal(window int) rehearsal {
	p := judge.Proportion{RelativeTolerance: tolerance, MinRequests: minRequests, ProofRatio: q.ratio, Budget: budget}
	proven := func(v judge.Verdict) bool { return v.Evidence.LogProof >= v.Evidence.LogProofLimit }
	return rehearsal{window, windowsOfLimit * limitsAtMost, proportionReplay(p, newFleet(q.share, window), q.base, q.base, proven)}
}

func (q slower) rehearsal(window int) rehearsal {
	h := judge.Histogram{RelativeTolerance: tolerance, MinRequests: minRequests, Budget: budget}.Prepare()
	f := newFleet(q.share, window)
	canary, baseline := world.BucketShares(math.Log(q.factor), 0), world.BucketShares(0, 0)
	return rehearsal{window, windowsOfLimit * limitsAtMost, func(rng *rand.Rand) func(int) bool {
		var s judge.HistogramState
		for i := -history; i < 0; i++ {
			h.Learn(&s, f.latencies(i, canary, baseline, rng))
		}
		return func(i int) bool {
			return failed(h.Observe(&s, f.latencies(i, canary, baseline, rng), release()))
		}
	}}
}
