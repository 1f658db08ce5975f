package series

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPodOf(t *testing.T) {
	tests := []struct{ labels, want string }{
		{`m{instance="10.0.0.1:80", pod="a"}`, "a"},
		{`m{instance="10.0.0.1:80", kubernetes_pod_name="b"}`, "10.0.0.1:80"},
		{`m{kubernetes_pod_name="b", pod_name="c"}`, "b"},
		{`m{pod_name="c"}`, "c"},
		{`m{pod="", pod_name="c"}`, "c"},
		{`m{path="a=\"b\", pod=\"no\"", pod="a\\b\"c\nd"}`, "a\\b\"c\nd"},
		{`{"my.metric", "my.label"="x", pod="utf"}`, "utf"},
		{`m{a="{pod=\"x\"}"}`, ""},
		{`m`, ""}, {``, ""}, {`{}`, ""},
		{`m{pod="unfinished`, ""}, {`m{pod`, ""}, {`m{pod=x}`, ""}, {`m{"pod`, ""}, {`m{pod="\`, ""},
	}
	for _, test := range tests {
		if got := podOf(labelsOf(test.labels)); got != test.want {
			t.Errorf("%s: %q, want %q", test.labels, got, test.want)
		}
	}
}

// FuzzLabels reads any text as labels; what it finds stands where it says.
func FuzzLabels(f *testing.F) {
	f.Add(`m{a="b", pod="c\\\"\n"}`)
	f.Add(`{"my.metric", "x y"="z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, l := range labelsOf(text) {
			if l.start < end || l.end <= l.start || l.end > len(text) {
				t.Fatalf("%q: %+v after %d", text, l, end)
			}
			end = l.end
		}
	})
}

// grown is a series of a pod that counts some requests every 15 seconds.
func grown(name string, from, to, perScrape float64) Series {
	s := Series{Labels: fmt.Sprintf(`requests_total{pod=%q}`, name)}
	for second, value := from, 0.0; second <= to; second += 15 {
		s.Samples = append(s.Samples, Sample{at(second), value})
		value += perScrape
	}
	return s
}

// TestManyPods: beyond MaxPods pods are counted in the sum alone, each request once;
// the cursor stays small, and a pod that goes makes room for another one.
func TestManyPods(t *testing.T) {
	cursor := Begin(at(0), time.Time{}, Policy{})
	sum, want := 0.0, 0.0
	for now := 20.0; now <= 1200; now += 20 {
		arm := Counters{}
		for i := range 500 {
			// From 400 s on all but 20 of the pods are gone.
			last := 1200.0
			if i%25 > 0 {
				last = 400
			}
			one := grown(fmt.Sprint("web-", i), -300, min(now, last), 1)
			if now == 1200 {
				want += float64(len(one.Samples) - 1 - 20)
			}
			arm.Total = append(arm.Total, within(one, cursor.SamplesFrom(Policy{})))
		}
		var window Window
		window, cursor = cursor.Advance(Arms{Canary: arm, Baseline: arm}, at(now), Policy{})
		if len(window.Doubts) > 0 {
			t.Fatalf("at %v: doubts %q", now, window.Doubts)
		}
		sum += window.Canary.Total
		listed := 0.0
		for _, pod := range window.CanaryPods {
			listed += pod.Total
		}
		switch n := len(window.CanaryPods); {
		case now < 400 && n != MaxPods, now > 1000 && (n != 20 || listed != window.Canary.Total):
			t.Fatalf("at %v: %d pods with %v of %v requests", now, n, listed, window.Canary.Total)
		}
		text, err := json.Marshal(cursor)
		if err != nil || len(text) > 12<<10 {
			t.Fatalf("the cursor takes %d bytes: %v", len(text), err)
		}
	}
	if sum != want {
		t.Errorf("counted %v, want %v", sum, want)
	}
}

// within is a series as an answer holds it.
func within(s Series, after time.Time) Series {
	for len(s.Samples) > 0 && !s.Samples[0].At.After(after) {
		s.Samples = s.Samples[1:]
	}
	return s
}

