package series

import (
	"cmp"
	"math"
	"slices"
)

// MaxPods is of how many pods of an arm a Cursor remembers apart what it reported of
// them. It keeps those that it has, and takes new ones in the order of their names
// while there is room. The others together are one more group, which is counted in
// the arm's sum and nowhere else: a group of pods is no pod, and would be taken for a
// deviating one by whoever compares pods.
const MaxPods = 32

// Reported is what a Cursor reported of an arm since Settled.
type Reported struct {
	// Counts are those of the pods that are not in Pods. A negative Bad is owed: bad
	// requests that wait for their total.
	Counts
	Pods []ReportedPod `json:"pods,omitempty"`
	// WarmingUp is what was reported as such, of all pods.
	WarmingUp Counts `json:"warmingUp,omitzero"`
}

// ReportedPod is what was reported of one pod, and what is known of its life.
type ReportedPod struct {
	// Key stands for the pod's name.
	Key string `json:"key"`
	life
	Bad   float64 `json:"bad,omitempty"`
	Total float64 `json:"total,omitempty"`
}

// lives are what is known of the pods, by key.
func (r Reported) lives() map[string]life {
	lives := make(map[string]life, len(r.Pods))
	for _, pod := range r.Pods {
		lives[pod.Key] = pod.life
	}
	return lives
}

// listed are the counts that were reported of the pods that are counted apart. A new
// pod is one of them while there is room, and while nothing was reported of others,
// which it could be one of.
func (r Reported) listed(all []served) map[string]Counts {
	listed := make(map[string]Counts, len(r.Pods))
	for _, pod := range r.Pods {
		listed[pod.Key] = Counts{Bad: pod.Bad, Total: pod.Total}
	}
	for _, pod := range all {
		if _, is := listed[pod.key]; !is && r.Counts == (Counts{}) && len(listed) < MaxPods {
			listed[pod.key] = Counts{}
		}
	}
	return listed
}

// news is what an arm served beyond what was reported.
type news struct {
	Counts
	pods      []PodCounts
	warmingUp Counts
	// incomplete says that less is to be seen than was reported.
	incomplete bool

	arm   arm
	known map[string]life
	// before are the pods that were reported.
	before []ReportedPod
	// heldBack are the bad requests whose total is not to be seen yet, by pod; they
	// are reported together with it.
	heldBack map[string]float64
}

// The groups of requests that belong to no one pod, as keys of heldBack.
const (
	others    = "others"
	warmingUp = "warming up"
)

// count finds out what is new in a span.
func (r Reported) count(s span, a arm) news {
	n := news{arm: a, known: r.lives(), before: r.Pods, heldBack: map[string]float64{}}
	all := s.tally(a, n.known)
	listed := r.listed(all)
	var rest, young Counts
	astray := false
	for _, pod := range all {
		n.known[pod.key] = pod.life
		young = young.plus(pod.young)
		before, is := listed[pod.key]
		if !is {
			rest = rest.plus(pod.mature)
			continue
		}
		delete(listed, pod.key)
		one := n.more(pod.key, pod.mature, before)
		n.Counts = n.plus(one)
		astray = astray || !pod.hasTotal && n.heldBack[pod.key] > 0
		if one != (Counts{}) || pod.life.Seen > a.doubts.since.UnixMilli() {
			n.pods = append(n.pods, PodCounts{Pod: pod.name, Since: pod.life.since(), Counts: one})
		}
	}
	for _, pod := range r.Pods {
		if before, is := listed[pod.Key]; is {
			n.more(pod.Key, Counts{}, before)
			astray = astray || n.heldBack[pod.Key] > 0
		}
	}
	n.Counts = n.plus(n.more(others, rest, r.Counts))
	n.warmingUp = n.more(warmingUp, young, r.WarmingUp)
	if astray {
		n.merge(s)
	}
	n.doubt(s)
	return n
}

