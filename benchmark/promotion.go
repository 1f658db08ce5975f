package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/report"
	"github.com/serin-dev/serin/benchmark/world"
)

// The traffic on which proofs are measured: a canary at the first step's share.
const (
	proofRPS = 200
	// proofReplays is how often each proof is tried.
	proofReplays = 200
	// patienceInLimits is for how many times the limit a proof is waited for.
	patienceInLimits = 5
)

// promotions measures how many requests Serin needs to prove that a canary that is no
// worse than the baseline is not much worse.
func promotions(seed uint64) []report.Promotion {
	var all []report.Promotion
	for _, rate := range []float64{0.001, 0.01} {
		for _, ratio := range []float64{1.5, 2} {
			p := report.Promotion{Rate: rate, Ratio: ratio, Limit: peers.PromotionLimit(rate, ratio, judge.ProofError)}
			p.Requests, p.Proven, p.Estimate = proofs(rate, ratio, p.Limit, seed)
			p.Replays = proofReplays
			all = append(all, p)
		}
	}
	return all
}

// proofs is the median number of canary requests until the proof, how many replays found
// one in time, and what the verdict said at its first look that it would need.
func proofs(rate, ratio, limit float64, seed uint64) (median float64, proven int, estimate float64) {
	requests, estimates := make([]float64, 0, proofReplays), make([]float64, 0, proofReplays)
	for replay := range proofReplays {
		rng := rand.New(rand.NewPCG(seed, uint64(replay)))
		p := judge.Proportion{RelativeTolerance: serinTolerance, MinRequests: 100, ProofRatio: ratio, Budget: serinBudget}.Prepare()
		var s judge.ProportionState
		served, said := 0.0, 0.0
		for tick := 0; served < patienceInLimits*limit; tick++ {
			v := p.Observe(&s, proofWindow(rate, tick, rng), moment(0))
			served = v.Evidence.Canary.Total
			if v.Reason == judge.ProofMissing && said == 0 {
				said = served + v.Evidence.RequestsNeeded
			}
			if v.Decision == judge.Pass {
				proven++
				break
			}
		}
		requests, estimates = append(requests, served), append(estimates, said)
	}
	slices.Sort(requests)
	slices.Sort(estimates)
	return requests[len(requests)/2], proven, estimates[len(estimates)/2]
}

// proofWindow is a scrape of two equal versions, by pod.
func proofWindow(rate float64, tick int, rng *rand.Rand) judge.Window {
	w := judge.Window{From: moment(tick), To: moment(tick).Add(world.TickSeconds * time.Second)}
	perPod := proofRPS * world.TickSeconds / world.Pods
	for pod := range world.Pods {
		counts := judge.Counts{Bad: float64(world.Binomial(perPod, rate, rng)), Total: float64(perPod)}
		named := series.PodCounts{Pod: fmt.Sprintf("pod-%02d", pod), Counts: counts}
		if pod == 0 {
			w.Canary, w.CanaryPods = counts, append(w.CanaryPods, named)
			continue
		}
		w.BaselinePods = append(w.BaselinePods, named)
		w.Baseline.Bad, w.Baseline.Total = w.Baseline.Bad+counts.Bad, w.Baseline.Total+counts.Total
	}
	return w
}
