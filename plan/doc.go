// Package plan is the logic of `serin simulate`: before a team trusts a template, it
// asks how long a good release takes, how soon and after how many bad requests a
// regression is caught, and how likely a false alarm is.
//
//	setup, err := Prepare(subject, assumptions)   // the spec, by the live code
//	result, err := setup.Simulate(ctx, budget)    // many releases, in parallel
//
// Every release is driven by the code that drives live ones (controller/translate,
// controller/progression and analysis/run) with a virtual clock, over made-up pods: their
// requests are Poisson, a share of them fails, the others take as long as a
// distribution says, and what is scraped of them is all that the analysis sees.
//
// A generator of random numbers of its own for every release, and every pod in it, makes
// the result depend on the seed alone, and not on the number of workers.
//
// What may come in: the live code, the metrics' types, and distributions to draw
// from. No clock, no files and no cluster.
package plan
