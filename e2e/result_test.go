package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lab/load"
)

// zero is t = 0 of the recordings in these tests.
var zero = time.Unix(1_700_000_000, 0)

func at(seconds float64) time.Time {
	return zero.Add(time.Duration(seconds * float64(time.Second)))
}

// samplesOf makes samples of "second weight bad" lines.
func samplesOf(points ...[3]float64) []sample {
	var samples []sample
	for _, point := range points {
		samples = append(samples, sample{at: at(point[0]), weight: int32(point[1]), bad: int64(point[2])})
	}
	return samples
}

func TestWeightZero(t *testing.T) {
	for _, test := range []struct {
		samples      []sample
		want         float64
		again, found bool
		reason       string
	}{
		{samplesOf([3]float64{10, 0}, [3]float64{11, 0}), 0, false, false, "a weight that was never above 0 did not go to 0"},
		{samplesOf([3]float64{10, 0}, [3]float64{11, 5}, [3]float64{12, 0}, [3]float64{13, 0}), 12, false, true, "the first sample at 0 counts"},
		{samplesOf([3]float64{10, 5}, [3]float64{11, 0}, [3]float64{12, 5}, [3]float64{13, 0}), 11, true, true, "a weight that comes back is told"},
		{samplesOf([3]float64{10, 0}, [3]float64{11, 5}), 0, false, false, "still above 0"},
		{samplesOf([3]float64{1, 5}, [3]float64{2, 0}, [3]float64{11, 5}, [3]float64{12, 0}), 12, false, true, "what was before the first bad response does not count"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			got, again, found := weightZero(test.samples, at(5))
			if found != test.found || again != test.again || found && !got.at.Equal(at(test.want)) {
				t.Errorf("found %v at %s, again %v; want %v at %v, again %v", found, got.at.Sub(zero), again, test.found, test.want, test.again)
			}
		})
	}
}

func TestRaisedWhileBlind(t *testing.T) {
	outage := []interval{{at(10), at(100)}}
	for _, test := range []struct {
		samples []sample
		want    string
		reason  string
	}{
		{samplesOf([3]float64{5, 5}, [3]float64{50, 20}), "from 5 to 20 after 50.0 s", "a raise in the middle"},
		{samplesOf([3]float64{5, 5}, [3]float64{9, 20}, [3]float64{101, 50}), "", "raises before and after"},
		{samplesOf([3]float64{5, 0}, [3]float64{50, 5}), "", "the first weight is no raise"},
		{samplesOf([3]float64{5, 20}, [3]float64{50, 0}, [3]float64{60, 5}), "", "neither is the way down"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			if got := raisedWhile(test.samples, outage, zero); got != test.want {
				t.Errorf("raised %q, want %q", got, test.want)
			}
		})
	}
}

func TestFirstHarm(t *testing.T) {
	counts := load.Snapshot{FirstLost: at(3), Versions: map[string]load.Answers{"v1": {}, "v2": {FirstBad: at(4)}}}
	if got := firstHarm(counts, false); !got.Equal(at(4)) {
		t.Errorf("the first bad response is at %s, want 4s", got.Sub(zero))
	}
	if got := firstHarm(counts, true); !got.Equal(at(3)) {
		t.Errorf("with lost responses as harm it is at %s, want 3s", got.Sub(zero))
	}
	if got := firstHarm(load.Snapshot{}, true); !got.IsZero() {
		t.Errorf("without harm there is a first one at %s", got)
	}
}

