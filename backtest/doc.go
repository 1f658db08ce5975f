// Package backtest judges AnalysisTemplates by a corpus of labelled cases: recorded
// releases, and what somebody should have decided about each. Each case is played by the
// live code (controller/replay) with a virtual clock; a Result says how many of the bad
// releases were taken back and how many of the good ones, how soon, by which metric, and
// why not.
//
// A corpus is a folder of <dataset>/<case>/case.json, each beside one recording in any
// format that package recording reads. Cases are read one at a time by each worker: what
// is kept of them does not grow with their number.
//
// What may come in: controller/{replay,translate}, crds, recording and its provider, and
// analysis/run for its types. No clock; files only through io/fs and recording.Open.
package backtest
