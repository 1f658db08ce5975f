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

// objective is a release that is judged by an Objective, window by window, with the memory
// going through its text between any two looks.
type objective struct {
	o      Objective
	memory string
	now    float64
	weight float64
}

// look judges the next 15 seconds.
func (r *objective) look(t *testing.T, canary, baseline Counts) Verdict {
	w := Window{From: at(r.now), To: at(r.now + 15), Canary: canary, Baseline: baseline}
	r.now += 15
	return r.judge(t, w)
}

func (r *objective) judge(t *testing.T, w Window) Verdict {
	t.Helper()
	s, err := ParseObjectiveState(r.memory)
	if err != nil {
		t.Fatal(err)
	}
	s, v := r.o.Observe(s, w, at(r.weight))
	if r.memory = s.String(); len(r.memory) >= 2048 {
		t.Fatalf("the state takes %d bytes", len(r.memory))
	}
	return v
}

func expectVerdict(t *testing.T, what string, v Verdict, want string) {
	t.Helper()
	if got := string(v.Decision) + " " + v.Reason; got != want {
		t.Errorf("%s: %s (%s), want %s", what, got, v.Message, want)
	}
}

func oneInHundred() Objective { return Objective{AtMost: 0.01, MinRequests: 300, Budget: 0.01} }

func TestObjectiveKept(t *testing.T) {
	r := objective{o: oneInHundred()}
	v := r.look(t, counts(0, 100), counts(9, 1900))
	expectVerdict(t, "a third of the requests", v, "Inconclusive TooFewRequests")
	if v.Evidence.RequestsNeeded != 200 {
		t.Errorf("needs %v more", v.Evidence.RequestsNeeded)
	}
	expectVerdict(t, "no traffic", r.look(t, counts(0, 0), counts(9, 1900)), "Inconclusive NoData")
	r.look(t, counts(1, 100), counts(9, 1900))
	v = r.look(t, counts(1, 100), counts(9, 1900))
	expectVerdict(t, "enough", v, "Pass NoEvidenceOfHarm")
	if want := "the objective is kept: bad requests 0.67 % (99 % sure of 0.00033 % to 3.83 %), at most 1.00 % are accepted, evidence 0.644 of 100 after 300 canary requests"; v.Message != want {
		t.Errorf("message %q", v.Message)
	}
	expectVerdict(t, "three bad ones more", r.look(t, counts(3, 100), counts(9, 1900)), "Inconclusive AboveObjective")
	r.weight = r.now
	v = r.look(t, counts(0, 100), counts(9, 1900))
	expectVerdict(t, "another weight", v, "Inconclusive TooFewRequests")
}

func TestObjectiveBroken(t *testing.T) {
	r := objective{o: oneInHundred()}
	v := r.look(t, counts(5, 100), counts(9, 1900))
	expectVerdict(t, "five of a hundred", v, "Inconclusive TooFewRequests")
	r.o.MinRequests = 100
	v = r.look(t, counts(3, 100), counts(9, 1900))
	expectVerdict(t, "eight of two hundred", v, "Inconclusive EvidenceMounting")
	if !(v.Evidence.RequestsNeeded > 0 && v.Evidence.RequestsNeeded < 200) {
		t.Errorf("needs %v more", v.Evidence.RequestsNeeded)
	}
	v = r.look(t, counts(9, 100), counts(9, 1900))
	expectVerdict(t, "seventeen of three hundred", v, "Fail Regression")
	if !strings.Contains(v.Message, "bad requests 5.67 % (99 % sure of 1.9") || !strings.Contains(v.Message, "after 300 canary requests") {
		t.Errorf("message %q", v.Message)
	}
	for range 20 {
		v = r.look(t, counts(0, 1000), counts(9, 1900))
	}
	expectVerdict(t, "good from then on", v, "Fail Regression")
}

