// Package report writes what a replay, a back-test or a simulation came to as one HTML
// file: no script, nothing from elsewhere, so that it can be read offline, sent by mail,
// printed, and kept beside an incident. What decides comes first.
//
// What may come in: the results (controller/replay, backtest, plan) and report/chart.
package report
