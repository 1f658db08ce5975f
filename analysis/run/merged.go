package run

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/sequential"
)

// TogetherMessage begins the message of a metric that failed by the evidence of all.
const TogetherMessage = "all judged metrics together"

// towardsAll is what a verdict adds to the evidence over all metrics: nothing while
// the judge has a reason to hold although there is evidence.
func towardsAll(verdict judge.Verdict) float64 {
	switch verdict.Reason {
	case judge.OnePod, judge.SharedIncident, judge.InvalidJudge:
		return 0
	default:
		return verdict.Evidence.LogE
	}
}

// evidenceIn is the LogE of a judgeMemory; 0 when it cannot be read. It is the last field, and
// the others take long to read.
func evidenceIn(text string) float64 {
	const field = `,"logE":`
	if at := strings.LastIndex(text, field); at >= 0 {
		if value, err := strconv.ParseFloat(strings.TrimSuffix(text[at+len(field):], "}"), 64); err == nil {
			return value
		}
	}
	if !strings.Contains(text, `"logE"`) {
		return 0
	}
	var memory struct{ LogE float64 }
	if json.Unmarshal([]byte(text), &memory) != nil {
		return 0
	}
	return memory.LogE
}

// merge fails the run when the judges' evidence together reaches its limit, though no
// metric's does alone: the mean of the metrics' E, weighted by their shares of the
// budget, is evidence like each of them, however the metrics depend on each other
// (Vovk & Wang 2021). So two metrics that are each a little worse are seen.
func (s *State) merge(spec Spec) {
	if !(spec.FalseAlarmBudget > 0 && spec.FalseAlarmBudget < 1) || spec.spenders() < 2 {
		return
	}
	var metrics []int
	var weights, logs []float64
	for i, metric := range spec.Metrics {
		if i >= len(s.Metrics) || !metric.spends() {
			continue
		}
		metrics, weights, logs = append(metrics, i), append(weights, metric.weight()), append(logs, evidenceIn(s.Metrics[i].JudgeState))
	}
	if len(metrics) < 2 {
		return
	}
	budget := judge.Looking(spec.FalseAlarmBudget, spec.planned())
	limit := math.Log(1 / budget)
	all := sequential.LogMean(weights, logs)
	s.Together = &Together{EValue: exponential(all), Limit: exponential(limit)}
	if all < limit {
		return
	}
	worst := metrics[slices.Index(logs, slices.Max(logs))]
	if !s.Metrics[worst].Phase.Live() {
		return
	}
	s.Metrics[worst].Phase = Failed
	s.Metrics[worst].Message = bounded(fmt.Sprintf(TogetherMessage+": evidence %s of %s (%s)%s",
		exponential(all), exponential(limit), parts(spec, metrics, logs), culprits(spec, metrics, sequential.Culprits(weights, logs, budget))), messageLimit)
}

// spenders is how many metrics share the budget.
func (s Spec) spenders() int {
	count := 0
	for _, metric := range s.Metrics {
		if metric.spends() {
			count++
		}
	}
	return count
}

// culprits names the metrics that are worse for sure, by closed testing; often the mean
// is beyond its limit and nobody can be named.
func culprits(spec Spec, metrics, named []int) string {
	if len(named) == 0 {
		return "; none of them could be named alone"
	}
	var names []string
	for _, i := range named {
		names = append(names, spec.Metrics[metrics[i]].Name)
	}
	return "; worse for sure: " + strings.Join(names, ", ")
}

// parts says how much evidence each metric has, the most first.
func parts(spec Spec, metrics []int, logs []float64) string {
	order := make([]int, len(metrics))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case logs[a] > logs[b]:
			return -1
		case logs[a] < logs[b]:
			return 1
		default:
			return 0
		}
	})
	texts := make([]string, 0, len(order))
	for _, i := range order {
		texts = append(texts, spec.Metrics[metrics[i]].Name+" "+exponential(logs[i]))
	}
	return strings.Join(texts, ", ")
}
