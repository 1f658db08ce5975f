// Package replay plays AnalysisRuns and Rollouts over recorded metrics with a virtual
// clock: the second of the three drivers of the brain. What is asked, measured and
// decided is the live controllers' own code; only the clock and the source differ.
//
// What may come in: analysis/run, controller/{measurement,progression,translate}, crds
// and the contract of the providers. No clock, no files, no Kubernetes client.
package replay
