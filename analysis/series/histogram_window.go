package series

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// HistogramWindow is what both arms served in the half-open interval (From, To], by
// how long it took.
type HistogramWindow struct {
	From, To time.Time
	// Edges are the finite upper bounds of the buckets, ascending, at most MaxEdges.
	// They are what all histograms of both arms have in common; those of the next
	// window are the same, or some of them, or, when none was in common any more, others.
	// None: nothing could be compared.
	Edges []float64
	// Canary and Baseline are what the pods observed that were scraped in the window,
	// sorted by Pod. What young pods of the canary did is in WarmingUp instead, of all of
	// them together and nil for none.
	Canary, Baseline []PodBuckets
	WarmingUp        []float64
	// Unscraped says that the canary has not been scraped since From, and need not
	// have been: no requests in this window means nothing.
	Unscraped bool
	// CanaryAt and BaselineAt are when the newest sample of each arm was scraped; zero
	// when there is none.
	CanaryAt, BaselineAt time.Time
	// Doubts are reasons not to trust the counts fully, in a fixed order, for people.
	Doubts []string
}

// PodBuckets is what one pod observed in one window.
type PodBuckets struct {
	// Pod and Since as in PodCounts.
	Pod   string
	Since time.Time
	// Counts are by bucket and not cumulative: of (-Inf, Edges[0]], (Edges[0],
	// Edges[1]] and so on, the last one above all edges.
	Counts []float64
}

// histogramArm is one arm on its way to a window.
type histogramArm struct {
	targets []*target
	watch   *watch
	warmUp  time.Duration
	doubts  *doubts
}

// countable are the readings to be counted now.
func (a histogramArm) countable() []reading {
	var all []reading
	for _, t := range a.targets {
		for _, i := range t.instances {
			for _, r := range i.readings {
				if t.countable(r.at) {
					all = append(all, r)
				}
			}
		}
	}
	return all
}

// newest is the last reading of each histogram of which one is to be counted now. One
// that holds nothing, as after a restart, tells of no bounds when it is native: then it
// is the last one that holds something, whose requests are to be counted, too.
func (a histogramArm) newest() []reading {
	var all []reading
	for _, t := range a.targets {
		for _, i := range t.instances {
			if r, has := t.newestOf(i); has {
				all = append(all, r)
			}
		}
	}
	return all
}

func (t *target) newestOf(i instance) (newest reading, has bool) {
	for _, r := range slices.Backward(i.readings) {
		if !t.countable(r.at) {
			continue
		}
		if !has {
			newest, has = r, true
		}
		if r.bounds != nil || len(r.buckets) > 0 {
			return r, true
		}
	}
	return newest, has
}

// mass are the last readings of all histograms.
func (a histogramArm) mass() []reading {
	var all []reading
	for _, t := range a.targets {
		for _, i := range t.instances {
			if n := len(i.readings); n > 0 {
				all = append(all, i.readings[n-1])
			}
		}
	}
	return all
}

// count is what the pods observed, apart by their age, and when they were last
// scraped.
func (a histogramArm) count(edges []float64) (pods []PodBuckets, young []float64, newest time.Time) {
	for _, t := range a.targets {
		if last := t.newest(); last.After(newest) {
			newest = plain(last)
		}
		if edges == nil || !slices.ContainsFunc(t.times, t.countable) {
			continue
		}
		c := tallier{arm: a, target: t, edges: edges, mature: make([]float64, len(edges)+1)}
		c.count()
		since := fromMilli(t.Since)
		if n := len(pods); n > 0 && pods[n-1].Pod == t.pod {
			addTo(pods[n-1].Counts, c.mature)
			if since.Before(pods[n-1].Since) {
				pods[n-1].Since = since
			}
		} else {
			pods = append(pods, PodBuckets{Pod: t.pod, Since: since, Counts: c.mature})
		}
		if c.young != nil {
			if young == nil {
				young = make([]float64, len(edges)+1)
			}
			addTo(young, c.young)
		}
	}
	return pods, young, newest
}

func addTo(sum, more []float64) {
	for i := range sum {
		sum[i] += more[i]
	}
}

// tallier counts one target.
type tallier struct {
	arm           histogramArm
	target        *target
	edges         []float64
	mature, young []float64
}

