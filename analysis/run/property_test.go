package run

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// life is a run with random metrics and random measurements.
type life struct {
	spec  Spec
	steps []lifeStep
}

// lifeStep is what happens next: time passes, a metric is measured, the run ends.
type lifeStep struct {
	pass      time.Duration
	metric    int
	letter    rune
	terminate bool
}

// drawLife makes up a run.
func drawLife(t *rapid.T, conditions Metric) life {
	var l life
	for i := range rapid.IntRange(1, 3).Draw(t, "metrics") {
		metric := conditions
		metric.Name = string(rune('a' + i))
		metric.Interval = time.Duration(rapid.SampledFrom([]int{0, 1, 10, 60}).Draw(t, "interval")) * time.Second
		metric.InitialDelay = time.Duration(rapid.SampledFrom([]int{0, 0, 30}).Draw(t, "initialDelay")) * time.Second
		metric.Count = rapid.IntRange(0, 5).Draw(t, "count")
		metric.FailureLimit = rapid.IntRange(-1, 3).Draw(t, "failureLimit")
		metric.InconclusiveLimit = rapid.IntRange(0, 3).Draw(t, "inconclusiveLimit")
		metric.ConsecutiveErrorLimit = rapid.IntRange(0, 4).Draw(t, "consecutiveErrorLimit")
		metric.ConsecutiveSuccessLimit = rapid.IntRange(0, 3).Draw(t, "consecutiveSuccessLimit")
		l.spec.Metrics = append(l.spec.Metrics, metric)
	}
	for range rapid.IntRange(0, 40).Draw(t, "steps") {
		l.steps = append(l.steps, lifeStep{
			pass:      time.Duration(rapid.IntRange(0, 61_000).Draw(t, "pass")) * time.Millisecond,
			metric:    rapid.IntRange(0, len(l.spec.Metrics)-1).Draw(t, "metric"),
			letter:    rapid.SampledFrom([]rune("SSSFINE")).Draw(t, "letter"),
			terminate: rapid.IntRange(0, 60).Draw(t, "terminate") == 0,
		})
	}
	return l
}

// play lives a life; watch sees each measurement before and after it is recorded.
func (l life) play(between func(State) State, watch func(metric int, letter rune, now time.Time, before, after State)) State {
	now := epoch
	state := Start(l.spec, now)
	for _, step := range l.steps {
		now = now.Add(step.pass)
		state = between(state)
		if step.terminate {
			state = Terminate(l.spec, state, now)
		}
		looks, _ := Due(l.spec, state, now)
		for _, look := range looks {
			if look.Metric == l.spec.Metrics[step.metric].Name {
				next := Record(l.spec, state, letterMeasurement(look, step.letter, now))
				watch(step.metric, step.letter, now, state, next)
				state = next
			}
		}
	}
	return state
}

func same(s State) State { return s }

func unwatched(int, rune, time.Time, State, State) {}

func TestAStateThatIsReadBackGoesOnTheSame(t *testing.T) {
	metric := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		l := drawLife(r, metric)
		want := l.play(same, unwatched)
		got := l.play(func(s State) State { return restart(t, s) }, unwatched)
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatalf("after restarts everywhere (-without +with):\n%s", diff)
		}
	})
}

func TestNothingEndsSuccessfulWithoutASuccess(t *testing.T) {
	metric := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		l := drawLife(r, metric)
		state := l.play(same, unwatched)
		ended := Terminate(l.spec, state, epoch.Add(24*time.Hour))
		for _, s := range []State{state, ended} {
			for _, m := range s.Metrics {
				if (m.Phase == Successful || s.Phase == Successful) && m.Successful == 0 {
					r.Fatalf("run %s, metric %s: %+v", s.Phase, m.Phase, m)
				}
			}
			if s.Phase != Successful && !s.Phase.Live() && s.CompletedAt.IsZero() {
				r.Fatalf("ended without a time: %+v", s)
			}
		}
	})
}

func TestABlindMeasurementEndsNothingAndCountsNowhere(t *testing.T) {
	metric := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		drawLife(r, metric).play(same, func(i int, letter rune, now time.Time, before, after State) {
			if letter != 'E' && letter != 'N' {
				return
			}
			b, a := before.Metrics[i], after.Metrics[i]
			if !after.Phase.Live() || !a.Phase.Live() {
				r.Fatalf("a blind measurement ended the run: %s", after.Message)
			}
			if b.Count != a.Count || b.Failed != a.Failed || b.Inconclusive != a.Inconclusive || b.Successful != a.Successful {
				r.Fatalf("a blind measurement was counted: %+v, then %+v", b, a)
			}
			if a.Blind != b.Blind+1 || a.BlindSince.IsZero() || after.BlindSince.IsZero() || after.BlindSince.After(a.BlindSince) {
				r.Fatalf("a blind measurement was not noted: %+v", a)
			}
		})
	})
}

// TestPhasesAgreeWithTheWholeHistory holds the phases, which are derived from
// counters step by step, against the rules read naively over the whole history.
func TestPhasesAgreeWithTheWholeHistory(t *testing.T) {
	grey := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		l := drawLife(r, grey)
		histories := make([]string, len(l.spec.Metrics))
		l.play(same, func(i int, letter rune, now time.Time, before, after State) {
			histories[i] += string(letter)
			want := naivePhase(l.spec.Metrics[i], histories[i])
			if got := after.Metrics[i].Phase; got != want {
				r.Fatalf("%+v after %q: %s, want %s", l.spec.Metrics[i], histories[i], got, want)
			}
		})
	})
}

