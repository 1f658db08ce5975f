package run

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// Samples are what a metric with a judge or a Comparison is judged by, from the Look's From to the
// measurement's StartedAt: counters, histograms or points, as it needs. No
// series at all are no requests.
type Samples struct {
	CanaryBad, CanaryTotal, BaselineBad, BaselineTotal []series.Series
	CanaryHistogram, BaselineHistogram                 series.Histograms
	// CanaryPoints and BaselinePoints are the values of a gauge at the time of this
	// look, or several until then; those that an earlier look brought may be among them.
	CanaryPoints, BaselinePoints []series.Sample
}

const (
	// longestWindow is how far back an analysis looks after it has been blind.
	// What lies further back is not counted: an answer that is too large to be
	// read would keep it blind for ever.
	longestWindow = 30 * time.Minute
	// shortestHistory and longestHistory are how long before the run the baseline is
	// looked at, to learn how much its pods differ: leastPastLooks intervals between them.
	shortestHistory = 15 * time.Minute
	longestHistory  = 24 * time.Hour
	// lookbackIntervals are how many intervals the previous sample of a counter may be
	// away: what is measured hourly is often scraped hourly.
	lookbackIntervals = 3
	// judgeMemoryVersion is the layout of judgeMemory.
	judgeMemoryVersion = 2
)

// judgeMemory is what MetricState.JudgeState holds.
type judgeMemory struct {
	Version int `json:"version"`
	// Cursor and Histogram say up to where counters and histograms were counted; one of
	// them is used.
	Cursor    series.Cursor          `json:"cursor,omitzero"`
	Histogram series.HistogramCursor `json:"histogram,omitzero"`
	Points    points                 `json:"points,omitzero"`
	// State is the judge's own memory.
	State string `json:"state"`
	// Label and Critical are what the last look of a mannWhitney made of the metric, for
	// the score.
	Label    judge.Classification `json:"label,omitempty"`
	Critical bool                 `json:"critical,omitempty"`
	// Split is the memory of the check that the traffic is split as it was set.
	Split string `json:"split,omitempty"`
	// LogE is the natural logarithm of the evidence against the canary, for the budget
	// over all metrics; 0 while the judge holds, whatever the evidence.
	LogE float64 `json:"logE,omitempty"`
}

// judgeSamples counts what happened since the last look, and judges all of it.
func judgeSamples(spec Spec, metric Metric, state *MetricState, startedAt time.Time, samples Samples, to time.Time) observed {
	memory, err := recall(spec, metric, *state, startedAt)
	if err != nil {
		return blind(ConditionError, fmt.Sprintf("reading what the judge remembers: %v; delete the run, so that a new one begins", err))
	}
	if reason := metric.unseen(samples, to); reason != "" {
		return blind(NoData, reason)
	}
	skipped := memory.shorten(metric, to)
	at := moments{startedAt: startedAt, weightSince: weightSince(spec, startedAt), weight: spec.Weight, to: to, canarySince: spec.CanarySince, baselineSince: spec.BaselineSince,
		first: state.JudgeState == "", planned: spec.planned(), last: metric.concludes() && metric.Count > 0 && state.Count+1 >= metric.Count, ends: metric.ends(*state, to)}
	found, err := metric.judge(&memory, samples, at)
	if err != nil {
		return blind(ConditionError, fmt.Sprintf("reading what the judge remembers: %v; delete the run, so that a new one begins", err))
	}
	memory.LogE = towardsAll(found.Verdict)
	text, err := json.Marshal(memory)
	if err != nil {
		return blind(ConditionError, fmt.Sprintf("keeping what the judge remembers: %v", err))
	}
	state.JudgeState = string(text)
	state.Evidence = found.evidence
	if found.routing != "" && found.Decision != judge.Fail {
		found.Decision, found.Reason, found.Message = judge.Inconclusive, judge.RoutingBroken, found.routing
		found.Warnings = nil
	}
	look := verdictOutcome(found.Verdict, found.seen, skipped)
	if found.undecided {
		look.Phase, look.Reason = Inconclusive, ""
	}
	// A test for one look and conditions have no budget: their failures are counted.
	look.final = look.final && metric.spends()
	return look
}

