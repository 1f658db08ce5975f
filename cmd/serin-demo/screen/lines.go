package screen

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// quiet is for how long nothing is appended while nothing important changes.
const quiet = 3 * time.Second

// Lines appends lines of plain text: for pipes, files and simple terminals.
type Lines struct {
	output io.Writer
	last   *Scene
}

// NewLines makes a Screen for everything that is no terminal.
func NewLines(output io.Writer) *Lines { return &Lines{output: output} }

// Say writes a line.
func (l *Lines) Say(text string) { _, _ = io.WriteString(l.output, text+"\n") }

// Show writes a line when weight, step or phase have changed, and every few seconds.
func (l *Lines) Show(scene Scene) {
	if last := l.last; last != nil && last.Title == scene.Title && last.Weight == scene.Weight && last.Step == scene.Step &&
		last.Phase == scene.Phase && scene.Elapsed-last.Elapsed < quiet {
		return
	}
	l.last = &scene
	l.Say(oneLine(scene))
}

// Leave forgets the scene.
func (l *Lines) Leave() { l.last = nil }

// oneLine says a scene in one line.
func oneLine(scene Scene) string {
	parts := []string{fmt.Sprintf("%8s  weight %d %%", seconds(scene.Elapsed), scene.Weight)}
	if scene.Step != "" {
		parts[0] += ", step " + scene.Step
	}
	for _, version := range scene.Versions {
		parts = append(parts, fmt.Sprintf("%s: %s, %s", version.Name, plural(version.Requests, "request"), plural(version.Bad, "error")))
	}
	for _, evidence := range scene.Evidence {
		if evidence.Limit > 1 {
			parts = append(parts, evidence.Metric+": "+against(evidence))
		}
	}
	phase := scene.Phase
	if scene.Message != "" {
		phase += ": " + scene.Message
	}
	return strings.Join(append(parts, shortened(phase)), "; ")
}

// shortened keeps a line readable; the rest of a message is in the Rollout's status.
func shortened(message string) string {
	const longest = 120
	if short := cut(message, longest); short != message {
		return short + "..."
	}
	return message
}
