package simulation

import (
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/controller/progression"
)

// ScrapeInterval is how often the made-up Prometheus looks at the pods.
const ScrapeInterval = 5 * time.Second

// liveRun is an AnalysisRun: its spec, its status, and what its queries are about.
type liveRun struct {
	spec             run.Spec
	state            run.State
	stopping         bool
	canary, baseline string
	hangs            map[string]time.Time
}

// RunSpec is what every run of a simulated release measures: the errors by the
// sequential judge, and the share of good answers by a threshold.
func RunSpec(interval time.Duration, count int) (run.Spec, error) {
	conditions, err := criteria.Compile("result[0] >= 0.9", "")
	if err != nil {
		return run.Spec{}, fmt.Errorf("compiling the simulated template: %w", err)
	}
	return run.Spec{Metrics: []run.Metric{
		{Name: "errors", Interval: interval, Count: count, ConsecutiveErrorLimit: 4, Proportion: &judge.Proportion{RelativeTolerance: 0.1, MinRequests: 20, Budget: 0.01}},
		{Name: "success-rate", Interval: interval, Count: count, FailureLimit: 2, ConsecutiveErrorLimit: 4, Conditions: conditions, SuccessCondition: "result[0] >= 0.9"},
	}}, nil
}

// startRun starts an AnalysisRun.
func (w *World) startRun(start progression.StartRun) {
	if _, exists := w.runs[start.Key]; exists {
		return
	}
	count := 0
	if start.Kind == progression.StepRun {
		count = 3
	}
	spec, err := RunSpec(2*time.Second, count)
	if err != nil {
		panic(err)
	}
	spec.CanarySince = w.Now
	if v := w.versions[w.Template]; v != nil && v.startedAt.Before(w.Now) {
		spec.CanarySince = v.startedAt
	}
	spec.Weight = float64(start.Weight) / 100
	baseline := w.stable
	if start.Baseline != "" {
		baseline = start.Baseline
		spec.BaselineSince = spec.CanarySince
	}
	w.runs[start.Key] = &liveRun{spec: spec, state: run.Start(spec, w.Now), canary: w.Template, baseline: baseline, hangs: map[string]time.Time{}}
}

// stop ends a run that nobody waits for.
func (r *liveRun) stop(now time.Time) {
	r.stopping = true
	r.state = run.Terminate(r.spec, r.state, now)
}

// view is what the run shows to a release.
func (r *liveRun) view(now time.Time) progression.Run {
	return progression.Run{View: r.state.View(r.spec, now), Stopping: r.stopping, WeightSince: r.spec.WeightSince, Weight: int32(math.Round(100 * r.spec.Weight))}
}

// measure does the measurements that are due in all runs.
func (w *World) measure() {
	if w.Now.Sub(Origin)%ScrapeInterval == 0 {
		w.scrape()
	}
	for _, key := range sortedKeys(w.runs) {
		live := w.runs[key]
		looks, _ := run.Due(live.spec, live.state, w.Now)
		for _, look := range looks {
			if measurement, answered := w.look(live, look); answered {
				live.state = run.Record(live.spec, live.state, measurement)
			}
		}
	}
}

// queryTimeout is for how long a query hangs before it fails.
const queryTimeout = 30 * time.Second

// look answers one query. While the metrics are down it hangs, and fails in the end.
func (w *World) look(live *liveRun, look run.Look) (measurement run.Measurement, answered bool) {
	measurement = run.Measurement{Metric: look.Metric, Number: look.Number, StartedAt: w.Now, FinishedAt: w.Now}
	if w.MetricsDown {
		since, hanging := live.hangs[look.Metric]
		if !hanging {
			live.hangs[look.Metric] = w.Now
			return measurement, false
		}
		if w.Now.Before(since.Add(queryTimeout)) {
			return measurement, false
		}
		delete(live.hangs, look.Metric)
		measurement.StartedAt = since
		measurement.Failure = &run.Failure{Reason: run.Unavailable, Message: "the made-up Prometheus does not answer"}
		return measurement, true
	}
	delete(live.hangs, look.Metric)
	if look.Metric == "errors" {
		measurement.Samples = w.samples(live, look.From.Add(-time.Minute))
		return measurement, true
	}
	result := criteria.Result{}
	if ratio, known := w.ratio(live.canary); known {
		result.Values = []float64{ratio}
	}
	measurement.Result = &result
	return measurement, true
}

// scrape takes a sample of every counter.
func (w *World) scrape() {
	for _, hash := range sortedKeys(w.traffic) {
		c := w.traffic[hash]
		if w.scraped(hash) == 0 {
			continue
		}
		w.samplesTotal[hash] = keepSample(w.samplesTotal[hash], series.Sample{At: w.Now, Value: float64(int64(c.total))})
		w.samplesBad[hash] = keepSample(w.samplesBad[hash], series.Sample{At: w.Now, Value: float64(int64(c.bad))})
	}
}

// scraped is the number of pods of a version, or of a set of fresh ones, that can be
// asked for their counters.
func (w *World) scraped(name string) int {
	if set := w.baselines[name]; set != nil {
		return len(w.serving(name, set.hash, &set.version))
	}
	return int(w.Available(name))
}

// keepSample adds a sample and drops those that nobody asks for any more.
func keepSample(samples []series.Sample, sample series.Sample) []series.Sample {
	samples = append(samples, sample)
	if len(samples) > 200 {
		samples = samples[1:]
	}
	return samples
}

// samples are the counters of both arms after a time.
func (w *World) samples(live *liveRun, from time.Time) *run.Samples {
	pick := func(source map[string][]series.Sample, hash string) []series.Series {
		var kept []series.Sample
		for _, sample := range source[hash] {
			if sample.At.After(from) && !sample.At.After(w.Now) {
				kept = append(kept, sample)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return []series.Series{{Labels: hash, Samples: kept}}
	}
	return &run.Samples{
		CanaryBad: pick(w.samplesBad, live.canary), CanaryTotal: pick(w.samplesTotal, live.canary),
		BaselineBad: pick(w.samplesBad, live.baseline), BaselineTotal: pick(w.samplesTotal, live.baseline),
	}
}

// ratio is the share of good answers in the last 30 s of samples.
func (w *World) ratio(hash string) (ratio float64, known bool) {
	total, bad := w.samplesTotal[hash], w.samplesBad[hash]
	first := len(total) - 7
	if len(total) < 2 {
		return 0, false
	}
	first = max(0, first)
	requests := total[len(total)-1].Value - total[first].Value
	if requests <= 0 || w.Now.Sub(total[len(total)-1].At) > 30*time.Second {
		return 0, false
	}
	return 1 - (bad[len(bad)-1].Value-bad[first].Value)/requests, true
}
