package series

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at is a time some seconds into the tests' hour.
func at(seconds float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// counter is a series of samples, given as second and value in turn.
func counter(labels string, pairs ...float64) Series {
	s := Series{Labels: labels}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.Samples = append(s.Samples, Sample{At: at(pairs[i]), Value: pairs[i+1]})
	}
	return s
}

// steady is a pod of the baseline that serves nothing and is scraped throughout,
// so that the arm counts as watched.
func steady() Series {
	s := Series{Labels: `{pod="steady"}`}
	for second := -300.0; second <= 600; second += 5 {
		s.Samples = append(s.Samples, Sample{At: at(second)})
	}
	return s
}

// TestAdvance: what one window counts.
//
// Long: it is a table.
func TestAdvance(t *testing.T) {
	watched := steady()
	tests := []struct {
		reason string
		// total and bad are the canary's series.
		total, bad []Series
		bornAfter  time.Time
		from, to   float64
		want       Counts
		doubts     []string
	}{
		{reason: "the increase is from the last sample before the window to the last one in it",
			total: []Series{counter("a", -5, 100, 5, 103, 10, 110, 15, 400)}, from: 0, to: 10, want: Counts{Total: 10}},
		{reason: "a sample at the beginning belongs to the window before, one at the end to this one",
			total: []Series{counter("a", 0, 100, 10, 107)}, from: 0, to: 10, want: Counts{Total: 7}},
		{reason: "a counter that falls was restarted, and counts in full",
			total: []Series{counter("a", -5, 100, 5, 4, 10, 6)}, from: 0, to: 10, want: Counts{Total: 6}},
		{reason: "a restart between two windows counts in full as well",
			total: []Series{counter("a", -5, 100, 5, 0, 10, 0)}, from: 0, to: 10, want: Counts{}},
		{reason: "a series that appears while the arm is watched began at zero",
			total: []Series{watched, counter("a", 5, 3, 10, 8)}, from: 0, to: 10, want: Counts{Total: 8}},
		{reason: "the first error of a pod that has been scraped all along is counted",
			total: []Series{watched, counter("a", -5, 50, 0, 60, 5, 70)}, bad: []Series{counter(`a,code="500"`, 5, 1)}, from: 0, to: 10, want: Counts{Bad: 1, Total: 10}},
		{reason: "a canary that is younger than the lookback began at zero",
			total: []Series{counter("a", 5, 3, 10, 8)}, bornAfter: at(-20), from: 0, to: 10, want: Counts{Total: 8}},
		{reason: "without any history the first sample is only a starting point",
			total: []Series{counter("a", 5, 1000, 10, 1008)}, from: 0, to: 10, want: Counts{Total: 8},
			doubts: []string{"canary: 1 series began with no history to tell how much was counted before; the first sample is only a starting point"}},
		{reason: "pods that are first scraped in the same round as all others are not new",
			total: []Series{counter("a", 1, 1000, 6, 1002), counter("b", 4, 2000, 9, 2003)}, from: 2, to: 10, want: Counts{Total: 5},
			doubts: []string{"canary: 1 series began with no history to tell how much was counted before; the first sample is only a starting point"}},
		{reason: "history further back than the lookback is no history",
			total: []Series{counter("a", -400, 10, 5, 1000, 10, 1001)}, from: 0, to: 10, want: Counts{Total: 1},
			doubts: []string{"canary: 1 series began with no history to tell how much was counted before; the first sample is only a starting point"}},
		{reason: "a series that ends keeps what it counted",
			total: []Series{counter("a", -5, 100, 2, 103)}, from: 0, to: 10, want: Counts{Total: 3}},
		{reason: "what is no count is left out",
			total: []Series{counter("a", -5, 100, 2, math.NaN(), 4, math.Inf(1), 5, 1e300, 6, -1, 10, 104)}, from: 0, to: 10, want: Counts{Total: 4},
			doubts: []string{"canary: 4 samples were NaN, infinite, huge or negative, and left out"}},
		{reason: "samples may come in any order, and twice",
			total: []Series{counter("a", 10, 104, -5, 100, 5, 103, 5, 103)}, from: 0, to: 10, want: Counts{Total: 4}},
		{reason: "bad requests are requests",
			total: []Series{counter("a", -5, 100, 10, 104)}, bad: []Series{counter("a", -5, 0, 10, 9)}, from: 0, to: 10, want: Counts{Bad: 4, Total: 4},
			doubts: []string{"canary: more bad requests than requests: the ones too many are held back until their total is seen"}},
		{reason: "no series are no requests", from: 0, to: 10, want: Counts{}},
		{reason: "a clock that was set back counts nothing",
			total: []Series{counter("a", -5, 100, 10, 104)}, from: 0, to: -3, want: Counts{},
			doubts: []string{"the time of this look is not after that of the last one: nothing is counted"}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			cursor := Begin(at(test.from), time.Time{}, Policy{})
			window, _ := cursor.Advance(Arms{Canary: Counters{Bad: test.bad, Total: test.total, BornAfter: test.bornAfter}}, at(test.to), Policy{})
			if diff := cmp.Diff(test.want, window.Canary); diff != "" {
				t.Errorf("canary (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.doubts, window.Doubts); diff != "" {
				t.Errorf("doubts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(Counts{}, window.Baseline); diff != "" {
				t.Errorf("baseline (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBegin(t *testing.T) {
	tests := []struct {
		reason string
		born   time.Time
		want   time.Time
	}{
		{"an unknown birth changes nothing", time.Time{}, at(100)},
		{"a young canary is counted from its birth", at(80), at(80)},
		{"an old canary has its history in the lookback", at(-1000), at(100)},
		{"a birth after the start cannot be", at(120), at(100)},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			got := Begin(at(100), test.born, Policy{})
			if !got.Counted.Equal(test.want) || !got.Settled.Equal(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if from := got.SamplesFrom(Policy{Lookback: time.Minute}); !from.Equal(test.want.Add(-time.Minute)) {
				t.Errorf("samples are needed from %v", from)
			}
		})
	}
}

// TestIncompleteAnswer follows a cursor through answers that show less than was
// already counted.
func TestIncompleteAnswer(t *testing.T) {
	whole := func(upTo float64) Arms {
		var canary, baseline Series
		for second := -10.0; second <= upTo; second += 5 {
			canary.Samples = append(canary.Samples, Sample{at(second), second + 10})
			baseline.Samples = append(baseline.Samples, Sample{at(second), 2 * (second + 10)})
		}
		return Arms{Canary: Counters{Total: []Series{canary}}, Baseline: Counters{Total: []Series{baseline}}}
	}
	nothing := Arms{Baseline: whole(100).Baseline}
	cursor := Begin(at(0), time.Time{}, Policy{})
	steps := []struct {
		reason           string
		arms             Arms
		to               float64
		canary, baseline float64
		doubtful         bool
	}{
		{"a first look", whole(10), 10, 10, 20, false},
		{"the canary's data is missing: neither arm is counted", nothing, 20, 0, 0, true},
		{"still missing", nothing, 30, 0, 0, true},
		{"all of it comes with the next whole answer", whole(40), 40, 30, 60, false},
		{"missing for longer than the grace: it is gone", nothing, 101, 0, 120, true},
		{"a whole answer that comes after all is counted in full", whole(150), 150, 110, 100, false},
	}
	for _, step := range steps {
		window, next := cursor.Advance(step.arms, at(step.to), Policy{})
		if window.Canary.Total != step.canary || window.Baseline.Total != step.baseline {
			t.Errorf("%s: canary %v, baseline %v, want %v and %v", step.reason, window.Canary.Total, window.Baseline.Total, step.canary, step.baseline)
		}
		if doubtful := len(window.Doubts) > 0; doubtful != step.doubtful {
			t.Errorf("%s: doubts %q", step.reason, window.Doubts)
		}
		cursor = next
	}
}

func TestCursorSerialises(t *testing.T) {
	local := time.FixedZone("somewhere", 3600)
	cursor := Begin(at(0.123456789).In(local), time.Time{}, Policy{})
	_, cursor = cursor.Advance(Arms{Canary: Counters{Total: []Series{counter("a", -5, 0.1, 5, 0.3)}}}, at(90.5).In(local), Policy{})
	text, err := json.Marshal(cursor)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 512 {
		t.Errorf("a cursor takes %d bytes", len(text))
	}
	var back Cursor
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cursor, back, cmp.AllowUnexported(ReportedPod{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
