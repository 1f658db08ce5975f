package sequential

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// releases draws releases of a canary like the baseline, or worse.
type releases struct {
	rand *rand.Rand
	// canaries and baselines are pods, and served how many requests a pod serves in a
	// window; the canary's pods serve traffic times as many.
	canaries, baselines int
	served              int
	traffic             float64
	// bad is the share of bad requests.
	bad float64
	// worse is how much worse the canary is from a window on.
	worse func(window int) float64
	// shock moves all pods for a window, podShock each pod for a window, and lasting
	// each pod for good: standard deviations of a logarithm.
	shock, podShock, lasting float64
	// clump is how many bad requests come at once, on average.
	clump float64
	// history is how many windows of the baseline are known from before.
	history int
	// changing splits the traffic in four steps.
	changing bool
	// nameless pods cannot be told apart.
	nameless bool
}

// draw draws how many of n requests are bad, in clumps.
func (r releases) draw(n int, share float64) float64 {
	if r.clump > 1 {
		share /= r.clump
	}
	bad := 0.0
	// From one bad request, or clump of them, to the next.
	next := func() float64 { return math.Floor(math.Log(1-r.rand.Float64()) / math.Log1p(-share)) }
	for i := next(); i < float64(n); i += 1 + next() {
		bad++
		for r.clump > 1 && r.rand.Float64() < 1-1/r.clump {
			bad++
		}
	}
	return min(bad, float64(n))
}

// edges are the shares of requests slower than each of three edges, as multiples of
// the share of bad ones.
func edges() []float64 { return []float64{8, 3, 1} }

// pod draws a pod's window: of errors, or of latency with three kinds.
func (r releases) pod(name string, served int, share float64, kinds int) PodEvents {
	p := PodEvents{Pod: name, Total: float64(served)}
	if kinds == 1 {
		p.Events = []float64{r.draw(served, share)}
		return p
	}
	p.Events = make([]float64, kinds)
	left, before := served, 1.0
	for j, edge := range edges() {
		// Of those slower than the edge before.
		now := min(edge*share, 0.9*before)
		slow := r.draw(left, now/before)
		p.Events[j], left, before = slow, int(slow), now
	}
	return p
}

// highest is the highest LogE of a release of so many windows; at is the window in which
// a limit was reached, -1 when it was not.
func (r releases) highest(test *Exceedance, kinds, windows int, limit float64) (highest float64, at int) {
	var s ExceedanceState
	at = -1
	factors := make([]float64, r.canaries+r.baselines)
	for i := range factors {
		factors[i] = math.Exp(r.lasting*r.rand.NormFloat64() - r.lasting*r.lasting/2)
	}
	for window := -r.history; window < windows; window++ {
		b := r.window(window, windows, factors, kinds)
		if window < 0 {
			test.Learn(&s, b.Baseline, b.BaselinePods)
			continue
		}
		if window > 0 && r.changing && window%(windows/4) == 0 {
			s.Restart()
		}
		test.Observe(&s, b)
		if highest = max(highest, s.LogE()); at < 0 && highest >= limit {
			at = window
		}
	}
	return highest, at
}

// window draws what both arms served in a window.
func (r releases) window(window, windows int, factors []float64, kinds int) EventBlock {
	all := r.bad * math.Exp(r.shock*r.rand.NormFloat64()-r.shock*r.shock/2)
	var b EventBlock
	b.Canary.Events, b.Baseline.Events = make([]float64, kinds), make([]float64, kinds)
	step := 1.0
	if r.changing {
		step = []float64{0.2, 0.5, 1, 2}[max(window, 0)*4/windows]
	}
	for i, factor := range factors {
		share := all * factor * math.Exp(r.podShock*r.rand.NormFloat64()-r.podShock*r.podShock/2)
		served, sum, pods := r.served, &b.Baseline, &b.BaselinePods
		if i < r.canaries {
			served, sum, pods = int(float64(r.served)*r.traffic*step), &b.Canary, &b.CanaryPods
			if r.worse != nil && window >= 0 {
				share *= r.worse(window)
			}
		}
		pod := r.pod(fmt.Sprintf("pod-%02d", i), served, min(share, 0.1), kinds)
		sum.Total += pod.Total
		for j, events := range pod.Events {
			sum.Events[j] += events
		}
		*pods = append(*pods, pod)
	}
	if r.nameless {
		b.CanaryPods, b.BaselinePods = nil, nil
	}
	return b
}

