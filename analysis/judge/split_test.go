package judge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// fleet are the clients of a service: connections that each choose a version when they
// are opened, and carry requests to it until they are closed.
type fleet struct {
	rand *rand.Rand
	// share is what the router sends to the canary, in truth.
	share float64
	// open are the versions of the open connections: whether it is the canary.
	open []bool
	// carries is how many requests each carries in 15 seconds, and renewed the share of
	// connections that are opened anew in that time.
	carries, renewed float64
}

func newFleet(seed uint64, connections int, carries, renewed, share float64) *fleet {
	f := &fleet{rand: rand.New(rand.NewPCG(seed, 99)), share: share, open: make([]bool, connections), carries: carries, renewed: renewed}
	for i := range f.open {
		f.open[i] = f.rand.Float64() < share
	}
	return f
}

// serve is what both versions serve in 15 seconds.
func (f *fleet) serve() (canary, baseline Counts) {
	for i := range f.open {
		if f.rand.Float64() < f.renewed {
			f.open[i] = f.rand.Float64() < f.share
		}
		if requests := math.Round(f.carries * f.rand.ExpFloat64()); f.open[i] {
			canary.Total += requests
		} else {
			baseline.Total += requests
		}
	}
	return canary, baseline
}

// watch checks a split for so many windows of 15 seconds, with the memory going through
// its text, and returns in which window it was called broken first, or -1, and the last verdict.
func watch(t *testing.T, f *fleet, windows int, weight func(window int) float64) (broken int, v Verdict) {
	t.Helper()
	p, memory, broken, since := NewSplit(), "", -1, 0
	for k := range windows {
		if k > 0 && weight(k) != weight(k-1) {
			since = k
		}
		s, err := ParseSplitState(memory)
		if err != nil {
			t.Fatal(err)
		}
		w := Window{From: at(float64(15 * k)), To: at(float64(15*k + 15))}
		w.Canary, w.Baseline = f.serve()
		s, v = p.Observe(s, w, weight(k), at(float64(15*since)))
		memory = s.String()
		if v.Decision == Fail {
			t.Fatalf("a split is called a regression: %+v", v)
		}
		if broken < 0 && v.Reason == RoutingBroken {
			broken = k
		}
	}
	if len(memory) >= 1024 {
		t.Errorf("the state takes %d bytes", len(memory))
	}
	return broken, v
}

func always(weight float64) func(int) float64 { return func(int) float64 { return weight } }

// TestSplitTolerates: traffic that is routed as the weight says is not called broken:
// not single requests, nor connections that are kept alive.
func TestSplitTolerates(t *testing.T) {
	for _, c := range []struct {
		what             string
		connections      int
		carries, renewed float64
		weight, share    float64
		most             int
	}{
		{"single requests", 1000, 1, 1, 0.05, 0.05, 0},
		{"ten requests for each connection", 300, 10, 1, 0.05, 0.05, 0},
		{"connections of forty requests", 300, 40, 1, 0.05, 0.05, 0},
		{"connections that live for five minutes", 600, 10, 0.05, 0.05, 0.05, 0},
		{"half of long connections", 200, 50, 0.05, 0.5, 0.5, 0},
		{"a split off by a percent point", 1000, 2, 1, 0.05, 0.06, 0},
		{"a split off by five percent points of fifty", 1000, 2, 1, 0.5, 0.55, 0},
	} {
		broken := 0
		for seed := range uint64(40) {
			if at, _ := watch(t, newFleet(seed, c.connections, c.carries, c.renewed, c.share), 40, always(c.weight)); at >= 0 {
				broken++
			}
		}
		t.Logf("%s: called broken in %d of 40 releases", c.what, broken)
		if broken > c.most {
			t.Errorf("%s: called broken in %d of 40 releases", c.what, broken)
		}
	}
}

