// Package replay plays AnalysisRuns and Rollouts over recorded metrics with a virtual
// clock: the second of the three drivers of the brain. What is asked, measured and
// decided is the live controllers' own code; only the clock and the source differ.
//
//	manifests.Read(name, content)                      // what to play
//	input, err := manifests.Prepare(options, recording, checks)
//	input.Provider = …                                 // over what
//	result, err := Play(ctx, input)
//
// The clock jumps from one look, wake-up or change of the cluster to the next; a look
// takes no time. A Rollout acts on the pods, Services and router of a made-up cluster
// (controller/simulation): its weights are what it would have set, while the recorded
// requests stay what they were.
//
// The same input gives the same Result. Nothing of the recording that is later than a
// look can change what it says.
//
// What may come in: analysis/run, controller/{measurement,progression,translate},
// simulation's cluster, crds, recording and the contract of the providers. No clock, no
// files, no Kubernetes client.
package replay
