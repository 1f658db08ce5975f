package series

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// inf is the bound of the highest bucket.
var inf = math.Inf(1)

// le is the series of a bucket of pod a, as second and cumulative count in turn.
func le(bound string, pairs ...float64) Series {
	return counter(fmt.Sprintf(`latency_bucket{le=%q, pod="a"}`, bound), pairs...)
}

// podLE is the same of another pod.
func podLE(pod, bound string, pairs ...float64) Series {
	return counter(fmt.Sprintf(`latency_bucket{le=%q, pod=%q}`, bound, pod), pairs...)
}

// TestHistogramAdvance: what one window counts.
//
// Long: it is a table.
func TestHistogramAdvance(t *testing.T) {
	of := func(pod string, counts ...float64) []PodBuckets { return []PodBuckets{{Pod: pod, Counts: counts}} }
	plainOnes := []Series{le("0.1", -5, 10, 5, 13), le("0.5", -5, 10, 5, 14), le("+Inf", -5, 20, 5, 26)}
	tests := []struct {
		reason           string
		canary, baseline []Series
		edges            []float64
		want             []PodBuckets
		doubts           []string
	}{
		{reason: "each bucket has its own requests", canary: plainOnes, edges: []float64{0.1, 0.5}, want: of("a", 3, 1, 2)},
		{reason: "the order of bounds is that of numbers",
			canary: []Series{le("10", -5, 1, 5, 2), le("2.5", -5, 1, 5, 1), le("+Inf", -5, 1, 5, 4)}, edges: []float64{2.5, 10}, want: of("a", 0, 1, 2)},
		{reason: "one bucket falls: all of them were restarted",
			canary: []Series{le("0.1", -5, 5, 5, 7), le("+Inf", -5, 100, 5, 9)}, edges: []float64{0.1}, want: of("a", 7, 2)},
		{reason: "bounds that only one version has are left out",
			canary: plainOnes, baseline: []Series{le("0.1", -5, 0, 5, 1), le("0.3", -5, 0, 5, 1), le("+Inf", -5, 0, 5, 1)},
			edges: []float64{0.1}, want: of("a", 3, 3), doubts: []string{"2 bucket bounds are not in all histograms of both versions, and left out"}},
		{reason: "a bound may be written in two ways",
			canary: []Series{le("1", -5, 1), le("1.0", 5, 3), le("+Inf", -5, 1, 5, 5)}, edges: []float64{1}, want: of("a", 2, 2)},
		{reason: "no bound in common: nothing is compared",
			canary: plainOnes, baseline: []Series{le("0.2", -5, 0, 5, 1), le("+Inf", -5, 0, 5, 1)},
			doubts: []string{"3 bucket bounds are not in all histograms of both versions, and left out", "the histograms of the two versions have no bucket bound in common: their requests cannot be compared"}},
		{reason: "a lower bucket that grew by more than a higher one",
			canary: []Series{le("0.1", -5, 10, 5, 14), le("0.5", -5, 10, 5, 12), le("+Inf", -5, 20, 5, 23)}, edges: []float64{0.1, 0.5}, want: of("a", 4, 0, 0),
			doubts: []string{"canary: 2 times a lower bucket grew by more than a higher one that includes it: the higher one was raised"}},
		{reason: "without +Inf the number of requests is not known",
			canary: []Series{le("0.1", -5, 10, 5, 14), le("0.5", -5, 10, 5, 12)}, doubts: []string{`canary: 1 histogram has no bucket le="+Inf", without which the number of requests is not known`}},
		{reason: "series that are no buckets",
			canary: append([]Series{counter(`latency_count{pod="a"}`, -5, 1, 5, 2), le("many", -5, 1, 5, 2)}, plainOnes...), edges: []float64{0.1, 0.5}, want: of("a", 3, 1, 2),
			doubts: []string{"canary: 2 series have no label le with a bound; select the buckets of a histogram"}},
		{reason: "+Inf alone has no edge", canary: []Series{le("+Inf", -5, 1, 5, 2)},
			doubts: []string{"the histograms of the two versions have no bucket bound in common: their requests cannot be compared"}},
		{reason: "without any history the first scrape is only a starting point",
			canary: []Series{le("0.1", 5, 10), le("+Inf", 5, 20)}, edges: []float64{0.1}, want: of("a", 0, 0),
			doubts: []string{"canary: 1 series began with no history to tell how much was counted before; the first sample is only a starting point"}},
		{reason: "a pod that appears while the arm is watched began at zero",
			canary: []Series{podLE("s", "0.1", -15, 0, -5, 0, 5, 0), podLE("s", "+Inf", -15, 0, -5, 0, 5, 0), le("0.1", 5, 10), le("+Inf", 5, 20)}, edges: []float64{0.1},
			want: []PodBuckets{{Pod: "a", Since: at(5), Counts: []float64{10, 10}}, {Pod: "s", Counts: []float64{0, 0}}}},
		{reason: "several histograms of one pod are added up",
			canary: append([]Series{counter(`latency_bucket{le="0.1", path="/", pod="a"}`, -5, 0, 5, 1), counter(`latency_bucket{le="0.5", path="/", pod="a"}`, -5, 0, 5, 1), counter(`latency_bucket{le="+Inf", path="/", pod="a"}`, -5, 0, 5, 1)}, plainOnes...),
			edges:  []float64{0.1, 0.5}, want: of("a", 4, 1, 2)},
		{reason: "a scrape that is not whole yet waits", canary: []Series{le("0.1", -5, 10, 5, 13), le("+Inf", -5, 20)}},
		{reason: "what is no count is left out",
			canary: []Series{le("0.1", -5, 10, 2, math.NaN(), 5, 13), le("+Inf", -5, 20, 2, -1, 5, 26)}, edges: []float64{0.1}, want: of("a", 3, 3),
			doubts: []string{"canary: 2 samples were NaN, infinite, huge or negative, and left out"}},
		{reason: "a billion requests", canary: []Series{le("0.1", -5, 0, 5, 1e9), le("+Inf", -5, 0, 5, 3e9)}, edges: []float64{0.1}, want: of("a", 1e9, 2e9)},
		{reason: "nothing"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			arms := HistogramArms{Canary: Histograms{Classic: test.canary}, Baseline: Histograms{Classic: test.baseline}}
			window, _ := BeginHistograms(at(0), time.Time{}, Policy{}).Advance(arms, at(10), Policy{})
			if diff := cmp.Diff(test.edges, window.Edges) + cmp.Diff(test.want, window.Canary) + cmp.Diff(test.doubts, window.Doubts, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTornScrape: a scrape of which one bucket is missing is counted when it is whole;
// or, when it never is, without that bucket.
func TestTornScrape(t *testing.T) {
	whole := []Series{le("0.1", -15, 10, -5, 10, 5, 13, 15, 15), le("0.5", -15, 12, -5, 12, 5, 16, 15, 18), le("+Inf", -15, 12, -5, 12, 5, 17, 15, 20)}
	torn := slices.Clone(whole)
	torn[1] = le("0.5", -15, 12, -5, 12)
	look := func(cursor *HistogramCursor, series []Series, to float64) HistogramWindow {
		window, next := cursor.Advance(HistogramArms{Canary: Histograms{Classic: series}}, at(to), Policy{})
		*cursor = next
		return window
	}
	cursor := BeginHistograms(at(-10), time.Time{}, Policy{})
	if window := look(&cursor, torn, 10); sum(window.Canary[0].Counts) != 0 || len(window.Edges) != 2 {
		t.Errorf("torn: %+v", window)
	}
	later := cursor
	if window := look(&cursor, whole, 20); !cmp.Equal([]float64{5, 1, 2}, window.Canary[0].Counts) {
		t.Errorf("whole: %+v", window)
	}
	if window := look(&later, torn, 90); !cmp.Equal([]float64{5, 3}, window.Canary[0].Counts) || len(window.Doubts) != 1 {
		t.Errorf("torn for good: %+v", window)
	}
}

// exponential is a native histogram of a schema with counts by index.
func exponential(t testing.TB, second float64, schema int32, first int32, counts ...float64) Histogram {
	t.Helper()
	h, err := Native{Schema: schema, ZeroThreshold: math.Exp2(-128), Count: sum(counts), Positive: counts,
		PositiveSpans: []Span{{Offset: first, Length: uint32(len(counts))}}}.Histogram(at(second))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestNativeHistogramsMergeDown: schemas that differ between the versions are merged
// down to the lower one, and counts stay exact.
func TestNativeHistogramsMergeDown(t *testing.T) {
	// Schema 1: bounds at √2 apart. Schema 0: at 2 apart.
	fine := []Histogram{exponential(t, -5, 1, 1, 0, 0, 0, 0), exponential(t, 5, 1, 1, 1, 2, 3, 4)}
	coarse := []Histogram{exponential(t, -5, 0, 1, 5, 5), exponential(t, 5, 0, 1, 8, 9)}
	window, _ := BeginHistograms(at(0), time.Time{}, Policy{}).Advance(HistogramArms{
		Canary:   Histograms{Native: []HistogramSeries{{Labels: `latency{pod="a"}`, Samples: fine}}},
		Baseline: Histograms{Native: []HistogramSeries{{Labels: `latency{pod="b"}`, Samples: coarse}}},
	}, at(10), Policy{})
	at := func(edge float64, pods []PodBuckets) float64 {
		i, found := slices.BinarySearch(window.Edges, edge)
		if !found {
			t.Fatalf("no edge at %v: %v", edge, window.Edges)
		}
		return sum(pods[0].Counts[:i+1])
	}
	for _, edge := range window.Edges {
		if math.Log2(edge) != math.Trunc(math.Log2(edge)) {
			t.Errorf("edge %v is not one of schema 0", edge)
		}
	}
	for edge, want := range map[float64][2]float64{1: {0, 0}, 2: {3, 3}, 4: {10, 7}, 16: {10, 7}} {
		if canary, baseline := at(edge, window.Canary), at(edge, window.Baseline); canary != want[0] || baseline != want[1] {
			t.Errorf("up to %v: %v and %v, want %v", edge, canary, baseline, want)
		}
	}
	if len(window.Doubts) > 0 {
		t.Errorf("doubts %q", window.Doubts)
	}
}

// TestNative: what a stored histogram says.
func TestNative(t *testing.T) {
	two := []Span{{Offset: 0, Length: 1}, {Offset: 1, Length: 1}}
	tests := []struct {
		reason string
		native Native
		want   []Bucket
		wrong  bool
	}{
		{"index 0 ends at 1, and gaps are left out", Native{Schema: 0, PositiveSpans: two, Positive: FromDeltas([]int64{3, -1})}, []Bucket{{0.5, 1, 3}, {2, 4, 2}}, false},
		{"both sides of zero", Native{Schema: -1, ZeroThreshold: 0.25, ZeroCount: 4, PositiveSpans: two[:1], Positive: []float64{1}, NegativeSpans: two, Negative: []float64{2, 3}},
			[]Bucket{{-16, -4, 3}, {-1, -0.25, 2}, {-0.25, 0.25, 4}, {0.25, 1, 1}}, false},
		{"custom bounds", Native{Schema: CustomBuckets, CustomBounds: []float64{1, 5}, PositiveSpans: []Span{{0, 3}}, Positive: []float64{1, 2, 3}},
			[]Bucket{{-inf, 1, 1}, {1, 5, 2}, {5, inf, 3}}, false},
		{"empty buckets are left out", Native{PositiveSpans: []Span{{0, 3}}, Positive: []float64{0, 2, 0}}, []Bucket{{1, 2, 2}}, false},
		{reason: "a schema of the future", native: Native{Schema: 9}, wrong: true},
		{reason: "more buckets than counts", native: Native{PositiveSpans: []Span{{0, math.MaxUint32}}, Positive: []float64{1}}, wrong: true},
		{reason: "more counts than buckets", native: Native{Positive: []float64{1}}, wrong: true},
		{reason: "no such custom bound", native: Native{Schema: CustomBuckets, CustomBounds: []float64{1}, PositiveSpans: []Span{{2, 1}}, Positive: []float64{1}}, wrong: true},
	}
	for _, test := range tests {
		got, err := test.native.Histogram(at(0))
		if diff := cmp.Diff(test.want, got.Buckets); diff != "" || (err != nil) != test.wrong {
			t.Errorf("%s: error %v (-want +got)\n%s", test.reason, err, diff)
		}
	}
}

// TestManyBuckets: ten thousand buckets and a thousand pods are merged down to a few,
// that split the baseline's requests evenly and see its tail, and the cursor is small.
func TestManyBuckets(t *testing.T) {
	const buckets = 10_000
	arm := func(to float64) Histograms {
		h := Histograms{}
		total := 0.0
		for i := range buckets {
			total += math.Round(1e6 * math.Exp(-float64(i)/400))
			one := le(bound(i, buckets), -5, 0)
			for second := 5.0; second < to; second += 10 {
				one.Samples = append(one.Samples, Sample{at(second), total * second})
			}
			h.Classic = append(h.Classic, one)
		}
		return h
	}
	cursor := BeginHistograms(at(0), time.Time{}, Policy{})
	window, cursor := cursor.Advance(HistogramArms{Canary: arm(10), Baseline: arm(10)}, at(10), Policy{})
	if n := len(window.Edges); n > MaxEdges || n < MaxEdges-4 {
		t.Fatalf("%d edges", n)
	}
	counts := window.Baseline[0].Counts
	total := sum(counts)
	for i, count := range counts[:52] {
		if share := count / total; share > 2.0/53 {
			t.Errorf("bucket %d has a share of %v", i, share)
		}
	}
	if tail := counts[len(counts)-1] + counts[len(counts)-2]; !(tail < total/5e3) {
		t.Errorf("the tail has %v of %v", tail, total)
	}
	// The layout stays.
	again, cursor := cursor.Advance(HistogramArms{Canary: arm(20), Baseline: arm(20)}, at(20), Policy{})
	if diff := cmp.Diff(window.Edges, again.Edges); diff != "" || len(again.Doubts) > 0 {
		t.Errorf("doubts %q, (-before +after)\n%s", again.Doubts, diff)
	}
	for i := range 2 * MaxTargets {
		cursor.Canary = append(cursor.Canary[:min(i, MaxTargets-1)], Target{Key: keyOf(fmt.Sprint(i)), Upto: at(10).UnixMilli(), Since: at(0).UnixMilli()})
	}
	cursor.Baseline = cursor.Canary
	if text, err := json.Marshal(cursor); err != nil || len(text) > 12<<10 {
		t.Errorf("the cursor takes %d bytes: %v", len(text), err)
	}
}

// TestManyTargets: beyond MaxTargets pods are left out, always the same ones, and a
// doubt says how many.
func TestManyTargets(t *testing.T) {
	cursor := BeginHistograms(at(0), time.Time{}, Policy{})
	var before []string
	for now := 10.0; now <= 100; now += 10 {
		var arm Histograms
		for i := range MaxTargets + 10 {
			pod := fmt.Sprint("web-", i)
			low, all := podLE(pod, "0.1", -5, 0), podLE(pod, "+Inf", -5, 0)
			for second := 5.0; second < now; second += 10 {
				low.Samples, all.Samples = append(low.Samples, Sample{at(second), second}), append(all.Samples, Sample{at(second), 2 * second})
			}
			arm.Classic = append(arm.Classic, low, all)
		}
		var window HistogramWindow
		window, cursor = cursor.Advance(HistogramArms{Canary: arm}, at(now), Policy{})
		var pods []string
		for _, pod := range window.Canary {
			pods = append(pods, pod.Pod)
		}
		if len(pods) != MaxTargets || before != nil && !cmp.Equal(before, pods) || len(cursor.Canary) != MaxTargets {
			t.Fatalf("at %v: %d pods, other ones than before", now, len(pods))
		}
		if !cmp.Equal([]string{"canary: 10 pods are left out of the comparison: there are too many"}, window.Doubts) {
			t.Fatalf("doubts %q", window.Doubts)
		}
		before = pods
	}
}

// TestHistogramWarmUp: young pods of the canary are counted apart.
func TestHistogramWarmUp(t *testing.T) {
	policy := Policy{WarmUp: 2 * time.Minute}
	series := func(factor float64) (s Series) {
		for second := 0.0; second <= 300; second += 15 {
			s.Samples = append(s.Samples, Sample{at(second), factor * second})
		}
		return s
	}
	low, all := series(1), series(2)
	low.Labels, all.Labels = le("0.1").Labels, le("+Inf").Labels
	arm := Histograms{Classic: []Series{low, all}, BornAfter: at(-10)}
	window, _ := BeginHistograms(at(-1), time.Time{}, policy).Advance(HistogramArms{Canary: arm, Baseline: arm}, at(300), policy)
	if !cmp.Equal([]float64{195, 195}, window.Canary[0].Counts) || !cmp.Equal([]float64{105, 105}, window.WarmingUp) {
		t.Errorf("old %v, young %v", window.Canary[0].Counts, window.WarmingUp)
	}
	if !cmp.Equal([]float64{300, 300}, window.Baseline[0].Counts) || !window.Canary[0].Since.Equal(at(0)) {
		t.Errorf("baseline %v, since %v", window.Baseline[0].Counts, window.Canary[0].Since)
	}
}

// TestLayoutChange: bounds that vanish mid-run are left out from then on, and those
// that come are not taken in.
func TestLayoutChange(t *testing.T) {
	cursor := BeginHistograms(at(0), time.Time{}, Policy{Grace: time.Second})
	steps := []struct {
		series []Series
		want   []float64
		doubts int
	}{
		{[]Series{le("0.1", -5, 0, 5, 1), le("0.5", -5, 0, 5, 2), le("+Inf", -5, 0, 5, 3)}, []float64{0.1, 0.5}, 0},
		{[]Series{le("0.1", 5, 1, 15, 2), le("0.3", 15, 3), le("0.5", 5, 2), le("+Inf", 5, 3, 15, 4)}, []float64{0.1}, 1},
		{[]Series{le("0.1", 15, 2, 25, 3), le("0.3", 15, 3, 25, 5), le("0.5", 25, 6), le("+Inf", 15, 4, 25, 7)}, []float64{0.1}, 0},
		{[]Series{le("0.4", 25, 1, 35, 2), le("+Inf", 25, 7, 35, 9)}, nil, 2},
		{[]Series{le("0.4", 35, 2, 45, 3), le("+Inf", 35, 9, 45, 11)}, []float64{0.4}, 0},
	}
	for i, step := range steps {
		var window HistogramWindow
		window, cursor = cursor.Advance(HistogramArms{Canary: Histograms{Classic: step.series}}, at(float64(10*i+10)), Policy{Grace: time.Second})
		if !cmp.Equal(step.want, window.Edges) || len(window.Doubts) != step.doubts {
			t.Errorf("step %d: edges %v, doubts %q; want %v and %d doubts", i, window.Edges, window.Doubts, step.want, step.doubts)
		}
	}
}
