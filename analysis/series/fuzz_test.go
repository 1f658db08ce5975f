package series

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// wild are values that a source may send.
var wild = [...]float64{0, 1, 2, 5, 10, 1e9, 1e18, 1e300, -1, math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64}

// oddBounds are bounds as they are written, good and bad.
var oddBounds = [...]string{"0.1", "0.5", "1", "1.0", "+Inf", "Inf", "-Inf", "NaN", "", "-3", "1e-320", "0x1p-2", "many"}

// drawArms makes arms of what is fuzzed: four bytes for each sample.
func drawArms(data []byte) (counters Counters, histograms Histograms) {
	series := map[string]*Series{}
	for ; len(data) >= 4; data = data[4:] {
		value := wild[int(data[3])%len(wild)]
		if data[3] >= 250 {
			value = math.NaN()
		}
		labels := fmt.Sprintf(`m{le=%q, pod="%d"}`, oddBounds[int(data[1])%len(oddBounds)], data[0]%3)
		if series[labels] == nil {
			series[labels] = &Series{Labels: labels}
		}
		when := at(float64(int(data[2])*5 - 400))
		series[labels].Samples = append(series[labels].Samples, Sample{when, value})
		if data[0]&64 > 0 {
			lower := wild[int(data[1])%len(wild)]
			histograms.Native = append(histograms.Native, HistogramSeries{Labels: labels, Samples: []Histogram{
				{At: when, Count: value, Buckets: []Bucket{{lower, lower * 2, value}, {lower * 2, wild[int(data[3]/16)%len(wild)], value}}},
				{At: when.Add(15 * time.Second), Count: value, Buckets: []Bucket{{lower, lower * 4, value}}},
			}})
		}
	}
	for _, one := range series {
		counters.Total, histograms.Classic = append(counters.Total, *one), append(histograms.Classic, *one)
		if len(one.Labels)%2 == 0 {
			counters.Bad = append(counters.Bad, *one)
		}
	}
	return counters, histograms
}

// FuzzCursors looks at anything, at times that jump: what is counted are counts, the
// edges ascend, and the cursors survive a restart.
//
// Complex: one property after the other, each with its own message.
func FuzzCursors(f *testing.F) {
	f.Add([]byte("abcd0123"), []byte("ABCDABCDABCE"), int64(20), int64(100), false)
	f.Add([]byte{64, 1, 80, 2, 65, 2, 90, 3}, []byte{64, 1, 80, 2, 65, 2, 90, 3}, int64(-20), int64(1)<<40, true)
	f.Fuzz(func(t *testing.T, first, second []byte, jump, other int64, warm bool) {
		if len(first)+len(second) > 4000 {
			return
		}
		policy := Policy{}
		if warm {
			policy.WarmUp = time.Minute
		}
		cursor, histogramCursor := Begin(at(0), at(-30), policy), BeginHistograms(at(0), at(-30), policy)
		now := at(0)
		for i := range 6 {
			now = now.Add(time.Duration([]int64{20e9, jump, other, 30e9, 1, 90e9}[i]))
			counters, histograms := drawArms([][]byte{first, second}[i%2])
			others, otherHistograms := drawArms(second)
			if i == 4 {
				counters.BornAfter, histograms.BornAfter = at(-30), at(-30)
			}
			window, next := cursor.Advance(Arms{Canary: counters, Baseline: others}, now, policy)
			checkCounts(t, append([]Counts{window.Canary, window.Baseline, window.WarmingUp}, countsOf(window.CanaryPods, window.BaselinePods)...))
			histogramWindow, nextHistograms := histogramCursor.Advance(HistogramArms{Canary: histograms, Baseline: otherHistograms}, now, policy)
			checkHistograms(t, histogramWindow)
			cursor, histogramCursor = Cursor{}, HistogramCursor{}
			if now.Year() > 9999 || now.Year() < 0 {
				return // JSON has no such years.
			}
			for _, c := range []struct{ from, into any }{{next, &cursor}, {nextHistograms, &histogramCursor}} {
				text, err := json.Marshal(c.from)
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(text, c.into); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func countsOf(lists ...[]PodCounts) (all []Counts) {
	for _, list := range lists {
		for _, pod := range list {
			all = append(all, pod.Counts)
		}
	}
	return all
}

func checkCounts(t *testing.T, all []Counts) {
	for _, c := range all {
		if !(c.Bad >= 0 && c.Total >= c.Bad) || math.IsInf(c.Total, 0) {
			t.Fatalf("counts %v", c)
		}
	}
}

func checkHistograms(t *testing.T, w HistogramWindow) {
	if len(w.Edges) > MaxEdges || !slices.IsSorted(w.Edges) || len(slices.Compact(slices.Clone(w.Edges))) != len(w.Edges) {
		t.Fatalf("edges %v", w.Edges)
	}
	for _, edge := range w.Edges {
		if math.IsInf(edge, 0) || math.IsNaN(edge) {
			t.Fatalf("edges %v", w.Edges)
		}
	}
	lists := [][]float64{}
	if w.WarmingUp != nil {
		lists = append(lists, w.WarmingUp)
	}
	for _, pod := range append(slices.Clone(w.Canary), w.Baseline...) {
		lists = append(lists, pod.Counts)
	}
	for _, counts := range lists {
		if len(counts) != len(w.Edges)+1 || len(w.Edges) == 0 {
			t.Fatalf("%d counts for %d edges", len(counts), len(w.Edges))
		}
		for _, count := range counts {
			if !(count >= 0) || math.IsInf(count, 0) {
				t.Fatalf("counts %v", counts)
			}
		}
	}
}
