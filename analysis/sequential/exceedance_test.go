package sequential

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// one is a block with one kind of event and no pods.
func one(n1, x1, n2, x2 float64) EventBlock {
	return EventBlock{
		Canary:   PodEvents{Total: n1, Events: []float64{x1}},
		Baseline: PodEvents{Total: n2, Events: []float64{x2}},
	}
}

func newTest(t interface{ Fatal(...any) }, null float64, latency bool) *Exceedance {
	build := NewErrors
	if latency {
		build = NewLatency
	}
	test, err := build(null)
	if err != nil {
		t.Fatal(err)
	}
	return test
}

// copied is a state that can be changed without changing this one.
func copied(s ExceedanceState) ExceedanceState {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	var c ExceedanceState
	if err := json.Unmarshal(text, &c); err != nil {
		panic(err)
	}
	return c
}

// TestExceedanceExpectation sums the evidence over all that two small blocks can hold: a
// canary at the limit of what is accepted gives 1 at most, before and after the
// baseline is known, whatever the baseline's share and the split are.
func TestExceedanceExpectation(t *testing.T) {
	for _, null := range []float64{1, 1.1, 1.5} {
		for _, latency := range []bool{false, true} {
			test := newTest(t, null, latency)
			for _, share := range []float64{0.01, 0.2, 0.7} {
				canary := Tilt(share, null)
				var fresh, knowing ExceedanceState
				test.Learn(&knowing, PodEvents{Total: 400, Events: []float64{100}}, nil)
				for what, start := range map[string]ExceedanceState{"nothing is known": fresh, "another share is known": knowing} {
					sum := expected(3, 5, canary, share, func(x1, x2 float64) float64 {
						s := copied(start)
						test.Observe(&s, one(3, x1, 5, x2))
						s.Restart()
						// The second block, given the first: no temperature, so that it is exact.
						s.Spread, s.Kinds[0].Dispersion, s.Kinds[0].Paired = spread{}, Dispersion{}, nil
						return math.Log(expected(4, 2, canary, share, func(y1, y2 float64) float64 {
							s := copied(s)
							test.Observe(&s, one(4, y1, 2, y2))
							return s.LogE()
						}))
					})
					if sum > 1+1e-9 || sum < 0.2 {
						t.Errorf("null %v, latency %t, share %v, %s: the expectation is %v", null, latency, share, what, sum)
					}
				}
			}
		}
	}
}

// TestExceedanceExpectationOfKinds: the same with three kinds, of which one is also one
// of those before: four requests of the canary and three of the baseline.
func TestExceedanceExpectationOfKinds(t *testing.T) {
	test := newTest(t, 1, true)
	law := []float64{0.4, 0.3, 0.2, 0.1}
	for _, learnt := range []float64{0, 100} {
		var start ExceedanceState
		if learnt > 0 {
			test.Learn(&start, PodEvents{Total: learnt, Events: []float64{50, 20, 5}}, nil)
		}
		sum, mass := 0.0, 0.0
		every(4, law, func(canary []float64, p float64) {
			every(3, law, func(baseline []float64, q float64) {
				s := copied(start)
				test.Observe(&s, EventBlock{Canary: slower(canary), Baseline: slower(baseline)})
				sum += p * q * math.Exp(s.LogE())
				mass += p * q
			})
		})
		if math.Abs(mass-1) > 1e-12 || sum > 1+1e-9 || sum < 0.5 {
			t.Errorf("after %v requests: the expectation is %v, of a mass of %v", learnt, sum, mass)
		}
	}
}

// every visits all ways in which n requests fall into buckets, with their probability.
func every(n int, law []float64, visit func(counts []float64, p float64)) {
	counts := make([]float64, len(law))
	var fill func(bucket, left int, p float64)
	fill = func(bucket, left int, p float64) {
		if bucket == len(law)-1 {
			counts[bucket] = float64(left)
			visit(counts, p*math.Pow(law[bucket], float64(left)))
			return
		}
		for k := 0; k <= left; k++ {
			counts[bucket] = float64(k)
			ways := math.Round(math.Exp(lnChoose(left, k)))
			fill(bucket+1, left-k, p*ways*math.Pow(law[bucket], float64(k)))
		}
	}
	fill(0, n, 1)
}

func lnChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// slower are the requests beyond each bucket's edge.
func slower(counts []float64) PodEvents {
	p := PodEvents{Events: make([]float64, len(counts)-1)}
	for i, c := range counts {
		p.Total += c
		for j := range min(i, len(p.Events)) {
			p.Events[j] += c
		}
	}
	return p
}

// TestTemperature: the temperature solves its inequality at any dispersion, and
// is hardly larger than need be; the test is not tempered at a dispersion of 1.
func TestTemperature(t *testing.T) {
	excess := func(phi, tilt, tau float64) float64 {
		extra := phi - 1
		inside := extra * math.Expm1(math.Log(tilt)/tau)
		if inside >= 1 {
			return math.Inf(1)
		}
		return -math.Log1p(-inside)/extra - (tilt-1)/tau
	}
	rapid.Check(t, func(t *rapid.T) {
		test := newTest(t, 1, rapid.Bool().Draw(t, "latency"))
		phi := rapid.OneOf(rapid.Float64Range(1, 1.1), rapid.Float64Range(1, 140), rapid.Float64Range(100, 1e6)).Draw(t, "dispersion")
		row, scale := test.temper.at(phi)
		for i, tilt := range test.tilts {
			tau := scale * row[i]
			if got := excess(phi, tilt, tau); phi-1 > 1e-6 && got > 1e-9 {
				t.Fatalf("dispersion %v, tilt %v: at the temperature %v the expected increment is %v", phi, tilt, tau, got)
			}
			if got := excess(phi, tilt, 0.93*tau); phi > 1.5 && phi < 140 && got <= 0 {
				t.Fatalf("dispersion %v, tilt %v: the temperature %v is larger than need be", phi, tilt, tau)
			}
		}
	})
	test := newTest(t, 1, false)
	for i := range test.tilts {
		if row, scale := test.temper.at(1); row[i] != 1 || scale != 1 {
			t.Fatalf("tilt %v: temperature %v without any dispersion", test.tilts[i], row[i])
		}
	}
}

// dumbDispersion is Dispersion of windows of pods that are all there all the time,
// without any state: by the formula.
func dumbDispersion(windows [][]PodEvents, kind, scale int) (excess, variance, square, count float64) {
	length := dispersionScales[scale]
	for from := 0; from+length <= len(windows); from += length {
		pods := make([]tallied, len(windows[from]))
		var all tallied
		for _, window := range windows[from : from+length] {
			for p, pod := range window {
				pods[p].n, pods[p].x = pods[p].n+pod.Total, pods[p].x+pod.Events[kind]
				all.n, all.x = all.n+pod.Total, all.x+pod.Events[kind]
			}
		}
		serving := 0.0
		for _, pod := range pods {
			if pod.n > 0 {
				serving++
			}
		}
		if serving < 2 {
			continue
		}
		for _, pod := range pods {
			if q := all.x / all.n; pod.n > 0 {
				mean := pod.n * q
				excess += (pod.x-mean)*(pod.x-mean)*serving/(serving-1) - mean*(1-q)
				variance, square, count = variance+mean*(1-q), square+mean*mean, count+1
			}
		}
	}
	return excess, variance, square, count
}

// tallied are x events among n requests.
type tallied struct{ x, n float64 }

func TestDispersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pods, kinds := rapid.IntRange(2, 5).Draw(t, "pods"), rapid.IntRange(1, 3).Draw(t, "kinds")
		var s ExceedanceState
		test := newTest(t, 1, true)
		var windows [][]PodEvents
		for range rapid.IntRange(1, 90).Draw(t, "windows") {
			var window []PodEvents
			sum := PodEvents{Events: make([]float64, kinds)}
			for p := range pods {
				pod := PodEvents{Pod: fmt.Sprint(p), Total: float64(rapid.IntRange(1, 30).Draw(t, "total")), Events: make([]float64, kinds)}
				left := int(pod.Total)
				for j := range kinds {
					left = rapid.IntRange(0, left).Draw(t, "events")
					pod.Events[j] = float64(left)
					sum.Events[j] += pod.Events[j]
				}
				sum.Total += pod.Total
				window = append(window, pod)
			}
			windows = append(windows, window)
			test.Learn(&s, sum, window)
		}
		for j := range kinds {
			d := s.Kinds[j].Dispersion
			for scale := range dispersionScales {
				excess, variance, square, count := dumbDispersion(windows, j, scale)
				for _, pair := range [][2]float64{{d.Excess[scale], excess}, {d.Variance[scale], variance}, {d.Square[scale], square}, {d.Count[scale], count}} {
					if math.Abs(pair[0]-pair[1]) > 1e-6*max(1, math.Abs(pair[1])) {
						t.Fatalf("kind %d, scale %d: %+v, by the formula %v %v %v %v", j, scale, d, excess, variance, square, count)
					}
				}
			}
			if phi := d.At(rapid.Float64Range(0, 1e6).Draw(t, "mean")); !(phi >= 1) || math.IsInf(phi, 0) {
				t.Fatalf("φ is %v of %+v", phi, d)
			}
		}
	})
}

