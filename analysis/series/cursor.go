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

// Policy says how far back a cursor looks.
type Policy struct {
	// Lookback is how long before a window the previous sample of a series is
	// looked for. Zero: DefaultLookback.
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

// Cursor remembers up to where an arm was counted, so that consecutive windows
// count each request once. It is small and serialises to JSON.
type Cursor struct {
	Settled  time.Time `json:"settled"`
	Counted  time.Time `json:"counted"`
	Canary   Counts    `json:"canary"`
	Baseline Counts    `json:"baseline"`
}

// Begin returns the cursor that stands at start. When the canary is known to be
// born shortly before start, it stands at its birth, so that its first requests
// are counted.
func Begin(start, canaryBornAfter time.Time, policy Policy) Cursor {
	return Cursor{Settled: start, Counted: start}
}

// SamplesFrom returns the time after which samples are needed by the next
// Advance: ask for the samples of (SamplesFrom, to].
func (c Cursor) SamplesFrom(policy Policy) time.Time {
	return c.Settled
}

// Advance counts what happened since the last window and returns it together
// with the cursor to keep. An answer that cannot be used gives a window without
// requests, a doubt, and the same cursor.
func (c Cursor) Advance(arms Arms, to time.Time, policy Policy) (Window, Cursor) {
	return Window{From: c.Counted, To: to}, c
}
