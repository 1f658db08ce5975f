package progression

import "time"

// effects are what has to be done for the world to become what the State says, in
// an order that is safe at every point: traffic leaves bad pods first, capacity
// comes before traffic, and pods go last.
func (d *decision) effects() []Effect {
	freshUps, freshDowns := d.scaleBaseline()
	if d.Stable == "" {
		return freshDowns
	}
	var effects []Effect
	target := d.targetWeight()
	routed, whole := d.o.Spec.Routed, d.o.Spec.Routed && !d.o.Route.Lost
	if routed && target < d.o.Route.Weight || whole && target == d.o.Route.Weight && !d.o.Route.Uniform {
		effects = append(effects, SetWeight{Weight: target})
	}
	effects = append(effects, d.pointServices()...)
	ups, downs := d.scale()
	effects = append(effects, ups...)
	effects = append(effects, freshUps...)
	if whole && target > d.o.Route.Weight {
		effects = append(effects, SetWeight{Weight: target})
	}
	effects = append(effects, d.runs()...)
	effects = append(effects, downs...)
	effects = append(effects, freshDowns...)
	if at := d.wakeAt(); !at.IsZero() {
		effects = append(effects, Wake{At: at})
	}
	return effects
}

// targetWeight is the weight that the router is to have now: the authorised one,
// as far as the pods can bear it.
func (d *decision) targetWeight() int32 {
	wanted, now := int32(0), d.o.Route.Weight
	// As long as the canary Service selects another version, none of it is for the
	// one that was authorised.
	if d.Releasing() && d.serves(CanaryService, d.Current) {
		wanted = d.Weight
	}
	version := d.o.Versions[d.Current]
	switch {
	case wanted < now && !d.stableCanServe():
		// An abort must not cause the outage: sick pods serve more than none.
		return now
	case d.Releasing() && version.Available == 0 && d.o.Spec.needed(max(wanted, now)) > 0:
		return 0
	case wanted > now && version.Available < d.o.Spec.needed(wanted):
		return now
	case wanted > now && (d.raisesBlindly() || d.baselineShort().what != ""):
		return now
	default:
		return wanted
	}
}

// raisesBlindly says whether the release was paused, or its analysis lost its
// sight, while the pods for an authorised weight were started.
func (d *decision) raisesBlindly() bool {
	if d.PromotedBy != "" {
		return false
	}
	return d.held() || d.o.Route.Weight > 0 && d.anyBlind() && d.overridden(d.Step) == ""
}

// anyBlind says whether the background analysis cannot see now.
func (d *decision) anyBlind() bool {
	run, exists := d.o.Runs[d.BackgroundRun]
	return exists && !d.o.blindSince(run).IsZero()
}

// stableCanServe says whether traffic can be moved to the stable version.
func (d *decision) stableCanServe() bool {
	stable, canary := d.o.Versions[d.Stable], d.o.Versions[d.Current]
	if !d.serves(StableService, d.Stable) {
		return false
	}
	return stable.Available > 0 || canary.Available == 0 || d.Stable == d.Current
}

// serves says whether a Service selects a version; one that is not named does.
func (d *decision) serves(role Role, hash string) bool {
	if role == StableService {
		return !d.o.Services.StableNamed || d.o.Services.Stable == hash
	}
	return !d.o.Services.CanaryNamed || d.o.Services.Canary == hash
}

// pointServices points the stable Service at the stable version, once that can carry
// its traffic, and the canary Service at the new one, while no request goes there.
func (d *decision) pointServices() []Effect {
	var effects []Effect
	if !d.serves(StableService, d.Stable) && !d.o.Services.StableLost && d.stableCarries() {
		effects = append(effects, PointService{Role: StableService, Hash: d.Stable})
	}
	canary := d.Stable
	if d.Releasing() || d.Phase == Aborted && d.o.Versions[d.Current].Existing > 0 {
		canary = d.Current
	}
	quiet := !d.o.Spec.Routed || d.o.Route.settled(0)
	if !d.serves(CanaryService, canary) && (quiet || canary == d.Stable && d.stableCarries()) && !d.o.Services.CanaryLost {
		effects = append(effects, PointService{Role: CanaryService, Hash: canary})
	}
	return effects
}