// TestSplitFinds: what a router does wrong is found.
func TestSplitFinds(t *testing.T) {
	for _, c := range []struct {
		what          string
		weight, share float64
		within        int
		says          string
	}{
		{"the weight is not applied", 0.05, 0.5, 4, "is set"},
		{"the split follows the replicas", 0.05, 0.2, 4, "5.00 % is set"},
		{"two and a half times as much", 0.05, 0.125, 8, "routing: "},
		{"nothing reaches the canary", 0.05, 0, 8, "0 % of"},
		{"half of what is set", 0.5, 0.25, 4, "50 % is set"},
	} {
		for seed := range uint64(10) {
			at, v := watch(t, newFleet(seed, 400, 10, 1, c.share), 30, always(c.weight))
			if at < 0 || at > c.within {
				t.Errorf("%s: found in window %d, want at most %d: %s", c.what, at, c.within, v.Message)
			}
			if v.Decision != Inconclusive || v.Reason != RoutingBroken || !strings.Contains(v.Message, c.says) {
				t.Errorf("%s: %+v", c.what, v)
			}
		}
	}
}

// TestSplitChanges: a weight that changes is followed; what was broken and is repaired
// is forgiven; and small deviations do not add up.
func TestSplitChanges(t *testing.T) {
	steps := func(window int) float64 { return []float64{0.05, 0.1, 0.25, 0.5}[min(window/10, 3)] }
	for seed := range uint64(10) {
		f := newFleet(seed, 500, 10, 0.5, 0.05)
		p, memory := NewSplit(), ""
		for k := range 60 {
			s, err := ParseSplitState(memory)
			if err != nil {
				t.Fatal(err)
			}
			w := Window{From: at(float64(15 * k)), To: at(float64(15*k + 15))}
			f.share = steps(k)
			if k < 8 {
				f.share = 0.5 // The first weight is not applied at first.
			}
			w.Canary, w.Baseline = f.serve()
			var v Verdict
			s, v = p.Observe(s, w, steps(k), at(float64(150*min(k/10, 3))))
			memory = s.String()
			if broken := v.Reason == RoutingBroken; broken != (k >= 4 && k < 10) {
				t.Errorf("seed %d, window %d: %s", seed, k, v.Message)
			}
		}
	}
}

func TestSplitOdd(t *testing.T) {
	first := Window{From: at(0), To: at(60), Canary: counts(0, 100), Baseline: counts(0, 1900)}
	next := Window{From: at(60), To: at(120), Canary: counts(0, 100), Baseline: counts(0, 1900)}
	for _, test := range []struct {
		reason  string
		p       Split
		weight  float64
		window  Window
		outcome string
		total   float64
	}{
		{"a window like any other", NewSplit(), 0.05, next, "Pass SplitAsSet", 4000},
		{"a window that was seen already", NewSplit(), 0.05, first, "Pass SplitAsSet", 2000},
		{"a window without traffic", NewSplit(), 0.05, Window{From: at(60), To: at(120)}, "Pass SplitAsSet", 2000},
		{"a count that is no count", NewSplit(), 0.05, Window{From: at(60), To: at(120), Canary: counts(0, math.NaN()), Baseline: counts(0, 19)}, "Pass SplitAsSet", 2019},
		{"a weight that was just set", NewSplit(), 0.1, next, "Inconclusive NoData", 0},
		{"all of the traffic", NewSplit(), 1, next, "Pass SplitAsSet", 0},
		{"a weight that is no number", NewSplit(), math.NaN(), next, "Pass SplitAsSet", 0},
		{"a tolerance below none", Split{-1, 10, 0.1}, 0.05, next, "Inconclusive InvalidJudge", 0},
		{"less than a request", Split{0.1, 0, 0.1}, 0.05, next, "Inconclusive InvalidJudge", 0},
		{"no budget", Split{0.1, 10, 0}, 0.05, next, "Inconclusive InvalidJudge", 0},
	} {
		t.Run(test.reason, func(t *testing.T) {
			s, _ := NewSplit().Observe(SplitState{}, first, 0.05, at(-20))
			since := at(-20)
			if test.weight == 0.1 {
				since = at(55)
			}
			_, v := test.p.Observe(s, test.window, test.weight, since)
			expectVerdict(t, test.reason, v, test.outcome)
			if got := v.Evidence.Canary.Total + v.Evidence.Baseline.Total; got != test.total {
				t.Errorf("%v requests were compared, want %v", got, test.total)
			}
		})
	}
}

func TestSplitLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := NewSplit()
		var whole, cut SplitState
		weight, since := 0.05, at(0)
		for k := range rapid.IntRange(1, 30).Draw(t, "looks") {
			w := drawWindow(t, float64(15*k))
			if rapid.Bool().Draw(t, "huge") {
				w.Canary.Total, w.Baseline.Total = w.Canary.Total*1e6, w.Baseline.Total*1e6
			}
			if rapid.IntRange(0, 5).Draw(t, "step") == 0 {
				weight, since = rapid.SampledFrom([]float64{1e-6, 0.05, 0.5, 0.999, 1}).Draw(t, "weight"), at(float64(15*k))
			}
			before := whole.String()
			next, a := p.Observe(whole, w, weight, since)
			if whole.String() != before {
				t.Fatal("Observe changed the old state")
			}
			whole = next
			parsed, err := ParseSplitState(cut.String())
			if err != nil {
				t.Fatal(err)
			}
			var b Verdict
			cut, b = p.Observe(parsed, w, weight, since)
			if x, y := fmt.Sprintf("%b %+v", floats(a), a), fmt.Sprintf("%b %+v", floats(b), b); x != y || whole.String() != cut.String() {
				t.Fatalf("cut and resumed it differs:\n%s\n%s", x, y)
			}
			if a.Decision == Fail || slices.ContainsFunc(floats(a), math.IsNaN) || a.Message == "" {
				t.Fatalf("verdict %+v", a)
			}
		}
	})
}

func FuzzParseSplitState(f *testing.F) {
	s, _ := NewSplit().Observe(SplitState{}, Window{From: at(0), To: at(60), Canary: counts(0, 100), Baseline: counts(0, 1900)}, 0.05, at(-20))
	f.Add(s.String())
	f.Add(SplitState{}.String())
	f.Add(`{"v":1,"weight":0.05,"blocks":3,"seen":{"canary":1}}`)
	f.Add(`{"v":1,"blocks":3,"seen":{"canary":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSplitState(text)
		if err != nil {
			return
		}
		s, v := NewSplit().Observe(s, Window{From: at(1000), To: at(1060), Canary: counts(1, 200), Baseline: counts(1, 2000)}, 0.05, s.WeightSince)
		if slices.ContainsFunc(floats(v), math.IsNaN) {
			t.Fatalf("%s gives %+v", text, v)
		}
		if _, err := ParseSplitState(s.String()); err != nil {
			t.Fatalf("%s cannot be read again: %v", s, err)
		}
	})
}

func TestParseSplitState(t *testing.T) {
	s, _ := NewSplit().Observe(SplitState{}, Window{From: at(0), To: at(60), Canary: counts(0, 100), Baseline: counts(0, 1900)}, 0.05, at(-20))
	for _, test := range []struct{ reason, text, problem string }{
		{"nothing was written yet", "", ""},
		{"the zero state", SplitState{}.String(), ""},
		{"a state", s.String(), ""},
		{"no JSON", "{", "unexpected end"},
		{"another version", `{"v":7}`, "its version is 7"},
		{"a negative count", `{"v":1,"squares":-1}`, "is no count"},
		{"blocks without a weight", `{"v":1,"blocks":1,"seen":{"canary":1}}`, "under the weight 0"},
		{"blocks without requests", `{"v":1,"blocks":1,"weight":0.5}`, "without requests"},
	} {
		_, err := ParseSplitState(test.text)
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.problem)
		}
	}
}
