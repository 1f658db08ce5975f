package run

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// Samples are the raw counters of a metric with a judge, from the Look's From to
// the measurement's StartedAt. No series at all are no requests.
type Samples struct {
	CanaryBad, CanaryTotal, BaselineBad, BaselineTotal []series.Series
}

const (
	// longestWindow is how far back an analysis looks after it has been blind.
	// What lies further back is not counted: an answer that is too large to be
	// read would keep it blind for ever.
	longestWindow = 30 * time.Minute
	// freshest is how old the newest sample of an arm's requests may be, so that
	// the arm counts as seen: a counter is scraped twice within the lookback.
	freshest = series.DefaultLookback / 2
	// judgeMemoryVersion is the layout of judgeMemory.
	judgeMemoryVersion = 1
)

// judgeMemory is what MetricState.JudgeState holds.
type judgeMemory struct {
	Version    int           `json:"version"`
	Cursor     series.Cursor `json:"cursor"`
	Proportion string        `json:"proportion"`
}

// judgeSamples counts the requests since the last look, and judges all of them.
func judgeSamples(spec Spec, metric Metric, state *MetricState, startedAt time.Time, samples Samples, to time.Time) observed {
	memory, proportion, err := recall(spec, *state, startedAt)
	if err != nil {
		return blind(ConditionError, fmt.Sprintf("reading what the judge remembers: %v; delete the run, so that a new one begins", err))
	}
	if reason := unseen(samples, to); reason != "" {
		return blind(NoData, reason)
	}
	cursor, skipped := shorten(metric, memory.Cursor, to)
	window, cursor := cursor.Advance(series.Arms{
		Canary:   series.Counters{Bad: samples.CanaryBad, Total: samples.CanaryTotal, BornAfter: spec.CanarySince},
		Baseline: series.Counters{Bad: samples.BaselineBad, Total: samples.BaselineTotal, BornAfter: spec.BaselineSince},
	}, to, series.Policy{})
	window.Unscraped = betweenScrapes(samples, window)
	proportion, verdict := metric.Proportion.Observe(proportion, window, weightSince(spec, startedAt))

	text, err := json.Marshal(judgeMemory{Version: judgeMemoryVersion, Cursor: cursor, Proportion: proportion.String()})
	if err != nil {
		return blind(ConditionError, fmt.Sprintf("keeping what the judge remembers: %v", err))
	}
	state.JudgeState = string(text)
	state.Evidence = evidence(verdict.Evidence)
	return verdictOutcome(verdict, window, skipped)
}

// verdictOutcome is a verdict as the outcome of a look. Whatever a judge cannot
// decide is not the author's grey zone: it has not seen enough yet.
func verdictOutcome(verdict judge.Verdict, window judge.Window, doubts []string) observed {
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
	look.Value = fmt.Sprintf("canary %s/%s, baseline %s/%s", number(window.Canary.Bad), number(window.Canary.Total),
		number(window.Baseline.Bad), number(window.Baseline.Total))
	return look
}

// recall reads the judge's memory; a metric that was never judged has none, and
// its first window begins with the run.
func recall(spec Spec, state MetricState, startedAt time.Time) (judgeMemory, judge.ProportionState, error) {
	memory := judgeMemory{Cursor: series.Begin(startedAt, spec.CanarySince, series.Policy{})}
	if state.JudgeState == "" {
		return memory, judge.ProportionState{}, nil
	}
	memory = judgeMemory{}
	if err := json.Unmarshal([]byte(state.JudgeState), &memory); err != nil {
		return memory, judge.ProportionState{}, err
	}
	if memory.Version != judgeMemoryVersion {
		return memory, judge.ProportionState{}, fmt.Errorf("its version is %d, and %d is understood", memory.Version, judgeMemoryVersion)
	}
	proportion, err := judge.ParseProportionState(memory.Proportion)
	return memory, proportion, err
}

// unseen says which arm cannot be seen; empty when both can. A canary whose
// metrics have vanished must not keep passing by what it did before.
func unseen(samples Samples, to time.Time) string {
	for _, arm := range []struct {
		name  string
		total []series.Series
	}{{"canary", samples.CanaryTotal}, {"baseline", samples.BaselineTotal}} {
		newest := newestSample(arm.total)
		switch {
		case newest.IsZero():
			return fmt.Sprintf("there are no samples of the %s's requests; check provider.prometheus.%s.total if it serves any", arm.name, arm.name)
		case to.Sub(newest) > freshest:
			return fmt.Sprintf("the newest sample of the %s's requests is of %s, older than %s; check that it is scraped", arm.name, clock(newest), freshest)
		}
	}
	return ""
}