// more is what a group served beyond what was reported of it.
func (n *news) more(group string, now, reported Counts) Counts {
	bad, badComplete := excess(now.Bad, reported.Bad)
	total, totalComplete := excess(now.Total, reported.Total)
	n.incomplete = n.incomplete || !badComplete || !totalComplete
	if bad > total {
		n.heldBack[group] = bad - total
	}
	return Counts{Bad: min(bad, total), Total: total}
}

// merge gives up the comparison of pods, and compares bad requests with all requests
// over the whole arm: some bad requests belong to pods of which no requests can be
// seen, because the two are not labelled alike.
func (n *news) merge(s span) {
	n.arm.doubts.add(labelledDifferently, s.to)
	room := n.Total - n.Bad
	for _, group := range n.groups() {
		released := min(n.heldBack[group], room)
		if group == warmingUp || !(released > 0) {
			continue
		}
		room -= released
		n.Bad += released
		n.heldBack[group] -= released
	}
	n.pods = []PodCounts{{Counts: n.Counts}}
}

// groups are the keys of heldBack, in order.
func (n *news) groups() []string {
	var groups []string
	for group := range n.heldBack {
		groups = append(groups, group)
	}
	slices.Sort(groups)
	return groups
}

// doubt says what is odd about the counts.
func (n *news) doubt(s span) {
	if n.incomplete {
		n.arm.doubts.add(fewerThanBefore, s.to)
	}
	for _, held := range n.heldBack {
		if held > 0 {
			n.arm.doubts.add(moreBadThanTotal, s.to)
		}
	}
}

// rounding is the relative error of sums of counters that are not whole numbers.
const rounding = 1e-9

// excess is now-before, at least 0.
func excess(now, before float64) (more float64, complete bool) {
	more = now - before
	if math.Abs(more) <= rounding*before {
		more = 0
	}
	return max(more, 0), more >= 0
}

// reported is what was reported of a span that ends now, when the news are taken.
// When there is not room for all, the pods that are listed already and can be seen
// come first.
func (n *news) reported(s span) Reported {
	quiet := n.arm
	quiet.doubts = &doubts{since: s.to}
	all := s.tally(quiet, n.known)
	next := Reported{WarmingUp: Counts{Bad: -n.takeHeldBack(warmingUp)}}
	chosen := n.choose(all)
	for _, pod := range all {
		next.WarmingUp = next.WarmingUp.plus(pod.young)
		pod.mature.Bad -= n.takeHeldBack(pod.key)
		if !chosen[pod.key] {
			next.Counts = next.plus(pod.mature)
			continue
		}
		next.Pods = append(next.Pods, ReportedPod{Key: pod.key, life: pod.life, Bad: pod.mature.Bad, Total: pod.mature.Total})
	}
	for _, pod := range n.before {
		if !chosen[pod.Key] && len(next.Pods) < MaxPods {
			next.Pods = append(next.Pods, ReportedPod{Key: pod.Key, life: n.known[pod.Key], Bad: -n.takeHeldBack(pod.Key)})
		}
	}
	for _, group := range n.groups() {
		next.Bad -= n.heldBack[group]
	}
	slices.SortFunc(next.Pods, func(a, b ReportedPod) int { return cmp.Compare(a.Key, b.Key) })
	return next
}

// takeHeldBack takes the bad requests of a group that were held back.
func (n *news) takeHeldBack(group string) float64 {
	held := n.heldBack[group]
	delete(n.heldBack, group)
	return held
}

// choose finds the pods to list among those that can be seen.
func (n *news) choose(all []served) map[string]bool {
	listed := make(map[string]bool, len(n.before))
	for _, pod := range n.before {
		listed[pod.Key] = true
	}
	chosen := map[string]bool{}
	for _, already := range [...]bool{true, false} {
		for _, pod := range all {
			if listed[pod.key] == already && len(chosen) < MaxPods {
				chosen[pod.key] = true
			}
		}
	}
	return chosen
}
