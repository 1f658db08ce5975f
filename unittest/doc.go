// Package unittest runs unit tests of analysis templates, as `promtool test rules`
// does for alerts: series in its notation, or a recording, and what verdict they must
// come to, when and why.
//
// A test plays the very code that decides live, with a virtual clock and without a
// cluster. The same file gives the same answer on every machine.
//
// What may come in: controller/{replay,translate}, crds, recording and the provider of
// recorded metrics, which play; the syntax of YAML. Files come through functions; no
// clock, no os.
package unittest
