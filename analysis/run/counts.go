package run

import (
	"fmt"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// judgeCounts judges bad requests and all requests.
func (m Metric) judgeCounts(memory *judgeMemory, samples Samples, at moments) (finding, error) {
	window, baseline, seen := m.countWindow(memory, samples, at)
	routing, err := memory.route(m, window.Canary.Total+window.WarmingUp.Total, window.Baseline.Total, window.From, at)
	if err != nil {
		return finding{}, err
	}
	if m.Objective != nil {
		verdict, err := m.judgeObjective(memory, window, at)
		return finding{verdict, seen, evidence(objectiveMethod, verdict.Evidence), routing, false}, err
	}
	verdict, err := m.judgeProportion(memory, baseline, window, at)
	return finding{verdict, seen, evidence(proportionMethod, verdict.Evidence), routing, false}, err
}

// countWindow counts what both arms served since the last look, and says so for people.
func (m Metric) countWindow(memory *judgeMemory, samples Samples, at moments) (window series.Window, baseline series.Counters, seen string) {
	arms := series.Arms{
		Canary:   series.Counters{Bad: samples.CanaryBad, Total: samples.CanaryTotal, BornAfter: at.canarySince},
		Baseline: series.Counters{Bad: samples.BaselineBad, Total: samples.BaselineTotal, BornAfter: at.baselineSince},
	}
	window, memory.Cursor = memory.Cursor.Advance(arms, at.to, m.policy())
	window.Unscraped = m.betweenScrapes(samples.CanaryTotal, samples.BaselineTotal, window.From, window.To)
	seen = fmt.Sprintf("canary %s/%s, baseline %s/%s", number(window.Canary.Bad), number(window.Canary.Total),
		number(window.Baseline.Bad), number(window.Baseline.Total))
	return window, arms.Baseline, seen
}

// judgeObjective holds the canary's bad requests against a limit.
func (m Metric) judgeObjective(memory *judgeMemory, window judge.Window, at moments) (judge.Verdict, error) {
	objective := *m.Objective
	objective.Planned = at.planned
	state, err := judge.ParseObjectiveState(memory.State)
	if err != nil {
		return judge.Verdict{}, err
	}
	state, verdict := objective.Observe(state, window, at.weightSince)
	if at.concludes(verdict) {
		verdict = objective.Conclude(state, verdict)
	}
	memory.State = state.String()
	return verdict, nil
}

// judgeProportion compares the bad requests of both arms.
func (m Metric) judgeProportion(memory *judgeMemory, baseline series.Counters, window judge.Window, at moments) (judge.Verdict, error) {
	proportion := *m.Proportion
	proportion.Planned = at.planned
	state, err := judge.ParseProportionState(memory.State)
	if err != nil {
		return judge.Verdict{}, err
	}
	if at.first {
		for _, past := range m.pastCounts(baseline, at.startedAt) {
			proportion.Learn(&state, past)
		}
	}
	verdict := proportion.Observe(&state, window, at.weightSince)
	if at.concludes(verdict) {
		verdict = proportion.Conclude(&state, verdict)
	}
	memory.State = state.String()
	return verdict, nil
}

// pastCounts are windows of the baseline from before the run, as long as those
// between two looks will be.
func (m Metric) pastCounts(baseline series.Counters, until time.Time) []series.Window {
	all, policy := newPastSamples(baseline, series.Histograms{}), series.Policy{Grace: settled, Lookback: m.policy().Lookback}
	begin, looks := m.pastLooks(until, len(baseline.Bad)+len(baseline.Total))
	cursor := series.Begin(begin, time.Time{}, policy)
	var windows []series.Window
	for _, to := range all.seen(looks) {
		var window series.Window
		arms := series.Arms{Baseline: all.countersIn(cursor.SamplesFrom(policy), to)}
		if window, cursor = cursor.Advance(arms, to, policy); window.Baseline.Total > 0 {
			windows = append(windows, window)
		}
	}
	return windows
}

// settled is the Grace for samples that have long been committed.
const settled = time.Millisecond

// pastLooks are when the metric would have been measured before the run, and when the
// first of these windows begins. With many series they are fewer: many pods tell in a
// few windows how much they differ.
func (m Metric) pastLooks(until time.Time, lines int) (begin time.Time, looks []time.Time) {
	history := m.history()
	every := max(gap(m, false), history/maxPastLooks)
	count := min(int(history/every), max(leastPastLooks, maxPastWork/max(lines, 1)))
	begin = until.Add(-time.Duration(count) * every)
	if count == int(history/every) {
		begin = until.Add(-history)
	}
	for at := begin.Add(every); !at.After(until); at = at.Add(every) {
		looks = append(looks, at)
	}
	return begin, looks
}

// The first look must not keep others waiting: it reads so many series so many times.
const (
	maxPastLooks   = 180
	leastPastLooks = 12
	maxPastWork    = 30_000
)

// judgeHistogram judges how long requests took.
func (m Metric) judgeHistogram(memory *judgeMemory, samples Samples, at moments) (finding, error) {
	window, baseline, seen := m.bucketWindow(memory, samples, at)
	routing, err := memory.route(m, requests(window.Canary)+requests([]series.PodBuckets{{Counts: window.WarmingUp}}), requests(window.Baseline), window.From, at)
	if err != nil {
		return finding{}, err
	}
	verdict, err := m.observeHistogram(memory, baseline, window, at)
	return finding{verdict, seen, evidence(histogramMethod, verdict.Evidence), routing, false}, err
}

// bucketWindow is countWindow for histograms.
func (m Metric) bucketWindow(memory *judgeMemory, samples Samples, at moments) (window series.HistogramWindow, baseline series.Histograms, seen string) {
	arms := series.HistogramArms{Canary: samples.CanaryHistogram, Baseline: samples.BaselineHistogram}
	arms.Canary.BornAfter, arms.Baseline.BornAfter = at.canarySince, at.baselineSince
	window, memory.Histogram = memory.Histogram.Advance(arms, at.to, m.policy())
	window.Unscraped = m.betweenScrapes(scrapes(samples.CanaryHistogram), scrapes(samples.BaselineHistogram), window.From, window.To)
	seen = fmt.Sprintf("canary %s requests, baseline %s", number(requests(window.Canary)), number(requests(window.Baseline)))
	return window, arms.Baseline, seen
}

// observeHistogram compares how long the requests of both arms took.
func (m Metric) observeHistogram(memory *judgeMemory, baseline series.Histograms, window series.HistogramWindow, at moments) (judge.Verdict, error) {
	histogram := *m.Histogram
	histogram.Planned = at.planned
	state, err := judge.ParseHistogramState(memory.State)
	if err != nil {
		return judge.Verdict{}, err
	}
	if at.first {
		for _, past := range m.pastHistograms(baseline, at.startedAt) {
			histogram.Learn(&state, past)
		}
	}
	verdict := histogram.Observe(&state, window, at.weightSince)
	if at.concludes(verdict) {
		verdict = histogram.Conclude(&state, verdict)
	}
	memory.State = state.String()
	return verdict, nil
}

// pastHistograms is pastCounts for histograms.
func (m Metric) pastHistograms(baseline series.Histograms, until time.Time) []series.HistogramWindow {
	all, policy := newPastSamples(series.Counters{}, baseline), series.Policy{Grace: settled, Lookback: m.policy().Lookback}
	begin, looks := m.pastLooks(until, len(baseline.Classic)+len(baseline.Native))
	cursor := series.BeginHistograms(begin, time.Time{}, policy)
	var windows []series.HistogramWindow
	for _, to := range all.seen(looks) {
		var window series.HistogramWindow
		part := all.histogramsIn(cursor.SamplesFrom(policy), to)
		if window, cursor = cursor.Advance(series.HistogramArms{Canary: part, Baseline: part}, to, policy); len(window.Baseline) > 0 {
			window.Canary = nil
			windows = append(windows, window)
		}
	}
	return windows
}

// requests are all requests of an arm.
func requests(pods []series.PodBuckets) float64 {
	sum := 0.0
	for _, pod := range pods {
		for _, count := range pod.Counts {
			sum += count
		}
	}
	return sum
}
