package series

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pod is one process with its counters: what it really counted, when it was
// scraped, and when each sample could be read.
type pod struct {
	name    string
	samples []committed
}

// labels are those of one of its series.
func (p pod) labels(code string) string {
	return fmt.Sprintf(`requests_total{code=%q, pod=%q}`, code, p.name)
}

// committed is a sample that can be read from a second on.
type committed struct {
	second, readable float64
	bad, total       float64
}

const (
	end   = 400.0
	quiet = 30.0 // Nothing is scraped in the last seconds, so that all is committed.
)

// drawPod draws a pod that lives from a second on, restarts now and then, and whose
// samples are committed up to late seconds after their scrape.
func drawPod(t *rapid.T, name string, born, died, late float64) pod {
	p := pod{name: name}
	interval := rapid.SampledFrom([]float64{5, 7, 15}).Draw(t, "scrape interval")
	phase := drawSeconds(t, 0, 1, "phase")
	bad, total := 0.0, 0.0
	for second := born + phase*interval; second < died; second += interval {
		served := float64(rapid.IntRange(0, 20).Draw(t, "served"))
		// A restart is one that can be seen: the counter is lower than before.
		if rapid.IntRange(0, 9).Draw(t, "restart") == 0 && served < total {
			bad, total = 0, 0
		}
		total += served
		bad += float64(rapid.IntRange(0, int(served)).Draw(t, "bad"))
		delay := 0.0
		if rapid.IntRange(0, 3).Draw(t, "delayed") == 0 {
			delay = drawSeconds(t, 0, late, "delay")
		}
		p.samples = append(p.samples, committed{second, second + delay, bad, total})
	}
	return p
}

// drawSeconds draws a time to the tenth of a second.
func drawSeconds(t *rapid.T, least, most float64, name string) float64 {
	return float64(rapid.IntRange(int(10*least), int(10*most)).Draw(t, name)) / 10
}

// answer is what a source answers at a second about samples after another one.
func answer(pods []pod, after time.Time, now float64) Counters {
	var c Counters
	for _, p := range pods {
		bad, total := Series{Labels: p.labels("500")}, Series{Labels: p.labels("")}
		for _, s := range p.samples {
			if s.second <= now && s.readable <= now && at(s.second).After(after) {
				bad.Samples = append(bad.Samples, Sample{at(s.second), s.bad})
				total.Samples = append(total.Samples, Sample{at(s.second), s.total})
			}
		}
		if len(total.Samples) > 0 {
			c.Bad, c.Total = append(c.Bad, bad), append(c.Total, total)
		}
	}
	return c
}

// truth adds up all that was ever scraped after second 0, as one would on paper:
// each sample minus the one before; all of it after a restart or a birth.
func truth(pods []pod) Counts {
	var c Counts
	for _, p := range pods {
		var before committed
		for _, s := range p.samples {
			if s.second > 0 {
				c.Bad += step(before.bad, s.bad)
				c.Total += step(before.total, s.total)
			}
			before = s
		}
	}
	return c
}

func step(before, now float64) float64 {
	if now < before {
		return now
	}
	return now - before
}

// TestNothingIsLostAndNothingIsCountedTwice: over consecutive windows, with late
// samples, restarts, and pods that come and go, the windows add up to what was
// scraped.
func TestNothingIsLostAndNothingIsCountedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := Policy{Lookback: time.Minute, Grace: 20 * time.Second}
		pods := drawPods(t, policy.Grace.Seconds())
		cursor := Begin(at(0), time.Time{}, policy)
		var sum Counts
		byPod := map[string]Counts{}
		for now := 0.0; now < end; {
			now = min(now+drawSeconds(t, 1, 40, "gap"), end)
			arm := answer(pods, cursor.SamplesFrom(policy), now)
			var window Window
			before := cursor.Counted
			window, cursor = resume(t, cursor).Advance(Arms{Canary: arm, Baseline: shuffled(t, arm)}, at(now), policy)
			if held := cursor.Counted.Equal(before); !window.From.Equal(before) || !held && !cursor.Counted.Equal(window.To) {
				t.Fatalf("window (%v, %v] after %v", window.From, window.To, before)
			}
			if diff := cmp.Diff(window.Canary, window.Baseline) + cmp.Diff(window.CanaryPods, window.BaselinePods); diff != "" {
				t.Fatalf("the same samples in another order are counted otherwise:\n%s", diff)
			}
			checkPods(t, window.CanaryPods, window.Canary, byPod)
			sum = sum.plus(window.Canary)
		}
		for _, p := range pods {
			if want := truth([]pod{p}); byPod[p.name] != want {
				t.Fatalf("the windows of %s add up to %v, want %v\n%v", p.name, byPod[p.name], want, p)
			}
		}
		if want := truth(pods); sum != want {
			t.Fatalf("the windows add up to %v, want %v\n%v", sum, want, pods)
		}
	})
}