// TestObjectiveShared: an outage of both is held, however bad it is, and forgotten when it is over.
func TestObjectiveShared(t *testing.T) {
	for _, bad := range []float64{0.03, 0.1, 0.9} {
		r := objective{o: oneInHundred()}
		for range 4 {
			r.look(t, counts(1, 100), counts(9, 1900))
		}
		for window := range 10 {
			v := r.look(t, counts(math.Round(100*bad), 100), counts(math.Round(1900*bad), 1900))
			expectVerdict(t, fmt.Sprintf("%v bad, window %d", bad, window), v, "Inconclusive SharedIncident")
			if v.Evidence.Canary.Total != 400 {
				t.Errorf("%v requests were judged", v.Evidence.Canary.Total)
			}
		}
		var v Verdict
		for range 5 {
			v = r.look(t, counts(1, 100), counts(9, 1900))
		}
		expectVerdict(t, "after it", v, "Pass NoEvidenceOfHarm")
		if len(v.Warnings) != 0 {
			t.Errorf("after it: %v", v.Warnings)
		}
	}
}

// TestObjectiveOneSidedIncident: only the baseline is bad, or only the canary.
func TestObjectiveOneSidedIncident(t *testing.T) {
	r := objective{o: oneInHundred()}
	var v Verdict
	for range 5 {
		v = r.look(t, counts(1, 100), counts(190, 1900))
	}
	expectVerdict(t, "the baseline is bad", v, "Pass NoEvidenceOfHarm")
	if !strings.Contains(strings.Join(v.Warnings, "\n"), "the baseline breaches the objective: 10") {
		t.Errorf("warnings %q", v.Warnings)
	}
	r = objective{o: oneInHundred()}
	expectVerdict(t, "the canary is bad", r.look(t, counts(40, 100), counts(9, 1900)), "Fail Regression")
	r = objective{o: oneInHundred()}
	expectVerdict(t, "there is no baseline", r.look(t, counts(40, 100), counts(0, 0)), "Fail Regression")
}

// TestObjectiveScrapedFirst: the canary's samples show an incident before those of
// the baseline do. They wait for it, but not for ever.
func TestObjectiveScrapedFirst(t *testing.T) {
	r := objective{o: oneInHundred()}
	first := Window{From: at(0), To: at(5), Canary: counts(50, 100), CanaryAt: at(4), BaselineAt: at(1), Baseline: counts(2, 400)}
	expectVerdict(t, "the canary is ahead", r.judge(t, first), "Inconclusive NoData")
	second := Window{From: at(5), To: at(10), Canary: counts(50, 100), CanaryAt: at(9), BaselineAt: at(6), Baseline: counts(900, 1900)}
	expectVerdict(t, "the baseline follows", r.judge(t, second), "Inconclusive SharedIncident")

	r = objective{o: oneInHundred()}
	r.judge(t, first)
	second.Baseline = counts(9, 1900)
	v := r.judge(t, second)
	expectVerdict(t, "the baseline is well", v, "Fail Regression")
	if v.Evidence.Canary.Total != 100 {
		t.Errorf("%v requests were judged, want those before the baseline's sample", v.Evidence.Canary.Total)
	}

	r = objective{o: oneInHundred()}
	r.judge(t, first)
	silent := Window{From: at(5), To: at(40), Canary: counts(1, 10), CanaryAt: at(39), BaselineAt: at(1)}
	expectVerdict(t, "the baseline is not scraped any more", r.judge(t, silent), "Fail Regression")
}

// TestObjectiveLate: what breaks at the third weight is found as if the first two had not
// been good for so long.
func TestObjectiveLate(t *testing.T) {
	r := objective{o: oneInHundred()}
	for range 3 {
		r.weight = r.now
		for range 40 {
			r.look(t, counts(5, 1000), counts(95, 19000))
		}
	}
	r.weight = r.now
	for window := range 5 {
		if v := r.look(t, counts(50, 1000), counts(95, 19000)); v.Decision == Fail {
			if window > 1 {
				t.Errorf("found only in window %d", window)
			}
			return
		}
	}
	t.Error("not found")
}

