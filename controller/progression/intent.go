package progression

import (
	"fmt"
	"slices"
)

// obeyIntent does what a user asks for, once, if it is about this release.
func (d *decision) obeyIntent() {
	intent := d.o.Intent
	if intent == nil || d.Stable == "" || d.LastIntent != nil && d.LastIntent.Intent.ID == intent.ID {
		return
	}
	message, refused := d.refuse(*intent), true
	if message == "" {
		message, refused = d.obey(*intent)
	}
	d.LastIntent = &Answer{Intent: *intent, Accepted: !refused, Message: message}
	if refused {
		d.announce(true, "IntentRefused", "%s by %s refused: %s", intent.Action, intent.By, message)
		return
	}
	d.announce(false, "IntentAccepted", "%s by %s: %s", intent.Action, intent.By, message)
}

// refuse says why an intent is not about the release in progress; empty when it is.
func (d *decision) refuse(intent Intent) string {
	switch {
	case intent.Revision != d.Revision:
		return fmt.Sprintf("it is about revision %d, but the current one is %d", intent.Revision, d.Revision)
	case intent.Action == ActionRetry:
		if d.Phase != Aborted {
			return "only a release that was taken back can be retried"
		}
	case d.Phase == Idle:
		return fmt.Sprintf("revision %d is released; there is no release in progress", d.Revision)
	case d.Phase == Aborted:
		return fmt.Sprintf("revision %d was taken back; retry it first", d.Revision)
	}
	return ""
}

// obey carries an intent out, and says what was done, or why not.
func (d *decision) obey(intent Intent) (message string, refused bool) {
	switch intent.Action {
	case ActionPromote:
		return d.promoteStep(intent)
	case ActionPromoteFull:
		d.PromotedBy = intent.By
		d.Waits, d.BackgroundRun = nil, ""
		d.promote()
		return "all remaining steps and analyses are skipped", false
	case ActionAbort:
		message := "taken back at a user's word"
		if intent.Reason != "" {
			message = intent.Reason
		}
		d.abort(ReasonUserAbort, message, intent.By)
		return "the release is taken back", false
	case ActionRetry:
		attempt := d.Attempt + 1
		d.begin(d.Current)
		d.Attempt = attempt
		return fmt.Sprintf("revision %d starts again at its first step", d.Revision), false
	case ActionPause:
		d.wait(WaitUser, intent.By)
		return "the release stays where it is; it is still taken back if it turns out to be bad", false
	case ActionResume:
		if !d.stopWaiting(WaitUser) {
			return "nobody has paused it; a pause step is ended by promote", true
		}
		return "the release goes on", false
	default:
		return fmt.Sprintf("unknown action %q; use promote, promoteFull, abort, retry, pause or resume", intent.Action), true
	}
}

// promoteStep ends the step in progress at a user's word: a pause or an analysis
// is over, a weight that waits for evidence is set without it.
func (d *decision) promoteStep(intent Intent) (message string, refused bool) {
	if d.Phase == Promoting {
		return "all steps are done already; use promote --full to do without the evidence that it waits for", true
	}
	d.override(intent.By)
	d.stopWaiting(WaitPauseStep)
	d.stopWaiting(WaitInconclusive)
	if d.Step >= int32(len(d.o.Spec.Steps)) {
		d.PromotedBy = intent.By
		return "the release is promoted without the evidence that it waited for", false
	}
	step := d.o.Spec.Steps[d.Step]
	if step.SetWeight != nil {
		return fmt.Sprintf("step %d (%s) is done without the evidence that it waited for", d.Step+1, step), false
	}
	message = fmt.Sprintf("step %d (%s) is over", d.Step+1, step)
	d.StepRun = ""
	d.enterStep(d.Step + 1)
	return message, false
}

// override remembers who ended the step in progress by name.
func (d *decision) override(by string) {
	d.Overrides = slices.DeleteFunc(d.Overrides, func(o Override) bool { return o.Step == d.Step })
	d.Overrides = append(d.Overrides, Override{Step: d.Step, By: by, At: d.o.Now})
}
