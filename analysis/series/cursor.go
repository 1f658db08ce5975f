package series

import (
	"math"
	"time"
)

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

// Policy says how far back a cursor looks.
type Policy struct {
	// Lookback is how long before a window the previous sample of a series is
	// looked for; longer than two scrape intervals. Zero: DefaultLookback.
	Lookback time.Duration
	// Grace is how late a sample may be committed without being lost. Zero:
	// DefaultGrace.
	Grace time.Duration
}

// The defaults of a Policy.
const (
	DefaultLookback = 5 * time.Minute
	DefaultGrace    = time.Minute
)

func (p Policy) lookback() time.Duration {
	if p.Lookback <= 0 {
		return DefaultLookback
	}
	return p.Lookback
}

func (p Policy) grace() time.Duration {
	if p.Grace <= 0 {
		return DefaultGrace
	}
	return p.Grace
}

// Cursor remembers up to where the arms were counted, so that consecutive windows
// count each request once. It is small and serialises to JSON.
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
	Canary   Counts `json:"canary"`
	Baseline Counts `json:"baseline"`
}

// Begin returns the cursor that stands at start. When the canary is known to be
// born shortly before start, it stands at its birth, so that its first requests
// are counted.
func Begin(start, canaryBornAfter time.Time, policy Policy) Cursor {
	if !canaryBornAfter.IsZero() && canaryBornAfter.Before(start) && !canaryBornAfter.Before(start.Add(-policy.lookback())) {
		start = canaryBornAfter
	}
	start = plain(start)
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
// An answer that shows fewer requests than were already counted is incomplete: it
// gives a window without requests, a doubt, and the same cursor, so that the next
// one makes up for it. After Grace it is believed, because then the data is gone.
func (c Cursor) Advance(arms Arms, to time.Time, policy Policy) (Window, Cursor) {
	to = plain(to)
	canary, baseline := &doubts{arm: "canary", since: c.Counted}, &doubts{arm: "baseline", since: c.Counted}
	window := Window{From: c.Counted, To: to}
	if !to.After(c.Counted) {
		window.To = c.Counted
		window.Doubts = []string{clockSetBack.text(1)}
		return window, c
	}
	all := span{from: c.Settled, to: to, lookback: policy.lookback()}
	canaryNow, baselineNow := all.count(arms.Canary, canary), all.count(arms.Baseline, baseline)
	canaryNews, baselineNews := since(canaryNow, c.Canary, canary, to), since(baselineNow, c.Baseline, baseline, to)
	window.Doubts = append(canary.texts(), baseline.texts()...)
	if (canaryNews.incomplete || baselineNews.incomplete) && to.Sub(c.Counted) <= policy.grace() {
		return window, c
	}
	window.Canary, window.Baseline = canaryNews.Counts, baselineNews.Counts
	window.CanaryAt, window.BaselineAt = all.newest(arms.Canary.Total), all.newest(arms.Baseline.Total)
	next := Cursor{Settled: c.Settled, Counted: to, Canary: canaryNow, Baseline: baselineNow}
	if settled := to.Add(-policy.grace()); settled.After(c.Settled) {
		late := span{from: settled, to: to, lookback: policy.lookback()}
		next.Settled = settled
		next.Canary, next.Baseline = late.count(arms.Canary, &doubts{since: to}), late.count(arms.Baseline, &doubts{since: to})
	}
	next.Canary.Bad -= canaryNews.heldBack
	next.Baseline.Bad -= baselineNews.heldBack
	return window, next
}

// news is what an arm served beyond what was reported.
type news struct {
	Counts
	// incomplete says that less is to be seen than was reported.
	incomplete bool
	// heldBack are the bad requests whose total is not to be seen yet; they are
	// reported together with it.
	heldBack float64
}

func since(now, reported Counts, doubts *doubts, at time.Time) news {
	bad, badComplete := excess(now.Bad, reported.Bad)
	total, totalComplete := excess(now.Total, reported.Total)
	n := news{Counts: Counts{Bad: min(bad, total), Total: total}, incomplete: !badComplete || !totalComplete}
	if n.incomplete {
		doubts.add(fewerThanBefore, at)
	}
	if bad > total {
		doubts.add(moreBadThanTotal, at)
		n.heldBack = bad - total
	}
	return n
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

// plain is a time as it comes back from JSON.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }
