package sequential

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The tests of this file look at simulated series all the time: what holds with
// probability 1-alpha may fail in at most a share alpha of them.

const (
	seriesCount = 400
	seriesAlpha = 0.05
)

// failing is how many of some series fail at any look.
func failing(seed uint64, series func(r *rand.Rand) (failed bool)) int {
	r := rand.New(rand.NewPCG(3, seed))
	failures := 0
	for range seriesCount {
		if series(r) {
			failures++
		}
	}
	return failures
}

func TestCoverage(t *testing.T) {
	const allowed = int(seriesCount * seriesAlpha)
	band, fixed := NewBand(seriesAlpha, 20), FixedQuantile{P: 0.9, Optimum: 200}
	for i, c := range []struct {
		what   string
		series func(r *rand.Rand) bool
	}{
		{"an objective that is kept, with a share that moves", func(r *rand.Rand) bool { return objectiveFails(r, 0.02) }},
		{"the bounds of a share", shareMissed},
		{"the bounds of a mean", meanMissed},
		{"a band around a distribution", func(r *rand.Rand) bool {
			return quantileMissed(r, func(b Buckets, p float64) Interval { return band.Quantile(b, p) }, []float64{0.1, 0.5, 0.9, 0.99})
		}},
		{"the bounds of one quantile", func(r *rand.Rand) bool {
			return quantileMissed(r, func(b Buckets, _ float64) Interval { return fixed.Bounds(b, seriesAlpha) }, []float64{0.9})
		}},
		{"two arms with one quantile", func(r *rand.Rand) bool { return quantilesDiffer(r, fixed) }},
	} {
		failures := failing(uint64(i), c.series)
		t.Logf("%s: %d of %d series", c.what, failures, seriesCount)
		if failures > allowed {
			t.Errorf("%s: %d of %d series failed, at most %d may", c.what, failures, seriesCount, allowed)
		}
	}
	// The same tests must be able to fail.
	if found := failing(9, func(r *rand.Rand) bool { return objectiveFails(r, 0.08) }); found < seriesCount*9/10 {
		t.Errorf("an objective that is broken was found in %d of %d series", found, seriesCount)
	}
}

// objectiveFails looks at windows of an arm whose share of bad requests goes up to
// worst; the objective is 0.02.
func objectiveFails(r *rand.Rand, worst float64) bool {
	test := Objective{AtMost: 0.02}
	var s Tally
	for window := range 40 {
		share := worst
		if window%3 == 1 {
			share /= 2
		}
		bad := 0.0
		for range 50 {
			if r.Float64() < share {
				bad++
			}
		}
		if s = s.Add(bad, 50); test.LogE(s) >= math.Log(1/seriesAlpha) {
			return true
		}
	}
	return false
}

func shareMissed(r *rand.Rand) bool {
	var s Tally
	for look := range 30 {
		for range 5 + 10*look {
			hit := 0.0
			if r.Float64() < 0.03 {
				hit = 1
			}
			s = s.Add(hit, 1)
		}
		if c := s.Confidence(seriesAlpha, 500); c.Lower > 0.03 || c.Upper < 0.03 {
			return true
		}
	}
	return false
}

// meanMissed: values that are 0, 1 or in between, with the mean 0.3.
func meanMissed(r *rand.Rand) bool {
	mean, bets := BoundedMean{Alpha: seriesAlpha / 2}, MeanBets{Alpha: seriesAlpha / 2}
	var s BoundedMeanState
	var b MeanBetsState
	for range 120 {
		x := 0.6 * r.Float64()
		if r.Float64() < 0.5 {
			x = 0
			if r.Float64() < 0.3 {
				x = 1
			}
		}
		s, b = mean.Observe(s, x), bets.Observe(b, x)
		for _, c := range []Interval{mean.Confidence(s), bets.Confidence(b)} {
			if c.Lower > 0.3 || c.Upper < 0.3 {
				return true
			}
		}
	}
	return false
}

