package series

import "time"

// Counters are the raw samples of one arm.
type Counters struct {
	Bad, Total []Series
	// BornAfter is when the arm's first process may have started, if that is
	// known: its counters were zero then. Zero: not known.
	BornAfter time.Time
}

// Arms are the raw samples of both arms.
type Arms struct {
	Canary, Baseline Counters
}

// Cursor remembers up to where the arms were counted, so that consecutive windows
// count each request once. It is small (less than 12 KiB whatever the number of
// pods) and serialises to JSON.
//
// Samples are committed late: what a look at a time sees of the last seconds is
// not all that there will be. So each look counts (Settled, now] anew and reports
// what is more than was reported of it before. Settled follows at a distance of
// Grace.
type Cursor struct {
	// Settled is the time before which no more samples are expected.
	Settled time.Time `json:"settled"`
	// Counted is the end of the last window.
	Counted time.Time `json:"counted"`
	// Canary and Baseline are what has been reported of (Settled, Counted].
	Canary   Reported `json:"canary"`
	Baseline Reported `json:"baseline"`
}

// Begin returns the cursor that stands at start. When the canary is known to be
// born shortly before start, it stands at its birth, so that its first requests
// are counted.
func Begin(start, canaryBornAfter time.Time, policy Policy) Cursor {
	start = policy.startAt(start, canaryBornAfter)
	return Cursor{Settled: start, Counted: start}
}

// SamplesFrom returns the time after which samples are needed by the next
// Advance: ask for the samples of (SamplesFrom, to].
func (c Cursor) SamplesFrom(policy Policy) time.Time {
	return c.Settled.Add(-policy.lookback())
}

// Advance counts what happened since the last window and returns it together
// with the cursor to keep.
//
// An answer that shows fewer requests of a pod than were already counted is
// incomplete: it gives a window without requests, a doubt, and the same cursor, so
// that the next one makes up for it. After Grace it is believed, because then the
// data is gone.
func (c Cursor) Advance(arms Arms, to time.Time, policy Policy) (Window, Cursor) {
	to = plain(to)
	window := Window{From: c.Counted, To: to}
	if !to.After(c.Counted) {
		window.To = c.Counted
		window.Doubts = []string{clockSetBack.text(1)}
		return window, c
	}
	all := span{from: c.Settled, to: to, lookback: policy.lookback()}
	canary := c.Canary.count(all, newArm("canary", arms.Canary, c.Counted, policy.WarmUp))
	baseline := c.Baseline.count(all, newArm("baseline", arms.Baseline, c.Counted, 0))
	window.Doubts = append(canary.arm.doubts.texts(), baseline.arm.doubts.texts()...)
	if (canary.incomplete || baseline.incomplete) && to.Sub(c.Counted) <= policy.grace() {
		return window, c
	}
	window.Canary, window.CanaryPods, window.WarmingUp = canary.Counts, canary.pods, canary.warmingUp
	window.Baseline, window.BaselinePods = baseline.Counts, baseline.pods
	window.CanaryAt, window.BaselineAt = all.newest(arms.Canary.Total), all.newest(arms.Baseline.Total)
	late := all
	if settled := to.Add(-policy.grace()); settled.After(c.Settled) {
		late.from = settled
	}
	return window, Cursor{Settled: late.from, Counted: to, Canary: canary.reported(late), Baseline: baseline.reported(late)}
}
