package progression

import (
	"maps"
	"slices"
	"time"
)

// scale brings the numbers of pods to what is wanted: more pods and fewer pods
// apart, because traffic moves in between.
func (d *decision) scale() (ups, downs []Effect) {
	wanted := d.routedPods()
	if !d.o.Spec.Routed {
		wanted = d.ratioPods()
	}
	for _, hash := range sortedKeys(wanted) {
		version, exists := d.o.Versions[hash]
		switch pods := wanted[hash]; {
		case !exists && pods > 0:
			if hash == d.o.Template {
				ups = append(ups, ScaleVersion{Hash: hash, Pods: pods, Create: true})
			}
		case pods > version.Wanted:
			ups = append(ups, ScaleVersion{Hash: hash, Pods: pods})
		case pods < version.Wanted && (pods > 0 || d.mayGo(hash)):
			downs = append(downs, ScaleVersion{Hash: hash, Pods: pods})
		}
	}
	return ups, downs
}

// routedPods are the pods that each version is to have beside a router. The stable
// version has all of its pods until the release is over.
func (d *decision) routedPods() map[string]int32 {
	wanted := d.leavingPods()
	wanted[d.Stable] = d.o.Spec.Replicas
	if d.Current == d.Stable {
		return wanted
	}
	switch d.Phase {
	case Progressing:
		wanted[d.Current] = d.o.Spec.needed(d.canaryWeight())
	case Promoting:
		wanted[d.Current] = d.o.Spec.Replicas
	case Aborted:
		if _, leaving := wanted[d.Current]; !leaving {
			wanted[d.Current] = d.o.Versions[d.Current].Wanted
		}
	}
	return wanted
}

// canaryWeight is the weight that the canary has or is to have, whichever is more.
func (d *decision) canaryWeight() int32 {
	if !d.serves(CanaryService, d.Current) {
		return d.Weight
	}
	return max(d.Weight, d.o.Route.Weight)
}

// leavingPods are the pods of the versions that get no more traffic: all of them
// until their time has come, then none.
func (d *decision) leavingPods() map[string]int32 {
	wanted := map[string]int32{}
	for _, hash := range sortedKeys(d.o.Versions) {
		if hash == d.Stable || hash == d.Current && (d.Releasing() || !d.isRetiring(hash)) {
			continue
		}
		wanted[hash] = 0
		if at, retiring := d.retiringAt(hash); retiring && d.o.Now.Before(at) {
			wanted[hash] = d.o.Versions[hash].Wanted
		}
	}
	return wanted
}

// isRetiring says whether a version waits to be scaled down.
func (d *decision) isRetiring(hash string) bool {
	_, retiring := d.retiringAt(hash)
	return retiring
}

// retiringAt is when a version may be scaled down. One that was taken back stays for
// a look at it, or until the next release.
func (d *decision) retiringAt(hash string) (at time.Time, retiring bool) {
	if d.Phase == Aborted && hash == d.Current {
		delay := d.o.Spec.AbortScaleDownDelay
		return d.Abort.At.Add(delay), delay > 0
	}
	index := slices.IndexFunc(d.Retiring, func(r Retiring) bool { return r.Hash == hash })
	if index < 0 {
		return zeroTime, false
	}
	return d.Retiring[index].At, true
}

// mayGo says whether no request can reach a version any more: no Service selects
// it, or the data plane gives that Service nothing.
func (d *decision) mayGo(hash string) bool {
	if d.o.Services.StableNamed && d.o.Services.Stable == hash {
		return false
	}
	return !d.o.Spec.Routed || d.o.Services.Canary != hash || d.o.Route.settled(0)
}

// ratioGoal is how many pods of the new and of the stable version make a weight,
// when the split is the ratio of the pods: at least one of each, except at the ends.
func (d *decision) ratioGoal(weight int32) (canary, stable int32) {
	replicas := d.o.Spec.Replicas
	switch {
	case weight <= 0:
		return 0, replicas
	case weight >= 100:
		return replicas, 0
	}
	canary = (replicas*weight + 50) / 100
	canary = max(1, min(canary, replicas-1))
	return min(canary, replicas), min(replicas, max(1, replicas-canary))
}

// ratioPods are the pods that each version is to have without a router. Pods are
// exchanged within the surge, and only as many leave as others are available.
func (d *decision) ratioPods() map[string]int32 {
	weight := int32(0)
	if d.Releasing() {
		weight = d.Weight
	}
	goals := map[string]int32{}
	for _, hash := range sortedKeys(d.o.Versions) {
		goals[hash] = 0
	}
	goals[d.Stable] = d.o.Spec.Replicas
	if d.Current != d.Stable {
		goals[d.Current], goals[d.Stable] = d.ratioGoal(weight)
	}
	return d.exchange(goals)
}

// exchange is one move from the pods that there are towards the pods that are
// wanted, without fewer than replicas - maxUnavailable available pods and without
// more than replicas + maxSurge pods.
func (d *decision) exchange(goals map[string]int32) map[string]int32 {
	var existing, available, goal int32
	for _, hash := range sortedKeys(goals) {
		version := d.o.Versions[hash]
		existing += max(version.Wanted, version.Existing)
		available += min(version.Available, version.Wanted)
		goal += goals[hash]
	}
	room := max(goal, d.o.Spec.Replicas+d.o.Spec.MaxSurge) - existing
	spare := available - (d.o.Spec.Replicas - d.o.Spec.MaxUnavailable)
	wanted := map[string]int32{}
	for _, hash := range d.exchangeOrder(goals) {
		version := d.o.Versions[hash]
		switch more := goals[hash] - version.Wanted; {
		case more > 0:
			step := max(0, min(more, room))
			room -= step
			wanted[hash] = version.Wanted + step
		case more < 0:
			unavailable := max(0, version.Wanted-version.Available)
			step := min(-more, unavailable+max(0, spare))
			spare -= max(0, step-unavailable)
			wanted[hash] = version.Wanted - step
		default:
			wanted[hash] = version.Wanted
		}
	}
	return wanted
}

// exchangeOrder lets the versions that nobody wants any more go first and the
// stable one last.
func (d *decision) exchangeOrder(goals map[string]int32) []string {
	order := sortedKeys(goals)
	rank := func(hash string) int {
		switch hash {
		case d.Stable:
			return 2
		case d.Current:
			return 1
		default:
			return 0
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return rank(a) - rank(b) })
	return order
}

// sortedKeys are the keys of a map in a fixed order.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
