package series

import "time"

// Policy says how far back a cursor looks, and from what age on a pod counts.
type Policy struct {
	// Lookback is how long before a window the previous sample of a series is
	// looked for; longer than two scrape intervals. Zero: DefaultLookback. It is at
	// least WarmUp, so that the birth of a young pod is seen.
	Lookback time.Duration
	// Grace is how late a sample may be committed without being lost. Zero:
	// DefaultGrace.
	Grace time.Duration
	// WarmUp is how old a pod of the canary must be for its samples to be compared;
	// its age is counted from its first scrape, whatever the step. A container that is
	// restarted does not make its pod young again: what a canary does after a crash
	// is its own fault. Zero: none.
	WarmUp time.Duration
}

// The defaults of a Policy.
const (
	DefaultLookback = 5 * time.Minute
	DefaultGrace    = time.Minute
)

func (p Policy) lookback() time.Duration {
	if p.Lookback <= 0 {
		return max(DefaultLookback, p.WarmUp)
	}
	return max(p.Lookback, p.WarmUp)
}

func (p Policy) grace() time.Duration {
	if p.Grace <= 0 {
		return DefaultGrace
	}
	return p.Grace
}

// startAt is where a cursor begins: at start, or at the canary's birth when that is
// known to be shortly before it, so that its first requests are counted.
func (p Policy) startAt(start, canaryBornAfter time.Time) time.Time {
	if !canaryBornAfter.IsZero() && canaryBornAfter.Before(start) && !canaryBornAfter.Before(start.Add(-p.lookback())) {
		start = canaryBornAfter
	}
	return plain(start)
}

// plain is a time as it comes back from JSON.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }
