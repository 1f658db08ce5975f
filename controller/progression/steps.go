package progression

import (
	"fmt"

	"github.com/serin-dev/serin/analysis/run"
)

// advance does the steps, as many as can be done in this round.
func (d *decision) advance() {
	d.followBaseline()
	d.startBackground()
	for d.Phase == Progressing && !d.held() {
		if d.Step >= int32(len(d.o.Spec.Steps)) {
			if d.unproven() != "" {
				return
			}
			d.promote()
			return
		}
		if !d.stepDone(d.o.Spec.Steps[d.Step]) {
			return
		}
		d.announce(false, "StepCompleted", "step %d/%d (%s) is done", d.Step+1, len(d.o.Spec.Steps), d.o.Spec.Steps[d.Step])
		d.StepRun = ""
		d.enterStep(d.Step + 1)
		d.startBackground()
	}
}

// held says whether the release must stay where it is, whatever its step says.
func (d *decision) held() bool {
	return d.o.Spec.Paused || len(d.o.Problems) > 0 || d.waits(WaitUser) || d.waits(WaitInconclusive)
}

// stepDone works on the step in progress, and says whether it is done.
func (d *decision) stepDone(step Step) bool {
	switch {
	case step.SetWeight != nil:
		return d.setWeightDone(*step.SetWeight)
	case step.Pause != nil:
		return d.pauseDone(*step.Pause)
	case step.Analysis != nil:
		return d.analysisDone()
	default:
		return true
	}
}

// setWeightDone authorises a weight, when the evidence allows it, and waits until
// the data plane follows.
func (d *decision) setWeightDone(weight int32) bool {
	if weight != d.Weight {
		if weight > d.Weight && d.unproven() != "" {
			return false
		}
		d.authorise(weight)
	}
	if !d.splitSettled(weight) {
		return false
	}
	d.noteWeight()
	return true
}

// splitSettled says whether the traffic is split as a weight asks for.
func (d *decision) splitSettled(weight int32) bool {
	if d.o.Spec.Routed {
		return d.o.Route.settled(weight) && d.o.Versions[d.Current].Available >= d.o.Spec.needed(weight) && d.serves(CanaryService, d.Current)
	}
	current, old := d.o.Versions[d.Current], d.o.Versions[d.Stable]
	if weight >= 100 {
		// The last old pods leave when the new version is the stable one.
		return current.Available >= d.o.Spec.Replicas-d.o.Spec.MaxUnavailable
	}
	canary, stable := d.ratioGoal(weight)
	return current.Available >= canary && current.Existing == canary && old.Existing == stable && old.Available >= stable
}

// pauseDone waits for a time or for a person.
func (d *decision) pauseDone(pause Pause) bool {
	if pause.Duration == nil {
		d.wait(WaitPauseStep, "")
		return false
	}
	return !d.o.Now.Before(d.StepStartedAt.Add(*pause.Duration))
}

// analysisDone runs the analysis of the step and waits until it has passed. It does
// not begin before there is something to compare with.
func (d *decision) analysisDone() bool {
	if d.StepRun == "" && d.baselineShort().what != "" {
		return false
	}
	if d.StepRun == "" {
		d.StepRun = d.newRun(StepRun)
	}
	return d.o.Runs[d.StepRun].Phase == run.Successful
}

// startBackground begins the background analysis when its step is reached, and
// forgets one that was taken out of the spec.
func (d *decision) startBackground() {
	if d.o.Spec.Background == nil {
		d.BackgroundRun = ""
	}
	if d.backgroundDue() && d.BackgroundRun == "" && len(d.o.Problems) == 0 {
		d.BackgroundRun = d.newRun(BackgroundRun)
	}
}

// backgroundDue says whether the background analysis belongs to the step in progress.
// One that has begun stays, also when an edit goes back to an earlier step.
func (d *decision) backgroundDue() bool {
	return d.o.Spec.Background != nil && d.Releasing() && d.PromotedBy == "" &&
		(d.Step >= d.o.Spec.Background.StartingStep || d.BackgroundRun != "")
}

// newRun makes the key of a new run: unique for revision, attempt and run.
func (d *decision) newRun(kind RunKind) string {
	d.Runs++
	if kind == BackgroundRun {
		return fmt.Sprintf("%d-%d-%d-background", d.Revision, d.Attempt, d.Runs)
	}
	return fmt.Sprintf("%d-%d-%d-step%d", d.Revision, d.Attempt, d.Runs, d.Step+1)
}

// unproven says which evidence is missing to give the canary more traffic than it
// has now; empty when none is.
func (d *decision) unproven() string {
	if d.PromotedBy != "" || d.overridden(d.Step) != "" {
		return ""
	}
	last := d.Step >= int32(len(d.o.Spec.Steps))
	if d.o.Spec.Background == nil || d.Weight == 0 && !last || !d.backgroundDue() {
		return ""
	}
	seen, exists := d.o.Runs[d.BackgroundRun]
	switch {
	case !exists:
		return "the analysis has not begun"
	case seen.Phase == run.Successful:
		return ""
	case !seen.Phase.Live():
		return seen.Message
	default:
		return d.unprovenBy(seen)
	}
}

// unprovenBy says what a live analysis has yet to show: it must have passed, at the
// weight in force, in its last look, and that look must not be overdue. At 100 %
// there is nothing to compare with any more: what was needed to get there is enough.
func (d *decision) unprovenBy(seen Run) string {
	inForce := !seen.PassedAt.IsZero() && !seen.PassedAt.Before(d.WeightSince) && seen.WeightSince.Equal(d.WeightSince)
	switch {
	case d.Weight >= 100 && d.WeightReached && seen.Proven:
		return ""
	case d.baselineShort().what != "":
		return d.baselineShort().text + "; without them the canary is compared with nothing of its age"
	case !d.o.blindSince(seen).IsZero():
		return d.blindness()
	case !inForce:
		return fmt.Sprintf("the analysis has not passed at weight %d yet: %s", d.Weight, seen.Message)
	default:
		return ""
	}
}
