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
	}
	message, _ = doubtless(message)
	switch {
	case event.Reason == "":
		return fmt.Sprintf("%s %s: %s", event.Metric, event.Phase, message)
	case event.Phase == string(v1alpha1.AnalysisError):
		return fmt.Sprintf("%s cannot be seen: %s: %s", event.Metric, event.Reason, message)
	default:
		return fmt.Sprintf("%s holds: %s: %s", event.Metric, event.Reason, message)
	}
}

// doubtless is the message of a look without the doubts at its end, and these.
func doubtless(message string) (text, doubts string) {
	text, doubts, _ = strings.Cut(message, "; doubts: ")
	return text, doubts
}

// doubtLines are the doubts of all looks that are told, each once.
func doubtLines(r *replay.Result, s Settings) []string {
	var seen []string
	for _, event := range r.Timeline {
		if _, doubts := doubtless(Clean(event.Message)); doubts != "" && event.Kind != replay.EventEnd && event.Metric != "" {
			if line := event.Metric + ": " + doubts; event.Kind != replay.EventMetricEnded && !slices.Contains(seen, line) {
				seen = append(seen, line)
			}
		}
	}
	return listLines(seen, s)
}