// drawPods draws some pods, the first of which is there from before the lookback and
// never late, so that the arm is watched; the others come and go. All of them end
// with many good requests, so that no bad one has to be held back.
func drawPods(t *rapid.T, late float64) []pod {
	pods := []pod{drawPod(t, "first", -120, end-quiet, 0)}
	for i := range rapid.IntRange(0, 4).Draw(t, "pods") {
		born := drawSeconds(t, 0, end, "born")
		pods = append(pods, drawPod(t, fmt.Sprint("pod-", i), born, min(born+drawSeconds(t, 0, end, "life"), end-quiet), late))
	}
	for i := range pods {
		if n := len(pods[i].samples); n > 0 {
			last := pods[i].samples[n-1]
			second := max(last.second, last.readable) + 1
			pods[i].samples = append(pods[i].samples, committed{second, second, last.bad, last.total + 10000})
		}
	}
	return pods
}

// resume writes a cursor to JSON and reads it, as a controller that was killed.
func resume(t *rapid.T, cursor Cursor) Cursor {
	text, err := json.Marshal(cursor)
	if err != nil {
		t.Fatal(err)
	}
	var back Cursor
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// shuffled is an answer in another order.
func shuffled(t *rapid.T, c Counters) Counters {
	for _, part := range []*[]Series{&c.Bad, &c.Total} {
		if len(*part) > 0 {
			*part = rapid.Permutation(*part).Draw(t, "order")
		}
	}
	return c
}

// checkPods holds the pods of a window against its sum, and adds them up.
func checkPods(t *rapid.T, pods []PodCounts, want Counts, byPod map[string]Counts) {
	var sum Counts
	for i, p := range pods {
		if i > 0 && p.Pod <= pods[i-1].Pod {
			t.Fatalf("%s comes after %s", p.Pod, pods[i-1].Pod)
		}
		sum = sum.plus(p.Counts)
		byPod[p.Pod] = byPod[p.Pod].plus(p.Counts)
	}
	if sum != want {
		t.Fatalf("the pods add up to %v, want %v", sum, want)
	}
}

// TestWarmUp: what young pods of the canary served is counted apart, by the age of
// the pod that served it; that of the baseline is not.
func TestWarmUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := Policy{Lookback: time.Minute, Grace: 20 * time.Second, WarmUp: time.Duration(rapid.IntRange(0, 90).Draw(t, "warm-up")) * time.Second}
		pods := drawPods(t, 0)
		cursor := Begin(at(0), time.Time{}, policy)
		var mature, young, baseline Counts
		for now := 0.0; now < end; {
			now = min(now+drawSeconds(t, 1, 40, "gap"), end)
			arm := answer(pods, cursor.SamplesFrom(policy), now)
			var window Window
			window, cursor = resume(t, cursor).Advance(Arms{Canary: arm, Baseline: arm}, at(now), policy)
			checkPods(t, window.CanaryPods, window.Canary, map[string]Counts{})
			mature, young, baseline = mature.plus(window.Canary), young.plus(window.WarmingUp), baseline.plus(window.Baseline)
		}
		var wantYoung Counts
		for _, p := range pods[1:] {
			var warm pod
			for _, s := range p.samples {
				if at(s.second).Sub(at(p.samples[0].second)) < policy.WarmUp {
					warm.samples = append(warm.samples, s)
				}
			}
			wantYoung = wantYoung.plus(truth([]pod{warm}))
		}
		want := truth(pods)
		if young != wantYoung || mature.plus(young) != want || baseline != want {
			t.Fatalf("young %v, old %v, baseline %v; want %v young of %v\n%v", young, mature, baseline, wantYoung, want, pods)
		}
	})
}

// TestAdvanceIsRobust: whatever is in an answer, counts are counts.
func TestAdvanceIsRobust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []Series {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Series {
				samples := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Sample {
					return Sample{at(drawSeconds(t, -400, 200, "second")), rapid.Float64().Draw(t, "value")}
				}), 0, 8).Draw(t, "samples")
				return Series{Samples: samples}
			}), 0, 4).Draw(t, name)
		}
		cursor := Begin(at(0), time.Time{}, Policy{})
		for _, now := range []float64{20, 100, 90, 180} {
			arms := Arms{Canary: Counters{Bad: draw("bad"), Total: draw("total")}, Baseline: Counters{Bad: draw("bad"), Total: draw("total")}}
			var window Window
			window, cursor = cursor.Advance(arms, at(now), Policy{})
			for _, c := range []Counts{window.Canary, window.Baseline} {
				if !(c.Bad >= 0 && c.Total >= c.Bad) {
					t.Fatalf("counts %v", c)
				}
			}
		}
	})
}
