package series

import "time"

// Histograms are the raw samples of one arm: the series of classic buckets, with a
// label le, or native histograms. When both arms have native ones, those are counted;
// otherwise, when both have classic ones, those.
type Histograms struct {
	Classic []Series
	Native  []HistogramSeries
	// BornAfter as in Counters.
	BornAfter time.Time
}

// HistogramArms are the raw samples of both arms.
type HistogramArms struct {
	Canary, Baseline Histograms
}

// HistogramCursor remembers up to where the histograms of both arms were counted, so
// that consecutive windows count each request once. It is small (less than 12 KiB,
// whatever the number of pods and buckets) and serialises to JSON.
//
// A scrape is taken as a whole: a restart is seen when any of its buckets falls, and
// then all of them began at zero. So the cursor remembers of each target which scrape
// was counted last, and counts from there; a sample that is committed late is counted
// when it is there, if those of its target become visible in their order. A scrape of
// which parts are missing waits for them, for Grace.
type HistogramCursor struct {
	// Settled is the time before which no more samples of unknown targets are expected.
	Settled time.Time `json:"settled"`
	// Counted is the end of the last window.
	Counted time.Time `json:"counted"`
	// Edges of the windows; none before something was seen. They are chosen once: a
	// test at each of them goes on from window to window.
	Edges []float64 `json:"edges,omitempty"`
	// Canary and Baseline are the targets that were counted.
	Canary   []Target `json:"canary,omitempty"`
	Baseline []Target `json:"baseline,omitempty"`
}

// BeginHistograms returns the cursor that stands at start, as Begin does.
func BeginHistograms(start, canaryBornAfter time.Time, policy Policy) HistogramCursor {
	start = policy.startAt(start, canaryBornAfter)
	return HistogramCursor{Settled: start, Counted: start}
}

// SamplesFrom returns the time after which samples are needed by the next
// Advance: ask for the samples of (SamplesFrom, to].
func (c HistogramCursor) SamplesFrom(policy Policy) time.Time {
	return c.Settled.Add(-policy.lookback())
}

// Advance counts what happened since the last window and returns it together
// with the cursor to keep.
func (c HistogramCursor) Advance(arms HistogramArms, to time.Time, policy Policy) (HistogramWindow, HistogramCursor) {
	to = plain(to)
	window := HistogramWindow{From: c.Counted, To: to}
	if !to.After(c.Counted) {
		window.To = c.Counted
		window.Doubts = []string{clockSetBack.text(1)}
		return window, c
	}
	all := span{from: c.Settled, to: to, lookback: policy.lookback()}
	kinds := kindsOf(arms)
	young := to.Add(-policy.grace())
	canary := c.arm(all, arms.Canary, kinds, c.Canary, young, &doubts{arm: "canary", since: c.Counted})
	canary.warmUp = policy.WarmUp
	baseline := c.arm(all, arms.Baseline, kinds, c.Baseline, young, &doubts{arm: "baseline", since: c.Counted})
	both := &doubts{since: c.Counted}
	window.Edges = c.layout(canary, baseline, both, to)
	window.Canary, window.WarmingUp, window.CanaryAt = canary.count(window.Edges)
	window.Baseline, _, window.BaselineAt = baseline.count(window.Edges)
	window.Doubts = append(append(both.texts(), canary.doubts.texts()...), baseline.doubts.texts()...)

	next := HistogramCursor{Settled: c.Settled, Counted: to, Edges: window.Edges}
	if young.After(c.Settled) {
		next.Settled = young
	}
	from := next.SamplesFrom(policy).UnixMilli()
	next.Canary, next.Baseline = canary.remembered(c.Canary, from), baseline.remembered(c.Baseline, from)
	return window, next
}

// kinds are the kinds of histograms to count.
type kinds struct{ classic, native bool }

func kindsOf(arms HistogramArms) kinds {
	classic := len(arms.Canary.Classic) > 0 && len(arms.Baseline.Classic) > 0
	native := len(arms.Canary.Native) > 0 && len(arms.Baseline.Native) > 0
	switch {
	case native:
		return kinds{native: true}
	case classic:
		return kinds{classic: true}
	default:
		return kinds{classic: true, native: true}
	}
}

// arm reads the samples of an arm.
func (c HistogramCursor) arm(s span, h Histograms, use kinds, known []Target, young time.Time, doubts *doubts) histogramArm {
	a := histogramArm{targets: s.targets(h, c.Edges, use.classic, use.native, doubts), doubts: doubts}
	byKey := make(map[string]Target, len(known))
	reserved := 0
	from := s.from.Add(-s.lookback).UnixMilli()
	for _, t := range known {
		byKey[t.Key] = t
		if t.Upto > from {
			reserved++
		}
	}
	var times [][]Sample
	for _, t := range a.targets {
		scrapes := make([]Sample, len(t.times))
		for i, at := range t.times {
			scrapes[i].At = at
		}
		times = append(times, scrapes)
	}
	a.watch = newWatch(times, s.lookback, h.BornAfter)
	for _, t := range a.targets {
		before, is := byKey[t.Key]
		if t.known = is; is {
			t.Target = before
			if before.Upto <= from {
				reserved++
			}
		} else {
			t.Upto = s.from.UnixMilli()
			t.Since = s.lifeOf(life{}, false, t.times[0], t.times[0], a.watch).Since
		}
		t.complete(young, c.Edges)
	}
	a.choose(MaxTargets - reserved)
	return a
}

// layout are the edges to count by.
func (c HistogramCursor) layout(canary, baseline histogramArm, doubts *doubts, to time.Time) []float64 {
	readings := append(canary.countable(), baseline.countable()...)
	if len(readings) == 0 {
		return c.Edges
	}
	var found layout
	if c.Edges != nil {
		found.edges = resolved(c.Edges, readings)
		found.dropped = len(c.Edges) - len(found.edges)
	} else {
		mass := baseline.mass()
		if !observed(mass) {
			mass = canary.mass()
		}
		newest := append(canary.newest(), baseline.newest()...)
		if !observed(mass) {
			mass = newest
		}
		found = commonEdges(readings, newest, mass)
	}
	for range found.dropped {
		doubts.add(boundsDiffer, to)
	}
	if len(found.edges) == 0 {
		if observed(readings) {
			doubts.add(noCommonBounds, to)
		}
		return nil
	}
	return found.edges
}

// observed says whether there is any observation in some readings.
func observed(readings []reading) bool {
	for _, r := range readings {
		if r.total > 0 {
			return true
		}
	}
	return false
}
