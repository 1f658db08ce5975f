package recordings

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// Template is what Serin judges in a recording: the golden signals, each kind of signal
// with its parameters. It is the same for all datasets.
type Template struct {
	// Budget is the accepted probability of a false rollback, over all signals.
	Budget float64
	// Latency, Saturation and Ratio judge gauges: latency quantiles and averages; CPU
	// and memory; shares of errors and crashes that are there as gauges only.
	Latency, Saturation, Ratio judge.Mean
	// Errors and Objective judge counters of requests by status, against the baseline
	// and by an objective of the service's.
	Errors    judge.Proportion
	Objective judge.Objective
	// Slow judges duration histograms.
	Slow judge.Histogram
}

// DefaultTemplate is the template of the tables, with a budget.
func DefaultTemplate(budget float64) Template {
	gauge := judge.Mean{RelativeTolerance: 0.1, MinPoints: 2}
	return Template{
		Budget:  budget,
		Latency: gauge, Saturation: gauge, Ratio: gauge,
		Errors:    judge.Proportion{RelativeTolerance: 0.1},
		Objective: judge.Objective{AtMost: 0.001},
		Slow:      judge.Histogram{RelativeTolerance: 0.03},
	}
}

// The groups of signals: the evidence of the groups weighs the same, and within a group
// that of its signals.
const (
	errorsGroup     = "errors"
	latencyGroup    = "latency"
	saturationGroup = "saturation"
)

// plan is a judged quantity of a case: begin makes its judge, with its part of the budget.
type plan struct {
	group string
	begin func(budget float64) signal
}

// signal is a judge at work. Its watch returns the logarithm of its evidence after a
// look; conclude tells, after the last look, whether the test that half of the budget is
// kept for fails it.
type signal struct {
	watch    func(View) float64
	conclude func() bool
}

// Serin is the judge that Serin would be with a template: it takes a release back once
// the weighted mean of the evidence reaches the limit, and when it concludes so at the end.
func (t Template) Serin() Judge {
	return Judge{
		Name:  "serin",
		Text:  "every scrape, e-processes of the golden signals, mean of the groups' evidence; a test for one look at the end",
		Fails: t.fails,
	}
}

func (t Template) fails(c Case) bool {
	plans := t.plans(c)
	weights := weigh(plans)
	signals := make([]signal, len(plans))
	for i, p := range plans {
		signals[i] = p.begin(t.Budget * weights[i])
	}
	for view := range c.Looks() {
		sum := math.Inf(-1)
		for i, s := range signals {
			sum = logSum(sum, math.Log(weights[i])+s.watch(view))
		}
		if len(signals) > 0 && sum >= math.Log(1/judge.Looking(t.Budget, true)) {
			return true
		}
	}
	return slices.ContainsFunc(signals, func(s signal) bool { return s.conclude() })
}

// weigh gives each group the same weight and shares it out among its signals.
func weigh(plans []plan) []float64 {
	members := map[string]int{}
	for _, p := range plans {
		members[p.group]++
	}
	weights := make([]float64, len(plans))
	for i, p := range plans {
		weights[i] = 1 / float64(len(members)*members[p.group])
	}
	return weights
}

// plans are what the template judges in a case.
func (t Template) plans(c Case) []plan {
	var all []plan
	counted := slices.ContainsFunc(c.Metrics, isErrors)
	if counted {
		all = append(all, plan{errorsGroup, t.errors}, plan{errorsGroup, t.objective})
	}
	for i, m := range c.Metrics {
		switch {
		case isLatency(m):
			all = append(all, plan{latencyGroup, gauge(t.Latency, i)})
		case isSaturation(m):
			all = append(all, plan{saturationGroup, gauge(t.Saturation, i)})
		case isRatio(m) && !counted:
			all = append(all, plan{errorsGroup, gauge(t.Ratio, i)})
		}
	}
	for view := range c.Looks() {
		for i := range view.Histograms() {
			all = append(all, plan{latencyGroup, func(budget float64) signal { return t.histogram(i, budget) }})
		}
		break
	}
	return all
}

// isErrors: a counter of requests by status.
func isErrors(m Metric) bool {
	return strings.HasSuffix(m.Name, "requests_total") && m.Labels["code"] != ""
}

// isLatency: a gauge of the 95th percentile or the average of a duration, of requests
// served or of calls to a dependency as the service's own figure. What a client saw of
// other services is none.
func isLatency(m Metric) bool {
	if !strings.Contains(m.Name, "request_duration") || strings.Contains(m.Name, "client") {
		return false
	}
	return m.Labels["quantile"] == "0.95" || strings.HasSuffix(m.Name, "_avg")
}

// isSaturation: a gauge of CPU or memory in use.
func isSaturation(m Metric) bool {
	return strings.Contains(m.Name, "cpu_u") || strings.Contains(m.Name, "memory_u")
}

