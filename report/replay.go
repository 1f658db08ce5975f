package report

import (
	"fmt"
	"io"
	"time"

	"github.com/serin-dev/serin/controller/replay"
)

// Replay writes what a replay came to.
func Replay(w io.Writer, result *replay.Result) error {
	story, err := replayStory(result)
	if err != nil {
		return err
	}
	p := page{
		Title: fmt.Sprintf("%s: %s", result.Subject.Name, result.Verdict.Outcome),
		Kind:  "Replay of " + result.Subject.Kind, Subject: result.Subject.Name,
		Verdict: outcomeWord(result.Verdict.Outcome), Tone: toneOf(result.Verdict.Outcome),
		Lead: result.Verdict.Message,
		Facts: []fact{
			{"Verdict at", moment(result.Verdict.At)},
			{"After", duration(result.Verdict.At.Sub(result.Window.Start).Seconds())},
			{"Recording", result.Recording.Path},
			{"Window", moment(result.Window.Start) + " to " + clock(result.Window.End)},
		},
		Foot: footOf(result),
	}
	return write(w, p, "replay.tmpl", story)
}

// outcomeWord is an outcome as people say it.
func outcomeWord(outcome replay.Outcome) string {
	switch outcome {
	case replay.RolledBack:
		return "rolled back"
	case replay.Promoted:
		return "promoted"
	case replay.Waiting:
		return "waits for a person"
	case replay.Unfinished:
		return "no verdict yet"
	default:
		return string(outcome)
	}
}

func toneOf(outcome replay.Outcome) Tone {
	switch {
	case outcome.Good():
		return Good
	case outcome.Bad():
		return Bad
	default:
		return Open
	}
}

// footOf says where it all comes from.
func footOf(result *replay.Result) []string {
	source := fmt.Sprintf("Recording %s", result.Recording.Path)
	if result.Recording.Format != "" {
		source += " (" + result.Recording.Format + ")"
	}
	if result.Recording.Source != "" {
		source += ", recorded from " + result.Recording.Source
	}
	source += fmt.Sprintf(", %s to %s", moment(result.Recording.Start), moment(result.Recording.End))
	if result.Recording.Samples > 0 {
		source += fmt.Sprintf(": %s samples of %s series", count(float64(result.Recording.Samples)), count(float64(result.Recording.Series)))
	}
	feet := []string{source}
	for _, file := range result.Subject.Files {
		feet = append(feet, "Read from "+file)
	}
	for _, argument := range result.Subject.Arguments {
		feet = append(feet, fmt.Sprintf("Argument %s = %s", argument.Name, argument.Value))
	}
	return append(feet, "All times are UTC. The same recording and the same files give the same report: "+result.Format)
}

// story is what replay.tmpl shows.
type story struct {
	Reproduction *reproduction
	Otherwise    []string
	Warnings     []string
	Weights      *figure
	Runs         []runStory
	Timeline     []eventRow
	Assumptions  []string
}

// reproduction says whether a live run was reproduced.
type reproduction struct {
	Tone       Tone
	Word, Text string
}

type eventRow struct {
	At, Weight, What, Message string
	Warning                   bool
}

// replayStory gathers what is shown.
func replayStory(result *replay.Result) (*story, error) {
	s := &story{Otherwise: result.Verdict.WouldHaveChanged, Warnings: result.Warnings, Assumptions: result.Assumptions}
	if r := result.Reproduction; r != nil {
		s.Reproduction = &reproduction{Tone: Bad, Word: "Not reproduced", Text: r.String()}
		if r.Exact() {
			s.Reproduction.Tone, s.Reproduction.Word = Good, "Reproduced"
		}
	}
	var err error
	if s.Weights, err = weightsFigure(result); err != nil {
		return nil, err
	}
	for _, run := range result.Runs {
		told, err := runStoryOf(run, result)
		if err != nil {
			return nil, err
		}
		s.Runs = append(s.Runs, told)
	}
	for _, event := range result.Timeline {
		row := eventRow{At: clock(event.At), What: eventWord(event), Message: event.Message, Warning: event.Warning}
		if event.Weight != nil {
			row.Weight = fmt.Sprintf("%d %%", *event.Weight)
		}
		s.Timeline = append(s.Timeline, row)
	}
	return s, nil
}

// eventWord is what an event is about.
func eventWord(event replay.Event) string {
	switch event.Kind {
	case replay.EventMetric:
		return event.Metric + ": " + event.Phase
	case replay.EventMetricEnded:
		return event.Metric + " has ended: " + event.Phase
	case replay.EventBlind:
		return event.Metric + " is blind: " + event.Reason
	case replay.EventRunStarted:
		return event.Run + " began"
	case replay.EventRunEnded:
		return event.Run + " has ended: " + event.Phase
	case replay.EventWeight:
		return "weight"
	case replay.EventEnd:
		return "the window ends"
	default:
		return event.Reason
	}
}

// period is a blind one.
type period struct{ From, For, Why string }

// since is a duration between two times.
func since(from, to time.Time) string { return duration(to.Sub(from).Seconds()) }