// TestObjectiveFalseAlarms: releases that are just good enough, with incidents that
// both versions share, fail in at most a share Budget of them.
func TestObjectiveFalseAlarms(t *testing.T) {
	o := Objective{AtMost: 0.02, MinRequests: 100, Budget: 0.05}
	r := rand.New(rand.NewPCG(12, 34))
	draw := func(n int, share float64) Counts {
		c := Counts{Total: float64(n)}
		for range n {
			if r.Float64() < share {
				c.Bad++
			}
		}
		return c
	}
	const releases = 300
	failed, held := 0, 0
	for range releases {
		var s ObjectiveState
		incident := r.IntN(60)
		for window := range 40 {
			share := o.AtMost
			if window >= incident && window < incident+8 {
				share = 0.2
			}
			var v Verdict
			w := Window{From: at(float64(15 * window)), To: at(float64(15*window + 15)), Canary: draw(50, share), Baseline: draw(450, share*0.9)}
			s, v = o.Observe(s, w, at(float64(150*(window/10))))
			if v.Reason == SharedIncident {
				held++
			}
			if v.Decision == Fail {
				failed++
				break
			}
		}
	}
	t.Logf("%d of %d releases failed; %d windows were held", failed, releases, held)
	if failed > releases*5/100 || held < releases {
		t.Errorf("%d of %d releases failed; %d windows were held", failed, releases, held)
	}
}

func TestObjectiveLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Objective{AtMost: rapid.SampledFrom([]float64{1e-6, 0.01, 0.5, 0.999}).Draw(t, "at most"), MinRequests: 300, Budget: 0.01}
		var whole, cut ObjectiveState
		failed := false
		weight := at(0)
		for k := range rapid.IntRange(1, 30).Draw(t, "looks") {
			w := drawWindow(t, float64(15*k))
			if rapid.IntRange(0, 5).Draw(t, "step") == 0 {
				weight = at(float64(15*k) + 3.5)
			}
			if rapid.Bool().Draw(t, "known") {
				w.CanaryAt, w.BaselineAt = at(float64(15*k)+rapid.Float64Range(-20, 15).Draw(t, "canary at")), at(float64(15*k)+rapid.Float64Range(-20, 15).Draw(t, "baseline at"))
			}
			before := whole.String()
			next, a := o.Observe(whole, w, weight)
			if whole.String() != before {
				t.Fatal("Observe changed the old state")
			}
			whole = next
			parsed, err := ParseObjectiveState(cut.String())
			if err != nil {
				t.Fatal(err)
			}
			var b Verdict
			cut, b = o.Observe(parsed, w, weight)
			if x, y := fmt.Sprintf("%b %+v", floats(a), a), fmt.Sprintf("%b %+v", floats(b), b); x != y || whole.String() != cut.String() {
				t.Fatalf("cut and resumed it differs:\n%s\n%s", x, y)
			}
			lawful(t, o, whole, a, failed)
			failed = a.Decision == Fail
		}
	})
}

// lawful holds a verdict against the state that it was made from.
func lawful(t *rapid.T, o Objective, s ObjectiveState, v Verdict, failed bool) {
	switch {
	case (v.Decision == Fail) != (s.Highest >= math.Log(100)) || failed && v.Decision != Fail:
		t.Fatalf("%v with evidence %v, failed before: %t", v.Decision, s.Highest, failed)
	case v.Decision == Pass && (s.Judged < 300 || s.latest() > o.AtMost):
		t.Fatalf("a pass after %v requests with %v bad", s.Judged, s.latest())
	case slices.ContainsFunc(floats(v), math.IsNaN) || v.Evidence.RequestsNeeded < 0 || v.Message == "":
		t.Fatalf("verdict %+v", v)
	}
}

