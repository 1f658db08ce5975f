package judge

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// lookAt looks at some rounds and checks that every verdict is sound, that the memory can
// be read, and that what is odd is no silent pass.
func lookAt(t *testing.T, judge trial, rounds []round) {
	t.Helper()
	failed := false
	for i, r := range rounds {
		v := judge.look(r, at(float64(100*(i/7))))
		if !sound(v) {
			t.Fatalf("look %d: %+v", i, v)
		}
		_, proportion := judge.(*proportionTrial)
		if v.Decision == Pass && len(v.Warnings) == 0 && r.odd(proportion) {
			t.Fatalf("look %d: a silent pass of %+v: %s", i, r, v.Message)
		}
		if failed && v.Decision != Fail {
			t.Fatalf("look %d: %s after a failure", i, v.Reason)
		}
		failed = v.Decision == Fail
		next, err := judge.resumed(judge.text())
		if err != nil {
			t.Fatalf("look %d: %v", i, err)
		}
		judge = next
	}
}

// odd reports whether a round holds what is no number of requests.
func (r round) odd(proportion bool) bool {
	for _, pods := range [][]podRound{r.canary, r.baseline} {
		for _, pod := range pods {
			counts := pod.counts
			if c := pooled(counts); proportion {
				counts = []float64{c.Total, c.Bad}
			}
			for _, v := range counts {
				if !(v >= 0) || math.IsInf(v, 0) {
					return true
				}
			}
		}
	}
	return false
}

// garbled makes rounds of bytes: layouts that change, counts that are none, clocks that
// jump, any number of pods.
func garbled(data []byte) []round {
	next := func() byte {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return b
	}
	numbers := []float64{0, 1, 2, 5, 40, 300, 5000, 1e9, 0.5, 1 << 53, 1e17, 1e300, -1, math.NaN(), math.Inf(1), math.Inf(-1)}
	jumps := []float64{15, 15, 15, 15, 15, 0, 1, -15, -86400, 86400, 90, 1e9}
	names := []string{"a", "b", "c", "", "\xff", "\xfe"}
	now := 0.0
	var rounds []round
	for len(data) > 0 && len(rounds) < 40 {
		r := round{from: now, late: next()%4 == 0, unscraped: next()%5 == 0}
		now += jumps[int(next())%len(jumps)]
		r.to = now
		if next()%32 == 0 {
			r.canaryAt, r.baseAt = time.Unix(1<<40, 0), time.Time{}
			r.late = false
		}
		buckets := []int{2, 4, 13, 1, 40}[int(next())%5]
		for i := range buckets - 1 {
			r.edges = append(r.edges, float64(i+1)/numbers[1+next()%2])
		}
		for _, arm := range []*[]podRound{&r.canary, &r.baseline} {
			for range next() % 6 {
				pod := podRound{pod: names[int(next())%len(names)]}
				for range buckets - int(next()%32/31) {
					pod.counts = append(pod.counts, numbers[int(next())%(len(numbers)-int(next()%2)*8)])
				}
				*arm = append(*arm, pod)
			}
		}
		if next()%4 == 0 {
			r.warming = []float64{1, 2}
		}
		rounds = append(rounds, r)
	}
	return rounds
}

func trials() []trial {
	return []trial{
		&proportionTrial{p: Proportion{RelativeTolerance: 0.1, MinRequests: 10, ProofRatio: 2, Budget: 0.01}},
		&histogramTrial{h: Histogram{RelativeTolerance: 0.1, MinRequests: 10, Quantiles: []float64{0.5, 0.99}, Budget: 0.01}},
	}
}

func FuzzObserve(f *testing.F) {
	for seed := range 64 {
		data := make([]byte, 60+20*seed)
		state := uint32(seed + 1)
		for i := range data {
			state = state*1664525 + 1013904223
			data[i] = byte(state >> 24)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, judge := range trials() {
			lookAt(t, judge, garbled(data))
		}
	})
}

