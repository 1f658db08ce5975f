package view

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// abortLines say why the release was taken back.
func abortLines(o Objects, s Settings) []string {
	release := o.Rollout.Status.Release
	if release == nil || release.Abort == nil {
		return nil
	}
	abort := release.Abort
	what := abort.Reason
	if abort.By != "" {
		what += " by " + abort.By
	}
	line := "  " + s.Style.Bad(what) + ", " + s.since(&abort.At) + " ago"
	return append([]string{line}, wrapped("  ", abort.Message, s)...)
}

// handLines say what people have done to the release: who waits, who overrode
// what, and what became of the last thing that somebody asked for.
func handLines(o Objects, s Settings) []string {
	var lines []string
	if release := o.Rollout.Status.Release; release != nil && release.Phase != v1alpha1.ReleaseIdle {
		lines = append(lines, overrideLines(o.Rollout, release, s)...)
	}
	if o.Rollout.Spec.Paused {
		lines = append(lines, "  "+s.Style.warning("spec.paused is true: every release of this Rollout is held"))
	}
	if last := o.Rollout.Status.LastIntent; last != nil {
		lines = append(lines, intentLine(*last, s))
	}
	if pending := Pending(o.Rollout); pending != nil {
		lines = append(lines, "  "+s.Style.warning(fmt.Sprintf("%s of revision %d by %s, %s ago, has not been answered by a controller yet",
			pending.Action, pending.Revision, pending.By, s.since(&pending.At))))
	}
	return lines
}

// overrideLines say who paused, who promoted, and who ended which step.
func overrideLines(r *v1alpha1.Rollout, release *v1alpha1.ReleaseStatus, s Settings) []string {
	var lines []string
	for _, pause := range release.Pauses {
		lines = append(lines, "  "+s.Style.warning(pauseText(pause))+", for "+s.since(&pause.StartTime))
	}
	if release.PromotedBy != "" {
		lines = append(lines, fmt.Sprintf("  promoted past its steps by %s", release.PromotedBy))
	}
	steps := stepsOf(r)
	overrides := slices.Clone(release.Overrides)
	slices.SortStableFunc(overrides, func(a, b v1alpha1.StepOverride) int { return a.At.Time.Compare(b.At.Time) })
	for _, override := range overrides {
		what := fmt.Sprintf("step %d", override.Step+1)
		if int(override.Step) < len(steps) {
			what += " (" + StepText(steps[override.Step]) + ")"
		}
		lines = append(lines, fmt.Sprintf("  %s ended by %s, %s ago", what, override.By, s.since(&override.At)))
	}
	return lines
}

// Reasons for which a release waits for a person, as the controller writes them.
const (
	waitPauseStep    = "CanaryPauseStep"
	waitInconclusive = "InconclusiveAnalysisRun"
	waitUser         = "UserPause"
)

// pauseText says what the release waits for.
func pauseText(pause v1alpha1.PauseCondition) string {
	switch pause.Reason {
	case waitPauseStep:
		return "waits at a pause step for a person to promote it"
	case waitInconclusive:
		return "waits for a person, because the analysis could not decide"
	case waitUser:
		return "paused by " + orUnknown(pause.By)
	default:
		return "waits: " + pause.Reason
	}
}

// intentLine says what became of what somebody asked for.
func intentLine(last v1alpha1.IntentStatus, s Settings) string {
	answer := "accepted"
	if !last.Accepted {
		answer = "refused"
	}
	line := fmt.Sprintf("  %s of revision %d by %s, %s ago: %s", last.Action, last.Revision, orUnknown(last.By), s.since(&last.At), s.Style.phase(answer))
	if last.Message != "" {
		line += ": " + last.Message
	}
	if last.Reason != "" {
		line += fmt.Sprintf(" (reason: %s)", last.Reason)
	}
	return line
}

// Pending is what somebody has asked for and no controller has answered; nil when
// there is nothing.
func Pending(r *v1alpha1.Rollout) *v1alpha1.Intent {
	var intent v1alpha1.Intent
	if json.Unmarshal([]byte(r.Annotations[v1alpha1.AnnotationIntent]), &intent) != nil || intent.ID == "" {
		return nil
	}
	if r.Status.LastIntent != nil && r.Status.LastIntent.ID == intent.ID {
		return nil
	}
	return &intent
}