// stableCarries says whether the stable version has the pods for a Service that does
// not select it yet: a Service that served a Deployment until now must not lose its
// pods before there are others. What has no pod that can serve is not waited for.
func (d *decision) stableCarries() bool {
	available := d.o.Versions[d.Stable].Available
	if available >= d.o.Spec.Replicas-d.o.Spec.MaxUnavailable {
		return true
	}
	selected, known := d.o.Versions[d.o.Services.Stable]
	return known && selected.Available == 0 && available > 0
}

// runs starts the runs that are wanted, keeps them informed and stops the others.
func (d *decision) runs() []Effect {
	var effects []Effect
	baseline := ""
	if d.FreshBaseline {
		baseline = d.baselineName()
	}
	if key := d.BackgroundRun; key != "" {
		effects = append(effects, d.keepRun(StartRun{Key: key, Kind: BackgroundRun, Step: d.Step, Baseline: baseline})...)
	}
	if key := d.StepRun; key != "" {
		effects = append(effects, d.keepRun(StartRun{Key: key, Kind: StepRun, Step: d.Step, Baseline: baseline})...)
	}
	for _, key := range sortedKeys(d.o.Runs) {
		unwanted := key != d.BackgroundRun && key != d.StepRun
		if unwanted && d.o.Runs[key].Phase.Live() && !d.o.Runs[key].Stopping {
			effects = append(effects, StopRun{Key: key})
		}
	}
	return effects
}

// keepRun starts a run that does not exist, and tells one that does which weight is in
// force, and since when.
func (d *decision) keepRun(start StartRun) []Effect {
	run, exists := d.o.Runs[start.Key]
	switch {
	case !exists:
		start.Weight = d.heldSplit()
		return []Effect{start}
	case run.Phase.Live() && (!run.WeightSince.Equal(d.WeightSince) || run.Weight != d.heldSplit()):
		return []Effect{MarkWeight{Key: start.Key, Since: d.WeightSince, Weight: d.heldSplit()}}
	default:
		return nil
	}
}

// heldSplit is the share of the requests that a run's versions must see; 0 when that is
// not known: pods without a router share by their number, fresh pods serve a part of
// the stable share only, and a weight that changes is neither of the two.
func (d *decision) heldSplit() int32 {
	if !d.o.Spec.Routed || d.FreshBaseline || !d.WeightReached {
		return 0
	}
	return d.Weight
}

// wakeAt is when something may change by the clock alone; zero when nothing does.
func (d *decision) wakeAt() time.Time {
	var soonest time.Time
	for _, at := range append(d.podWakes(), d.stepWakes()...) {
		if at.After(d.o.Now) && (soonest.IsZero() || at.Before(soonest)) {
			soonest = at
		}
	}
	return soonest
}

// podWakes are when pods may go, and when those that are missing are overdue.
func (d *decision) podWakes() []time.Time {
	var times []time.Time
	for _, retiring := range d.Retiring {
		times = append(times, retiring.At)
	}
	if at, leaves := d.retiringAt(d.Current); leaves && d.o.Versions[d.Current].Wanted > 0 {
		times = append(times, at)
	}
	if d.Missing != "" {
		times = append(times, d.ProgressAt.Add(d.o.Spec.ProgressDeadline))
	}
	return times
}

// stepWakes are when a pause ends, a look is overdue, or a blindness too long.
func (d *decision) stepWakes() []time.Time {
	var times []time.Time
	if d.Phase == Progressing && d.Step < int32(len(d.o.Spec.Steps)) {
		if pause := d.o.Spec.Steps[d.Step].Pause; pause != nil && pause.Duration != nil {
			times = append(times, d.StepStartedAt.Add(*pause.Duration))
		}
	}
	for _, key := range d.liveRuns() {
		times = append(times, d.o.Runs[key].OverdueAt)
		if since, limit := d.blindFrom(key), d.abortAfter(key); limit > 0 && !since.IsZero() {
			times = append(times, since.Add(limit))
		}
	}
	return times
}
