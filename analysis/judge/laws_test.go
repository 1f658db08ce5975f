package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawWindow(t *rapid.T, from float64) Window {
	draw := func(name string, most int) Counts {
		total := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, most)).Draw(t, name)
		return Counts{Bad: float64(rapid.IntRange(0, total).Draw(t, name+" bad")), Total: float64(total)}
	}
	w := Window{From: at(from), To: at(from + 15), Canary: draw("canary", 500), Baseline: draw("baseline", 5000)}
	if rapid.Bool().Draw(t, "quiet") {
		w.Canary.Bad, w.Baseline.Bad = math.Floor(w.Canary.Bad/100), math.Floor(w.Baseline.Bad/100)
	}
	return w
}

// trial is one of the two judges that compare counts, with its memory.
type trial interface {
	look(r round, weight time.Time) Verdict
	learn(r round)
	text() string
	// resumed is the trial that goes on from a text.
	resumed(text string) (trial, error)
	memory() *Comparison
}

type proportionTrial struct {
	p Proportion
	s ProportionState
}

func (p *proportionTrial) look(r round, weight time.Time) Verdict {
	return p.p.Observe(&p.s, r.window(), weight)
}
func (p *proportionTrial) learn(r round)       { p.p.Learn(&p.s, r.window()) }
func (p *proportionTrial) text() string        { return p.s.String() }
func (p *proportionTrial) memory() *Comparison { return &p.s.Comparison }
func (p *proportionTrial) resumed(text string) (trial, error) {
	s, err := ParseProportionState(text)
	return &proportionTrial{p.p, s}, err
}

type histogramTrial struct {
	h Histogram
	s HistogramState
}

func (h *histogramTrial) look(r round, weight time.Time) Verdict {
	return h.h.Observe(&h.s, r.histogram(), weight)
}
func (h *histogramTrial) learn(r round)       { h.h.Learn(&h.s, r.histogram()) }
func (h *histogramTrial) text() string        { return h.s.String() }
func (h *histogramTrial) memory() *Comparison { return &h.s.Comparison }
func (h *histogramTrial) resumed(text string) (trial, error) {
	s, err := ParseHistogramState(text)
	return &histogramTrial{h.h, s}, err
}

// drawTrial draws a judge, prepared or not.
func drawTrial(t *rapid.T) trial {
	budget := rapid.SampledFrom([]float64{0.01, 0.0033}).Draw(t, "budget")
	prepared := rapid.Bool().Draw(t, "prepared")
	if rapid.Bool().Draw(t, "histogram") {
		h := Histogram{RelativeTolerance: 0.1, MinRequests: 300, Budget: budget}
		if rapid.Bool().Draw(t, "report") {
			h.Quantiles = []float64{0.5, 0.99}
		}
		if prepared {
			h = h.Prepare()
		}
		return &histogramTrial{h: h}
	}
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 300, Budget: budget}
	p.ProofRatio = rapid.SampledFrom([]float64{0, 0, 2}).Draw(t, "proof")
	p.AbsoluteTolerance = rapid.SampledFrom([]float64{0, 0, 0.01}).Draw(t, "absolute")
	if prepared {
		p = p.Prepare()
	}
	return &proportionTrial{p: p}
}

// story draws the rounds of a release: pods come and go, arms fall silent, windows
// overlap, scrapes are late, buckets change.
type story struct {
	edges            []float64
	worse            float64
	canary, baseline int
	now              float64
}

func drawStory(t *rapid.T) *story {
	return &story{
		edges:    []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5},
		worse:    rapid.SampledFrom([]float64{1, 1, 1.5, 4}).Draw(t, "worse"),
		canary:   rapid.IntRange(1, 4).Draw(t, "canary pods"),
		baseline: rapid.IntRange(1, 9).Draw(t, "baseline pods"),
	}
}

