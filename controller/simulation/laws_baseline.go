package simulation

import (
	"fmt"

	"github.com/serin-dev/serin/controller/progression"
)

// freshPods: fresh baseline pods are those of the release in progress, end with it,
// and are never more than the canary's or than the spec says. Only where no other pod
// of their version can serve do they stay longer.
func (l *laws) freshPods(round Round, fresh bool) string {
	if round.Crashed || !fresh {
		return ""
	}
	if broken := l.movedToFreshPods(round); broken != "" {
		return broken
	}
	if broken := l.lastServersRemoved(round); broken != "" {
		return broken
	}
	after := round.After
	own := fmt.Sprintf("%s-fresh-%d-%d", after.Stable, after.Revision, after.Attempt)
	for _, name := range sortedKeys(l.world.baselines) {
		set := l.world.baselines[name]
		last := round.Observation.Versions[set.hash].Available == 0 && round.Observation.Baselines[name].Available > 0
		switch {
		case last:
		case !after.Releasing():
			return fmt.Sprintf("the release is %s, and %s still has %d pods", after.Phase, name, set.wanted)
		case name != own:
			return fmt.Sprintf("%s is not of this release, whose fresh pods are %s", name, own)
		case set.wanted > l.mostFresh(after):
			return fmt.Sprintf("%s has %d pods, more than the %d that are there to be compared with", name, set.wanted, l.mostFresh(after))
		}
	}
	return ""
}

// movedToFreshPods: traffic is not taken from a canary that serves while the stable
// version has no pod of its own that can, whatever fresh pods it has.
func (l *laws) movedToFreshPods(round Round) string {
	seen, after := round.Observation, round.After
	if seen.Versions[after.Stable].Available > 0 || seen.Versions[after.Current].Available == 0 || after.Stable == after.Current {
		return ""
	}
	for _, effect := range round.Done {
		if set, ok := effect.(progression.SetWeight); ok && set.Weight < seen.Route.Weight && seen.Services.Canary == after.Current {
			return fmt.Sprintf("the weight was lowered from %d to %d, and no pod of the stable version's own can serve", seen.Route.Weight, set.Weight)
		}
	}
	return ""
}

// lastServersRemoved: fresh pods that alone serve a Service's requests stay.
func (l *laws) lastServersRemoved(round Round) string {
	for name, set := range round.Observation.Baselines {
		gone := l.world.baselines[name] == nil && set.Available > 0
		if gone && round.Observation.Versions[set.Hash].Available == 0 && l.world.Shares()[set.Hash] > 0 {
			return fmt.Sprintf("%s was removed while no other pod of %s could serve", name, set.Hash)
		}
	}
	return ""
}

// mostFresh is how many fresh pods there may be.
func (l *laws) mostFresh(state progression.State) int32 {
	var most int32
	if canary := l.world.versions[state.Current]; canary != nil {
		most = canary.wanted
	}
	if spec := l.world.Spec.Baseline; spec != nil {
		most = max(most, spec.Pods)
	}
	return most
}

// raisedAlone: no weight is raised, at nobody's word, without the fresh pods that the
// canary is to be compared with at that weight.
func (l *laws) raisedAlone(before earlier, round Round) string {
	after, weight := round.After, raised(before, round)
	if weight == 0 || weight >= 100 || !after.FreshBaseline || after.PromotedBy != "" || len(after.Overrides) > 0 {
		return ""
	}
	var available int32
	for _, set := range round.Observation.Baselines {
		available += set.Available
	}
	if available > 0 {
		return ""
	}
	return fmt.Sprintf("weight %d was set without a fresh pod to compare the canary with", weight)
}

// canaryComplete says whether a canary beside a router had all that a weight takes:
// its pods, its Service, and a router that had followed what it was told.
func canaryComplete(round Round) bool {
	seen, current := round.Observation, round.Before.Current
	canary := seen.Versions[current]
	return seen.Spec.Routed && seen.Services.Canary == current && seen.Route.Verified && canary.Wanted > 0 && canary.Available >= canary.Wanted
}
