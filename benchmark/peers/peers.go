// Package peers holds the judges that Serin's is measured against, as they are documented
// or as their code is, each reduced to one question: at which scrape does it take this
// rollout back? There are the thresholds of Flagger and of Argo Rollouts, the time-series
// tests of Kayenta and PipeCD, a pooled z-test that looks every minute, an e-process that
// takes requests for independent, Serin's own prototype, and an oracle that knows the truth.
// Limits says what nobody can beat.
//
// The world's rollouts come in, and distributions. No judge of Serin's may come in.
package peers

import "github.com/serin-dev/serin/benchmark/world"

// Never is the answer of a judge that does not take the rollout back.
const Never = -1

// Judge gives the tick of the plan, counted from 0 at its begin, at which it takes a
// rollout back, or Never. Of the scenario, all judges but the oracle may know the warm-up
// only.
type Judge func(world.Rollout, world.Scenario) int

// Peer is a judge with its name.
type Peer struct {
	Name string
	// Text says in one line what the judge does.
	Text  string
	Judge Judge
}

// All lists the judges.
func All() []Peer {
	return []Peer{
		{"flagger", "every minute, canary alone: success ≥ 99 % and p99 ≤ 500 ms; the 5th failed check", Flagger},
		{"argo", "every minute, canary alone: success ≥ 95 % and p99 ≤ 500 ms; the 4th failed check", Argo},
		{"argo5m", "every 5 min, canary alone: success ≥ 95 %; the 4th failed check", Argo5m},
		{"kayenta", "points per minute against a baseline of equal size, after each step, Mann–Whitney interval at 98 %, tolerance 0.25", Kayenta},
		{"kayenta1.2", "kayenta with an allowed increase of 1.2", Kayenta12},
		{"pipecd", "every 5 min, Mann–Whitney on the last 5 points at 5 %", PipeCD},
		{"naive_z", "every minute, two proportions pooled since the begin, at 1 %", NaiveZ},
		{"eproc", "every scrape, e-process for independent requests", EProcess},
		{"prototype", "every scrape, tempered e-processes with restarts, and e-values of exchangeable pods", Prototype},
		{"oracle", "sequential probability ratio test that knows all but whether the canary is bad", Oracle},
	}
}