// TestExceedanceFalseAlarms: canaries that are like the baseline are found guilty in at
// most the part of the releases that the budget allows, looking all the time, whatever
// moves them.
func TestExceedanceFalseAlarms(t *testing.T) {
	const count, windows, alpha = 120, 60, 0.05
	fleet := releases{canaries: 2, baselines: 10, served: 60, traffic: 1, bad: 0.02, history: 10}
	for i, c := range []struct {
		what  string
		with  func(r *releases)
		kinds int
	}{
		{"independent requests", func(*releases) {}, 1},
		{"independent requests, slow", func(*releases) {}, 3},
		{"a changing split", func(r *releases) { r.changing = true }, 1},
		{"a changing split, slow", func(r *releases) { r.changing = true }, 3},
		{"shared shocks", func(r *releases) { r.shock = 0.8 }, 1},
		{"shared shocks, slow", func(r *releases) { r.shock = 0.8 }, 3},
		{"clumps of three", func(r *releases) { r.clump = 3 }, 1},
		{"clumps of three at changing splits", func(r *releases) { r.clump, r.changing = 3, true }, 1},
		{"pods that differ for a window", func(r *releases) { r.podShock = 0.4 }, 1},
		// Lasting differences show in the long run only: it takes the baseline's past.
		{"pods that differ for good", func(r *releases) { r.lasting, r.history = 0.15, 80 }, 1},
		{"pods that differ for good, slow", func(r *releases) { r.lasting, r.history = 0.15, 80 }, 3},
		{"a canary with more traffic on each pod", func(r *releases) { r.traffic = 1.4 }, 1},
		{"a canary with less traffic on each pod", func(r *releases) { r.traffic = 0.7 }, 1},
		{"clumps of pods that cannot be told apart", func(r *releases) { r.clump, r.nameless = 3, true }, 1},
		{"shared shocks of pods that cannot be told apart", func(r *releases) { r.shock, r.nameless = 0.8, true }, 3},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := fleet
			r.rand = rand.New(rand.NewPCG(17, uint64(i)))
			c.with(&r)
			// No tolerance beyond a hair: the canary is at the limit.
			test := newTest(t, 1, c.kinds > 1)
			alarms := 0
			for range count {
				if _, at := r.highest(test, c.kinds, windows, math.Log(1/alpha)); at >= 0 {
					alarms++
				}
			}
			t.Logf("%d false alarms in %d releases", alarms, count)
			if alarms > int(alpha*count) {
				t.Errorf("%d false alarms in %d releases, %v allowed", alarms, count, alpha*count)
			}
		})
	}
}

// TestExceedanceFinds: the same test finds canaries that are worse.
func TestExceedanceFinds(t *testing.T) {
	const count, windows, alpha = 30, 40, 0.01
	fleet := releases{canaries: 2, baselines: 10, served: 60, traffic: 1, bad: 0.02, history: 10}
	for i, c := range []struct {
		what  string
		with  func(r *releases)
		kinds int
		most  float64
	}{
		{"four times the errors", func(*releases) {}, 1, 5},
		{"four times the slow requests", func(*releases) {}, 3, 5},
		{"four times the errors in clumps of three", func(r *releases) { r.clump = 3 }, 1, 15},
		{"four times the errors, with shared shocks", func(r *releases) { r.shock = 0.8 }, 1, 7},
		{"pods that cannot be told apart", func(r *releases) { r.nameless = true }, 1, 6},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := fleet
			r.rand = rand.New(rand.NewPCG(19, uint64(i)))
			r.worse = func(int) float64 { return 4 }
			c.with(&r)
			test := newTest(t, 1.03, c.kinds > 1)
			found, sum := 0, 0.0
			for range count {
				if _, at := r.highest(test, c.kinds, windows, math.Log(1/alpha)); at >= 0 {
					found++
					sum += float64(at + 1)
				}
			}
			t.Logf("%d of %d found, after %.1f windows", found, count, sum/float64(found))
			if found < count-1 || sum/float64(found) > c.most {
				t.Errorf("%d of %d found, after %.1f windows", found, count, sum/float64(found))
			}
		})
	}
}

// TestRestartsFindLateRegressions: a canary that is a little better first, and bad from
// the third step on, is found sooner if the steps are told.
func TestRestartsFindLateRegressions(t *testing.T) {
	const count, windows = 30, 80
	delays := map[bool]float64{}
	for _, told := range []bool{false, true} {
		r := releases{rand: rand.New(rand.NewPCG(23, 1)), canaries: 2, baselines: 4, served: 200, traffic: 1, bad: 0.02, history: 10}
		r.worse = func(window int) float64 {
			if window < windows/2 {
				return 0.7
			}
			return 2
		}
		test := newTest(t, 1.03, false)
		for range count {
			delays[told] += float64(r.delay(test, windows, told)) / count
		}
	}
	t.Logf("found after %.1f windows if the steps are told, after %.1f if not", delays[true], delays[false])
	if !(delays[true] < delays[false]-1) || delays[true] > 15 {
		t.Errorf("found after %.1f windows if the steps are told, after %.1f if not", delays[true], delays[false])
	}
}

// delay is after how many windows from the middle on a release fails.
func (r releases) delay(test *Exceedance, windows int, told bool) int {
	var s ExceedanceState
	factors := []float64{1, 1, 1, 1, 1, 1}
	for window := range windows {
		if told && window > 0 && window%(windows/4) == 0 {
			s.Restart()
		}
		test.Observe(&s, r.window(window, windows, factors, 1))
		if window >= windows/2 && s.LogE() >= math.Log(100) {
			return window - windows/2 + 1
		}
	}
	return windows / 2
}
