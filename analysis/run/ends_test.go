package run

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// gaugeMetric is a gauge that is measured every minute.
func gaugeMetric() Metric {
	return Metric{Name: "latency", Interval: time.Minute, Mean: &judge.Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01}}
}

// TestTheFirstLookAsksForThePast: only the first one, of a gauge, and no more points than
// are remembered.
func TestTheFirstLookAsksForThePast(t *testing.T) {
	plain, long, counted := gaugeMetric(), gaugeMetric(), gaugeMetric()
	plain.History, long.History, counted.History = 30, 100_000, 30
	counted.Mean, counted.Proportion = nil, &judge.Proportion{Budget: 0.01}
	for _, test := range []struct {
		reason string
		metric Metric
		want   Past
	}{
		{"as many as are asked for", plain, Past{epoch.Add(-30 * time.Minute), epoch.Add(-time.Minute), time.Minute}},
		{"as many as are remembered", long, Past{epoch.Add(-mostBaseline * time.Minute), epoch.Add(-time.Minute), time.Minute}},
		{"none are asked for", gaugeMetric(), Past{}},
		{"counters have a past of their own", counted, Past{}},
	} {
		spec := Spec{Metrics: []Metric{test.metric}}
		looks, _ := Due(spec, Start(spec, epoch), epoch)
		if diff := cmp.Diff(test.want, looks[0].Past); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
	spec := Spec{Metrics: []Metric{plain}}
	state := Record(spec, Start(spec, epoch), gauge(0, epoch, 1, 1))
	if looks, _ := Due(spec, state, epoch.Add(time.Minute)); looks[0].Past != (Past{}) {
		t.Errorf("the second look asks for %+v", looks[0].Past)
	}
}

// gauge is a look at a gauge of both versions.
func gauge(number int, at time.Time, canary, baseline float64) Measurement {
	return Measurement{Metric: "latency", Number: number, StartedAt: at, FinishedAt: at, Samples: &Samples{
		CanaryPoints:   []series.Sample{{At: at, Value: canary}},
		BaselinePoints: []series.Sample{{At: at, Value: baseline}},
	}}
}

// TestALongIntervalIsNoScrape: a gauge that has too few points is not read again before
// its time, and one that could not be read is, but counts once.
func TestALongIntervalIsNoScrape(t *testing.T) {
	metric := gaugeMetric()
	metric.Interval = time.Hour
	spec := Spec{Metrics: []Metric{metric}}
	state := Record(spec, Start(spec, epoch), gauge(0, epoch, 1, 1))
	if last, _ := state.Metrics[0].last(); last.Reason != TooFewPoints {
		t.Fatalf("the first look says %q", last.Reason)
	}
	if _, next := Due(spec, state, epoch.Add(time.Second)); !next.Equal(epoch.Add(time.Hour)) {
		t.Errorf("one point, and the next look is at %s", next)
	}
	at := epoch.Add(time.Hour)
	state = Record(spec, state, Measurement{Metric: "latency", Number: 1, StartedAt: at, FinishedAt: at, Failure: &Failure{Reason: Unavailable}})
	if _, next := Due(spec, state, at); !next.Equal(at.Add(blindRetry)) {
		t.Errorf("the source is gone, and the next look is at %s", next)
	}
	for i := range 5 {
		state = Record(spec, state, gauge(2+i, at.Add(time.Duration(i)*blindRetry), 1, 1))
	}
	if e := state.Metrics[0].Evidence; !strings.Contains(state.Metrics[0].JudgeState, `"baseline":[`) || e == nil {
		t.Fatalf("the state is %+v", state.Metrics[0])
	}
	memory, err := recall(spec, metric, state.Metrics[0], epoch)
	if err != nil {
		t.Fatal(err)
	}
	if got := [2]int{len(memory.Points.Canary), len(memory.Points.Baseline)}; got != [2]int{2, 2} {
		t.Errorf("%v points, want two of each: the others were read between two scrapes", got)
	}
}

// TestAJudgeConcludesAtItsEnd: a regression that the sequential test does not find in time
// is found by the test that half of the budget is kept for; at the first look that is not
// before the end, and only there.
func TestAJudgeConcludesAtItsEnd(t *testing.T) {
	// A level whose evidence after four points is short of the limit, and not of the
	// test's for one look.
	play := func(ends time.Time, looks int) MetricState {
		metric := gaugeMetric()
		metric.Ends = ends
		spec := Spec{Metrics: []Metric{metric}}
		state := Start(spec, epoch)
		for i := range looks {
			at := epoch.Add(time.Duration(i) * time.Minute)
			look := gauge(i, at, 1.28, 1)
			if i == 0 {
				var past []series.Sample
				for k := 30; k > 0; k-- {
					past = append(past, series.Sample{At: at.Add(-time.Duration(k) * time.Minute), Value: 1 + 0.1*float64(k%3-1)})
				}
				look.Samples.BaselinePoints = append(past, look.Samples.BaselinePoints...)
			}
			state = Record(spec, state, look)
		}
		return state.Metrics[0]
	}
	const looks = 3
	planned := play(epoch.Add(time.Hour), looks)
	if planned.Phase != Running {
		t.Fatalf("before its end the metric is %s: %s", planned.Phase, planned.Message)
	}
	ended := play(epoch.Add((looks-1)*time.Minute-time.Second), looks)
	if ended.Phase != Failed || !strings.Contains(fmt.Sprint(ended.Measurements), "at the last look: p-value") {
		t.Errorf("at its end the metric is %s: %s", ended.Phase, ended.Message)
	}
}

// TestAnEndIsReachedOnce: the budget of the last look is spent once.
func TestAnEndIsReachedOnce(t *testing.T) {
	metric := gaugeMetric()
	metric.Ends = epoch.Add(90 * time.Second)
	var ends []int
	state := MetricState{}
	for i := range 5 {
		at := epoch.Add(time.Duration(i) * time.Minute)
		if metric.ends(state, at) {
			ends = append(ends, i)
		}
		state.add(Outcome{StartedAt: at, Phase: Successful})
	}
	if diff := cmp.Diff([]int{2}, ends); diff != "" {
		t.Errorf("the last look (-want +got)\n%s", diff)
	}
	metric.Mean = nil
	if metric.ends(MetricState{}, epoch.Add(time.Hour)) {
		t.Error("what is no judge concludes")
	}
}

// TestAnHourBetweenScrapes: counters that are scraped and looked at hourly are counted in
// full, and seen.
func TestAnHourBetweenScrapes(t *testing.T) {
	metric := Metric{Name: "errors", Interval: time.Hour, Proportion: &judge.Proportion{Budget: 0.01}}
	spec := Spec{Metrics: []Metric{metric}}
	state := Start(spec, epoch)
	counter := func(rate float64, from, to time.Time) []series.Series {
		one := series.Series{Labels: "{}"}
		for h := -20; h < 20; h++ {
			// The scrapes lie between the looks.
			if at := epoch.Add(time.Duration(h)*time.Hour - 25*time.Minute); at.After(from) && !at.After(to) {
				one.Samples = append(one.Samples, series.Sample{At: at, Value: rate * float64(h+20)})
			}
		}
		return []series.Series{one}
	}
	for i := 1; i <= 3; i++ {
		at := epoch.Add(time.Duration(i) * time.Hour)
		looks, _ := Due(spec, state, at)
		from := looks[0].From
		state = Record(spec, state, Measurement{Metric: "errors", Number: looks[0].Number, StartedAt: at, FinishedAt: at, Samples: &Samples{
			CanaryBad: counter(1, from, at), CanaryTotal: counter(1000, from, at), BaselineBad: counter(1, from, at), BaselineTotal: counter(1000, from, at),
		}})
		last, _ := state.Metrics[0].last()
		if last.Phase != Successful || last.Value != "canary 1/1000, baseline 1/1000" {
			t.Errorf("look %d: %s %s, %s", i, last.Phase, last.Value, last.Message)
		}
	}
}

// TestPointsAreKeptShortly: what is written is read again, bit for bit, and so is what was
// written before it was short.
func TestPointsAreKeptShortly(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	for _, v := range []float64{0, -0.1, 1e-300, 1.0 / 3, math.MaxFloat64, math.NaN(), math.Inf(-1)} {
		want := point{at, value(v)}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		long, err := json.Marshal(struct {
			At    time.Time
			Value value
		}{at, value(v)})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{text, long} {
			var got point
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			same := math.Float64bits(float64(got.Value)) == math.Float64bits(v) || math.IsNaN(v) && math.IsNaN(float64(got.Value))
			if !got.At.Equal(at) || !same {
				t.Errorf("%s is read as %v", text, got)
			}
		}
	}
	for _, text := range []string{`[]`, `[1]`, `["a",1]`, `[1,"x"]`, `[1,2,3]`, `3`} {
		var got point
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is read as %v", text, got)
		}
	}
}
