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
		return "No verdict by the end of the window,"
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

// timelineLines have a line for each change: when, at which weight, what. What does not
// fit goes on below its beginning.
func timelineLines(r *replay.Result, looks bool, s Settings) []string {
	events := shownEvents(r, looks)
	rows := make([][]cell, len(events))
	times, weights := 0, 0
	for i, event := range events {
		weight := ""
		if event.Weight != nil {
			weight = strconv.Itoa(int(*event.Weight)) + "%"
		}
		at := clockTime(event.At, r)
		times, weights = max(times, len(at)), max(weights, len(weight))
		rows[i] = []cell{{text: s.Style.mark(eventSign(event))}, {text: at}, {text: weight, ansi: ansiDim}, {}}
	}
	// Two columns of margin, the sign, and two spaces between columns.
	indent := 4 + times + 2 + weights + 2
	if weights == 0 {
		indent -= 2
		for i := range rows {
			rows[i] = slices.Delete(rows[i], 2, 3)
		}
	}
	rest := make([][]string, len(events))
	for i, event := range events {
		text := []string{eventText(r, event)}
		if s.Width-indent >= 20 {
			text = wrap(text[0], "", s.Width-indent)
		}
		rows[i][len(rows[i])-1].text, rest[i] = text[0], text[1:]
	}
	var lines []string
	for i, line := range marked(rows, s) {
		lines = append(lines, line)
		for _, more := range rest[i] {
			lines = append(lines, strings.Repeat(" ", indent)+more)
		}
	}
	return lines
}

// shownEvents leaves out what another event of the same time says as well, and adds the
// looks.
func shownEvents(r *replay.Result, looks bool) []replay.Event {
	var events []replay.Event
	for i, event := range r.Timeline {
		if !repeated(event, r.Timeline[i+1:]) {
			events = append(events, event)
		}
	}
	if !looks {
		return events
	}
	for _, run := range r.Runs {
		for _, metric := range run.Metrics {
			for _, point := range metric.Points {
				if !told(events, run.Name, metric.Name, point) {
					events = append(events, replay.Event{
						At: point.At, Run: run.Name, Metric: metric.Name, Phase: point.Phase, Reason: point.Reason, Message: point.Message, Weight: weightAt(r, point.At),
					})
				}
			}
		}
	}
	slices.SortStableFunc(events, func(a, b replay.Event) int { return a.At.Compare(b.At) })
	return events
}

// weightAt is the canary's share of the traffic at a time; nil without a Rollout.
func weightAt(r *replay.Result, at time.Time) *int32 {
	var found *int32
	for i := range r.Weights {
		if !r.Weights[i].At.After(at) {
			found = &r.Weights[i].Weight
		}
	}
	return found
}

// repeated says that a later event of the same time has the same message in it: the
// end of a metric is that of its run, and that of its release. An end without a verdict
// is in the headline.
func repeated(event replay.Event, later []replay.Event) bool {
	if event.Kind != replay.EventMetricEnded && event.Kind != replay.EventRunEnded && event.Kind != replay.EventWeight {
		return false
	}
	for _, other := range later {
		if !other.At.Equal(event.At) {
			return false
		}
		if event.Message != "" && strings.Contains(other.Message, event.Message) {
			return true
		}
	}
	return false
}

// told says that a look is among the events already.
func told(events []replay.Event, run, metric string, point replay.Point) bool {
	return slices.ContainsFunc(events, func(event replay.Event) bool {
		return event.At.Equal(point.At) && event.Run == run && event.Metric == metric
	})
}

// eventSign marks what is good, bad or blind.
func eventSign(event replay.Event) sign {
	switch {
	case event.Kind == replay.EventBlind || event.Kind == replay.EventEnd || event.Phase == string(v1alpha1.AnalysisInconclusive):
		return signAsk
	case event.Warning:
		return signBad
	case event.Kind == replay.EventMetric || event.Kind == replay.EventMetricEnded || event.Kind == replay.EventRunEnded || event.Reason == "ReleasePromoted":
		return signDone
	default:
		return signNone
	}
}

// eventText says what happened.
func eventText(r *replay.Result, event replay.Event) string {
	message := Clean(event.Message)
	if verdict := Clean(r.Verdict.Message); verdict != "" && event.Kind != replay.EventMetric {
		message = strings.Replace(message, verdict, "see above", 1)
	}
	switch event.Kind {
	case replay.EventRelease, replay.EventWeight, replay.EventEnd:
		return message
	case replay.EventRunStarted:
		return "analysis begins: " + message
	case replay.EventRunEnded:
		return "analysis ends " + event.Phase + ": " + message
	case replay.EventMetricEnded:
		return message
	case replay.EventBlind:
		return fmt.Sprintf("%s sees nothing: %s: %s", event.Metric, event.Reason, message)
	}
	if event.Reason != "" {
		return fmt.Sprintf("%s sees nothing: %s: %s", event.Metric, event.Reason, message)
	}
	return fmt.Sprintf("%s %s: %s", event.Metric, event.Phase, message)
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
