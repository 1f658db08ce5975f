package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// analysisLines are the runs that count, each metric with its last value or its
// evidence against its limit.
func analysisLines(o Objects, s Settings) []string {
	var lines []string
	for _, run := range runsOf(o) {
		lines = append(lines, run.heading(s))
		if run.object == nil {
			lines = append(lines, wrapped("    ", run.message, s)...)
			continue
		}
		lines = append(lines, metricTable(run.object, s)...)
	}
	return lines
}

// heading names the run, its phase and its age.
func (r run) heading(s Settings) string {
	line := "  " + r.name
	if r.kind != "" {
		line += " (" + r.kind + ")"
	}
	if r.phase != "" {
		line += "  " + s.Style.phase(string(r.phase))
	}
	if r.object == nil {
		return line
	}
	status := r.object.Status
	if status.Score != nil {
		line += fmt.Sprintf("  score %s (%s)", scoreSeen(*status.Score), status.Score.Verdict)
	}
	if status.CompletedAt != nil {
		return line + s.Style.dim(" "+s.since(status.CompletedAt)+" ago")
	}
	if status.StartedAt != nil {
		line += s.Style.dim(" for " + s.since(status.StartedAt))
	}
	return line
}

// scoreSeen is a score of 100, and what it may still become.
func scoreSeen(score v1alpha1.RunScore) string {
	text := number(score.Score) + " of 100"
	if score.Lowest != score.Highest {
		text += fmt.Sprintf(", %s to %s", number(score.Lowest), number(score.Highest))
	}
	return text
}

// metricTable has a line for each metric, and one below for what needs explaining.
func metricTable(object *v1alpha1.AnalysisRun, s Settings) []string {
	var rows [][]cell
	var notes [][]string
	for _, metric := range object.Spec.Metrics {
		result := resultOf(object.Status, metric.Name)
		row, note := metricRow(metric, result, s)
		rows = append(rows, row)
		notes = append(notes, note)
	}
	if e := object.Status.Evidence; e != nil {
		rows = append(rows, []cell{{text: s.Style.mark(signNone)}, {text: "all together"}, {}, {text: ""}, {text: fmt.Sprintf("evidence %s of %s %s",
			number(e.EValue), number(e.Limit), s.Style.bar(evidenceShare(e.EValue, e.Limit), evidenceWidth)), ansi: ansiDim}})
		notes = append(notes, nil)
	}
	if tooWide(rows, s.Width-4) {
		for i, row := range rows {
			rows[i] = row[:len(row)-1]
			notes[i] = append([]string{row[len(row)-1].text}, notes[i]...)
		}
	}
	var lines []string
	for i, line := range marked(rows, s) {
		lines = append(lines, "  "+line)
		for _, note := range notes[i] {
			lines = append(lines, wrapped("        ", note, s)...)
		}
	}
	return lines
}

// tooWide says whether a table does not fit into the columns there are.
func tooWide(rows [][]cell, columns int) bool {
	if columns <= 0 {
		return false
	}
	for _, line := range marked(rows, Settings{}) {
		if utf8.RuneCountInString(line) > columns {
			return true
		}
	}
	return false
}

// resultOf finds the result of a metric; an empty one when it was not measured yet.
func resultOf(status v1alpha1.AnalysisRunStatus, name string) v1alpha1.MetricResult {
	for _, result := range status.MetricResults {
		if result.Name == name {
			return result
		}
	}
	return v1alpha1.MetricResult{Name: name, Phase: v1alpha1.AnalysisPending}
}

// metricRow writes a metric: sign, name, phase, what was seen, against what.
func metricRow(metric v1alpha1.Metric, result v1alpha1.MetricResult, s Settings) (row []cell, notes []string) {
	phase, mark := string(result.Phase), signNow
	switch result.Phase {
	case v1alpha1.AnalysisSuccessful:
		mark = signDone
	case v1alpha1.AnalysisFailed, v1alpha1.AnalysisError:
		mark = signBad
	case v1alpha1.AnalysisInconclusive:
		mark = signAsk
	}
	color := phaseColor(phase)
	if result.BlindSince != nil && (result.Phase == v1alpha1.AnalysisRunning || result.Phase == "") {
		phase, mark, color = "blind "+s.since(result.BlindSince), signAsk, phaseColor("blind")
	}
	seen, limit := thresholdSeen(metric, result)
	if metric.Judge != nil {
		seen, limit = judgeSeen(metric, result.Evidence, s)
	}
	row = []cell{{text: s.Style.mark(mark)}, {text: metric.Name}, {text: phase, ansi: color}, {text: seen}, {text: limit, ansi: ansiDim}}
	return row, append(quantileNotes(result.Evidence, s), metricNotes(result)...)
}

// metricNotes explain a metric that cannot be seen, or that has ended other than well.
func metricNotes(result v1alpha1.MetricResult) []string {
	if result.BlindSince != nil && len(result.Measurements) > 0 {
		last := result.Measurements[len(result.Measurements)-1]
		return []string{fmt.Sprintf("%s: %s (the release holds, and goes on by itself when the metric can be seen again)",
			orUnknown(last.Reason), orUnknown(last.Message))}
	}
	if result.Message != "" && result.Phase != v1alpha1.AnalysisSuccessful && result.Phase != v1alpha1.AnalysisRunning {
		return []string{result.Message}
	}
	return nil
}

// thresholdSeen writes the last value that was seen and the conditions that it is
// held against, with the measurements so far.
func thresholdSeen(metric v1alpha1.Metric, result v1alpha1.MetricResult) (seen, limit string) {
	seen = "no value yet"
	for _, measurement := range result.Measurements {
		if measurement.Value != "" {
			seen = "last " + value(measurement.Value)
		}
	}
	var conditions []string
	if metric.SuccessCondition != "" {
		conditions = append(conditions, "wants "+metric.SuccessCondition)
	}
	if metric.FailureCondition != "" {
		conditions = append(conditions, "fails at "+metric.FailureCondition)
	}
	return seen, strings.Join(append(conditions, measured(metric, result)), "; ")
}

// measured counts the measurements. Example: 4/10 measured, 1 failed of 2 allowed.
func measured(metric v1alpha1.Metric, result v1alpha1.MetricResult) string {
	count := fmt.Sprintf("%d measured", result.Count)
	if metric.Count != nil && metric.Count.String() != "0" {
		count = fmt.Sprintf("%d/%s measured", result.Count, metric.Count.String())
	}
	allowed := "0"
	if metric.FailureLimit != nil {
		allowed = metric.FailureLimit.String()
	}
	if allowed == "-1" {
		allowed = "any number"
	}
	parts := []string{count}
	if result.Failed > 0 || allowed != "0" {
		parts = append(parts, fmt.Sprintf("%d failed of %s allowed", result.Failed, allowed))
	}
	if result.Inconclusive > 0 {
		parts = append(parts, fmt.Sprintf("%d undecided", result.Inconclusive))
	}
	return strings.Join(parts, ", ")
}

// value writes what a query answered: numbers short, anything else as it is.
func value(text string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	parts := strings.Split(inner, ",")
	if len(parts) > 4 {
		return fmt.Sprintf("%d values", len(parts))
	}
	for i := range parts {
		parts[i] = number(strings.TrimSpace(parts[i]))
	}
	return strings.Join(parts, ", ")
}

// wrapped indents a message, in as many lines as it takes.
func wrapped(indent, message string, s Settings) []string {
	if message == "" {
		return nil
	}
	width := 0
	if s.Width > 0 {
		width = max(s.Width-len(indent), 30)
	}
	lines := wrap(message, "", width)
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	return lines
}
