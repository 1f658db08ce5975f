package progression

import (
	"fmt"
	"strings"
)

// Health is the state of a Rollout in one word.
type Health string

// The states of a Rollout.
const (
	Healthy   Health = "Healthy"
	Advancing Health = "Progressing"
	Paused    Health = "Paused"
	Degraded  Health = "Degraded"
)

// Summary says to people what a Rollout does, why, and what it waits for. It holds
// no relative times: it changes only when something has changed.
type Summary struct {
	Health Health
	// Reason in one word.
	Reason string
	// Message is one sentence.
	Message string
	// Stalled says that nothing goes on without a person.
	Stalled bool
}

// Summarize says what a Rollout does, after Decide.
func Summarize(s State, o Observation) Summary {
	d := &decision{State: s, o: o}
	switch {
	case len(o.Problems) > 0:
		return d.summarizeProblems()
	case s.Stable == "":
		return Summary{Advancing, ReasonStarting, "the first version is about to be started", false}
	case s.Phase == Aborted:
		return d.summarizeAbort()
	case s.Phase == Idle:
		return d.summarizeIdle()
	default:
		return d.summarizeRelease()
	}
}

// summarizeProblems: the spec cannot be released.
func (d *decision) summarizeProblems() Summary {
	state := "nothing is started"
	switch {
	case d.Releasing():
		state = fmt.Sprintf("revision %d is held at weight %d", d.Revision, d.o.Route.Weight)
	case d.Stable != "":
		state = fmt.Sprintf("the stable version %s is left as it is", d.Stable)
	}
	return Summary{Degraded, ReasonInvalidSpec, fmt.Sprintf("%s; %s", d.o.problems(), state), true}
}

// summarizeAbort: the last release was taken back.
func (d *decision) summarizeAbort() Summary {
	message := fmt.Sprintf("revision %d was taken back: %s", d.Revision, d.Abort.Message)
	if d.Abort.By != "" {
		message += ", by " + d.Abort.By
	}
	if held := d.targetWeight(); d.o.Spec.Routed && held > 0 {
		message += fmt.Sprintf("; no stable pod can serve, so it keeps %d %% of the traffic until one can", held)
	}
	return Summary{Degraded, d.Abort.Reason, message, true}
}

// summarizeIdle: the current template is the stable one.
func (d *decision) summarizeIdle() Summary {
	missing := d.missing()
	version := d.o.Versions[d.Stable]
	switch {
	case missing.what == "" && !d.serves(StableService, d.Stable):
		return Summary{Advancing, ReasonSwitchingService, fmt.Sprintf("revision %d: the stable Service is being pointed at %s", d.Revision, d.Stable), false}
	case missing.what == "":
		return Summary{Healthy, ReasonHealthy, fmt.Sprintf("revision %d (%s) is stable: %d of %d pods available", d.Revision, d.Stable, version.Available, d.o.Spec.Replicas), false}
	case overdue(d.State, d.o, missing):
		return Summary{Degraded, ReasonProgressDeadline, fmt.Sprintf("no progress for %s, %s", d.o.Spec.ProgressDeadline, missing.text), true}
	default:
		return Summary{Advancing, ReasonWaitingForPods, fmt.Sprintf("revision %d: %s", d.Revision, missing.text), false}
	}
}

// summarizeRelease: a release is in progress.
func (d *decision) summarizeRelease() Summary {
	prefix := fmt.Sprintf("revision %d, %s: ", d.Revision, d.where())
	if paused := d.pausedBy(); paused != "" {
		return Summary{Paused, ReasonPaused, prefix + paused, false}
	}
	missing := d.missing()
	if missing.what != "" && overdue(d.State, d.o, missing) {
		return Summary{Degraded, ReasonProgressDeadline, prefix + fmt.Sprintf("no progress for %s, %s", d.o.Spec.ProgressDeadline, missing.text), true}
	}
	if evidence := d.waitsForEvidence(); evidence != "" {
		if d.anyBlind() {
			return Summary{Advancing, ReasonBlind, prefix + evidence, false}
		}
		return Summary{Advancing, ReasonWaitingForEvidence, prefix + evidence, false}
	}
	if missing.what != "" {
		return Summary{Advancing, ReasonWaitingForPods, prefix + missing.text, false}
	}
	return Summary{Advancing, ReasonProgressing, prefix + d.waitsForStep(), false}
}

// where names the step in progress.
func (d *decision) where() string {
	count := int32(len(d.o.Spec.Steps))
	switch {
	case d.Phase == Promoting:
		return "taking over"
	case d.Step >= count:
		return "all steps done"
	default:
		return fmt.Sprintf("step %d/%d (%s)", d.Step+1, count, d.o.Spec.Steps[d.Step])
	}
}

// pausedBy says who or what has paused the release; empty when nothing has.
func (d *decision) pausedBy() string {
	var reasons []string
	if d.o.Spec.Paused {
		reasons = append(reasons, "paused by spec.paused")
	}
	for _, wait := range d.Waits {
		switch wait.Reason {
		case WaitUser:
			reasons = append(reasons, fmt.Sprintf("paused by %s; resume goes on", wait.By))
		case WaitInconclusive:
			reasons = append(reasons, "the analysis could not decide; promote goes on, abort takes it back")
		case WaitPauseStep:
			reasons = append(reasons, fmt.Sprintf("paused at weight %d until somebody promotes it", d.Weight))
		}
	}
	return strings.Join(reasons, "; ")
}

// waitsForEvidence says which evidence the step in progress waits for.
func (d *decision) waitsForEvidence() string {
	if d.Phase == Promoting {
		if d.anyBlind() && d.raisesBlindly() {
			return d.blindness()
		}
		return ""
	}
	if d.Step >= int32(len(d.o.Spec.Steps)) {
		return d.unproven()
	}
	step := d.o.Spec.Steps[d.Step]
	switch {
	case step.SetWeight != nil && *step.SetWeight > d.Weight:
		return d.unproven()
	case step.SetWeight != nil && d.anyBlind() && d.raisesBlindly():
		return d.blindness()
	case step.Analysis != nil && d.StepRun == "":
		return "" // It has yet to begin, and what it waits for is said elsewhere.
	case step.Analysis != nil:
		if run, exists := d.o.Runs[d.StepRun]; exists && run.Message != "" {
			return "the analysis runs: " + run.Message
		}
		return "the analysis runs"
	default:
		return ""
	}
}

// blindness says since when the analysis cannot see, and why.
func (d *decision) blindness() string {
	seen := d.o.Runs[d.BackgroundRun]
	if seen.BlindSince.IsZero() {
		return fmt.Sprintf("the analysis has had no answer since %s; the release holds until there is one", clock(d.o.blindSince(seen)))
	}
	return seen.Message
}

// waitsForStep says what a step waits for that needs neither pods nor evidence.
func (d *decision) waitsForStep() string {
	if d.Phase == Progressing && d.Step < int32(len(d.o.Spec.Steps)) {
		if pause := d.o.Spec.Steps[d.Step].Pause; pause != nil && pause.Duration != nil {
			text := fmt.Sprintf("at weight %d until %s", d.Weight, clock(d.StepStartedAt.Add(*pause.Duration)))
			if d.anyBlind() {
				text += "; " + d.blindness()
			}
			return text
		}
	}
	return fmt.Sprintf("at weight %d", d.Weight)
}
