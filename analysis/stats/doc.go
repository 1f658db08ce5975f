// Package stats holds tests and intervals for one look at two samples: for
// reports, for offline replays, and for judges that look once. What may come in: the
// standard library and gonum.
//
// Everywhere the first sample is the canary's and the second the baseline's, and
// "greater" means that the canary's values are greater. A p-value counts for one look:
// whoever looks again and again and stops at the first small one will be fooled (see
// package sequential, whose tests may be looked at after every scrape).
//
// The functions are pure: they do not change their arguments, draw no random numbers,
// and give the same bits for the same input. Input that cannot be used (empty samples,
// NaN, infinities, more events than trials, a level outside of (0, 1)) is an error. No
// result is ever NaN; a bound or a statistic may be infinite where its comment says so.
//
// The functions are written so that small probabilities keep their leading digits:
// tails are summed as tails and never taken from one, and logarithms of gamma
// functions are never subtracted from one another when both are large.
package stats