const (
	// usualGap is between two scrapes, when the samples do not tell.
	usualGap = 30 * time.Second
	// missedScrapes is how many scrapes in a row may be missing.
	missedScrapes = 2
)

// betweenScrapes says whether the canary has no sample in a window only because
// none is due yet: the look came sooner than the scrape.
func betweenScrapes(samples Samples, window judge.Window) bool {
	newest := newestSample(samples.CanaryTotal)
	if newest.After(window.From) {
		return false
	}
	gap := scrapeGap(samples.CanaryTotal)
	if gap == 0 {
		gap = scrapeGap(samples.BaselineTotal)
	}
	if gap == 0 {
		gap = usualGap
	}
	return window.To.Sub(newest) <= missedScrapes*gap
}

// scrapeGap is the shortest time between the last two samples of a series; 0 when
// no series has two.
func scrapeGap(list []series.Series) time.Duration {
	var shortest time.Duration
	for _, one := range list {
		if n := len(one.Samples); n > 1 {
			if gap := one.Samples[n-1].At.Sub(one.Samples[n-2].At); shortest == 0 || gap < shortest {
				shortest = gap
			}
		}
	}
	return shortest
}

// newestSample is when the newest sample was scraped; zero when there is none.
func newestSample(list []series.Series) time.Time {
	var newest time.Time
	for _, one := range list {
		if n := len(one.Samples); n > 0 && one.Samples[n-1].At.After(newest) {
			newest = one.Samples[n-1].At
		}
	}
	return newest
}

// shorten moves a cursor that stands too far back, or in a future that the clock
// has left, and says what is left out.
func shorten(metric Metric, cursor series.Cursor, to time.Time) (series.Cursor, []string) {
	if cursor.Counted.After(to.Add(gap(metric, false))) {
		return series.Begin(to, time.Time{}, series.Policy{}), []string{"the clock was set back: requests since the last look are not counted"}
	}
	earliest := to.Add(-max(longestWindow, 2*metric.Interval))
	if !cursor.Settled.Before(earliest) {
		return cursor, nil
	}
	moved := series.Begin(earliest, time.Time{}, series.Policy{})
	return moved, []string{fmt.Sprintf("requests between %s and %s are not counted: the analysis was blind for too long", clock(cursor.Counted), clock(moved.Counted))}
}

// windowFrom is Look.From.
func windowFrom(spec Spec, metric Metric, state MetricState, startedAt, to time.Time) time.Time {
	if metric.Proportion == nil {
		return time.Time{}
	}
	memory, _, err := recall(spec, state, startedAt)
	if err != nil {
		return startedAt
	}
	cursor, _ := shorten(metric, memory.Cursor, to)
	return cursor.SamplesFrom(series.Policy{})
}

// weightSince is from when on a judge counts the requests that it asks for.
func weightSince(spec Spec, startedAt time.Time) time.Time {
	if spec.WeightSince.IsZero() {
		return startedAt
	}
	return spec.WeightSince
}

// evidence writes a judge's evidence in decimal strings.
func evidence(e judge.Evidence) *Evidence {
	written := &Evidence{
		CanaryBad: number(e.Canary.Bad), CanaryTotal: number(e.Canary.Total),
		BaselineBad: number(e.Baseline.Bad), BaselineTotal: number(e.Baseline.Total),
		EValue: exponential(e.LogE), Limit: exponential(e.LogLimit),
	}
	if e.RatioEstimate > 0 || e.RatioUpper > 0 {
		written.RateRatio = significant(e.RatioEstimate)
		written.RateRatioLower, written.RateRatioUpper = significant(e.RatioLower), significant(e.RatioUpper)
	}
	if e.RequestsNeeded > 0 {
		written.RequestsNeeded = strconv.FormatFloat(math.Ceil(e.RequestsNeeded), 'f', 0, 64)
	}
	return written
}

// exponential writes e to the power of a logarithm, however large it is.
func exponential(logarithm float64) string {
	if math.Abs(logarithm) < 700 || math.IsInf(logarithm, 0) || math.IsNaN(logarithm) {
		return significant(math.Exp(logarithm))
	}
	exponent := math.Floor(logarithm / math.Ln10)
	// Rounded to the digits that are written, so that 9.9999 does not become 10e5.
	mantissa := math.Round(1000*math.Pow(10, logarithm/math.Ln10-exponent)) / 1000
	if mantissa >= 10 {
		mantissa, exponent = 1, exponent+1
	}
	return fmt.Sprintf("%ge%+d", mantissa, int(exponent))
}

// significant writes a number with four significant digits.
func significant(value float64) string {
	return strconv.FormatFloat(value, 'g', 4, 64)
}
