package main

import (
	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/world"
)

// Judge is what the benchmark measures.
type Judge interface {
	// Name is the judge's name in tables.
	Name() string
	// Text says in one line what the judge does.
	Text() string
	// Rollback gives the tick of the plan, counted from 0 at its begin, at which the judge
	// takes a rollout back, or a negative number. It does not look at the rollout's truth, and
	// leaves the first warm ticks of every step out. It remembers nothing from rollout to
	// rollout that changes what it does.
	Rollback(r world.Rollout, warm int) (tick int)
}

// newJudges makes one of each judge that the benchmark measures. It is called once for each
// worker, so that a judge may own scratch memory.
func newJudges() []Judge {
	all := []Judge{newSerin()}
	for _, known := range peers.All() {
		all = append(all, peer{known})
	}
	return all
}

// peer is a judge from benchmark/peers. The oracle is among them, so they are given the
// truth.
type peer struct{ peers.Peer }

// Name is the judge's name.
func (p peer) Name() string { return p.Peer.Name }

// Text says what the judge does.
func (p peer) Text() string { return p.Peer.Text }

// Rollback asks the judge.
func (p peer) Rollback(r world.Rollout, warm int) int {
	s := r.Truth.Scenario
	s.Warm = warm
	return p.Judge(r, s)
}