// TestKindWeights: the stakes on kinds are a distribution; an edge that tells what
// another one does takes hardly anything from the others.
func TestKindWeights(t *testing.T) {
	state := func(events ...float64) *ExceedanceState {
		s := &ExceedanceState{Past: 10000}
		for _, e := range events {
			s.Kinds = append(s.Kinds, KindState{Past: e})
		}
		return s
	}
	weights := func(s *ExceedanceState) (weights []float64) {
		sum := 0.0
		for j := range s.Kinds {
			weights = append(weights, s.kindWeight(j))
			sum += weights[j]
		}
		for j := range weights {
			weights[j] /= sum
		}
		return weights
	}
	few := weights(state(9000, 5000, 1000, 100, 2))
	many := weights(state(10000, 10000, 10000, 9000, 9000, 5000, 5000, 5000, 1000, 100, 2, 2, 0))
	share := func(weights []float64, indices ...int) (sum float64) {
		for _, j := range indices {
			sum += weights[j]
		}
		return sum
	}
	for _, c := range []struct {
		what      string
		one, more float64
	}{
		{"the edge that half exceed", few[1], share(many, 5, 6, 7)},
		{"the edge that one in ten exceeds", few[2], many[8]},
		{"the edge that one in a hundred exceeds", few[3], many[9]},
		{"the tail", few[4], share(many, 10, 11, 12)},
	} {
		if math.Abs(c.one-c.more) > 0.02*c.one+0.005 {
			t.Errorf("%s: %.3f of the stake alone, %.3f beside redundant edges", c.what, c.one, c.more)
		}
	}
	if useless := share(many, 0, 1); useless > 0.005 {
		t.Errorf("edges that everything exceeds take %v of the stake", useless)
	}
}

// TestStakes: what is bet and what is not bet yet is 1 in total, whatever the edges are.
func TestStakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		past := 1e4
		s := &ExceedanceState{Past: past, Reserve: 1}
		for range rapid.IntRange(1, 12).Draw(t, "kinds") {
			past = math.Floor(past * rapid.Float64Range(0, 1).Draw(t, "part"))
			s.Kinds = append(s.Kinds, KindState{Past: past})
		}
		test := newTest(t, 1, true)
		for j := range s.Kinds {
			if w := s.kindWeight(j); !(w > 0) || math.IsInf(w, 0) {
				t.Fatalf("kind %d has a weight of %v", j, w)
			}
		}
		test.stake(s, true)
		if logE := s.LogE(); math.Abs(logE) > 1e-9 {
			t.Fatalf("after the first stake LogE is %v", logE)
		}
		s.Restart()
		test.stake(s, false)
		if logE := s.LogE(); math.Abs(logE) > 1e-9 {
			t.Fatalf("after the second stake LogE is %v", logE)
		}
	})
}

// TestSoftRankExpectation: over all ways in which the canary's pods may be chosen from
// exchangeable pods, the mean of e is 1, whatever the counts are.
func TestSoftRankExpectation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(8, 9).Draw(t, "pods")
		canaries := rapid.IntRange(1, 3).Draw(t, "canary pods")
		counts := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 1000)), n, n).Draw(t, "events")
		past := podVariance{Squares: rapid.Float64Range(0, 100).Draw(t, "squares"), Freedom: 10}
		var sum [len(rankTilts)]float64
		ways := 0.0
		for chosen := range 1 << n {
			var b EventBlock
			for p, x := range counts {
				pod := PodEvents{Total: 1000, Events: []float64{float64(x)}}
				if chosen>>p&1 == 1 {
					b.CanaryPods = append(b.CanaryPods, pod)
				} else {
					b.BaselinePods = append(b.BaselinePods, pod)
				}
			}
			if len(b.CanaryPods) != canaries {
				continue
			}
			b.Canary.Total, b.Baseline.Total = float64(1000*canaries), float64(1000*(n-canaries))
			k := KindState{Rank: make([]float64, len(rankTilts)), Pods: past}
			k.betOnRanks(1, 0, b)
			for i, log := range k.Rank {
				sum[i] += math.Exp(log)
			}
			ways++
		}
		for i := range sum {
			if mean := sum[i] / ways; math.Abs(mean-1) > 1e-9 {
				t.Fatalf("λ = %v: the mean of e is %v", rankTilts[i], mean)
			}
		}
	})
}

