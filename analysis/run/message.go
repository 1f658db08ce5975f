package run

import (
	"fmt"
	"strconv"
	"strings"
)

// decidedMessage explains why a metric is decided: which rule, what was seen, and
// against what.
func decidedMessage(metric Metric, state MetricState, why string) string {
	return fmt.Sprintf("Metric %q %s: %s%s", metric.Name, state.Phase, why, lastLook(metric, state))
}

// judgedMessage explains why a judge has failed a metric.
func judgedMessage(metric Metric, state MetricState) string {
	last, _ := state.last()
	return fmt.Sprintf("Metric %q %s: %s", metric.Name, state.Phase, last.Message)
}

// openMessage explains where a metric stands that is not decided yet.
func openMessage(metric Metric, state MetricState) string {
	last, measured := state.last()
	switch {
	case !measured:
		return fmt.Sprintf("Metric %q has not been measured yet", metric.Name)
	case last.Blind():
		return blindMessage(state, last)
	case metric.judged():
		return fmt.Sprintf("Metric %q %s in its last measurement: %s (%s)", metric.Name, last.Phase, last.Message, progress(metric, state))
	default:
		return fmt.Sprintf("Metric %q %s in its last measurement: %s (%s)", metric.Name, last.Phase, against(metric, last), progress(metric, state))
	}
}

// blindMessage explains why nothing is seen, since when, and what ends it. It does
// not count: a message that changes at every look would change the status that often.
func blindMessage(state MetricState, last Outcome) string {
	word, until := "cannot be seen", "there is an answer"
	switch {
	case last.Reason == RoutingBroken:
		word, until = "cannot be judged", "the traffic is split as it was set"
	case last.Reason == NotKnownYet:
		word, until = "is undecided", "the bounds decide"
	case last.Phase == Inconclusive:
		word, until = "has nothing to judge", "it has"
	}
	return fmt.Sprintf("Metric %q %s since %s: %s: %s; the release holds until %s",
		state.Name, word, clock(state.BlindSince), last.Reason, last.Message, until)
}

// cutMessage explains a metric that ends because its run does.
func cutMessage(state MetricState) string {
	if state.number() == 0 {
		return fmt.Sprintf("Metric %q ended with the run, unmeasured", state.Name)
	}
	return fmt.Sprintf("Metric %q ended with the run, undecided (%s)", state.Name, tally(state))
}

// terminatedMessage explains the end of a run that was told to end.
func terminatedMessage(state State) string {
	passed := 0
	for _, metric := range state.Metrics {
		if metric.Phase == Successful {
			passed++
		}
	}
	message := fmt.Sprintf("Run terminated: %d of %s had a successful measurement", passed, counted(len(state.Metrics), "metric"))
	if state.Score != nil {
		message += "; " + state.Score.Message
	}
	return message
}

// runMessage is the message of the metric that matters most now.
func runMessage(spec Spec, state State) string {
	if state.Phase == Successful && len(state.Metrics) > 1 {
		return fmt.Sprintf("All %d metrics Successful", len(state.Metrics))
	}
	return urgentMessage(spec, state)
}

// urgentMessage is the message of the metric that people need to hear of most.
func urgentMessage(spec Spec, state State) string {
	best, urgency := "", -1
	for i, metric := range spec.Metrics {
		if i >= len(state.Metrics) {
			break
		}
		message := state.Metrics[i].Message
		if message == "" {
			message = openMessage(metric, state.Metrics[i])
		}
		if u := urgencyOf(metric, state.Metrics[i]); u > urgency {
			best, urgency = message, u
		}
	}
	return best
}

// urgencyOf orders metrics by how much people need to hear of them.
func urgencyOf(metric Metric, state MetricState) int {
	last, measured := state.last()
	switch {
	case state.Phase == Failed:
		return 8
	case state.Phase == Inconclusive:
		return 7
	case !state.Phase.Live():
		return 0
	case reported(metric, state):
		return 6
	case measured && last.Phase == Failed:
		return 5
	case measured && last.Blind():
		return 4
	case !measured:
		return 3
	case last.Phase == Inconclusive:
		return 2
	default:
		return 1
	}
}

// lastLook is the newest measurement, as the end of a message.
func lastLook(metric Metric, state MetricState) string {
	last, measured := state.last()
	switch {
	case !measured:
		return ""
	case metric.judged():
		return "; last: " + last.Message
	default:
		return "; last " + against(metric, last)
	}
}

// against is a value and the condition that it is held against.
func against(metric Metric, outcome Outcome) string {
	return "value " + bounded(outcome.Value, shortValueLimit) + " against " + metric.condition()
}

// progress is how far a metric is, and what it tolerates.
func progress(metric Metric, state MetricState) string {
	var text string
	if metric.Count > 0 {
		text = fmt.Sprintf("%d of %s: %s", state.Count, counted(metric.Count, "measurement"), tally(state))
	} else {
		text = fmt.Sprintf("%s: %s", counted(state.Count, "measurement"), tally(state))
	}
	if state.Failed > 0 && metric.FailureLimit >= 0 {
		text += fmt.Sprintf("; failureLimit tolerates %d more", metric.FailureLimit-state.Failed)
	}
	return text
}

// tally is the counters that are not zero.
func tally(state MetricState) string {
	var parts []string
	for _, part := range []struct {
		count int
		name  string
	}{{state.Successful, "successful"}, {state.Failed, "failed"}, {state.Inconclusive, "inconclusive"}, {state.Blind, "blind"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.name))
		}
	}
	return strings.Join(parts, ", ")
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// tolerates says how much a limit lets pass.
func tolerates(limit int) string {
	if limit == 0 {
		return "0 tolerates none"
	}
	return fmt.Sprintf("%d tolerates %d", limit, limit)
}

// streak is what consecutiveSuccessLimit asks for.
func streak(metric Metric) string {
	return fmt.Sprintf("%d successes in a row, as consecutiveSuccessLimit asks for", metric.ConsecutiveSuccessLimit)
}

// withWarnings adds a source's doubts to a message.
func withWarnings(message string, warnings []string) string {
	if len(warnings) == 0 {
		return message
	}
	doubts := "warnings of the source: " + strings.Join(warnings, "; ")
	if message != "" {
		doubts = message + "; " + doubts
	}
	return bounded(doubts, messageLimit)
}