// TestPodsOfWindow: what a window says of pods.
//
// Long: it is a table.
func TestPodsOfWindow(t *testing.T) {
	ten := func(labels string, from float64) Series { return counter(labels, -5, from, 5, from+10) }
	tests := []struct {
		reason     string
		total, bad []Series
		want       []PodCounts
		doubts     []string
	}{
		{reason: "by pod, in order, several series of one pod added up",
			total: []Series{ten(`m{code="2", pod="b"}`, 1), ten(`m{pod="a"}`, 2), ten(`m{code="1", pod="b"}`, 3)},
			want:  []PodCounts{{Pod: "a", Counts: Counts{Total: 10}}, {Pod: "b", Counts: Counts{Total: 20}}}},
		{reason: "a pod that serves nothing is there, too",
			total: []Series{counter(`m{pod="a"}`, -5, 7, 5, 7)},
			want:  []PodCounts{{Pod: "a"}}},
		{reason: "a pod that is not scraped any more is not",
			total: []Series{counter(`m{pod="a"}`, -15, 7, -5, 7), ten(`m{pod="b"}`, 0)},
			want:  []PodCounts{{Pod: "b", Counts: Counts{Total: 10}}}},
		{reason: "a new pod has an age",
			total: []Series{steady(), counter(`m{pod="a"}`, 4, 3, 9, 5)},
			want:  []PodCounts{{Pod: "a", Since: at(4), Counts: Counts{Total: 5}}, {Pod: "steady"}}},
		{reason: "without a label for pods there is one pod without a name",
			total: []Series{ten("m", 1), ten("n", 1)},
			want:  []PodCounts{{Counts: Counts{Total: 20}}}},
		{reason: "bad requests that cannot be laid at a pod's door are counted, and no pods are compared",
			total: []Series{ten(`m{pod="a"}`, 1), ten(`m{pod="b"}`, 1)}, bad: []Series{ten("e", 0)},
			want:   []PodCounts{{Counts: Counts{Bad: 10, Total: 20}}},
			doubts: []string{"canary: there are bad requests of pods without requests: the two are not labelled alike, and pods cannot be compared"}},
		{reason: "too many bad requests of one pod are no other pod's",
			total: []Series{ten(`m{pod="a"}`, 1), ten(`m{pod="b"}`, 1)}, bad: []Series{counter(`e{pod="a"}`, -5, 0, 5, 15)},
			want:   []PodCounts{{Pod: "a", Counts: Counts{Bad: 10, Total: 10}}, {Pod: "b", Counts: Counts{Total: 10}}},
			doubts: []string{"canary: more bad requests than requests: the ones too many are held back until their total is seen"}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			window, _ := Begin(at(0), time.Time{}, Policy{}).Advance(Arms{Canary: Counters{Bad: test.bad, Total: test.total}}, at(10), Policy{})
			if diff := cmp.Diff(test.want, window.CanaryPods) + cmp.Diff(test.doubts, window.Doubts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestBadRequestsWithoutPods: labelled differently for a whole run, each bad request
// is counted once.
func TestBadRequestsWithoutPods(t *testing.T) {
	cursor := Begin(at(0), time.Time{}, Policy{})
	var sum Counts
	for now := 10.0; now <= 600; now += 10 {
		bad := grown("", -300, now, 2)
		bad.Labels = "errors_total"
		arm := Counters{Bad: []Series{bad}, Total: []Series{grown("a", -300, now, 5), grown("b", -300, now, 5)}}
		var window Window
		window, cursor = cursor.Advance(Arms{Canary: arm, Baseline: arm}, at(now), Policy{})
		sum = sum.plus(window.Canary)
	}
	if want := (Counts{Bad: 80, Total: 400}); sum != want {
		t.Errorf("got %v, want %v", sum, want)
	}
}

// TestPodThatReturns: a pod that could not be reached for longer than the lookback
// does not count its whole life when it is back.
func TestPodThatReturns(t *testing.T) {
	cursor := Begin(at(0), time.Time{}, Policy{})
	sum := 0.0
	for now := 10.0; now <= 1200; now += 10 {
		steady, away := grown("steady", -300, now, 0), grown("away", -300, now, 1)
		var seen []Sample
		for _, sample := range away.Samples {
			sample.Value += 1e6
			if sample.At.Before(at(200)) || sample.At.After(at(700)) {
				seen = append(seen, sample)
			}
		}
		away.Samples = seen
		from := cursor.SamplesFrom(Policy{})
		arm := Counters{Total: []Series{within(steady, from), within(away, from)}}
		var window Window
		window, cursor = cursor.Advance(Arms{Canary: arm}, at(now), Policy{})
		sum += window.Canary.Total
	}
	// 13 scrapes up to 195 s, and 33 after the first one from 705 s on.
	if sum != 13+33 {
		t.Errorf("counted %v, want %v", sum, 13+33)
	}
}

// TestAge: from what age on a canary's samples count.
func TestAge(t *testing.T) {
	policy := Policy{WarmUp: 2 * time.Minute}
	young := grown("young", 0, 300, 1)
	tests := []struct {
		reason    string
		total     []Series
		bornAfter time.Time
		want      Counts
		wantYoung Counts
	}{
		{reason: "a pod that appears while the arm is watched", total: []Series{steady(), young}, want: Counts{Total: 13}, wantYoung: Counts{Total: 7}},
		{reason: "the first pod of a canary whose birth is known", total: []Series{young}, bornAfter: at(-10), want: Counts{Total: 13}, wantYoung: Counts{Total: 7}},
		{reason: "the same when it took its time to start", total: []Series{young}, bornAfter: at(-1000), want: Counts{Total: 13}, wantYoung: Counts{Total: 7}},
		{reason: "a pod that was there before anything was known of the arm", total: []Series{young}, want: Counts{Total: 20}},
		{reason: "a pod that was there when the canary's samples begin", total: []Series{grown("old", -295, 300, 1)}, bornAfter: at(-1000), want: Counts{Total: 20}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			window, _ := Begin(at(0.1), time.Time{}, policy).Advance(Arms{Canary: Counters{Total: test.total, BornAfter: test.bornAfter}}, at(300), policy)
			if window.Canary != test.want || window.WarmingUp != test.wantYoung {
				t.Errorf("old %v, young %v; want %v and %v", window.Canary, window.WarmingUp, test.want, test.wantYoung)
			}
		})
	}
}
