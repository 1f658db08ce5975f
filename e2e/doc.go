// Command e2e is the end-to-end test: real releases of a real application on a
// real node, through a real router, judged by a real Prometheus, under load and
// under faults. It prints one row for each scenario beside what Argo Rollouts and
// Flagger did with the same, and fails if a row misses its bar.
//
// `make e2e` builds everything that it needs and runs it; it needs root. All of
// it runs in a box of namespaces (lab/node) that nothing leaves and that takes
// everything with it at the end.
//
// Read scenarios.go first: it is the list of what is tested. play.go is how a
// scenario goes, recording.go what is written down meanwhile, result.go and bars.go
// what it means, table.go how it is shown. cluster.go and the files that it
// names bring up the stage.
package main