// moments are the times that a look is about.
type moments struct {
	startedAt, weightSince, to, canarySince, baselineSince time.Time
	// weight is set since weightSince; 0 when it is not known.
	weight float64
	// first and last say that it is the first look, or the last one if it passes: a look
	// that holds is repeated, and a test for one look is not. ends: it is the last one
	// whatever it says. planned: the run has last looks.
	first, last, ends, planned bool
}

// concludes reports whether a judge that says this is asked for its conclusion: once,
// and at a last look that any other may follow only when nothing speaks against a pass.
func (at moments) concludes(v judge.Verdict) bool {
	return v.Decision == judge.Pass && (at.last || at.ends) || at.ends && v.Reason == judge.EvidenceMounting
}

// concludes reports whether the metric has a planned last look.
func (m Metric) concludes() bool { return (m.Count > 0 || !m.Ends.IsZero()) && m.spends() }

// ends reports whether a look is the first one at or after the planned end.
func (m Metric) ends(state MetricState, to time.Time) bool {
	last, measured := state.last()
	return m.concludes() && !m.Ends.IsZero() && !to.Before(m.Ends) && (!measured || last.StartedAt.Before(m.Ends))
}

// planned reports whether any metric has a last look. Then all judges keep half of their
// budget for last looks, those without one, too: their evidence counts together, and one
// limit for all keeps the budget.
func (s Spec) planned() bool { return slices.ContainsFunc(s.Metrics, Metric.concludes) }

// finding is what a judge makes of a look.
type finding struct {
	judge.Verdict
	// seen is what is new, for people.
	seen     string
	evidence *Evidence
	// routing says that the traffic is not split as it was set; empty when it is.
	routing string
	// undecided says that something was seen, and that neither condition holds.
	undecided bool
}

// judge adds what is new to the memory, by whichever judge the metric has.
func (m Metric) judge(memory *judgeMemory, samples Samples, at moments) (finding, error) {
	switch {
	case m.Comparison != nil:
		return m.compare(memory, samples, at)
	case m.Histogram != nil:
		return m.judgeHistogram(memory, samples, at)
	case m.Mean != nil || m.MannWhitney != nil:
		return m.judgePoints(memory, samples, at)
	default:
		return m.judgeCounts(memory, samples, at)
	}
}

// verdictOutcome is a verdict as the outcome of a look. Whatever a judge cannot
// decide is not the author's grey zone: it has not seen enough yet.
func verdictOutcome(verdict judge.Verdict, seen string, doubts []string) observed {
	if verdict.Reason != judge.NoData {
		doubts = append(doubts, verdict.Warnings...)
	}
	message := verdict.Message
	if len(doubts) > 0 {
		message += "; doubts: " + strings.Join(doubts, "; ")
	}
	look := observed{Outcome: Outcome{Phase: Successful, Message: bounded(message, messageLimit)}}
	switch verdict.Decision {
	case judge.Pass:
	case judge.Fail:
		look.Phase, look.final = Failed, true
	default:
		look = blind(Reason(verdict.Reason), message)
	}
	look.Value = bounded(seen, valueLimit)
	return look
}

// recall reads the judge's memory; a metric that was never judged has none, and
// its first window begins with the run.
func recall(spec Spec, metric Metric, state MetricState, startedAt time.Time) (judgeMemory, error) {
	if state.JudgeState == "" {
		memory := judgeMemory{Version: judgeMemoryVersion}
		switch {
		case metric.Histogram != nil:
			memory.Histogram = series.BeginHistograms(startedAt, spec.CanarySince, metric.policy())
		case metric.counts():
			memory.Cursor = series.Begin(startedAt, spec.CanarySince, metric.policy())
		}
		return memory, nil
	}
	var memory judgeMemory
	if err := json.Unmarshal([]byte(state.JudgeState), &memory); err != nil {
		return memory, err
	}
	if memory.Version != judgeMemoryVersion {
		return memory, fmt.Errorf("its version is %d, and %d is understood", memory.Version, judgeMemoryVersion)
	}
	return memory, nil
}