func TestBars(t *testing.T) {
	bad := result{outcome: outcomeAborted, firstBad: time.Second, detect: 9 * time.Second, badUntilZero: 21, bad: 22, lost: 1, highest: 20, raisedBlind: "from 5 to 20"}
	good := result{outcome: outcomePromoted, firstBad: -1, detect: -1, highest: 100}
	for _, test := range []struct {
		bar    bar
		result result
		want   string
	}{
		{rolledBack, bad, ""},
		{rolledBack, good, `must end as Aborted, not "Promoted"`},
		{promoted, good, ""},
		{promoted, bad, `must end as Promoted, not "Aborted"`},
		{reverted, result{}, `must end as Reverted, not ""`},
		{weightZeroWithin(9 * time.Second), bad, ""},
		{weightZeroWithin(8 * time.Second), bad, "within 8s, it took 9.0 s"},
		{weightZeroWithin(8 * time.Second), good, "nothing was tested"},
		{weightZeroWithin(8 * time.Second), result{firstBad: 1, detect: -1}, "it never did"},
		{within(20 * time.Second), result{ended: 20 * time.Second}, ""},
		{within(20 * time.Second), result{ended: 21 * time.Second}, "within 20s of the change, it took 21.0 s"},
		{within(20 * time.Second), result{ended: -1}, "it took – s"},
		{atMostBad(21), bad, ""},
		{atMostBad(20), bad, "at most 20 bad responses until weight 0, there were 21"},
		{highestWeight(20), bad, ""},
		{highestWeight(5), bad, "must not exceed 5, it was 20"},
		{takenBackForGood, bad, ""},
		{takenBackForGood, result{raisedAgain: true}, "raised again"},
		{nothingBad, good, ""},
		{nothingBad, bad, "there were 22"},
		{nothingLost, good, ""},
		{nothingLost, bad, "1 were"},
		{heldWhileBlind, good, ""},
		{heldWhileBlind, bad, "it was from 5 to 20"},
		{thirdAtLast, result{answered: map[string]load.Answers{"v2": {Last: at(1)}, "v3": {Requests: 9, Last: at(20)}}}, ""},
		{thirdAtLast, result{answered: map[string]load.Answers{"v2": {Last: at(19)}, "v3": {Requests: 9, Last: at(20)}}}, "third version must"},
		{thirdAtLast, good, "third version must"},
	} {
		if got := test.bar(test.result); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("the bar says %q, want %q, of %+v", got, test.want, test.result)
		}
	}
}

func TestARowWithAnyMissIsMissed(t *testing.T) {
	scenario := scenario{id: "S1", title: "errors", bars: []bar{rolledBack, atMostBad(20)}, argo: "37 s"}
	result := result{outcome: outcomeAborted, ended: 20 * time.Second, firstBad: 9 * time.Second, detect: 8500 * time.Millisecond, badUntilZero: 12, bad: 13, highest: 5}
	row := judge(scenario, result, nil)
	want := []string{"S1", "errors", "9.0", "8.5", "12 (13)", "5", "rolled back after 20.0 s", "0", "37 s", "–", "met"}
	if difference := cmp.Diff(want, row.cells()); difference != "" {
		t.Errorf("the cells (-want +got):\n%s", difference)
	}
	result.badUntilZero, result.unsent = 21, 3
	row = judge(scenario, result, errors.New("the release hung"))
	if len(row.misses) != 3 || row.cells()[10] != "MISSED" {
		t.Errorf("misses are %q, want the failure, the unsent requests and the bar", row.misses)
	}
	result.stall = 3 * time.Second
	if row = judge(scenario, result, nil); len(row.misses) != 3 || !strings.Contains(row.misses[2], "stood still for 3.0 s") {
		t.Errorf("misses are %q, want the stall as well", row.misses)
	}
	if row = judge(scenario, resultWithin(result), nil); len(row.misses) != 0 {
		t.Errorf("misses are %q: a stall in a run that meets its bars is no miss", row.misses)
	}
}

// resultWithin is the result within the bars.
func resultWithin(r result) result {
	r.badUntilZero, r.unsent = 12, 0
	return r
}

func TestTheTablesHaveAllRows(t *testing.T) {
	rows := []row{{scenario: scenario{id: "S1", title: "one"}}, {scenario: scenario{id: "S2", title: "two"}, misses: []string{"x"}}}
	lines := strings.Split(strings.TrimSpace(markdown(rows)), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want header, rule and two rows", len(lines))
	}
	for _, line := range lines {
		if cells := strings.Count(line, "|") - 1; cells != len(columns()) {
			t.Errorf("%d cells in %q, want %d", cells, line, len(columns()))
		}
	}
	var text strings.Builder
	printTable(&text, rows)
	if !strings.Contains(text.String(), "MISSED") || !strings.Contains(text.String(), "two") {
		t.Errorf("the table lacks the second row:\n%s", text.String())
	}
}