func (s *story) draw(t *rapid.T) round {
	rare := func(name string, one int) bool { return rapid.IntRange(1, one).Draw(t, name) == 1 }
	r := round{from: s.now, to: s.now + 15, edges: s.edges}
	if rare("overlap", 12) {
		r.from -= 5
	}
	s.now = r.to
	r.late, r.unscraped = rare("late", 3), rare("unscraped", 8)
	if rare("other buckets", 20) && len(s.edges) > 2 {
		s.edges = s.edges[1:]
	}
	if rare("another pod", 10) {
		s.canary, s.baseline = rapid.IntRange(1, 4).Draw(t, "canary pods"), rapid.IntRange(1, 9).Draw(t, "baseline pods")
	}
	r.edges = s.edges
	r.canary = s.pods(t, "canary", s.canary, 400, s.worse)
	r.baseline = s.pods(t, "baseline", s.baseline, 4000, 1)
	if rare("warming", 4) {
		r.warming = s.pods(t, "warming", 1, 100, 1)[0].counts
	}
	return r
}

// pods draws what so many pods served together.
func (s *story) pods(t *rapid.T, name string, n, most int, worse float64) []podRound {
	total := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, most), rapid.Just(most)).Draw(t, name)
	var pods []podRound
	for p := range n {
		counts := make([]float64, len(s.edges)+1)
		left := float64(total / n)
		for i := range counts {
			share := 0.4
			if i == len(counts)-1 {
				counts[i] = left
				continue
			}
			if rapid.IntRange(0, 3).Draw(t, "noise") == 0 {
				share = 0.6
			}
			counts[i] = math.Floor(left * (1 - share*min(worse, 1.4)))
			left -= counts[i]
		}
		pods = append(pods, podRound{fmt.Sprintf("%s-%d", name, p), counts})
	}
	return pods
}

// verdictText is a verdict with its numbers to the bit.
func verdictText(v Verdict) string { return fmt.Sprintf("%b %+v", floats(v), v) }

// TestCutAndResumed: a judge that is killed after any look and goes on from the
// text of its state gives the same verdicts, bit for bit; and so does one that
// sees it all again.
func TestCutAndResumed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := drawTrial(t)
		empty := whole.text()
		cut, err := whole.resumed(empty)
		if err != nil {
			t.Fatal(err)
		}
		story, weight := drawStory(t), at(0)
		var rounds []round
		var weights []time.Time
		var texts []string
		for range rapid.IntRange(0, 10).Draw(t, "learnt") {
			r := story.draw(t)
			whole.learn(r)
			cut.learn(r)
		}
		learnt := whole.text()
		for range rapid.IntRange(1, 50).Draw(t, "looks") {
			r := story.draw(t)
			if rapid.IntRange(0, 5).Draw(t, "step") == 0 {
				weight = at(r.from + 3.5).In(time.FixedZone("elsewhere", 7200))
			}
			a := whole.look(r, weight)
			if rapid.Bool().Draw(t, "cut") {
				if cut, err = cut.resumed(cut.text()); err != nil {
					t.Fatal(err)
				}
			}
			b := cut.look(r, weight)
			if x, y := verdictText(a), verdictText(b); x != y {
				t.Fatalf("verdicts differ:\n%s\n%s", x, y)
			}
			if x, y := whole.text(), cut.text(); x != y {
				t.Fatalf("states differ:\n%s\n%s", x, y)
			}
			rounds, weights, texts = append(rounds, r), append(weights, weight), append(texts, verdictText(a))
		}
		again, err := whole.resumed(learnt)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rounds {
			if got := verdictText(again.look(r, weights[i])); got != texts[i] {
				t.Fatalf("the same again gives\n%s\nafter\n%s", got, texts[i])
			}
		}
	})
}

// TestLaws: a failure stays one, and comes at its limit only; a pass has its
// requests; what is no traffic is no verdict; the numbers are numbers.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trial, story := drawTrial(t), drawStory(t)
		failed := false
		for range rapid.IntRange(1, 50).Draw(t, "looks") {
			r := story.draw(t)
			v := trial.look(r, at(30))
			if failed && v.Decision != Fail {
				t.Fatalf("%v after a failure: %s", v.Decision, v.Message)
			}
			earned(t, trial.memory(), v)
			failed = failed || v.Decision == Fail
			w := r.window()
			young := w.WarmingUp.Total > 0 && !strings.Contains(strings.Join(v.Warnings, ""), "left out")
			if v.Decision == Pass && w.Canary.Total == 0 && (young || !r.unscraped) {
				t.Fatalf("a pass without canary requests: %+v", v)
			}
			if !sound(v) || !slices.IsSorted(v.Warnings) {
				t.Fatalf("verdict %+v", v)
			}
		}
	})
}

