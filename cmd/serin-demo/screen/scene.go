// Package screen draws a release: as a block that is redrawn in place on a
// terminal, and as lines that are appended everywhere else. It turns values into
// text and knows nothing of where they come from.
//
// What may come in: the standard library.
package screen

import "time"

// Scene is a release at one moment.
type Scene struct {
	// Elapsed is the time since the demo began.
	Elapsed time.Duration
	// Title says which release it is.
	Title string
	// Weight is the percentage of requests that the new version gets.
	Weight int32
	// Step is the step in progress, of all steps. Example: 2/6.
	Step string
	// Versions are the versions, the oldest first.
	Versions []Version
	// Evidence is what each metric says.
	Evidence []Evidence
	// Phase is the state of the Rollout in one word.
	Phase string
	// Message is what the engine does, and what it waits for.
	Message string
}

// Version is one version of the application.
type Version struct {
	Name string
	// Role is stable, canary or nothing.
	Role string
	// Ready and Pods are the numbers of ready and of all pods.
	Ready, Pods int
	// Requests and Bad are the answers that users got from it.
	Requests, Bad int64
}

// Evidence is what one metric says about the new version.
type Evidence struct {
	Metric string
	// Value is the evidence against the new version and Limit where it is taken
	// back, if the metric is judged by a test; a Limit of 0 says that it is not.
	Value, Limit float64
	// State says it in words.
	State string
}

// Screen shows a release while it happens.
type Screen interface {
	// Say writes a line that stays.
	Say(line string)
	// Show replaces the scene by the next one.
	Show(scene Scene)
	// Leave makes the scene stay as it is, and ends what the screen did to the
	// terminal.
	Leave()
}
