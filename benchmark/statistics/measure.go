package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// simulations says how to simulate.
type simulations struct {
	seed    uint64
	workers int
}

// replays is how many replays a number of the tables is the median of.
const replays = 200

// measure answers questions: how many canary requests Serin needs, the median.
func (s simulations) measure(all []question) map[question]float64 {
	answers := make([]float64, len(all))
	s.each(len(all), func(i int) { answers[i] = s.median(all[i]) })
	measured := make(map[question]float64, len(all))
	for i, q := range all {
		measured[q] = answers[i]
	}
	return measured
}

// median is how many canary requests one question takes. It depends on the seed and the
// question alone.
func (s simulations) median(q question) float64 {
	r := q.rehearsal(max(int(math.Round(q.limit()/windowsOfLimit)), 1))
	needed := make([]float64, replays)
	for i := range needed {
		needed[i] = r.replay(s.generator(q, i))
	}
	slices.Sort(needed)
	return needed[replays/2]
}

// generator gives every replay random numbers of its own.
func (s simulations) generator(of any, replay int) *rand.Rand {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%T%v/%d", of, of, replay)
	return rand.New(rand.NewPCG(s.seed, hash.Sum64()))
}

// each does n pieces of work. What a piece gives must not depend on the others.
func (s simulations) each(n int, work func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range s.workers {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	workers.Wait()
}