// count adds up the increases from each scrape to the next.
func (c *tallier) count() {
	t := c.target
	// The scrape that was counted last is not there any more, or was another server's.
	lost := t.known && !t.scrapedAt(t.Upto)
	for _, i := range t.instances {
		var before []float64
		for k, r := range i.readings {
			if !t.countable(r.at) {
				continue
			}
			if k > 0 && before == nil {
				before = i.readings[k-1].atMost(c.edges)
			}
			first := k == 0 || lost && i.readings[k-1].at.UnixMilli() <= t.Upto
			now := r.atMost(c.edges)
			c.add(c.increase(before, now, first, r.at), r.at)
			before = now
		}
	}
}

// increase is how much a cumulative histogram grew; nil when that cannot be told. A
// first reading has nothing to be compared with: it counts in full when its process is
// new.
func (c *tallier) increase(before, now []float64, first bool, at time.Time) []float64 {
	if hasNaN(now) {
		c.arm.doubts.add(layoutChanged, at)
		return nil
	}
	if first {
		isNew := before == nil && !(c.target.known && c.target.times[0].Equal(at)) && c.arm.watch.born(at)
		if !isNew {
			c.arm.doubts.add(firstIncrementLost, at)
			return nil
		}
		return now
	}
	more := make([]float64, len(now))
	for i := range now {
		if now[i] < before[i] {
			return now // It was restarted, and has all of its buckets anew.
		}
		more[i] = now[i] - before[i]
	}
	if hasNaN(more) {
		c.arm.doubts.add(layoutChanged, at)
		return nil
	}
	return more
}

func hasNaN(values []float64) bool { return slices.ContainsFunc(values, math.IsNaN) }

// add turns a cumulative increase into one by bucket, and adds it.
func (c *tallier) add(more []float64, at time.Time) {
	if more == nil {
		return
	}
	into := c.mature
	if c.arm.warmUp > 0 && at.Before(fromMilli(c.target.Since).Add(c.arm.warmUp)) {
		if c.young == nil {
			c.young = make([]float64, len(more))
		}
		into = c.young
	}
	below := 0.0
	for i, upTo := range more {
		if upTo < below*(1-rounding) {
			c.arm.doubts.add(notAscending, at)
		}
		upTo = max(upTo, below)
		into[i] += upTo - below
		below = upTo
	}
}

// choose leaves out targets when there are too many: it keeps those that are known,
// and others in the order of their keys, while there is room.
func (a *histogramArm) choose(room int) {
	var unknown []string
	for _, t := range a.targets {
		if !t.known {
			unknown = append(unknown, t.Key)
		}
	}
	if len(unknown) <= room {
		return
	}
	slices.Sort(unknown)
	first := unknown[max(room, 0)]
	a.targets = slices.DeleteFunc(a.targets, func(t *target) bool {
		out := !t.known && strings.Compare(t.Key, first) >= 0
		if out {
			a.doubts.add(tooManyTargets, a.doubts.since.Add(1))
		}
		return out
	})
}

// remembered are the targets to keep: those that can be seen, those of before that
// may be seen again, and of the others as many as there is room for, the newest first.
func (a histogramArm) remembered(before []Target, from int64) []Target {
	var next, gone []Target
	seen := map[string]bool{}
	for _, t := range a.targets {
		newest := t.newest()
		if newest.IsZero() && !t.known {
			continue
		}
		seen[t.Key] = true
		if !newest.IsZero() && (!t.known || newest.UnixMilli() > t.Upto) {
			t.Upto = newest.UnixMilli()
		}
		next = append(next, t.Target)
	}
	for _, t := range before {
		if !seen[t.Key] {
			gone = append(gone, t)
		}
	}
	slices.SortFunc(gone, func(a, b Target) int { return cmp.Or(cmp.Compare(b.Upto, a.Upto), strings.Compare(a.Key, b.Key)) })
	for _, t := range gone {
		if t.Upto > from || len(next) < MaxTargets {
			next = append(next, t)
		}
	}
	slices.SortFunc(next, func(a, b Target) int { return strings.Compare(a.Key, b.Key) })
	return next
}
