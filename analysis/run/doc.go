// Package run is the life of one analysis: when to look at each metric next, and
// what the looks so far mean.
//
//	state := Start(spec, now)
//	for state.Phase.Live() {
//		looks, next := Due(spec, state, now)      // which metrics to measure now
//		for each look: measurement := measure(look)
//		state = Record(spec, state, measurement)  // persist it before the next look
//		wait until next, or until a measurement is there
//	}
//
// It is pure: time, results and samples are arguments, and the State is the whole
// memory. A driver that is killed anywhere in the loop starts it again from the
// last State that it persisted, and only repeats the measurements in flight.
//
// # What a measurement is
//
//	Successful    the condition holds, or the judge passes the canary
//	Failed        the condition is broken, or the judge fails the canary
//	Inconclusive  something was seen, both conditions are set, neither holds
//	blind         nothing was seen: an error, no data, not a number, too few requests,
//	              or too few for the bounds that a condition compares
//
// Counters, limits and phases are those of Argo Rollouts, with three differences,
// all towards caution (docs/design/0003-runs-that-saw-nothing.md):
//
//   - a blind measurement counts towards no limit and ends nothing: the run holds,
//     and goes on by itself when there is something to see;
//   - a metric passes only with at least one Successful measurement;
//   - a run that is terminated before anything succeeded is Inconclusive.
//
// consecutiveErrorLimit does not end a run either. BlindSince is set from the first
// blind measurement in a row, so that a policy such as onBlind counts the whole
// time; the limit decides when people are told (View.BlindReported), so that a
// single lost query makes no noise.
//
// What may come in: judge, criteria and series. No clock, no I/O, no randomness.
package run
