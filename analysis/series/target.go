package series

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// MaxTargets is of how many targets of an arm a HistogramCursor remembers up to when
// they were counted. Others are left out, and a doubt says so: those whose keys, which
// are hashes, come last. It is a sample, and whoever compares the arms may compare
// samples of their pods.
const MaxTargets = 64

// Target is what a HistogramCursor remembers of a process that is scraped. Times are
// in milliseconds of Unix time.
type Target struct {
	// Key stands for the labels pod, job and instance.
	Key string `json:"key"`
	// Upto is the newest scrape that was counted.
	Upto int64 `json:"upto"`
	// Since is when it was first scraped; 0 when that is not known.
	Since int64 `json:"since,omitempty"`
}

// target is a process that is scraped, with its histograms.
type target struct {
	Target
	pod       string
	instances []instance
	// times are those of its scrapes, in order.
	times []time.Time
	// known says that the cursor has it.
	known bool
	// end is the first scrape that is not whole yet; zero when all are.
	end time.Time
}

// builder puts the series of an arm together.
type builder struct {
	span
	edges    []float64 // Other bounds are not read; nil for all.
	doubts   *doubts
	byKey    map[string]*target
	byLabels map[string]*columns
	owners   map[string]*target
}

// targets are the processes of an arm, in the order of pod and key.
func (s span) targets(h Histograms, edges []float64, classic, native bool, doubts *doubts) []*target {
	b := builder{span: s, edges: edges, doubts: doubts, byKey: map[string]*target{}, byLabels: map[string]*columns{}, owners: map[string]*target{}}
	if classic {
		for _, one := range h.Classic {
			b.addClassic(one)
		}
	}
	var order []string
	for labels := range b.byLabels {
		order = append(order, labels)
	}
	slices.Sort(order)
	for _, labels := range order {
		i := b.byLabels[labels].instance()
		if !slices.ContainsFunc(i.readings, func(r reading) bool { return !math.IsNaN(r.total) }) {
			if len(i.readings) > 0 {
				doubts.add(noTotal, s.to)
			}
			continue
		}
		b.owners[labels].add(i)
	}
	if native {
		sorted := slices.Clone(h.Native)
		slices.SortStableFunc(sorted, func(a, b HistogramSeries) int { return strings.Compare(a.Labels, b.Labels) })
		for _, one := range sorted {
			b.target(labelsOf(one.Labels)).add(instance{native: true, readings: s.nativeReadings(one.Samples, doubts)})
		}
	}
	var all []*target
	for _, t := range b.byKey {
		if len(t.times) > 0 {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *target) int {
		return cmp.Or(strings.Compare(a.pod, b.pod), strings.Compare(a.Key, b.Key))
	})
	return all
}

// addClassic adds the series of one bucket.
func (b builder) addClassic(one Series) {
	labels := labelsOf(one.Labels)
	for _, l := range labels {
		if l.name != "le" {
			continue
		}
		bound, ok := upperBound(l.value)
		if !ok {
			break
		}
		if _, wanted := slices.BinarySearch(b.edges, bound); !wanted && b.edges != nil && bound <= b.edges[len(b.edges)-1] {
			return
		}
		key := one.Labels[:l.start] + one.Labels[l.end:]
		if b.byLabels[key] == nil {
			b.byLabels[key], b.owners[key] = newColumns(), b.target(labels)
		}
		b.byLabels[key].add(bound, b.usable(one.Samples, b.doubts))
		return
	}
	b.doubts.add(noBound, b.to)
}

// target is the process that labels belong to.
func (b builder) target(labels []label) *target {
	pod := podOf(labels)
	key := keyOf(pod, valueOf(labels, "job"), valueOf(labels, "instance"))
	if b.byKey[key] == nil {
		b.byKey[key] = &target{Target: Target{Key: key}, pod: pod}
	}
	return b.byKey[key]
}

// add adds a histogram.
func (t *target) add(i instance) {
	if len(i.readings) == 0 {
		return
	}
	t.instances = append(t.instances, i)
	t.times = slices.Grow(t.times, len(i.readings))
	for _, r := range i.readings {
		t.times = append(t.times, r.at)
	}
	slices.SortFunc(t.times, time.Time.Compare)
	t.times = slices.CompactFunc(t.times, time.Time.Equal)
}

// complete leaves out the scrapes of which not everything can be seen. Parts of a
// scrape may be committed later: one that is younger than settled ends what can be
// counted; an older one is believed, unless what it lacks is there afterwards.
func (t *target) complete(settled time.Time, edges []float64) {
	for i := range t.instances {
		readings := t.instances[i].readings
		kept := readings[:0] // Readings are looked at before they are moved.
		for k, r := range readings {
			if r.bounds != nil && r.at.After(settled) && hasNaN(r.atMost(edges)) {
				t.endBefore(r.at)
				break
			}
			if len(kept) > 0 && r.lacks(kept[len(kept)-1]) {
				last := kept[len(kept)-1]
				if r.at.After(settled) {
					t.endBefore(r.at)
					break
				}
				if slices.ContainsFunc(readings[k+1:], func(later reading) bool { return !later.lacks(last) }) {
					continue
				}
			}
			kept = append(kept, r)
		}
		t.instances[i].readings = kept
		t.waitFor(readings[len(readings)-1].at, settled)
	}
}

// waitFor ends what can be counted at the first scrape after that of a histogram that
// is missing since, when that scrape is young.
func (t *target) waitFor(last, settled time.Time) {
	for _, at := range t.times {
		if at.After(last) && at.After(settled) {
			t.endBefore(at)
			return
		}
	}
}

func (t *target) endBefore(at time.Time) {
	if t.end.IsZero() || at.Before(t.end) {
		t.end = at
	}
}

// countable says whether a scrape is to be counted now.
func (t *target) countable(at time.Time) bool {
	return at.UnixMilli() > t.Upto && (t.end.IsZero() || at.Before(t.end))
}

// scrapedAt says whether there is a scrape of a time.
func (t *target) scrapedAt(milli int64) bool {
	return slices.ContainsFunc(t.times, func(at time.Time) bool { return at.UnixMilli() == milli })
}

// newest is the newest scrape that can be counted, or was; zero without one.
func (t *target) newest() time.Time {
	var newest time.Time
	for _, at := range t.times {
		if t.end.IsZero() || at.Before(t.end) {
			newest = at
		}
	}
	return newest
}
