package peers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/world"
)

// constant makes a rollout in which every pod has the same counts at every tick, but for
// the canary's, which a function changes.
func constant(errors, slow int32, canary func(tick int, x *int32, h *[world.Buckets]int32)) world.Rollout {
	r := world.Rollout{N: make([]int32, world.Ticks*world.Pods), X: make([]int32, world.Ticks*world.Pods), H: make([][world.Buckets]int32, world.Ticks*world.Pods)}
	for tick := range world.Ticks {
		for pod := range world.Pods {
			cell := world.Cell(pod, tick)
			r.N[cell], r.X[cell] = 1000, errors
			r.H[cell][4], r.H[cell][5] = 1000-slow, slow
			if pod < world.CanaryPods(tick) {
				canary(tick-world.HistoryTicks, &r.X[cell], &r.H[cell])
			}
		}
	}
	return r
}

func same(int, *int32, *[world.Buckets]int32) {}

// TestNobodyMindsIdenticalVersions gives every judge counts that are equal in all pods.
func TestNobodyMindsIdenticalVersions(t *testing.T) {
	for _, peer := range peers.All() {
		if tick := peer.Judge(constant(1, 20, same), world.Scenario{P0: .001}); tick != peers.Never {
			t.Errorf("%s takes back a version that is the same, at tick %d", peer.Name, tick)
		}
	}
}

// TestOutageFromTheBegin has half of the canary's requests fail and a baseline without a
// flaw. The ticks follow from each judge's schedule.
func TestOutageFromTheBegin(t *testing.T) {
	r := constant(1, 20, func(_ int, x *int32, _ *[world.Buckets]int32) { *x = 500 })
	want := map[string]int{
		"flagger": 19, "argo": 15, "argo5m": 79, // the 5th and 4th minute, and the 4th time of 5 min
		"kayenta": 39, "kayenta1.2": 39, // the end of the first step
		"pipecd": 19, "naive_z": 3,
		"eproc": 0, "prototype": 0, "oracle": 0,
	}
	for _, peer := range peers.All() {
		if got := peer.Judge(r, world.Scenario{P0: .001, P1: .5}); peer.Name != "oracle" && got != want[peer.Name] {
			t.Errorf("%s takes an outage back at tick %d, not %d", peer.Name, got, want[peer.Name])
		}
	}
}

// TestThresholdsAddFailuresUp has the canary's p99 at more than 500 ms in every other
// minute: passed checks between do not forgive.
func TestThresholdsAddFailuresUp(t *testing.T) {
	r := constant(1, 20, func(tick int, _ *int32, h *[world.Buckets]int32) {
		if tick/4%2 == 0 {
			*h = [world.Buckets]int32{4: 980, 7: 20}
		}
	})
	if got := peers.Flagger(r, world.Scenario{}); got != 8*4+3 {
		t.Errorf("flagger: tick %d, not that of the 9th minute", got)
	}
	if got := peers.Argo(r, world.Scenario{}); got != 6*4+3 {
		t.Errorf("argo: tick %d, not that of the 7th minute", got)
	}
	if got := peers.Argo5m(r, world.Scenario{}); got != peers.Never {
		t.Errorf("argo5m looks at errors alone, but takes back at %d", got)
	}
}

// TestWarmUpIsLeftOut has an outage in the first two minutes of every step only.
func TestWarmUpIsLeftOut(t *testing.T) {
	r := constant(1, 20, func(tick int, x *int32, h *[world.Buckets]int32) {
		if tick%world.StepTicks < 8 {
			*x, *h = 500, [world.Buckets]int32{9: 1000}
		}
	})
	for _, peer := range peers.All() {
		if peer.Name == "argo5m" { // Its example has no warm-up, and looks at 5 min together.
			continue
		}
		if got := peer.Judge(r, world.Scenario{P0: .001, Warm: 8}); got != peers.Never {
			t.Errorf("%s does not leave the warm-up out: tick %d", peer.Name, got)
		}
	}
}

// TestLateRegression has latency double at the third step, where the prototype has spent
// 20 min on a good version.
func TestLateRegression(t *testing.T) {
	r := constant(1, 20, func(tick int, _ *int32, h *[world.Buckets]int32) {
		if tick >= 80 {
			*h = [world.Buckets]int32{5: 1000}
		}
	})
	for name, judge := range map[string]peers.Judge{"prototype": peers.Prototype, "eproc": peers.EProcess} {
		if got := judge(r, world.Scenario{}); got != 80 {
			t.Errorf("%s: tick %d, not 80", name, got)
		}
	}
}

// TestOracleKnowsWhen checks that the oracle begins with the regression, and never sees one
// where there is none.
func TestOracleKnowsWhen(t *testing.T) {
	for _, s := range world.Families() {
		r := world.Simulate(s, rand.New(rand.NewPCG(3, 4)))
		got := peers.Oracle(r, s)
		if s.Bad() && got != peers.Never && got < s.Late+s.Warm || !s.Bad() && got != peers.Never {
			t.Errorf("%s: the oracle takes back at %d", s.Name, got)
		}
	}
}

// TestLimits compares with the numbers of the description's tables.
func TestLimits(t *testing.T) {
	want := map[string]float64{
		"B1": 12715, "B2": 1252, "B3": 375, "B4": 41, "B5": 3, "B6": 26, "B7": 3, "B8": 320, "B9": 59, "B10": 18, "B11": 7, "B12": 2,
		"B13": 154, "B14": 31, "B18": 375, "B19": 832,
	}
	for _, s := range world.Families() {
		limit, known := want[s.Name]
		if got := peers.WaldLimit(s); known && math.Round(got) != limit {
			t.Errorf("%s: the Wald limit is %.2f, not %v", s.Name, got, limit)
		}
		if !s.Bad() && !math.IsInf(peers.WaldLimit(s), 1) {
			t.Errorf("%s has a Wald limit", s.Name)
		}
	}
	for _, c := range []struct{ rate, margin, want float64 }{{.001, 2, 10600}, {.001, 1.5, 33900}, {.001, 1.25, 118000}, {.01, 2, 1060}, {.01, 1.5, 3390}} {
		if got := peers.PromotionLimit(c.rate, c.margin, .05); math.Abs(got/c.want-1) > .006 {
			t.Errorf("the promotion limit at %v, margin %v is %.0f, not %v", c.rate, c.margin, got, c.want)
		}
	}
}