// TestExceedanceKeep: kinds that can be observed no more take no evidence with them.
func TestExceedanceKeep(t *testing.T) {
	test := newTest(t, 1, true)
	var s ExceedanceState
	for range 5 {
		test.Observe(&s, EventBlock{Canary: slower([]float64{50, 30, 15, 5}), Baseline: slower([]float64{900, 80, 15, 5})})
	}
	before := s.LogE()
	test.Keep(&s, []int{0, 2})
	if len(s.Kinds) != 2 || math.Abs(s.LogE()-before) > 1e-9 {
		t.Errorf("%d kinds with LogE %v, before %v", len(s.Kinds), s.LogE(), before)
	}
	if err := s.Validate(LatencyTilts); err != nil {
		t.Error(err)
	}
	test.Observe(&s, EventBlock{
		Canary:   PodEvents{Total: 100, Events: []float64{50, 5}},
		Baseline: PodEvents{Total: 1000, Events: []float64{100, 5}},
	})
	if !(s.LogE() > before) {
		t.Errorf("LogE %v after another bad window, before %v", s.LogE(), before)
	}
}

// drawBlocks draws windows of some pods, which come and go.
func drawBlocks(t *rapid.T, kinds int) []EventBlock {
	var blocks []EventBlock
	arm := func(name string, most int) (sum PodEvents, pods []PodEvents) {
		sum.Events = make([]float64, kinds)
		for p := range rapid.IntRange(0, most).Draw(t, name) {
			pod := PodEvents{Pod: fmt.Sprint(name, p), Events: make([]float64, kinds)}
			left := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 60), rapid.Just(100000000)).Draw(t, "total")
			pod.Total = float64(left)
			for j := range kinds {
				left = rapid.IntRange(0, left).Draw(t, "events")
				pod.Events[j] = float64(left)
				sum.Events[j] += pod.Events[j]
			}
			sum.Total += pod.Total
			pods = append(pods, pod)
		}
		return sum, pods
	}
	for range rapid.IntRange(1, 50).Draw(t, "windows") {
		var b EventBlock
		b.Canary, b.CanaryPods = arm("canary", 3)
		b.Baseline, b.BaselinePods = arm("baseline", 9)
		blocks = append(blocks, b)
	}
	return blocks
}

// TestExceedanceResumed: a test that goes on from the text of its state after any
// window, or hears of the pods in another order, comes to the same.
func TestExceedanceResumed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds, latency := rapid.IntRange(1, 3).Draw(t, "kinds"), rapid.Bool().Draw(t, "latency")
		test, tilts := newTest(t, 1.03, latency), ErrorTilts
		if latency {
			tilts = LatencyTilts
		}
		var whole, cut, shuffled ExceedanceState
		for i, b := range drawBlocks(t, kinds) {
			cut = copied(cut)
			if rapid.IntRange(0, 5).Draw(t, "weight") == 0 {
				whole.Restart()
				cut.Restart()
				shuffled.Restart()
			}
			other := b
			other.CanaryPods = rapid.Permutation(b.CanaryPods).Draw(t, "order")
			other.BaselinePods = rapid.Permutation(b.BaselinePods).Draw(t, "order")
			test.Observe(&whole, b)
			test.Observe(&cut, b)
			test.Observe(&shuffled, other)
			a, c := fmt.Sprintf("%b", whole.LogE()), fmt.Sprintf("%b", cut.LogE())
			if err := whole.Validate(tilts); err != nil || a != c {
				t.Fatalf("window %d: LogE %s, resumed %s; %v", i, a, c, err)
			}
			number(t, "LogE", whole.LogE())
			number(t, "φ", whole.Tempered(0, b))
			if x, y := whole.LogE(), shuffled.LogE(); math.Abs(x-y) > 1e-9*max(1, math.Abs(x)) {
				t.Fatalf("window %d: LogE %v, of pods in another order %v", i, x, y)
			}
		}
	})
}