// FuzzParseStates: a text is refused, or a state that can be used.
func FuzzParseStates(f *testing.F) {
	for _, judge := range trials() {
		for k := range 12 {
			f.Add(judge.text())
			r := round{from: float64(15 * k), to: float64(15*k + 15), edges: []float64{0.1, 1}, late: k%3 == 0}
			r.canary = []podRound{{"a", []float64{50, 5, 1}}, {"b", []float64{50, 4, 0}}}
			r.baseline = []podRound{{"x", []float64{500, 5, 1}}, {"y", []float64{500, 4, 0}}}
			judge.look(r, at(0))
		}
		f.Add(judge.text())
	}
	f.Add(`{"v":2,"until":"0000-00-00T00:00:00Z"}`)
	f.Add(`{"v":2,"test":{"reserve":0.4,"kinds":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, empty := range trials() {
			judge, err := empty.resumed(text)
			if err != nil {
				continue
			}
			var rounds []round
			for k := range 3 {
				rounds = append(rounds, round{from: float64(1e6 + 15*k), to: float64(1e6 + 15*k + 15), edges: []float64{0.1, 1},
					canary: []podRound{{"a", []float64{50, 5, 1}}}, baseline: []podRound{{"x", []float64{500, 5, 1}}, {"y", []float64{500, 4, 0}}}})
			}
			lookAt(t, judge, rounds)
		}
	})
}

// TestExtremes: what is large, small or much is no trouble.
func TestExtremes(t *testing.T) {
	pods := func(n, buckets int, each float64) (pods []podRound) {
		for p := range n {
			pod := podRound{pod: fmt.Sprintf("pod-%05d", p)}
			for b := range buckets {
				pod.counts = append(pod.counts, math.Floor(each/float64(b+1)))
			}
			pods = append(pods, pod)
		}
		return pods
	}
	edges := func(n int) (edges []float64) {
		for i := range n {
			edges = append(edges, float64(i+1)/1000)
		}
		return edges
	}
	for _, c := range []struct {
		what             string
		buckets          int
		canary, baseline []podRound
		want             string
	}{
		{"10⁹ requests", 4, pods(2, 4, 1e9), pods(9, 4, 1e9), "Pass NoEvidenceOfHarm"},
		{"no requests", 4, pods(2, 4, 0), pods(9, 4, 0), "Inconclusive NoData"},
		{"no pods", 4, nil, nil, "Inconclusive NoData"},
		{"10⁴ buckets", 10001, pods(2, 10001, 1e4), pods(3, 10001, 1e4), "Pass NoEvidenceOfHarm"},
		{"10³ pods", 4, pods(1000, 4, 100), pods(1000, 4, 100), "Pass NoEvidenceOfHarm"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var rounds []round
			for k := range 4 {
				rounds = append(rounds, round{from: float64(15 * k), to: float64(15*k + 15), edges: edges(c.buckets - 1), canary: c.canary, baseline: c.baseline})
			}
			for _, judge := range trials() {
				if _, ok := judge.(*proportionTrial); ok {
					judge = &proportionTrial{p: Proportion{RelativeTolerance: 0.1, MinRequests: 10, Budget: 0.01}}
				}
				lookAt(t, judge, rounds)
				v := judge.look(round{from: 100, to: 115, edges: edges(c.buckets - 1), canary: c.canary, baseline: c.baseline}, at(0))
				if got := string(v.Decision) + " " + v.Reason; got != c.want {
					t.Errorf("%T: %s: %s", judge, got, v.Message)
				}
				if n := len(judge.text()); n > 1<<20 {
					t.Errorf("%T: the state takes %d bytes", judge, n)
				}
			}
		})
	}
	// One bucket has no edge, and is no evidence.
	var s HistogramState
	v := Histogram{Budget: 0.01}.Observe(&s, round{to: 15, canary: pods(2, 1, 100), baseline: pods(9, 1, 100)}.histogram(), at(0))
	if v.Decision != Inconclusive || v.Reason != NoData {
		t.Errorf("one bucket: %+v", v)
	}
}

// TestSpoiltStates: whatever number of a state is replaced or lost, it is refused, or
// can be used.
func TestSpoiltStates(t *testing.T) {
	number := regexp.MustCompile(`-?[0-9][0-9.]*(e[+-]?[0-9]+)?,?`)
	for _, full := range trials() {
		for k := range 3 {
			lookAt(t, full, []round{plainRound(k)})
		}
		text := full.text()
		refused, used := 0, 0
		for _, span := range number.FindAllStringIndex(text, -1) {
			for _, other := range []string{"", "-1", "0", "1", "3", "1e99", "-1e99", "1e308", "-1e308"} {
				if old := text[span[0]:span[1]]; other != "" && strings.HasSuffix(old, ",") {
					other += ","
				}
				judge, err := full.resumed(text[:span[0]] + other + text[span[1]:])
				if err != nil {
					refused++
					continue
				}
				used++
				for k := range 4 {
					v := judge.look(plainRound(k+3), at(0))
					if v.Message == "" || slices.ContainsFunc(floats(v), math.IsNaN) {
						t.Fatalf("%s for %s gives %+v", other, text[max(0, span[0]-60):span[1]], v)
					}
					if _, err := judge.resumed(judge.text()); err != nil {
						t.Fatalf("%s for %s: %v", other, text[max(0, span[0]-60):span[1]], err)
					}
				}
			}
		}
		t.Logf("%T: %d refused, %d used", full, refused, used)
	}
}

// plainRound is a round like many others.
func plainRound(k int) round {
	r := round{from: float64(15 * k), to: float64(15*k + 15), edges: []float64{0.1, 1}, late: k%3 == 2}
	r.canary = []podRound{{"a", []float64{50, 5, 1}}, {"b", []float64{50, 4, 0}}, {"c", []float64{50, 4, 0}}}
	r.baseline = []podRound{{"x", []float64{500, 5, 1}}, {"y", []float64{500, 4, 0}}}
	return r
}