// earned checks that a failure and a pass have what they need.
func earned(t *rapid.T, s *Comparison, v Verdict) {
	if v.Decision == Fail && !(s.Highest >= v.Evidence.LogLimit) {
		t.Fatalf("a failure with evidence %v of %v", s.Highest, v.Evidence.LogLimit)
	}
	if v.Decision == Pass && (s.Compared < 300 || s.LogE() >= v.Evidence.LogLimit) {
		t.Fatalf("a pass after %v requests with evidence %v", s.Compared, s.LogE())
	}
}

// TestOldVerdictsStay: a later look leaves earlier verdicts and the caller's windows
// alone.
func TestOldVerdictsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trial, story := drawTrial(t), drawStory(t)
		var verdicts []Verdict
		var texts, windows []string
		var rounds []round
		for range rapid.IntRange(2, 10).Draw(t, "looks") {
			r := story.draw(t)
			rounds, windows = append(rounds, r), append(windows, fmt.Sprint(r))
			v := trial.look(r, at(30))
			verdicts, texts = append(verdicts, v), append(texts, verdictText(v))
		}
		for i, v := range verdicts {
			if got := verdictText(v); got != texts[i] {
				t.Fatalf("verdict %d became\n%s\nfrom\n%s", i, got, texts[i])
			}
			if got := fmt.Sprint(rounds[i]); got != windows[i] {
				t.Fatalf("window %d became\n%s\nfrom\n%s", i, got, windows[i])
			}
		}
	})
}

// retold is the same release told in another way.
type retold struct {
	what string
	tell func(t *rapid.T, r round) round
}

// retellings are ways to tell the same release that must not matter: the unit of the
// edges, the order of pods, their names.
func retellings() []retold {
	each := func(pods []podRound, f func(p podRound) podRound) []podRound {
		var all []podRound
		for _, p := range pods {
			all = append(all, f(p))
		}
		return all
	}
	return []retold{
		{"in milliseconds", func(_ *rapid.T, r round) round {
			r.edges = slices.Clone(r.edges)
			for i := range r.edges {
				r.edges[i] *= 1000
			}
			return r
		}},
		{"with pods in another order", func(t *rapid.T, r round) round {
			r.canary, r.baseline = rapid.Permutation(r.canary).Draw(t, "order"), rapid.Permutation(r.baseline).Draw(t, "order")
			return r
		}},
		{"with other names", func(_ *rapid.T, r round) round {
			rename := func(p podRound) podRound {
				// The names sort the other way round.
				p.pod = strings.Map(func(c rune) rune { return 'z' - c%26 }, p.pod) + p.pod
				return p
			}
			r.canary, r.baseline = each(r.canary, rename), each(r.baseline, rename)
			slices.Reverse(r.canary)
			slices.Reverse(r.baseline)
			return r
		}},
	}
}

// TestRetold: bar 8. What must not matter changes no verdict, and the evidence by
// less than rounding.
func TestRetold(t *testing.T) {
	for _, other := range retellings() {
		t.Run(other.what, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a := drawTrial(t)
				b, err := a.resumed("")
				if err != nil {
					t.Fatal(err)
				}
				story := drawStory(t)
				for range rapid.IntRange(1, 45).Draw(t, "looks") {
					r := story.draw(t)
					told := other.tell(t, r)
					sameVerdict(t, a.look(r, at(30)), b.look(told, at(30)))
				}
			})
		})
	}
}

// sameVerdict compares all but units and names.
func sameVerdict(t *rapid.T, a, b Verdict) {
	if a.Decision != b.Decision || a.Reason != b.Reason || a.Evidence.Kind != b.Evidence.Kind || len(a.Warnings) != len(b.Warnings) {
		t.Fatalf("verdicts differ:\n%+v\n%+v", a, b)
	}
	for _, pair := range [][2]float64{
		{a.Evidence.LogE, b.Evidence.LogE}, {a.Evidence.LogProof, b.Evidence.LogProof}, {a.Evidence.Dispersion, b.Evidence.Dispersion},
		{a.Evidence.RatioLower, b.Evidence.RatioLower}, {a.Evidence.LogEWithoutWorstPod, b.Evidence.LogEWithoutWorstPod},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9*max(1, math.Abs(pair[0])) {
			t.Fatalf("%v became %v:\n%+v\n%+v", pair[0], pair[1], a, b)
		}
	}
}