// histogramEdges are those of exponential values with the mean 1.
func histogramEdges() []float64 {
	return []float64{0.1, 0.25, 0.5, 0.7, 1, 2, 2.2, 2.4, 3, 4, 4.5, 5, 6}
}

// fill adds exponential values to a histogram.
func fill(r *rand.Rand, b Buckets, values int) {
	for range values {
		x, bucket := r.ExpFloat64(), 0
		for bucket < len(b.Edges) && x > b.Edges[bucket] {
			bucket++
		}
		b.Counts[bucket]++
	}
}

func quantileMissed(r *rand.Rand, bounds func(Buckets, float64) Interval, quantiles []float64) bool {
	b := Buckets{Edges: histogramEdges(), Counts: make([]float64, len(histogramEdges())+1)}
	for look := range 30 {
		fill(r, b, 10+5*look)
		for _, p := range quantiles {
			if truth, c := -math.Log(1-p), bounds(b, p); truth <= c.Lower && c.Lower > 0 || truth > c.Upper {
				return true
			}
		}
	}
	return false
}

func quantilesDiffer(r *rand.Rand, q FixedQuantile) bool {
	a := Buckets{Edges: histogramEdges(), Counts: make([]float64, len(histogramEdges())+1)}
	b := Buckets{Edges: histogramEdges(), Counts: make([]float64, len(histogramEdges())+1)}
	for look := range 12 {
		fill(r, a, 10+10*look)
		fill(r, b, 50)
		if q.PValue(a, b) <= seriesAlpha {
			return true
		}
	}
	return false
}

// TestBandsFind: an arm that is half as fast is found by its band, and one quantile
// of it sooner; the bounds of a quantile close in on it.
func TestBandsFind(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	b := Buckets{Edges: histogramEdges(), Counts: make([]float64, len(histogramEdges())+1)}
	fill(r, b, 5000)
	slow := Buckets{Edges: b.Edges, Counts: make([]float64, len(b.Counts))}
	for i := range slow.Edges { // Twice as slow, by halving the edges.
		slow.Counts[i] = 5000 * (math.Exp(-before(slow.Edges, i)/2) - math.Exp(-slow.Edges[i]/2))
	}
	slow.Counts[len(slow.Edges)] = 5000 * math.Exp(-3)
	band, fixed := NewBand(0.005, 100), FixedQuantile{P: 0.5, Optimum: 1000}
	if edge, found := band.Slower(slow, b); !found || edge < 0.5 || edge > 2.2 {
		t.Errorf("slower at %v: %t", edge, found)
	}
	if _, found := band.Slower(b, slow); found {
		t.Error("the faster arm is slower")
	}
	if p := fixed.PValue(slow, b); !(p < 1e-6) {
		t.Errorf("p-value %v of twice the median", p)
	}
	if p := fixed.PValue(b, b); p != 1 {
		t.Errorf("p-value %v of an arm against itself", p)
	}
	if got := band.Quantile(b, 0.9); got != (Interval{2.4, 1, 3}) {
		t.Errorf("the 0.9-quantile, %v, is %+v", math.Log(10), got)
	}
	if got := (FixedQuantile{P: 0.9, Optimum: 1000}).Bounds(b, 0.01); got != (Interval{2.4, 2, 2.4}) {
		t.Errorf("the 0.9-quantile, %v, alone is %+v", math.Log(10), got)
	}
}

func before(edges []float64, i int) float64 {
	if i == 0 {
		return 0
	}
	return edges[i-1]
}

