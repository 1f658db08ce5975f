package progression

import "strings"

// followTemplate starts a release when the template has changed, and ends one
// when it has changed back to the stable version. A spec with problems starts
// nothing; going back to the stable version is always possible.
func (d *decision) followTemplate() {
	switch {
	case d.o.Template == "" || d.o.Template == d.Current:
	case !d.stableExists():
		d.adoptFirst()
	case d.o.Template == d.Stable:
		d.revert()
	case len(d.o.Problems) == 0:
		d.start()
	}
}

// stableExists says whether there is a stable version. One that was decided on, but
// that nobody lived to create before the template changed, is none.
func (d *decision) stableExists() bool {
	_, exists := d.o.Versions[d.Stable]
	return d.Stable != "" && exists
}

// adoptFirst makes the first template the stable version, without steps: there is
// nothing to compare it with and nobody to protect. When the stable Service
// already selects a version that has pods, the memory was lost, not the version:
// that one is stable, and the template is released against it.
func (d *decision) adoptFirst() {
	if len(d.o.Problems) > 0 {
		return
	}
	d.begin(d.o.Template)
	d.end(Idle, Promoted)
	d.Revision++
	d.Attempt = 0
	d.Stable = d.Current
	if found := d.o.Services.Stable; found != "" && found != d.o.Template && d.o.Versions[found].Available > 0 {
		d.Stable, d.Current = found, found
		d.announce(true, "StateRecovered", "the status was empty; version %s is taken as the stable one because the stable Service selects it", found)
		d.start()
		return
	}
	d.announce(false, "FirstVersion", "revision %d (%s) is the first version: it is started without steps", d.Revision, d.Stable)
}

// start begins the release of the current template. A release in progress is
// superseded: its pods get no more traffic.
func (d *decision) start() {
	if d.Current != d.Stable {
		d.retire(d.Current, d.o.Spec.ScaleDownDelay)
		if d.Releasing() {
			d.announce(false, "Superseded", "revision %d is superseded by a new template before its release was over", d.Revision)
		}
	}
	d.begin(d.o.Template)
	d.Revision++
	d.Attempt = 0
	d.announce(false, "ReleaseStarted", "revision %d (%s) is released beside the stable version %s", d.Revision, d.Current, d.Stable)
}

// begin sets the memory to the beginning of a release.
func (d *decision) begin(hash string) {
	d.Current = hash
	d.keep(hash)
	d.Phase, d.Outcome = Progressing, ""
	d.StartedAt, d.FinishedAt = d.o.Now, zeroTime
	d.Weight, d.WeightReached, d.WeightSince = 0, true, zeroTime
	d.Waits, d.Abort, d.PromotedBy, d.Overrides = nil, nil, "", nil
	d.BackgroundRun, d.StepRun, d.Runs = "", "", 0
	d.FreshBaseline = d.o.Spec.Baseline != nil
	d.enterStep(0)
}

// revert ends the release because the template is the stable version's again.
func (d *decision) revert() {
	d.retire(d.Current, d.o.Spec.ScaleDownDelay)
	revision := d.Revision
	d.begin(d.Stable)
	d.Revision++
	d.end(Idle, Reverted)
	d.announce(false, "Reverted", "the template is the stable version's again: revision %d is over", revision)
}

// end closes the release.
func (d *decision) end(phase Phase, outcome Outcome) {
	d.Phase, d.Outcome, d.FinishedAt = phase, outcome, d.o.Now
	d.Weight, d.WeightReached, d.WeightSince = 0, true, zeroTime
	d.Waits = nil
	d.BackgroundRun, d.StepRun, d.FreshBaseline = "", "", false
}

// followEdits goes back to the first step when one that is done or in progress
// was edited. Edits of later steps simply count. The weight is only lowered by it:
// to raise it again, evidence is needed again.
func (d *decision) followEdits() {
	if d.Phase != Progressing || d.StepsHash == stepsHash(d.o.Spec.Steps, d.Step) {
		return
	}
	d.announce(false, "StepsEdited", "a step that was done or in progress was edited: the release starts again at its first step")
	d.Overrides = nil
	d.stopWaiting(WaitPauseStep)
	d.stopWaiting(WaitInconclusive)
	d.StepRun = ""
	d.enterStep(0)
}

// enterStep makes a step the one in progress.
func (d *decision) enterStep(index int32) {
	d.Step = index
	d.StepStartedAt = d.o.Now
	d.StepsHash = stepsHash(d.o.Spec.Steps, index)
}

// problems are all problems in one line.
func (o Observation) problems() string {
	return strings.Join(o.Problems, "; ")
}