func TestObjectiveOdd(t *testing.T) {
	good := Window{From: at(15), To: at(30), Canary: counts(0, 200), Baseline: counts(9, 2000)}
	for _, test := range []struct {
		reason  string
		o       Objective
		spoil   func(*Window)
		outcome string
		warning string
	}{
		{"a window like any other", oneInHundred(), func(*Window) {}, "Pass NoEvidenceOfHarm", ""},
		{"a window that was seen already", oneInHundred(), func(w *Window) { w.From = at(14) }, "Inconclusive NoData", "overlaps"},
		{"a count that is not a number", oneInHundred(), func(w *Window) { w.Canary.Total = math.NaN() }, "Inconclusive NoData", "no number of requests"},
		{"more bad requests than requests", oneInHundred(), func(w *Window) { w.Canary.Bad = 1e9 }, "Fail Regression", "cut down"},
		{"a window without a scrape", oneInHundred(), func(w *Window) { w.Canary, w.Unscraped = Counts{}, true }, "Inconclusive TooFewRequests", ""},
		{"another objective than before", Objective{0.02, 300, 0.01, false}, func(*Window) {}, "Pass NoEvidenceOfHarm", "begins anew"},
		{"no objective", Objective{0, 300, 0.01, false}, func(*Window) {}, "Inconclusive InvalidJudge", ""},
		{"an objective of everything", Objective{1, 300, 0.01, false}, func(*Window) {}, "Inconclusive InvalidJudge", ""},
		{"no budget", Objective{0.1, 300, 0, false}, func(*Window) {}, "Inconclusive InvalidJudge", ""},
		{"endless requests to wait for", Objective{0.1, math.Inf(1), 0.1, false}, func(*Window) {}, "Inconclusive InvalidJudge", ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			s, _ := oneInHundred().Observe(ObjectiveState{}, Window{From: at(0), To: at(15), Canary: counts(1, 200), Baseline: counts(9, 2000)}, at(0))
			w := good
			test.spoil(&w)
			_, v := test.o.Observe(s, w, at(0))
			expectVerdict(t, test.reason, v, test.outcome)
			if warnings := strings.Join(v.Warnings, "\n"); !strings.Contains(warnings, test.warning) || test.warning == "" && warnings != "" {
				t.Errorf("warnings %q", warnings)
			}
		})
	}
}

func FuzzParseObjectiveState(f *testing.F) {
	s, _ := oneInHundred().Observe(ObjectiveState{}, Window{From: at(0), To: at(15), Canary: counts(30, 200), Baseline: counts(200, 2000)}, at(0))
	f.Add(s.String())
	f.Add(ObjectiveState{}.String())
	f.Add(`{"v":1,"atMost":0.01,"starts":[{"hits":3}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseObjectiveState(text)
		if err != nil {
			return
		}
		s, v := oneInHundred().Observe(s, Window{From: at(1000), To: at(1015), Canary: counts(1, 200), Baseline: counts(1, 2000)}, at(0))
		if slices.ContainsFunc(floats(v), math.IsNaN) {
			t.Fatalf("%s gives %+v", text, v)
		}
		if _, err := ParseObjectiveState(s.String()); err != nil {
			t.Fatalf("%s cannot be read again: %v", s, err)
		}
	})
}

func BenchmarkObjective(b *testing.B) {
	var s ObjectiveState
	o := oneInHundred()
	for k := range 40 {
		s, _ = o.Observe(s, Window{From: at(float64(15 * k)), To: at(float64(15*k + 15)), Canary: counts(1, 200), Baseline: counts(5, 2000)}, at(float64(150*(k/10))))
	}
	w := Window{From: at(1000), To: at(1015), Canary: counts(1, 300), Baseline: counts(5, 2000)}
	b.ReportAllocs()
	for b.Loop() {
		o.Observe(s, w, at(450))
	}
}

func TestParseObjectiveState(t *testing.T) {
	s, _ := oneInHundred().Observe(ObjectiveState{}, Window{From: at(0), To: at(15), Canary: counts(30, 200), Baseline: counts(200, 2000)}, at(0))
	for _, test := range []struct{ reason, text, problem string }{
		{"nothing was written yet", "", ""},
		{"the zero state", ObjectiveState{}.String(), ""},
		{"a state", s.String(), ""},
		{"no JSON", "{", "unexpected end"},
		{"another version", `{"v":7}`, "its version is 7"},
		{"a negative count", `{"v":1,"judged":-1}`, "is no count"},
		{"more bad requests than requests", `{"v":1,"canary":{"Bad":2,"Total":1}}`, "no tally"},
		{"a start against nothing", `{"v":1,"starts":[{"hits":1,"trials":2}]}`, "against a share of 0"},
		{"too many starts", `{"v":1,"atMost":0.1,"starts":[{},{},{},{},{}]}`, "5 starts"},
		{"a start that is none", `{"v":1,"atMost":0.1,"starts":[{"hits":3,"trials":2}]}`, "no tally"},
		{"a detector of another kind", `{"v":1,"detector":{"logM":[1]}}`, "1 levels"},
	} {
		_, err := ParseObjectiveState(test.text)
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.problem)
		}
	}
}