// TestDetector: an objective that is broken late is found soon, an intact one is alarmed
// about as seldom as promised, and what is over is forgotten.
func TestDetector(t *testing.T) {
	const limit = 20.0 // At most one false alarm in twenty windows, on average.
	r := rand.New(rand.NewPCG(8, 8))
	objective, ratios := Objective{AtMost: 0.02}, []float64{1.5, 3, 10}
	window := func(share float64) []float64 {
		bad := 0.0
		for range 200 {
			if r.Float64() < share {
				bad++
			}
		}
		return objective.Factors(nil, bad, 200, ratios)
	}
	for _, detector := range []Detector{{}, {Cusum: true}} {
		run := 0.0
		const runs = 200
		for range runs {
			var s DetectorState
			for s.Level() < math.Log(limit) && run < 1e5 {
				s = detector.Observe(s, window(0.02))
				run++
			}
		}
		t.Logf("cusum %t: a false alarm every %.0f windows", detector.Cusum, run/runs)
		if run/runs < limit {
			t.Errorf("cusum %t: a false alarm every %.0f windows, at least %v are promised", detector.Cusum, run/runs, limit)
		}
	}
	detector := Detector{Limit: math.Log(100)}
	var s DetectorState
	for range 300 {
		s = detector.Observe(s, window(0.01))
	}
	if s.Level() > 0 {
		t.Errorf("after a quiet time the level is %v", s.Level())
	}
	if s = detector.Observe(detector.Observe(s, window(0.2)), window(0.2)); s.Level() < math.Log(limit) {
		t.Errorf("two windows into an outage the level is %v", s.Level())
	}
	if s.Level() > math.Log(100) {
		t.Errorf("the level %v is above its limit", s.Level())
	}
	for range 10 {
		s = detector.Observe(s, window(0.01))
	}
	if s.Level() > math.Log(limit) {
		t.Errorf("ten windows after the outage the level is %v", s.Level())
	}
}

// TestGrowths: the growth is the mean of the evidence of a request.
func TestGrowths(t *testing.T) {
	for _, share := range []float64{0, 0.01, 0.02} {
		if got := (Objective{AtMost: 0.02}).Growth(share); got != 0 {
			t.Errorf("an objective that is kept, at %v, grows by %v", share, got)
		}
	}
	o := Objective{AtMost: 0.02}
	if got, want := o.Growth(0.1), o.LogE(Tally{1e7, 1e8})/1e8; !near(got, want, 1e-4, 0) {
		t.Errorf("growth %v, by the evidence of many requests %v", got, want)
	}
	test := NonInferiority{Max: 1.5}
	if got := test.Growth(0.015, 0.01, 0.1); got > 1e-12 {
		t.Errorf("growth %v at the margin", got)
	}
	for _, c := range [][3]float64{{0, 0, 0.1}, {0.1, 0.1, 0}, {0.1, 0.1, 1}, {math.NaN(), 0.1, 0.5}} {
		if got := test.Growth(c[0], c[1], c[2]); got != 0 {
			t.Errorf("growth of %v is %v, want 0", c, got)
		}
	}
	// The promotion limit of the reference: 1 % bad, a margin of 1.5, β = 5 %, a share of 5 %: 3 390.
	if got := math.Log(20) / test.Growth(0.01, 0.01, 0.05); !near(got, 3390, 0.05, 0) {
		t.Errorf("a proof takes %v canary requests, want about 3390", got)
	}
}

// TestNonInferiorityFalseProofs: a canary that is Max times as bad is proven harmless
// in at most a share of the releases, with a changing split and shared incidents.
func TestNonInferiorityFalseProofs(t *testing.T) {
	test := NonInferiority{Max: 1.5}
	proofs := 0
	w := world{rand: rand.New(rand.NewPCG(17, 5)), ratio: 1.5}
	for range seriesCount {
		var s NonInferiorityState
		for look := range 40 {
			s = test.Observe(s, w.block([]float64{0.05, 0.1, 0.25, 0.5}[look/10]))
			if s.LogE() >= math.Log(1/seriesAlpha) {
				proofs++
				break
			}
		}
	}
	t.Logf("%d false proofs in %d releases", proofs, seriesCount)
	if proofs > seriesCount*seriesAlpha {
		t.Errorf("%d false proofs in %d releases", proofs, seriesCount)
	}
	var s NonInferiorityState
	for range 100 {
		s = test.Observe(s, Block{4, 1000, 80, 8000})
	}
	if s.LogE() < math.Log(20) {
		t.Errorf("a canary with half as many bad requests has evidence %v for it", s.LogE())
	}
}
