package sequential

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawBlock draws a block, with whole or broken counts of any size.
func drawBlock(t *rapid.T) Block {
	draw := func(name string) (bad, total float64) {
		total = rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1e9}), rapid.Float64Range(0, 1e9)).Draw(t, name)
		share := rapid.OneOf(rapid.SampledFrom([]float64{0, 1}), rapid.Float64Range(0, 1)).Draw(t, name+" bad")
		return share * total, total
	}
	var b Block
	b.CanaryBad, b.CanaryTotal = draw("canary")
	b.BaselineBad, b.BaselineTotal = draw("baseline")
	return b
}

// TestNeverNotANumber: whatever the counts, the numbers are numbers, in order, and
// the state is one that can be read again.
func TestNeverNotANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := RateRatio{Null: rapid.SampledFrom([]float64{1, 1.1, 2}).Draw(t, "null")}
		alpha := rapid.SampledFrom([]float64{0.5, 0.05, 1e-6}).Draw(t, "alpha")
		var s RateRatioState
		for range rapid.IntRange(0, 60).Draw(t, "blocks") {
			before := slices.Clone(s.LogL)
			next := test.Observe(s, drawBlock(t))
			if !slices.Equal(before, s.LogL) {
				t.Fatal("Observe changed the old state")
			}
			s = next
		}
		if e := s.LogE(); math.IsNaN(e) || math.IsInf(e, 0) {
			t.Fatalf("LogE is %v", e)
		}
		c := s.Confidence(alpha)
		if !(0 <= c.Lower && c.Lower <= c.Estimate*(1+1e-9) && c.Estimate <= c.Upper*(1+1e-9)) {
			t.Fatalf("confidence %+v", c)
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back RateRatioState
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Fatalf("the state that is read is another one:\n%s", diff)
		}
	})
}

// TestLikelihoodRatio holds LogE against the definition: the ratio of two binomial
// likelihoods, averaged over the grid.
func TestLikelihoodRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		test := RateRatio{Null: rapid.Float64Range(0.5, 3).Draw(t, "null")}
		var s RateRatioState
		ratios := make([]float64, gridSize)
		for j := range ratios {
			ratios[j] = 1
		}
		for range rapid.IntRange(1, 5).Draw(t, "blocks") {
			n1, n2 := rapid.IntRange(1, 500).Draw(t, "n1"), rapid.IntRange(1, 500).Draw(t, "n2")
			x1, x2 := rapid.IntRange(0, min(n1, 9)).Draw(t, "x1"), rapid.IntRange(0, min(n2, 9)).Draw(t, "x2")
			s = test.Observe(s, Block{float64(x1), float64(n1), float64(x2), float64(n2)})
			for j := range ratios {
				share := func(ratio float64) float64 { return ratio * float64(n1) / (ratio*float64(n1) + float64(n2)) }
				p, q := share(math.Pow(1.1, float64(j+1))*test.Null), share(test.Null)
				ratios[j] *= math.Pow(p/q, float64(x1)) * math.Pow((1-p)/(1-q), float64(x2))
			}
		}
		mean := 0.0
		for _, r := range ratios {
			mean += r / gridSize
		}
		if got, want := s.LogE(), math.Log(mean); !near(got, want, 1e-9, 1) {
			t.Fatalf("LogE is %v, by the definition %v", got, want)
		}
	})
}

func TestNoEvidence(t *testing.T) {
	test := RateRatio{Null: 1.1}
	some := test.Observe(RateRatioState{}, Block{3, 50, 2, 950})
	for _, b := range []Block{{}, {0, 0, 5, 1000}, {1, 10, 0, 0}, {0, 10, 0, 1000}} {
		if diff := cmp.Diff(some, test.Observe(some, b)); diff != "" {
			t.Errorf("%+v changes the state:\n%s", b, diff)
		}
	}
	if e := (RateRatioState{}).LogE(); e != 0 {
		t.Errorf("LogE of nothing is %v", e)
	}
	if got := (RateRatioState{}).Confidence(0.01); got != (Interval{0, 0, math.Inf(1)}) {
		t.Errorf("the confidence of nothing is %+v", got)
	}
}

// TestOneSided: bounds and estimate when only one arm had bad requests.
func TestOneSided(t *testing.T) {
	test := RateRatio{Null: 1}
	bad := test.Observe(RateRatioState{}, Block{20, 100, 0, 100}).Confidence(0.01)
	if !(bad.Lower > 1 && math.IsInf(bad.Estimate, 1) && math.IsInf(bad.Upper, 1)) {
		t.Errorf("only the canary is bad: %+v", bad)
	}
	good := test.Observe(RateRatioState{}, Block{0, 100, 20, 100}).Confidence(0.01)
	if !(good.Lower == 0 && good.Estimate == 0 && good.Upper < 1 && good.Upper > 0) {
		t.Errorf("only the baseline is bad: %+v", good)
	}
}

// world draws trajectories of a canary beside a baseline: the split moves through
// steps, both rates move together, requests are bad one by one.
type world struct {
	rand  *rand.Rand
	ratio float64
}

// block draws one window of 200 requests, of which the canary gets a share.
func (w world) block(share float64) Block {
	rate := []float64{0.01, 0.02, 0.2}[w.rand.IntN(3)] // Incidents hit both arms.
	b := Block{CanaryTotal: math.Round(200 * share), BaselineTotal: math.Round(200 * (1 - share))}
	for range int(b.CanaryTotal) {
		if w.rand.Float64() < rate*w.ratio {
			b.CanaryBad++
		}
	}
	for range int(b.BaselineTotal) {
		if w.rand.Float64() < rate {
			b.BaselineBad++
		}
	}
	return b
}

