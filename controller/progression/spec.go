package progression

import (
	"fmt"
	"hash/fnv"
	"time"
)

// Spec is what the user wants, in the core's terms.
type Spec struct {
	// Replicas is the number of pods that carry the whole traffic.
	Replicas int32
	// Steps are done in order.
	Steps []Step
	// Routed says that a router splits the requests by weight. Otherwise the
	// split is the ratio of the pods.
	Routed bool
	// MaxSurge and MaxUnavailable are numbers of pods, for a split by ratio. At
	// least one of them is positive.
	MaxSurge, MaxUnavailable int32
	// Background is the analysis that runs beside the steps, or nil.
	Background *Background
	// Baseline starts fresh pods of the stable version beside the canary's, to
	// compare it with; nil compares it with those that serve anyway.
	Baseline *FreshBaseline
	// ScaleDownDelay is for how long old pods stay after their last request.
	ScaleDownDelay time.Duration
	// AbortScaleDownDelay is for how long the canary's pods stay after an abort;
	// 0 keeps them until the next release.
	AbortScaleDownDelay time.Duration
	// ProgressDeadline is for how long pods and router may make no progress.
	ProgressDeadline time.Duration
	// ProgressDeadlineAbort takes a release back that is past its deadline.
	ProgressDeadlineAbort bool
	// Paused holds every release.
	Paused bool
}

// Background is an analysis that runs beside the steps.
type Background struct {
	// StartingStep is the index of the step with which it begins.
	StartingStep int32
	// AbortAfter is for how long it may be blind before the release is taken
	// back; 0 holds the release for as long as it takes.
	AbortAfter time.Duration
}

// FreshBaseline is fresh pods of the stable version.
type FreshBaseline struct {
	// Pods is how many; 0 is as many as the canary has.
	Pods int32
}

// Step is one step: exactly one of its fields is set.
type Step struct {
	SetWeight *int32
	Pause     *Pause
	Analysis  *StepAnalysis
}

// Pause waits for a time, or, without one, for a person.
type Pause struct {
	Duration *time.Duration
}

// StepAnalysis must pass before the next step.
type StepAnalysis struct {
	// Templates tells one analysis from another, in any notation.
	Templates string
	// AbortAfter is as in Background.
	AbortAfter time.Duration
}

// String names the step as the user wrote it.
func (s Step) String() string {
	switch {
	case s.SetWeight != nil:
		return fmt.Sprintf("setWeight %d", *s.SetWeight)
	case s.Pause != nil && s.Pause.Duration != nil:
		return fmt.Sprintf("pause %s", *s.Pause.Duration)
	case s.Pause != nil:
		return "pause"
	case s.Analysis != nil:
		return "analysis"
	default:
		return "empty step"
	}
}

// stepsHash identifies the steps up to and including the one at an index: those
// that are done or in progress. An edit of later ones does not change it.
func stepsHash(steps []Step, index int32) string {
	hash := fnv.New64a()
	for i, step := range steps {
		if int32(i) > index {
			break
		}
		fmt.Fprintf(hash, "%d:%s", i, step)
		if step.Analysis != nil {
			fmt.Fprintf(hash, "(%s)", step.Analysis.Templates)
		}
		fmt.Fprint(hash, ";")
	}
	return fmt.Sprintf("%016x", hash.Sum64())
}

// needed is the number of available pods that a share of the traffic takes.
func (s Spec) needed(weight int32) int32 {
	if weight <= 0 || s.Replicas <= 0 {
		return 0
	}
	return max(1, (s.Replicas*weight+99)/100)
}
