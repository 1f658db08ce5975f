package progression

// promote begins to hand all traffic to the new version.
func (d *decision) promote() {
	d.Phase = Promoting
	d.Step = int32(len(d.o.Spec.Steps))
	d.StepStartedAt = d.o.Now
	d.StepsHash = stepsHash(d.o.Spec.Steps, d.Step)
	d.StepRun = ""
	d.authorise(100)
	d.announce(false, "Promoting", "all steps are done: revision %d takes over", d.Revision)
}

// finish makes the new version the stable one, once it carries all traffic and has
// all its pods. From then on the stable Service is pointed at it, and the old
// version waits to be scaled down.
func (d *decision) finish() {
	if d.Phase != Promoting || d.held() || !d.splitSettled(100) {
		return
	}
	d.retire(d.Stable, d.o.Spec.ScaleDownDelay)
	d.Stable = d.Current
	d.keep(d.Stable)
	outcome := Promoted
	if d.PromotedBy != "" {
		outcome = PromotedByUser
	}
	d.end(Idle, outcome)
	d.announce(false, "ReleasePromoted", "revision %d (%s) is the stable version now", d.Revision, d.Stable)
}