// highest is the highest evidence and whether the truth was ever outside the
// bounds, over one release of 40 looks.
func (w world) highest(test RateRatio, alpha float64) (logE float64, missed bool) {
	var s RateRatioState
	for look := range 40 {
		s = test.Observe(s, w.block([]float64{0.05, 0.1, 0.25, 0.5}[look/10]))
		logE = max(logE, s.LogE())
		if look%4 == 3 { // The bounds move slowly, and cost much.
			l := s.likelihood()
			missed = missed || l.at(math.Log(w.ratio)) <= l.threshold(alpha)
		}
	}
	return logE, missed
}

// TestFalseAlarms: in releases that are no worse than accepted, with a changing
// split and shared incidents, 1/α is reached in at most a share α of them, looking
// all the time; and the bounds miss the truth in at most a share α.
func TestFalseAlarms(t *testing.T) {
	const releases = 1000
	const alpha = 0.05
	for _, c := range []struct{ ratio, null float64 }{{1, 1}, {1.1, 1.1}, {0.8, 1}} {
		w := world{rand: rand.New(rand.NewPCG(7, uint64(100*c.ratio))), ratio: c.ratio}
		alarms, misses := 0, 0
		for range releases {
			logE, missed := w.highest(RateRatio{Null: c.null}, alpha)
			if logE >= math.Log(1/alpha) {
				alarms++
			}
			if missed {
				misses++
			}
		}
		t.Logf("ratio %v against %v: %d false alarms, %d misses in %d releases", c.ratio, c.null, alarms, misses, releases)
		if limit := int(alpha * releases); alarms > limit || misses > limit {
			t.Errorf("ratio %v against %v: %d false alarms, %d misses in %d releases; at most %d", c.ratio, c.null, alarms, misses, releases, limit)
		}
	}
}

// TestDetection: a canary three times as bad is found in nearly every release.
func TestDetection(t *testing.T) {
	w := world{rand: rand.New(rand.NewPCG(11, 3)), ratio: 3}
	found := 0
	for range 100 {
		if logE, _ := w.highest(RateRatio{Null: 1.1}, 0.01); logE >= math.Log(100) {
			found++
		}
	}
	if found < 95 {
		t.Errorf("found %d of 100", found)
	}
}

// TestStrataStaySmall: many different splits do not make the state grow, and the
// bounds hardly move for it.
func TestStrataStaySmall(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	test := RateRatio{Null: 1}
	var s, exact RateRatioState
	for k := range 2000 {
		n1, n2 := 50+float64(r.IntN(10+k/4)), 1000+float64(r.IntN(100))
		b := Block{float64(r.IntN(5)), n1, float64(r.IntN(20)), n2}
		s = test.Observe(s, b)
		if b.CanaryBad+b.BaselineBad > 0 {
			exact.CanaryBad += b.CanaryBad
			exact.Strata = append(exact.Strata, Stratum{n1 / n2, b.CanaryBad + b.BaselineBad})
		}
	}
	slices.SortFunc(exact.Strata, func(a, b Stratum) int { return int(math.Copysign(1, a.Odds-b.Odds)) })
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Strata) > maxStrata || len(text) > 3500 {
		t.Errorf("%d strata, %d bytes", len(s.Strata), len(text))
	}
	got, want := s.Confidence(0.01), exact.Confidence(0.01)
	if !near(got.Lower, want.Lower, 2e-3, 0) || !near(got.Upper, want.Upper, 2e-3, 0) || !near(got.Estimate, want.Estimate, 2e-3, 0) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestValidate(t *testing.T) {
	good := RateRatio{Null: 1}.Observe(RateRatioState{}, Block{3, 50, 2, 950})
	tests := []struct {
		reason string
		spoil  func(*RateRatioState)
		ok     bool
	}{
		{"a state that was written", func(*RateRatioState) {}, true},
		{"the zero state", func(s *RateRatioState) { *s = RateRatioState{} }, true},
		{"too few ratios", func(s *RateRatioState) { s.LogL = s.LogL[:3] }, false},
		{"a ratio that is not a number", func(s *RateRatioState) { s.LogL = slices.Clone(s.LogL); s.LogL[4] = math.NaN() }, false},
		{"negative bad requests", func(s *RateRatioState) { s.CanaryBad = -1 }, false},
		{"a stratum without traffic", func(s *RateRatioState) { s.Strata = []Stratum{{0, 5}} }, false},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			s := good
			test.spoil(&s)
			if err := s.Validate(); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestGrowth(t *testing.T) {
	test := RateRatio{Null: 1.1}
	for _, c := range [][3]float64{{0.01, 0.01, 0.1}, {0, 0, 0.1}, {0.5, 0.01, 0}, {0.5, 0.01, 1}, {math.NaN(), 0.01, 0.5}} {
		if got := test.Growth(c[0], c[1], c[2]); got != 0 {
			t.Errorf("growth of %v is %v, want 0", c, got)
		}
	}
	if got := test.Growth(0.05, 0, 0.1); !(got > 0) {
		t.Errorf("growth without a bad baseline is %v", got)
	}
}
