package progression

import "fmt"

// Fresh baseline pods run the stable template, were started beside the canary's, and
// get their share of what the stable Service gets: the same age, the same caches,
// the same heap. They are there to be compared with, and for nothing else. No rule
// about capacity counts them, and they go when their release ends.

// missingBaseline names fresh baseline pods among what a release may wait for.
const missingBaseline = "fresh baseline pods"

// baselineName identifies the fresh pods of this release. Each release and each retry
// has its own: those of an earlier one are older than the canary.
func (d *decision) baselineName() string {
	return fmt.Sprintf("%s-fresh-%d-%d", d.Stable, d.Revision, d.Attempt)
}

// followBaseline changes what the release in progress is compared with, when the spec
// says so. What was gathered with other pods is no evidence about these: the analyses
// begin anew. Where the stable version gets no traffic there is nothing to change.
func (d *decision) followBaseline() {
	fresh := d.o.Spec.Baseline != nil
	if d.Phase != Progressing || d.FreshBaseline == fresh || d.Weight >= 100 || len(d.o.Problems) > 0 {
		return
	}
	d.FreshBaseline = fresh
	d.BackgroundRun, d.StepRun = "", ""
	what := "the stable pods that serve anyway"
	if fresh {
		what = "fresh pods of the stable version"
	}
	d.announce(false, "BaselineChanged", "the canary is compared with %s from now on; its analyses begin anew", what)
}

// baselinePods is how many fresh pods there are to be: none before the canary has
// pods, then as many as it has, or as many as the spec says. At 100 % the stable
// version gets no requests, so that more of them would show nothing.
func (d *decision) baselinePods() int32 {
	if !d.Releasing() || !d.FreshBaseline || !d.o.Spec.Routed || d.Stable == d.Current {
		return 0
	}
	canary := d.routedPods()[d.Current]
	if d.Phase == Promoting || d.canaryWeight() >= 100 {
		return min(canary, d.o.Baselines[d.baselineName()].Wanted)
	}
	if canary == 0 || d.o.Spec.Baseline == nil || d.o.Spec.Baseline.Pods == 0 {
		return canary
	}
	return d.o.Spec.Baseline.Pods
}

// baselineShort says which fresh pods the release waits for; nothing when they are
// there, when a user did without them by name, or when they would show nothing.
func (d *decision) baselineShort() missing {
	if d.Phase != Progressing || d.canaryWeight() >= 100 || d.overridden(d.Step) != "" {
		return missing{}
	}
	set, wanted := d.o.Baselines[d.baselineName()], d.baselinePods()
	if set.Available >= wanted {
		return missing{}
	}
	return missingPods(missingBaseline, set.Version, wanted)
}

// scaleBaseline brings the fresh pods to what is wanted. Those of a release that is
// over are removed in whatever state that is.
func (d *decision) scaleBaseline() (ups, downs []Effect) {
	name, wanted := d.baselineName(), d.baselinePods()
	set, exists := d.o.Baselines[name]
	switch _, stable := d.o.Versions[d.Stable]; {
	case !exists && wanted > 0 && stable:
		ups = append(ups, ScaleBaseline{Name: name, Hash: d.Stable, Pods: wanted, Create: true})
	case exists && wanted > set.Wanted:
		ups = append(ups, ScaleBaseline{Name: name, Hash: d.Stable, Pods: wanted})
	case exists && wanted > 0 && wanted < set.Wanted:
		downs = append(downs, ScaleBaseline{Name: name, Hash: d.Stable, Pods: wanted})
	}
	for _, other := range sortedKeys(d.o.Baselines) {
		if (other != name || wanted == 0) && d.baselineMayGo(d.o.Baselines[other]) {
			downs = append(downs, RemoveBaseline{Name: other})
		}
	}
	return ups, downs
}

// baselineMayGo says whether fresh pods may be removed. The end of a release must not
// cause the outage: pods that are the last to serve a Service stay until others can.
func (d *decision) baselineMayGo(set Baseline) bool {
	services := d.o.Services
	selected := services.StableNamed && services.Stable == set.Hash || services.CanaryNamed && services.Canary == set.Hash
	return !selected || set.Available == 0 || d.o.Versions[set.Hash].Available > 0
}
