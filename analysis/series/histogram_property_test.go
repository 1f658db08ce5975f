package series

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// scrape is what one scrape of a process showed, and when its parts could be read.
type scrape struct {
	second   float64
	readable []float64 // One for each bucket, the last one for +Inf.
	counts   []float64 // By bucket, since the process began.
	restart  bool
}

// process is a pod with a histogram.
type process struct {
	name    string
	scrapes []scrape
}

// drawProcess draws a pod that is restarted now and then. Scrapes are committed late,
// in their order, and not all series at once.
func drawProcess(t *rapid.T, name string, buckets int, born, died, late float64) process {
	p := process{name: name}
	interval := rapid.SampledFrom([]float64{5, 7, 15}).Draw(t, "scrape interval")
	counts, readable := make([]float64, buckets), make([]float64, buckets)
	for second := born + drawSeconds(t, 0, 1, "phase")*interval; second < died; second += interval {
		s := scrape{second: second, readable: make([]float64, buckets)}
		now := make([]float64, buckets)
		total := 0.0
		for i := range now {
			now[i] = float64(rapid.IntRange(0, 5).Draw(t, "observed"))
			total += now[i]
		}
		if before := sum(counts); before > total && rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
			counts, s.restart = make([]float64, buckets), true
		}
		delay := 0.0
		if rapid.IntRange(0, 3).Draw(t, "delayed") == 0 {
			delay = drawSeconds(t, 0, late, "delay")
		}
		counts = slices.Clone(counts)
		for i := range counts {
			counts[i] += now[i]
			readable[i] = max(readable[i], second+delay*float64(i+1)/float64(buckets))
		}
		copy(s.readable, readable)
		s.counts = counts
		p.scrapes = append(p.scrapes, s)
	}
	return p
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// truth is what was observed after second 0, as one would add it up on paper.
func (p process) truth(from float64) []float64 {
	var total, before []float64
	for _, s := range p.scrapes {
		if total == nil {
			total, before = make([]float64, len(s.counts)), make([]float64, len(s.counts))
		}
		if s.restart {
			before = make([]float64, len(s.counts))
		}
		for i, count := range s.counts {
			if s.second > from {
				total[i] += count - before[i]
			}
		}
		before = s.counts
	}
	return total
}

// bound is the upper bound of a bucket.
func bound(i, buckets int) string {
	if i == buckets-1 {
		return "+Inf"
	}
	return strconv.FormatFloat(float64(i+1)/10, 'g', -1, 64)
}

// classic is what a source answers about some pods.
func classic(processes []process, after time.Time, now float64) []Series {
	var all []Series
	for _, p := range processes {
		if len(p.scrapes) == 0 {
			continue
		}
		buckets := len(p.scrapes[0].counts)
		for i := range buckets {
			one := Series{Labels: fmt.Sprintf(`latency_bucket{job="web", le=%q, pod=%q}`, bound(i, buckets), p.name)}
			for _, s := range p.scrapes {
				if s.readable[i] <= now && at(s.second).After(after) {
					one.Samples = append(one.Samples, Sample{at(s.second), sum(s.counts[:i+1])})
				}
			}
			if len(one.Samples) > 0 {
				all = append(all, one)
			}
		}
	}
	return all
}

// native is the same as native histograms with custom bounds; a late one is late as a
// whole.
func native(processes []process, after time.Time, now float64) []HistogramSeries {
	var all []HistogramSeries
	for _, p := range processes {
		one := HistogramSeries{Labels: fmt.Sprintf(`latency{job="web", pod=%q}`, p.name)}
		for _, s := range p.scrapes {
			if slices.Max(s.readable) > now || !at(s.second).After(after) {
				continue
			}
			h := Histogram{At: at(s.second), Count: sum(s.counts)}
			for i, count := range s.counts {
				b := Bucket{Lower: float64(i) / 10, Upper: float64(i+1) / 10, Count: count}
				if i == len(s.counts)-1 {
					b.Upper = math.Inf(1)
				}
				if count > 0 {
					h.Buckets = append(h.Buckets, b)
				}
			}
			one.Samples = append(one.Samples, h)
		}
		if len(one.Samples) > 0 {
			all = append(all, one)
		}
	}
	return all
}