// isRatio: a gauge of the share of errors or crashes.
func isRatio(m Metric) bool {
	return strings.HasSuffix(m.Name, "error_ratio") || strings.HasSuffix(m.Name, "crash_ratio")
}

// gauge judges the metric at an index.
func gauge(m judge.Mean, index int) func(float64) signal {
	return func(budget float64) signal {
		m := m
		m.Budget, m.Planned = budget, true
		var memory judge.MeanState
		var last judge.MeanVerdict
		watch := func(v View) float64 {
			metric := v.Metrics[index]
			memory, last = m.Observe(memory, judge.MeanWindow{To: v.Now, Canary: metric.Canary, Baseline: metric.Known()})
			return last.Evidence.LogE
		}
		return signal{watch, func() bool { return m.Conclude(memory, last).Decision == judge.Fail }}
	}
}

// errors compares the shares of requests with status 5xx.
func (t Template) errors(budget float64) signal {
	errors := t.Errors
	errors.Budget, errors.Planned = budget, true
	errors = errors.Prepare()
	var memory judge.ProportionState
	last := judge.Verdict{Decision: judge.Inconclusive, Reason: judge.NoData}
	watch := eachWindow(func(w judge.Window) { last = errors.Observe(&memory, w, time.Time{}) })
	return signal{
		func(v View) float64 { watch(v); return memory.LogE() },
		func() bool { return errors.Conclude(&memory, last).Decision == judge.Fail },
	}
}

// objective judges the canary's share of requests with status 5xx by itself.
func (t Template) objective(budget float64) signal {
	objective := t.Objective
	objective.Budget, objective.Planned = budget, true
	var memory judge.ObjectiveState
	var last judge.Verdict
	watch := eachWindow(func(w judge.Window) { memory, last = objective.Observe(memory, w, time.Time{}) })
	return signal{
		func(v View) float64 { watch(v); return last.Evidence.LogE },
		func() bool { return objective.Conclude(memory, last).Decision == judge.Fail },
	}
}

// eachWindow shows a judge of counts each window of a view once, in order of time.
func eachWindow(observe func(judge.Window)) func(View) {
	var until time.Time
	return func(v View) {
		windows := map[int64]*judge.Window{}
		for _, m := range v.Metrics {
			if !isErrors(m) {
				continue
			}
			bad := strings.HasPrefix(m.Labels["code"], "5")
			tally(windows, Increments(m.Canary), bad, func(w *judge.Window) *judge.Counts { return &w.Canary })
			tally(windows, Increments(m.Baseline), bad, func(w *judge.Window) *judge.Counts { return &w.Baseline })
		}
		for _, key := range slices.Sorted(maps.Keys(windows)) {
			w := *windows[key]
			if !w.To.After(until) {
				continue
			}
			w.From, w.CanaryAt, w.BaselineAt = since(until, w.To), w.To, w.To
			observe(w)
			until = w.To
		}
	}
}

// tally adds increments to the windows that end at their times.
func tally(windows map[int64]*judge.Window, grown []series.Sample, bad bool, arm func(*judge.Window) *judge.Counts) {
	for _, g := range grown {
		key := g.At.UnixMilli()
		if windows[key] == nil {
			windows[key] = &judge.Window{To: g.At}
		}
		c := arm(windows[key])
		c.Total += g.Value
		if bad {
			c.Bad += g.Value
		}
	}
}

// histogram judges the durations in the view's i-th histogram.
func (t Template) histogram(i int, budget float64) signal {
	slow := t.Slow
	slow.Budget, slow.Planned = budget, true
	slow = slow.Prepare()
	var memory judge.HistogramState
	var until time.Time
	last := judge.Verdict{Decision: judge.Inconclusive, Reason: judge.NoData}
	watch := func(v View) float64 {
		logE := memory.LogE()
		h := v.Histograms()[i]
		for _, s := range h.Scrapes {
			if !s.At.After(until) {
				continue
			}
			window := judge.HistogramWindow{
				From: since(until, s.At), To: s.At, CanaryAt: s.At, BaselineAt: s.At, Edges: h.Edges[:len(h.Edges)-1],
				Canary:   []series.PodBuckets{{Counts: s.Canary}},
				Baseline: []series.PodBuckets{{Counts: s.Baseline}},
			}
			last = slow.Observe(&memory, window, time.Time{})
			logE, until = last.Evidence.LogE, s.At
		}
		return logE
	}
	return signal{watch, func() bool { return slow.Conclude(&memory, last).Decision == judge.Fail }}
}

// since is the end of the window before, or shortly before the first one.
func since(until, at time.Time) time.Time {
	if until.IsZero() {
		return at.Add(-time.Second)
	}
	return until
}

// logSum is ln(e^a + e^b).
func logSum(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
