package recordings

import (
	"math"
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
	// Slow judges the share of requests beyond each edge of a duration histogram.
	Slow judge.Proportion
}

// DefaultTemplate is the template of the tables.
func DefaultTemplate() Template {
	const budget = 0.01
	gauge := judge.Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: budget}
	return Template{
		Budget:  budget,
		Latency: gauge, Saturation: gauge, Ratio: gauge,
		Errors: judge.Proportion{RelativeTolerance: 0.1, Budget: budget},
		Slow:   judge.Proportion{RelativeTolerance: 0.1, Budget: budget},
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
// evidence after a look.
type signal struct {
	group string
	watch func(View) float64
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
		if len(signals) > 0 && sum >= math.Log(1/t.Budget) {
			return true
		}
	}
	return false
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
		all = append(all, signal{errorsGroup, t.watchErrors()})
	}
	for i, m := range c.Metrics {
		switch {
		case isLatency(m):
			all = append(all, signal{latencyGroup, watchGauge(t.Latency, i)})
		case isSaturation(m):
			all = append(all, signal{saturationGroup, watchGauge(t.Saturation, i)})
		case isRatio(m) && !counted:
			all = append(all, signal{errorsGroup, watchGauge(t.Ratio, i)})
		}
	}
	for view := range c.Looks() {
		for i := range view.Histograms() {
			all = append(all, signal{latencyGroup, t.watchHistogram(i)})
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

// watchGauge judges the metric at an index. The judge's memory goes through its text at
// each look.
func watchGauge(m judge.Mean, index int) func(View) float64 {
	memory := ""
	return func(v View) float64 {
		state, err := judge.ParseMeanState(memory)
		if err != nil {
			return 0
		}
		metric := v.Metrics[index]
		state, _ = m.Observe(state, judge.MeanWindow{To: v.Now, Canary: metric.Canary, Baseline: metric.Known()})
		memory = state.String()
		return state.LogE()
	}
}

// watchErrors judges the share of requests with status 5xx.
func (t Template) watchErrors() func(View) float64 {
	p := newProportion(t.Errors)
	return func(v View) float64 {
		counts := map[int64]*judge.Window{}
		for _, m := range v.Metrics {
			if !isErrors(m) {
				continue
			}
			bad := strings.HasPrefix(m.Labels["code"], "5")
			tally(counts, Increments(m.Canary), bad, func(w *judge.Window) *judge.Counts { return &w.Canary })
			tally(counts, Increments(m.Baseline), bad, func(w *judge.Window) *judge.Counts { return &w.Baseline })
		}
		return p.observe(v.Now, func(from, to time.Time) (canary, baseline judge.Counts) {
			for _, w := range counts {
				if w.To.After(from) && !w.To.After(to) {
					canary, baseline = plus(canary, w.Canary), plus(baseline, w.Baseline)
				}
			}
			return canary, baseline
		})
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

func plus(a, b judge.Counts) judge.Counts {
	return judge.Counts{Bad: a.Bad + b.Bad, Total: a.Total + b.Total}
}

// watchHistogram judges, at each finite edge of the view's i-th histogram, the share of
// slower requests: the evidence is the mean over the edges.
func (t Template) watchHistogram(i int) func(View) float64 {
	var edges []*proportion
	return func(v View) float64 {
		h := v.Histograms()[i]
		if edges == nil {
			for range h.Edges[:len(h.Edges)-1] {
				edges = append(edges, newProportion(t.Slow))
			}
		}
		sum := math.Inf(-1)
		for at, p := range edges {
			logE := p.observe(v.Now, func(from, to time.Time) (canary, baseline judge.Counts) {
				for _, s := range h.Scrapes {
					if s.At.After(from) && !s.At.After(to) {
						canary, baseline = plus(canary, beyond(s.Canary, at)), plus(baseline, beyond(s.Baseline, at))
					}
				}
				return canary, baseline
			})
			sum = logSum(sum, logE-math.Log(float64(len(edges))))
		}
		return sum
	}
}

// beyond counts the requests slower than an edge as bad.
func beyond(buckets []float64, edge int) judge.Counts {
	var c judge.Counts
	for i, n := range buckets {
		c.Total += n
		if i > edge {
			c.Bad += n
		}
	}
	return c
}

// proportion is a Proportion with its memory.
type proportion struct {
	judge  judge.Proportion
	memory judge.ProportionState
	until  time.Time
}

func newProportion(p judge.Proportion) *proportion { return &proportion{judge: p} }

// observe judges what was served since the last look.
func (p *proportion) observe(now time.Time, served func(from, to time.Time) (canary, baseline judge.Counts)) float64 {
	canary, baseline := served(p.until, now)
	from := p.until
	if from.IsZero() {
		from = now.Add(-time.Second)
	}
	window := judge.Window{From: from, To: now, Canary: canary, Baseline: baseline, CanaryAt: now, BaselineAt: now}
	var v judge.Verdict
	p.memory, v = p.judge.Observe(p.memory, window, from)
	p.until = now
	return v.Evidence.LogE
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
