package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/analysis/stats"
	"github.com/serin-dev/serin/benchmark/world"
)

// curve is how many releases a judge has taken back, by time.
type curve struct {
	name string
	// ticks are when each release was taken back; never is that it was not.
	ticks []int
}

const never = math.MaxInt

// after is the share of releases that were taken back before a tick.
func (c curve) after(tick int) float64 {
	taken := 0
	for _, at := range c.ticks {
		if at < tick {
			taken++
		}
	}
	return float64(taken) / float64(len(c.ticks))
}

// goodReleases is how many releases are replayed of each service.
const goodReleases = 500

// peek lets two judges look at the errors of releases that are as good as the version
// before, at every scrape: a test made for one look, at 1 %, and Serin's, with a budget of
// 1 %. One service is clean, the other one like most.
func (s simulations) peek() []curve {
	var curves []curve
	for _, name := range []string{"A1", "A3"} {
		scenario := family(name)
		naive, serin := make([]int, goodReleases), make([]int, goodReleases)
		s.each(goodReleases, func(i int) {
			r := goodRelease(s, scenario, i)
			naive[i], serin[i] = naiveTest(r), serinTest(r)
		})
		text := "steady service"
		if name == "A3" {
			text = "service with bursts and bad minutes"
		}
		curves = append(curves, curve{"test for one look at 1 %, " + text, naive}, curve{"Serin, budget 1 %, " + text, serin})
	}
	return curves
}

// goodRelease draws one of them.
func goodRelease(s simulations, of world.Scenario, i int) world.Rollout {
	return world.Simulate(of, s.generator("good release of "+of.Name, i))
}

// family is a scenario of the benchmark.
func family(name string) world.Scenario {
	all := world.Families()
	return all[slices.IndexFunc(all, func(s world.Scenario) bool { return s.Name == name })]
}

// naiveTest is the tick at which two proportions differ, pooled over all that was seen.
func naiveTest(r world.Rollout) int {
	var canary, baseline stats.Count
	for tick := range world.PlanTicks {
		c, b := r.Arms(world.HistoryTicks + tick)
		canary = stats.Count{Events: canary.Events + int64(c.X), Total: canary.Total + int64(c.N)}
		baseline = stats.Count{Events: baseline.Events + int64(b.X), Total: baseline.Total + int64(b.N)}
		test, err := stats.TwoProportions(canary, baseline)
		if err == nil && test.P.Greater <= budget {
			return tick
		}
	}
	return never
}

// serinTest is the tick at which the judge of errors fails the release.
func serinTest(r world.Rollout) int {
	for tick, log := range evidence(r) {
		if log >= math.Log(1/budget) {
			return tick
		}
	}
	return never
}

// evidence is the logarithm of the evidence at each tick of the plan.
func evidence(r world.Rollout) []float64 {
	p := judge.Proportion{RelativeTolerance: tolerance, MinRequests: minRequests, Budget: budget}.Prepare()
	var s judge.ProportionState
	var logs []float64
	for tick := range world.Ticks {
		w := scrape(&r, tick)
		if tick < world.HistoryTicks {
			p.Learn(&s, w)
			continue
		}
		since, _ := bounds(tick - (tick-world.HistoryTicks)%world.StepTicks)
		logs = append(logs, p.Observe(&s, w, since).Evidence.LogE)
	}
	return logs
}

// scrape is what a tick shows of errors.
func scrape(r *world.Rollout, tick int) judge.Window {
	var w judge.Window
	w.From, w.To = bounds(tick)
	for pod := range world.Pods {
		cell := world.Cell(pod, tick)
		c := series.Counts{Bad: float64(r.X[cell]), Total: float64(r.N[cell])}
		pods, sum := &w.BaselinePods, &w.Baseline
		if pod < world.CanaryPods(tick) {
			pods, sum = &w.CanaryPods, &w.Canary
		}
		*pods = append(*pods, series.PodCounts{Pod: string(rune('a' + pod)), Counts: c})
		sum.Bad, sum.Total = sum.Bad+c.Bad, sum.Total+c.Total
	}
	return w
}

// simulate draws a release of a scenario.
func simulate(s world.Scenario, seed, replay uint64) world.Rollout {
	return world.Simulate(s, rand.New(rand.NewPCG(seed, replay)))
}