// TestHistogramsAreCountedOnce: over consecutive windows, with late and torn scrapes,
// restarts, pods that come and go, and a controller that is killed each time, the
// windows of each pod add up to what was scraped, bucket by bucket.
func TestHistogramsAreCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := Policy{Lookback: time.Minute, Grace: 20 * time.Second}
		buckets := rapid.IntRange(2, 5).Draw(t, "buckets")
		processes := []process{drawProcess(t, "first", buckets, -120, end-quiet, 0)}
		for i := range rapid.IntRange(0, 3).Draw(t, "pods") {
			born := drawSeconds(t, 0, end, "born")
			processes = append(processes, drawProcess(t, fmt.Sprint("pod-", i), buckets, born, min(born+drawSeconds(t, 0, end, "life"), end-quiet), policy.Grace.Seconds()-1))
		}
		useNative := rapid.Bool().Draw(t, "native")
		cursor := BeginHistograms(at(0), time.Time{}, policy)
		got := map[string]map[string]float64{}
		for now := 0.0; now < end; {
			now = min(now+drawSeconds(t, 1, 40, "gap"), end)
			arm := Histograms{}
			if useNative {
				arm.Native = native(processes, cursor.SamplesFrom(policy), now)
			} else {
				arm.Classic = classic(processes, cursor.SamplesFrom(policy), now)
			}
			other := Histograms{Classic: slices.Clone(arm.Classic), Native: slices.Clone(arm.Native)}
			slices.Reverse(other.Classic)
			slices.Reverse(other.Native)
			var window HistogramWindow
			window, cursor = resumeHistograms(t, cursor).Advance(HistogramArms{Canary: arm, Baseline: other}, at(now), policy)
			if diff := cmp.Diff(window.Canary, window.Baseline); diff != "" {
				t.Fatalf("the same samples in another order are counted otherwise:\n%s", diff)
			}
			if !useNative && len(window.Canary) > 0 && len(window.Edges) != buckets-1 {
				t.Fatalf("edges %v, want %d; doubts %q", window.Edges, buckets-1, window.Doubts)
			}
			addUp(got, window)
		}
		for _, p := range processes {
			checkProcess(t, p, got[p.name])
		}
	})
}

// addUp adds the pods of a window to what was counted of each up to each edge.
func addUp(got map[string]map[string]float64, window HistogramWindow) {
	for _, pod := range window.Canary {
		if got[pod.Pod] == nil {
			got[pod.Pod] = map[string]float64{}
		}
		for i, edge := range append(slices.Clone(window.Edges), math.Inf(1)) {
			got[pod.Pod][fmt.Sprint(edge)] += sum(pod.Counts[:i+1])
		}
	}
}

// checkProcess holds what was counted of a pod against what it observed.
func checkProcess(t *rapid.T, p process, got map[string]float64) {
	truth := p.truth(0)
	for edge, count := range got {
		upper, _ := strconv.ParseFloat(edge, 64)
		n := len(truth)
		if !math.IsInf(upper, 1) {
			n = int(math.Round(upper * 10))
		}
		if want := sum(truth[:n]); count != want {
			t.Fatalf("%s up to %s: %v, want %v\n%v", p.name, edge, count, want, p)
		}
	}
	if got == nil && sum(truth) > 0 {
		t.Fatalf("%s: nothing, want %v", p.name, truth)
	}
}

// resumeHistograms writes a cursor to JSON and reads it.
func resumeHistograms(t *rapid.T, cursor HistogramCursor) HistogramCursor {
	text, err := json.Marshal(cursor)
	if err != nil {
		t.Fatal(err)
	}
	var back HistogramCursor
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}
