package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Replay writes what a replay came to: the verdict, what changed when, the evidence,
// and what can be done with it. Looks adds every look to the timeline.
func Replay(r *replay.Result, looks bool, s Settings) []Block {
	s.Now = r.Verdict.At
	all := []Block{
		{"", ReplayHeadline(r, s)},
		{"Timeline", timelineLines(r, looks, s)},
		{"Analysis", replayedLines(r, s)},
		{"Would have changed it", listLines(r.Verdict.WouldHaveChanged, s)},
		{"Doubts", doubtLines(r, s)},
		{"Assumed", listLines(r.Assumptions, s)},
	}
	var blocks []Block
	for _, block := range all {
		if len(block.Lines) > 0 {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// ReplayHeadline is the verdict with its time and its reason, and what was played.
func ReplayHeadline(r *replay.Result, s Settings) []string {
	verdict := r.Verdict
	head := fmt.Sprintf("%s %s %s", s.Style.mark(outcomeSign(verdict.Outcome)), s.Style.paint(outcomeColor(verdict.Outcome), outcomeText(verdict)), clockTime(verdict.At, r))
	head += s.Style.dim(fmt.Sprintf(" (%s after the start)", span(verdict.At.Sub(r.Window.Start))))
	lines := []string{head}
	lines = append(lines, wrapped("  ", Clean(verdict.Message), s)...)
	lines = append(lines, s.Style.dim(fmt.Sprintf("  %s over %s, %s to %s", subjectText(r.Subject), r.Recording.Path, moment(r.Window.Start), moment(r.Window.End))))
	if r.Reproduction != nil {
		lines = append(lines, wrapped("  ", Clean(r.Reproduction.String()), s)...)
	}
	for _, warning := range r.Warnings {
		lines = append(lines, wrapped("", "! "+Clean(warning), s)...)
	}
	return lines
}

// subjectText names what was played. Example: Rollout shop/web.
func subjectText(subject replay.Subject) string {
	name := subject.Name
	if subject.Namespace != "" {
		name = subject.Namespace + "/" + name
	}
	return subject.Kind + " " + name
}

// outcomeText is the outcome in words, with its reason.
func outcomeText(verdict replay.Verdict) string {
	switch verdict.Outcome {
	case replay.RolledBack:
		return "Rolled back (" + verdict.Reason + ")"
	case replay.Waiting:
		return "Waits for a person (" + verdict.Reason + ") since"
	case replay.Unfinished:
		return "No verdict by the end of the window (" + verdict.Reason + "),"
	default:
		return string(verdict.Outcome)
	}
}

// outcomeSign is the mark of an outcome.
func outcomeSign(outcome replay.Outcome) sign {
	switch {
	case outcome.Good():
		return signDone
	case outcome.Bad():
		return signBad
	default:
		return signAsk
	}
}

// outcomeColor tells good, bad and open apart.
func outcomeColor(outcome replay.Outcome) string {
	switch {
	case outcome.Good():
		return ansiGreen
	case outcome.Bad():
		return ansiRed
	default:
		return ansiYellow
	}
}

// moment writes a time in full. Example: 2026-03-01 03:02:45Z.
func moment(at time.Time) string {
	return at.UTC().Format("2006-01-02 15:04:05") + fraction(at) + "Z"
}

// clockTime writes a time within a replay: without the date, where the window is within
// one day.
func clockTime(at time.Time, r *replay.Result) string {
	if r.Window.Start.UTC().Format(time.DateOnly) != r.Window.End.UTC().Format(time.DateOnly) {
		return moment(at)
	}
	return at.UTC().Format("15:04:05") + fraction(at) + "Z"
}

// fraction is the part of a second, if there is any.
func fraction(at time.Time) string {
	if at.Nanosecond() == 0 {
		return ""
	}
	return strings.TrimRight(at.UTC().Format(".000000"), "0")
}

// replayedLines are the runs as they ended, each metric with its evidence.
func replayedLines(r *replay.Result, s Settings) []string {
	var lines []string
	for _, played := range r.Runs {
		phase := string(played.Object.Status.Phase)
		lines = append(lines, fmt.Sprintf("  %s (%s)  %s", played.Name, strings.ToLower(played.Kind), s.Style.phase(phase)))
		lines = append(lines, metricTable(withoutMessage(played.Object, r.Verdict.Message), s)...)
		for _, metric := range played.Metrics {
			lines = append(lines, podLines(metric, s)...)
		}
	}
	return lines
}

// withoutMessage is a run in which no metric repeats what the headline says.
func withoutMessage(object *v1alpha1.AnalysisRun, message string) *v1alpha1.AnalysisRun {
	object = object.DeepCopy()
	for i := range object.Status.MetricResults {
		if result := &object.Status.MetricResults[i]; strings.Contains(message, result.Message) {
			result.Message = ""
		}
	}
	return object
}

// mostPods is how many pods of a version are shown, the worst first.
const mostPods = 3

// podLines are the worst pods of a canary that has several.
func podLines(metric replay.Metric, s Settings) []string {
	var pods []replay.Pod
	for _, pod := range metric.Pods {
		if pod.Arm == "canary" && pod.Total > 0 {
			pods = append(pods, pod)
		}
	}
	slices.SortStableFunc(pods, func(a, b replay.Pod) int {
		switch x, y := a.Bad/a.Total, b.Bad/b.Total; {
		case x > y:
			return -1
		case x < y:
			return 1
		default:
			return 0
		}
	})
	if len(pods) < 2 || pods[0].Bad == 0 {
		return nil
	}
	var parts []string
	for _, pod := range pods[:min(len(pods), mostPods)] {
		parts = append(parts, fmt.Sprintf("%s %s", pod.Name, share(plainNumber(pod.Bad), plainNumber(pod.Total))))
	}
	text := fmt.Sprintf("%s by pod of the canary: %s", metric.Name, strings.Join(parts, ", "))
	if more := len(pods) - mostPods; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return wrapped("        ", text, s)
}

// plainNumber writes a number for functions that read decimals.
func plainNumber(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// listLines are sentences, a line each.
func listLines(all []string, s Settings) []string {
	var lines []string
	for _, text := range all {
		lines = append(lines, wrapped("  ", Clean(text), s)...)
	}
	return lines
}