// recallCursor is recall of what says from when on samples are needed: the rest takes long
// to read.
func recallCursor(spec Spec, metric Metric, state MetricState, startedAt time.Time) (judgeMemory, error) {
	if state.JudgeState == "" {
		return recall(spec, metric, state, startedAt)
	}
	type stands struct{ Settled, Counted time.Time }
	var memory struct {
		Version           int
		Cursor, Histogram stands
		Points            struct{ Until time.Time }
	}
	if err := json.Unmarshal([]byte(state.JudgeState), &memory); err != nil || memory.Version != judgeMemoryVersion {
		return recall(spec, metric, state, startedAt)
	}
	return judgeMemory{
		Cursor:    series.Cursor{Settled: memory.Cursor.Settled, Counted: memory.Cursor.Counted},
		Histogram: series.HistogramCursor{Settled: memory.Histogram.Settled, Counted: memory.Histogram.Counted},
		Points:    points{Until: memory.Points.Until},
	}, nil
}

// policy is how the metric's samples are counted.
func (m Metric) policy() series.Policy {
	return series.Policy{WarmUp: m.WarmUp, Lookback: max(series.DefaultLookback, lookbackIntervals*m.Interval)}
}

// history is how long before the run the baseline's requests are looked at.
func (m Metric) history() time.Duration {
	return min(max(shortestHistory, leastPastLooks*gap(m, false)), longestHistory)
}

// windowFrom is Look.From.
func windowFrom(spec Spec, metric Metric, state MetricState, startedAt, to time.Time) time.Time {
	if !metric.judged() {
		return time.Time{}
	}
	memory, err := recallCursor(spec, metric, state, startedAt)
	if err != nil {
		return startedAt
	}
	memory.shorten(metric, to)
	from := memory.samplesFrom(metric)
	if earliest := startedAt.Add(-metric.history()); state.JudgeState == "" && earliest.Before(from) {
		return earliest
	}
	return from
}

// samplesFrom is from when on the next look needs samples.
func (m *judgeMemory) samplesFrom(metric Metric) time.Time {
	switch {
	case metric.Histogram != nil:
		return m.Histogram.SamplesFrom(metric.policy())
	case metric.counts():
		return m.Cursor.SamplesFrom(metric.policy())
	default:
		return m.Points.Until
	}
}

// shorten moves a cursor that stands too far back, or in a future that the clock
// has left, and says what is left out.
func (m *judgeMemory) shorten(metric Metric, to time.Time) []string {
	settled, counted := m.Cursor.Settled, m.Cursor.Counted
	if metric.Histogram != nil {
		settled, counted = m.Histogram.Settled, m.Histogram.Counted
	}
	if !metric.counts() && metric.Histogram == nil {
		return nil
	}
	if counted.After(to.Add(gap(metric, false))) {
		m.begin(metric, to)
		return []string{"the clock was set back: requests since the last look are not counted"}
	}
	earliest := to.Add(-max(longestWindow, lookbackIntervals*metric.Interval))
	if !settled.Before(earliest) {
		return nil
	}
	m.begin(metric, earliest)
	return []string{fmt.Sprintf("requests between %s and %s are not counted: the analysis was blind for too long", clock(counted), clock(earliest))}
}

// begin moves the cursor.
func (m *judgeMemory) begin(metric Metric, at time.Time) {
	if metric.Histogram != nil {
		m.Histogram = series.BeginHistograms(at, time.Time{}, metric.policy())
		return
	}
	m.Cursor = series.Begin(at, time.Time{}, metric.policy())
}

// weightSince is from when on a judge counts the requests that it asks for.
func weightSince(spec Spec, startedAt time.Time) time.Time {
	if spec.WeightSince.IsZero() {
		return startedAt
	}
	return spec.WeightSince
}