// naivePhase reads the rules over a whole history.
func naivePhase(metric Metric, history string) Phase {
	count := map[rune]int{}
	streak := 0
	for _, letter := range history {
		count[letter]++
		streak++
		if letter != 'S' {
			streak = 0
		}
	}
	seen := count['S'] + count['F'] + count['I']
	switch {
	case metric.FailureLimit >= 0 && count['F'] > metric.FailureLimit:
		return Failed
	case count['I'] > metric.InconclusiveLimit:
		return Inconclusive
	case metric.ConsecutiveSuccessLimit > 0 && streak >= metric.ConsecutiveSuccessLimit:
		return Successful
	case metric.Count == 0 || seen < metric.Count:
		return Running
	case metric.ConsecutiveSuccessLimit > 0 && metric.FailureLimit == -1:
		return Failed
	case metric.ConsecutiveSuccessLimit > 0 || count['S'] == 0:
		return Inconclusive
	default:
		return Successful
	}
}

func TestAViewNeverSaysPassedWithoutCause(t *testing.T) {
	metric := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		l := drawLife(r, metric)
		l.play(same, func(_ int, _ rune, now time.Time, _, after State) {
			view := after.View(l.spec, now)
			if view.PassedAt.IsZero() {
				return
			}
			if view.PassedAt.After(now) || !view.BlindSince.IsZero() {
				r.Fatalf("passed at %s, at %s, blind since %s", view.PassedAt, now, view.BlindSince)
			}
			for _, m := range after.Metrics {
				last, _ := m.last()
				if m.Phase.Live() && last.Phase != Successful || m.Phase == Failed || m.Phase == Inconclusive {
					r.Fatalf("passed, but metric %s is %s and its last measurement %s", m.Name, m.Phase, last.Phase)
				}
			}
		})
	})
}

func TestDueAsksForEachLookOnceAndComesBack(t *testing.T) {
	metric := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		l := drawLife(r, metric)
		l.play(same, func(i int, letter rune, now time.Time, before, after State) {
			looks, next := Due(l.spec, after, now.Add(100*time.Millisecond))
			for _, look := range looks {
				if look.Metric == l.spec.Metrics[i].Name {
					r.Fatalf("%s is due again right after it was measured", look.Metric)
				}
			}
			if after.Metrics[i].Phase.Live() && next.IsZero() {
				r.Fatalf("nobody comes back to %s", l.spec.Metrics[i].Name)
			}
			if next.Sub(now) > time.Minute+time.Second {
				r.Fatalf("the next look is only at %s", next.Sub(now))
			}
			if letter == 'E' && after.Metrics[i].Phase.Live() && next.Sub(now) > blindRetry+time.Second {
				r.Fatalf("a blind metric is looked at only after %s", next.Sub(now))
			}
		})
	})
}

func TestOnlyTheMeasurementThatIsWaitedForIsRecorded(t *testing.T) {
	metric := greyMetric(t, "m")
	metric.Interval = 10 * time.Second
	spec := Spec{Metrics: []Metric{metric}}
	state := Start(spec, epoch)
	looks, _ := Due(spec, state, epoch)
	measurement := letterMeasurement(looks[0], 'S', epoch)
	once := Record(spec, state, measurement)
	for name, late := range map[string]Measurement{
		"the same one again": measurement,
		"one of the future":  {Metric: "m", Number: 7, Failure: &Failure{}},
		"an unknown metric":  {Metric: "other", Failure: &Failure{}},
	} {
		if diff := cmp.Diff(once, Record(spec, once, late)); diff != "" {
			t.Errorf("%s changed the state:\n%s", name, diff)
		}
	}
	ended := Terminate(spec, once, epoch.Add(time.Second))
	late := letterMeasurement(Look{Metric: "m", Number: 1}, 'F', epoch.Add(10*time.Second))
	if diff := cmp.Diff(ended, Record(spec, ended, late)); diff != "" {
		t.Errorf("a measurement after the end changed the state:\n%s", diff)
	}
	if diff := cmp.Diff(ended, Terminate(spec, ended, epoch.Add(time.Hour))); diff != "" {
		t.Errorf("a second end changed the state:\n%s", diff)
	}
}

func TestOnlyTheLastMeasurementsAreKept(t *testing.T) {
	metric := greyMetric(t, "m")
	metric.Interval = time.Second
	spec := Spec{Metrics: []Metric{metric}}
	state, now := Start(spec, epoch), epoch
	for i := range 25 {
		now = now.Add(2 * time.Second)
		state = Record(spec, state, letterMeasurement(Look{Metric: "m", Number: i}, 'S', now))
	}
	m := state.Metrics[0]
	if len(m.Measurements) != Kept || m.Successful != 25 || !m.Measurements[Kept-1].StartedAt.Equal(now) {
		t.Errorf("%d measurements kept, %d counted, the last at %s; want %d, 25, %s", len(m.Measurements), m.Successful, m.Measurements[len(m.Measurements)-1].StartedAt, Kept, now)
	}
	text, err := json.Marshal(state)
	if err != nil || len(text) > 10_000 {
		t.Errorf("the state is %d bytes, err %v", len(text), err)
	}
}
