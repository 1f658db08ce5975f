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
	// Errors judges counters of requests by status.
	Errors judge.Proportion
	// Slow judges duration histograms.
	Slow judge.Histogram
}

// DefaultTemplate is the template of the tables, with a budget.
func DefaultTemplate(budget float64) Template {
	gauge := judge.Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: budget}
	return Template{
		Budget:  budget,
		Latency: gauge, Saturation: gauge, Ratio: gauge,
		Errors: judge.Proportion{RelativeTolerance: 0.1, Budget: budget},
		Slow:   judge.Histogram{RelativeTolerance: 0.03, Budget: budget},
	}
}

// The groups of signals: the evidence of the groups weighs the same, and within a group
// that of its signals.
const (
	errorsGroup     = "errors"
	latencyGroup    = "latency"
	saturationGroup = "saturation"
)

// signal is one judged quantity of a case. Its watch returns the logarithm of its
// evidence after a look; conclude tells, after the last look, whether the test that half
// of the budget is kept for fails it at a part of the budget. It is nil where there is none.
type signal struct {
	group    string
	watch    func(View) float64
	conclude func(budget float64) bool
}

// Serin is the judge that Serin would be with a template: it takes a release back once
// the weighted mean of the evidence reaches 1/Budget.
func (t Template) Serin() Judge {
	return Judge{
		Name:  "serin",
		Text:  "every scrape, e-processes of the golden signals, mean of the groups' evidence",
		Fails: t.fails,
	}
}

func (t Template) fails(c Case) bool {
	signals := t.signals(c)
	weights := weigh(signals)
	for view := range c.Looks() {
		sum := math.Inf(-1)
		for i, s := range signals {
			sum = logSum(sum, math.Log(weights[i])+s.watch(view))
		}
		if len(signals) > 0 && sum >= math.Log(1/t.looking(signals)) {
			return true
		}
	}
	for i, s := range signals {
		if s.conclude != nil && s.conclude(t.Budget*weights[i]) {
			return true
		}
	}
	return false
}

// looking is the budget for all looks: half of it when something is concluded at the end.
func (t Template) looking(signals []signal) float64 {
	for _, s := range signals {
		if s.conclude != nil {
			return t.Budget / 2
		}
	}
	return t.Budget
}

// weigh gives each group the same weight and shares it out among its signals.
func weigh(signals []signal) []float64 {
	members := map[string]int{}
	for _, s := range signals {
		members[s.group]++
	}
	weights := make([]float64, len(signals))
	for i, s := range signals {
		weights[i] = 1 / float64(len(members)*members[s.group])
	}
	return weights
}

// signals are what the template judges in a case.
func (t Template) signals(c Case) []signal {
	var all []signal
	counted := false
	for _, m := range c.Metrics {
		counted = counted || isErrors(m)
	}
	if counted {
		all = append(all, t.errors())
	}
	for i, m := range c.Metrics {
		switch {
		case isLatency(m):
			all = append(all, signal{latencyGroup, watchGauge(t.Latency, i), nil})
		case isSaturation(m):
			all = append(all, signal{saturationGroup, watchGauge(t.Saturation, i), nil})
		case isRatio(m) && !counted:
			all = append(all, signal{errorsGroup, watchGauge(t.Ratio, i), nil})
		}
	}
	for view := range c.Looks() {
		for i := range view.Histograms() {
			all = append(all, t.histogram(i))
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

// watchGauge judges the metric at an index.
func watchGauge(m judge.Mean, index int) func(View) float64 {
	var memory judge.MeanState
	return func(v View) float64 {
		metric := v.Metrics[index]
		var verdict judge.MeanVerdict
		memory, verdict = m.Observe(memory, judge.MeanWindow{To: v.Now, Canary: metric.Canary, Baseline: metric.Known()})
		return verdict.Evidence.LogE
	}
}

// errors judges the share of requests with status 5xx.
func (t Template) errors() signal {
	errors := t.Errors
	errors.Planned = true
	errors = errors.Prepare()
	var memory judge.ProportionState
	var until time.Time
	last := judge.Verdict{Decision: judge.Inconclusive, Reason: judge.NoData}
	watch := func(v View) float64 {
		windows := map[int64]*judge.Window{}
		for _, m := range v.Metrics {
			if !isErrors(m) {
				continue
			}
			bad := strings.HasPrefix(m.Labels["code"], "5")
			tally(windows, Increments(m.Canary), bad, func(w *judge.Window) *judge.Counts { return &w.Canary })
			tally(windows, Increments(m.Baseline), bad, func(w *judge.Window) *judge.Counts { return &w.Baseline })
		}
		logE := memory.LogE()
		for _, key := range slices.Sorted(maps.Keys(windows)) {
			w := *windows[key]
			if !w.To.After(until) {
				continue
			}
			w.From, w.CanaryAt, w.BaselineAt = since(until, w.To), w.To, w.To
			last = errors.Observe(&memory, w, time.Time{})
			logE, until = last.Evidence.LogE, w.To
		}
		return logE
	}
	return signal{errorsGroup, watch, func(budget float64) bool {
		errors.Budget = budget
		return errors.Conclude(&memory, last).Decision == judge.Fail
	}}
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
func (t Template) histogram(i int) signal {
	slow := t.Slow
	slow.Planned = true
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
	return signal{latencyGroup, watch, func(budget float64) bool {
		slow.Budget = budget
		return slow.Conclude(&memory, last).Decision == judge.Fail
	}}
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
