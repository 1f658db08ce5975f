// Package simulation drives the core of a release (controller/progression and
// analysis/run) in a made-up cluster with a virtual clock, and checks the laws
// after every step.
//
// The same World serves two purposes: readable scenarios, in which a script says
// what happens, and seeded storms, in which chance does: stale reads, crashes
// between any two effects, late and missing metrics, pods that die, routers that
// lag, users that click and edit. A seed replays a storm exactly.
//
// What may come in: progression, run, judge and series. No real clock, no
// goroutines, no global randomness.
package simulation
