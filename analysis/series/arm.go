package series

import (
	"slices"
	"strings"
	"time"
)

// arm is one arm on its way to a window: its series, by pod.
type arm struct {
	pods      []podSeries
	bornAfter time.Time
	warmUp    time.Duration
	doubts    *doubts
}

// podSeries are the counters of one pod.
type podSeries struct {
	name, key  string
	bad, total []Series
}

// newArm sorts the series by pod and labels, so that their order does not matter.
func newArm(name string, counters Counters, counted time.Time, warmUp time.Duration) arm {
	byName := map[string]*podSeries{}
	pod := func(one Series) *podSeries {
		name := podOf(labelsOf(one.Labels))
		if byName[name] == nil {
			byName[name] = &podSeries{name: name, key: keyOf(name)}
		}
		return byName[name]
	}
	for _, one := range counters.Bad {
		p := pod(one)
		p.bad = append(p.bad, one)
	}
	for _, one := range counters.Total {
		p := pod(one)
		p.total = append(p.total, one)
	}
	a := arm{bornAfter: counters.BornAfter, warmUp: warmUp, doubts: &doubts{arm: name, since: counted}}
	byLabels := func(a, b Series) int { return strings.Compare(a.Labels, b.Labels) }
	for _, p := range byName {
		slices.SortStableFunc(p.bad, byLabels)
		slices.SortStableFunc(p.total, byLabels)
		a.pods = append(a.pods, *p)
	}
	slices.SortFunc(a.pods, func(a, b podSeries) int { return strings.Compare(a.name, b.name) })
	return a
}

// served is what one pod served in a span.
type served struct {
	podSeries
	// life is what is known of the pod afterwards.
	life life
	// hasTotal says that requests of it can be seen.
	hasTotal bool
	// mature was counted in samples that are old enough, young in the others.
	mature, young Counts
}

// tally is what each pod served in (from, to], in the order of their names. Pods
// without usable samples are left out.
func (s span) tally(a arm, known map[string]life) []served {
	var all []served
	var samples [][][]Sample
	var flat [][]Sample
	for _, pod := range a.pods {
		of := append(s.usableOf(pod.bad, a.doubts), s.usableOf(pod.total, a.doubts)...)
		if !slices.ContainsFunc(of, func(samples []Sample) bool { return len(samples) > 0 }) {
			continue
		}
		all, samples, flat = append(all, served{podSeries: pod}), append(samples, of), append(flat, of...)
	}
	w := newWatch(flat, s.lookback, a.bornAfter)
	for i := range all {
		s.tallyPod(a, w, known, &all[i], samples[i])
	}
	return all
}

// tallyPod counts the samples of one pod: those of its bad series, then the others.
func (s span) tallyPod(a arm, w *watch, known map[string]life, pod *served, samples [][]Sample) {
	before, isKnown := known[pod.key]
	first, newest := bounds(samples)
	pod.life = s.lifeOf(before, isKnown, first, newest, w)
	born := func(at time.Time) bool {
		return at.UnixMilli() != pod.life.Returned && w.born(at)
	}
	var matureFrom time.Time
	if a.warmUp > 0 {
		matureFrom = pod.life.since().Add(a.warmUp)
	}
	for i, one := range samples {
		mature, young := s.increase(one, matureFrom, born, a.doubts)
		if i < len(pod.bad) {
			pod.mature.Bad += mature
			pod.young.Bad += young
			continue
		}
		pod.hasTotal = pod.hasTotal || len(one) > 0
		pod.mature.Total += mature
		pod.young.Total += young
	}
}

// bounds are the times of the first and of the newest of some samples.
func bounds(samples [][]Sample) (first, newest time.Time) {
	for _, one := range samples {
		if len(one) == 0 {
			continue
		}
		if first.IsZero() || one[0].At.Before(first) {
			first = one[0].At
		}
		if last := one[len(one)-1].At; last.After(newest) {
			newest = last
		}
	}
	return first, newest
}
