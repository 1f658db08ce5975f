package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"regexp"
	"sync"
	"sync/atomic"

	"github.com/serin-dev/serin/benchmark/report"
	"github.com/serin-dev/serin/benchmark/world"
)

// run is what to measure.
type run struct {
	seed uint64
	// replays of each family; 0 stands for replaysGood and replaysBad.
	replays int
	workers int
	// families and judges select by name.
	families, judges *regexp.Regexp
	newJudges        func() []Judge
	progress         io.Writer
}

// How often a family is replayed: often enough for a bound on 1 %, and for a median.
const (
	replaysGood = 2000
	replaysBad  = 300
)

// measure lets all judges look at all rollouts. The results depend on the seed, not on the
// number of workers: every rollout has a generator of its own.
func (r run) measure() report.Results {
	var results report.Results
	for _, judge := range r.selected() {
		results.Judges = append(results.Judges, judge.Name())
		results.Texts = append(results.Texts, judge.Text())
	}
	for _, s := range world.Families() {
		if !r.families.MatchString(s.Name) {
			continue
		}
		family := r.family(s)
		results.Families = append(results.Families, family)
		fmt.Fprintf(r.progress, "%-4s %d replays: %s\n", s.Name, len(family.Outcomes[0]), s.Text)
	}
	return results
}

// selected makes the judges that are asked for.
func (r run) selected() []Judge {
	var judges []Judge
	for _, judge := range r.newJudges() {
		if r.judges.MatchString(judge.Name()) {
			judges = append(judges, judge)
		}
	}
	return judges
}

// family replays one family.
func (r run) family(s world.Scenario) report.Family {
	replays := r.replays
	switch {
	case replays > 0:
	case s.Bad():
		replays = replaysBad
	default:
		replays = replaysGood
	}
	family := report.Family{Scenario: s, Outcomes: make([][]report.Outcome, len(r.selected()))}
	for i := range family.Outcomes {
		family.Outcomes[i] = make([]report.Outcome, replays)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range r.workers {
		workers.Go(func() {
			judges := r.selected()
			for replay := int(next.Add(1)) - 1; replay < replays; replay = int(next.Add(1)) - 1 {
				rollout := world.Simulate(s, rand.New(rand.NewPCG(r.seed, stream(s.Name, replay))))
				for i, judge := range judges {
					family.Outcomes[i][replay] = outcome(rollout, judge.Rollback(rollout, s.Warm))
				}
			}
		})
	}
	workers.Wait()
	return family
}

// stream numbers the replays of all families.
func stream(family string, replay int) uint64 {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s/%d", family, replay)
	return hash.Sum64()
}

// outcome counts what the canary served from the regression's begin until a rollback.
func outcome(r world.Rollout, tick int) report.Outcome {
	o := report.Outcome{Tick: tick}
	last := tick
	if tick < 0 {
		last = world.PlanTicks - 1
	}
	for t := r.Truth.Scenario.Late; t <= last; t++ {
		canary, _ := r.Arms(world.HistoryTicks + t)
		o.Requests += canary.N
		o.Errors += canary.X
	}
	return o
}
