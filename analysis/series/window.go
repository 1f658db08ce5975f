package series

import "time"

// Counts are requests of one arm in one window.
type Counts struct {
	// Bad are the bad requests; never more than Total.
	Bad float64
	// Total are all requests, the bad ones included.
	Total float64
}

// Window is what both arms served in the half-open interval (From, To].
type Window struct {
	From, To         time.Time
	Canary, Baseline Counts
	// Unscraped says that the canary has not been scraped since From, and need not
	// have been: no requests in this window means nothing.
	Unscraped bool
	// CanaryAt and BaselineAt are when the newest sample of each arm was scraped; zero
	// when there is none, or when it is not known.
	CanaryAt, BaselineAt time.Time
	// Doubts are reasons not to trust the counts fully, sorted, for people.
	Doubts []string
}
