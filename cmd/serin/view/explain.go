package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Explain writes why something is as it is: its own message, then each metric of its
// runs with its margin, what it still needs, and what it could not see.
func Explain(why replay.Why, s Settings) []Block {
	head := []string{fmt.Sprintf("%s  %s  %s", s.Style.bold(subjectText(why.Subject)), s.Style.phase(why.State), s.Style.dim("as of "+moment(why.At)))}
	head = append(head, wrapped("  ", Clean(why.Message), s)...)
	for _, warning := range why.Warnings {
		head = append(head, wrapped("", "! "+Clean(warning), s)...)
	}
	blocks := []Block{{"", head}}
	for _, run := range why.Runs {
		blocks = append(blocks, Block{run.Run + "  " + run.Phase + runTimes(run), explainedRun(run, why.Message, s)})
	}
	return blocks
}

// runTimes say when a run began, and for how long it lasted.
func runTimes(run replay.Explanation) string {
	switch {
	case run.StartedAt.IsZero():
		return ""
	case run.CompletedAt.IsZero():
		return ", since " + moment(run.StartedAt)
	default:
		return fmt.Sprintf(", %s, after %s", moment(run.CompletedAt), span(run.CompletedAt.Sub(run.StartedAt)))
	}
}

// explainedRun is each metric of a run. What has been said already is left out.
func explainedRun(run replay.Explanation, said string, s Settings) []string {
	var lines []string
	if !strings.Contains(said, run.Message) && run.Message != "" && len(run.Metrics) > 1 {
		lines = append(lines, wrapped("  ", Clean(run.Message), s)...)
	}
	for _, metric := range run.Metrics {
		lines = append(lines, fmt.Sprintf("  %s %s  %s", s.Style.mark(metricSign(metric)), metric.Metric, s.Style.phase(metric.Phase)))
		if !strings.Contains(said, metric.Message) {
			lines = append(lines, wrapped("      ", Clean(metric.Message), s)...)
		}
		for _, part := range explainedParts(metric) {
			lines = append(lines, wrapped("      ", part, s)...)
		}
	}
	return lines
}

// explainedParts are the margin, what is needed, what was blind, and what would have
// changed it: a sentence each.
func explainedParts(metric replay.MetricExplanation) []string {
	var parts []string
	if metric.Margin != "" {
		parts = append(parts, "margin: "+metric.Margin)
	}
	if metric.Needs != nil {
		parts = append(parts, "needs: "+needsText(*metric.Needs))
	}
	if blind := metric.Blind; blind != nil {
		text := fmt.Sprintf("blind: %d of %s saw nothing to judge by", blind.Looks, plural(blind.All, "look"))
		if !blind.Since.IsZero() {
			text += "; nothing since " + moment(blind.Since)
		}
		if len(metric.BlindPeriods) == 0 && blind.Reason != "" && blind.Since.IsZero() {
			text += fmt.Sprintf(", last for %s: %s", blind.Reason, Clean(blind.Message))
		}
		parts = append(parts, text)
	}
	parts = append(parts, periodTexts(metric.BlindPeriods)...)
	for _, text := range metric.WouldChange {
		parts = append(parts, "otherwise: "+strings.TrimPrefix(text, fmt.Sprintf("Metric %q: ", metric.Metric)))
	}
	return parts
}

// mostPeriods is how many blind periods are shown, the last ones.
const mostPeriods = 5

// periodTexts are the blind periods, a line each.
func periodTexts(periods []replay.BlindPeriod) []string {
	var texts []string
	if more := len(periods) - mostPeriods; more > 0 {
		texts, periods = append(texts, fmt.Sprintf("blind in %s before these", plural(more, "more period"))), periods[more:]
	}
	for _, period := range periods {
		when := period.From.UTC().Format(time.TimeOnly) + "Z"
		if period.Looks > 1 {
			when += " to " + period.To.UTC().Format(time.TimeOnly) + "Z"
		}
		message, _ := doubtless(Clean(period.Message))
		texts = append(texts, fmt.Sprintf("blind %s for %s: %s", when, period.Reason, message))
	}
	return texts
}

// needsText is what a verdict still takes, and about how long that is.
func needsText(needs replay.Needs) string {
	var parts []string
	if needs.Requests > 0 {
		text := fmt.Sprintf("about %s more canary requests", grouped(int64(min(needs.Requests, 1e15))))
		if needs.PerSecond > 0 {
			text += fmt.Sprintf(" at the present %s a second", number(fmt.Sprintf("%.3g", needs.PerSecond)))
		}
		parts = append(parts, text)
	}
	if needs.Looks > 0 {
		parts = append(parts, plural(needs.Looks, "more look"))
	}
	text := strings.Join(parts, ", and ")
	if needs.Seconds > 0 && needs.Seconds < 1e8 {
		text += ": about " + span(time.Duration(needs.Seconds)*time.Second)
	}
	return text
}

// metricSign is the mark of a metric that is explained.
func metricSign(metric replay.MetricExplanation) sign {
	switch v1alpha1.AnalysisPhase(metric.Phase) {
	case v1alpha1.AnalysisSuccessful:
		return signDone
	case v1alpha1.AnalysisFailed, v1alpha1.AnalysisError:
		return signBad
	case v1alpha1.AnalysisInconclusive:
		return signAsk
	}
	if metric.Blind != nil && !metric.Blind.Since.IsZero() {
		return signAsk
	}
	return signNow
}

// CountingRuns are the AnalysisRuns that count for a Rollout; see runsOf. What is only
// known by its name is left out.
func CountingRuns(o Objects) []*v1alpha1.AnalysisRun {
	var runs []*v1alpha1.AnalysisRun
	for _, run := range runsOf(o) {
		if run.object != nil {
			runs = append(runs, run.object)
		}
	}
	return runs
}
