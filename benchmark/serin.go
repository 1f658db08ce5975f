package main

import (
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/benchmark/world"
)

// The parameters of Serin's judge in the benchmark: those of the shipped template
// golden-signals.
const (
	serinBudget    = 0.01
	serinTolerance = 0.03
	errorsWeight   = 3
	latencyWeight  = 1
)

// serin judges a rollout as an AnalysisRun with two metrics does, errors and latency,
// with a look at every scrape.
type serin struct {
	errors  judge.Proportion
	latency judge.Histogram
	pods    [world.Pods]string
}

func newSerin() *serin {
	all := float64(errorsWeight + latencyWeight)
	s := &serin{
		errors:  judge.Proportion{RelativeTolerance: serinTolerance, MinRequests: 100, Budget: serinBudget * errorsWeight / all}.Prepare(),
		latency: judge.Histogram{RelativeTolerance: serinTolerance, MinRequests: 100, Budget: serinBudget * latencyWeight / all}.Prepare(),
	}
	for pod := range s.pods {
		s.pods[pod] = fmt.Sprintf("pod-%02d", pod)
	}
	return s
}

// Name is the judge's name.
func (s *serin) Name() string { return "serin" }

// Text says what the judge does.
func (s *serin) Text() string {
	return "every scrape: robust e-processes for errors (3/4 of the budget) and for latency at every edge (1/4), tolerance 3 %, budget 1 %"
}

// Rollback looks at every scrape until the evidence suffices.
func (s *serin) Rollback(r world.Rollout, warm int) int {
	var errors judge.ProportionState
	var latency judge.HistogramState
	limit := math.Log(1 / serinBudget)
	for tick := range world.Ticks {
		w, h := s.windows(&r, tick)
		if tick < world.HistoryTicks || world.Warming(tick, warm) {
			s.errors.Learn(&errors, w)
			s.latency.Learn(&latency, h)
			continue
		}
		// A weight is in force from the beginning of its step.
		since := moment(tick - (tick-world.HistoryTicks)%world.StepTicks)
		e := s.errors.Observe(&errors, w, since)
		l := s.latency.Observe(&latency, h, since)
		together := sequential.LogMean([]float64{errorsWeight, latencyWeight}, []float64{counted(e), counted(l)})
		if e.Decision == judge.Fail || l.Decision == judge.Fail || together >= limit {
			return tick - world.HistoryTicks
		}
	}
	return -1
}

// counted is the evidence of a metric towards that of the run, as analysis/run counts it.
func counted(v judge.Verdict) float64 {
	if v.Reason == judge.OnePod || v.Reason == judge.SharedIncident {
		return 0
	}
	return v.Evidence.LogE
}

// windows are a tick as the judges see it.
func (s *serin) windows(r *world.Rollout, tick int) (judge.Window, judge.HistogramWindow) {
	edges := world.Edges()
	w := judge.Window{From: moment(tick - 1), To: moment(tick)}
	h := judge.HistogramWindow{From: w.From, To: w.To, Edges: edges[:]}
	canary := world.CanaryPods(tick)
	for pod := range world.Pods {
		cell := world.Cell(pod, tick)
		counts := series.PodCounts{Pod: s.pods[pod], Counts: series.Counts{Bad: float64(r.X[cell]), Total: float64(r.N[cell])}}
		buckets := series.PodBuckets{Pod: s.pods[pod], Counts: make([]float64, world.Buckets)}
		for i, count := range r.H[cell] {
			buckets.Counts[i] = float64(count)
		}
		if pod < canary {
			w.CanaryPods, h.Canary = append(w.CanaryPods, counts), append(h.Canary, buckets)
			w.Canary.Bad, w.Canary.Total = w.Canary.Bad+counts.Bad, w.Canary.Total+counts.Total
		} else {
			w.BaselinePods, h.Baseline = append(w.BaselinePods, counts), append(h.Baseline, buckets)
			w.Baseline.Bad, w.Baseline.Total = w.Baseline.Bad+counts.Bad, w.Baseline.Total+counts.Total
		}
	}
	return w, h
}

// moment is the time of a tick.
func moment(tick int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(tick) * world.TickSeconds * time.Second)
}
