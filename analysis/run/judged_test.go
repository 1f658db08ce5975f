package run

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// judgedSpec is a run with one judged metric.
func judgedSpec() Spec {
	return Spec{Metrics: []Metric{{
		Name: "errors", Interval: 15 * time.Second, ConsecutiveErrorLimit: 4,
		Proportion: &judge.Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01},
	}}}
}

// lookAt measures a judged metric by a tape.
func lookAt(t *testing.T, spec Spec, state State, tape *tape, now time.Time) State {
	t.Helper()
	looks, _ := Due(spec, state, now)
	if len(looks) != 1 {
		t.Fatalf("%d looks are due at %s", len(looks), now.Sub(epoch))
	}
	tape.run(now)
	return Record(spec, state, Measurement{
		Metric: looks[0].Metric, Number: looks[0].Number, StartedAt: now, FinishedAt: now.Add(100 * time.Millisecond),
		Samples: tape.samples(looks[0].From, now),
	})
}

func lastOf(state State) Outcome {
	last, _ := state.Metrics[0].last()
	return last
}

func TestAnArmThatIsNotScrapedIsNotSeen(t *testing.T) {
	spec := judgedSpec()
	tape := newTape()
	state := lookAt(t, spec, Start(spec, epoch), &tape, epoch)
	now := epoch.Add(20 * time.Second)
	memory := state.Metrics[0].JudgeState
	for _, test := range []struct {
		reason, want string
		samples      Samples
	}{
		{"no series at all", "there are no samples of the canary's requests; check provider.prometheus.canary.total", Samples{}},
		{"no baseline", "there are no samples of the baseline's requests", Samples{CanaryTotal: []series.Series{{Samples: []series.Sample{{At: now, Value: 1}}}}}},
		{"series without samples", "there are no samples of the canary's requests", Samples{CanaryTotal: []series.Series{{}}, BaselineTotal: []series.Series{{}}}},
		{"a canary that is not scraped any more", "the newest sample of the canary's requests is of 02:57:00Z, older than 2m30s", Samples{
			CanaryTotal:   []series.Series{{Samples: []series.Sample{{At: epoch.Add(-3 * time.Minute)}}}},
			BaselineTotal: []series.Series{{Samples: []series.Sample{{At: now}}}},
		}},
	} {
		next := Record(spec, state, Measurement{Metric: "errors", Number: 1, StartedAt: now, FinishedAt: now, Samples: &test.samples})
		if last := lastOf(next); last.Reason != NoData || !strings.HasPrefix(last.Message, test.want) {
			t.Errorf("%s: %+v", test.reason, last)
		}
		if next.Metrics[0].JudgeState != memory {
			t.Errorf("%s: what was not seen has moved the cursor", test.reason)
		}
	}
}

func TestAfterALongOutageTheJudgeLooksBackOnlySoFar(t *testing.T) {
	spec := judgedSpec()
	tape := newTape()
	state := lookAt(t, spec, Start(spec, epoch), &tape, epoch)
	later := epoch.Add(3 * time.Hour)
	looks, _ := Due(spec, state, later)
	if back := later.Sub(looks[0].From); back > longestWindow+10*time.Minute {
		t.Errorf("the next look asks for the samples of %s", back)
	}
	state = lookAt(t, spec, state, &tape, later)
	if last := lastOf(state); !strings.Contains(last.Message, "requests between 03:00:00Z and 05:30:00Z are not counted: the analysis was blind for too long") {
		t.Errorf("%+v", last)
	}
}

func TestAClockThatIsSetBackDoesNotStopTheJudge(t *testing.T) {
	spec := judgedSpec()
	tape := newTape()
	state := Start(spec, epoch)
	state = lookAt(t, spec, state, &tape, epoch.Add(2*time.Hour))
	// The samples of the future are forgotten with it.
	past := newTape()
	state = lookAt(t, spec, state, &past, epoch.Add(time.Minute))
	if last := lastOf(state); !strings.Contains(last.Message, "the clock was set back") {
		t.Errorf("%+v", last)
	}
	before := state.Metrics[0].Evidence.BaselineTotal
	past.scrape(epoch.Add(80*time.Second), []string{"0", "200", "2", "1000"})
	state = lookAt(t, spec, state, &past, epoch.Add(80*time.Second))
	if after := state.Metrics[0].Evidence.BaselineTotal; after == before {
		t.Errorf("nothing is counted after the clock was set back: %s, then %s", before, after)
	}
}

func TestTheMemoryOfALongRunStaysSmall(t *testing.T) {
	spec := judgedSpec()
	tape := newTape()
	state, now := Start(spec, epoch), epoch
	for i := range 1000 {
		now = now.Add(16 * time.Second)
		// One bad request in 1220 at the canary, and three in 1003 at the baseline.
		tape.scrape(now, []string{strconv.Itoa(i % 20 / 19), "61", "3", "1003"})
		for j := range tape.series {
			// Nobody asks for older ones.
			tape.series[j].Samples = tape.series[j].Samples[max(0, len(tape.series[j].Samples)-100):]
		}
		state = lookAt(t, spec, state, &tape, now)
		if !state.Phase.Live() {
			t.Fatalf("the run has ended: %s", state.Message)
		}
	}
	t.Logf("the judge's memory is %d bytes", len(state.Metrics[0].JudgeState))
	if size := len(state.Metrics[0].JudgeState); size > 16<<10 {
		t.Errorf("the judge's memory is %d bytes; the API allows 64 KiB", size)
	}
	if e := state.Metrics[0].Evidence; e.CanaryTotal != "61000" || e.BaselineTotal != "1003000" {
		t.Errorf("not every request was counted once: %+v", e)
	}
}

func TestEvidenceIsWrittenWhateverItsSize(t *testing.T) {
	for _, test := range []struct {
		logarithm float64
		want      string
	}{{0, "1"}, {math.Log(100), "100"}, {math.Log(0.5), "0.5"}, {1000 * math.Ln10, "1e+1000"}, {-1000 * math.Ln10, "1e-1000"}, {math.Inf(1), "+Inf"}, {math.Inf(-1), "0"}} {
		if got := exponential(test.logarithm); got != test.want {
			t.Errorf("e^%g: got %q, want %q", test.logarithm, got, test.want)
		}
	}
	e := evidence(proportionMethod, judge.Evidence{RatioEstimate: 1.23456, RatioLower: 0, RatioUpper: math.Inf(1), RequestsNeeded: 12.3, LogLimit: math.Log(100)})
	if e.RateRatio != "1.235" || e.RateRatioLower != "0" || e.RateRatioUpper != "+Inf" || e.RequestsNeeded != "13" || e.Limit != "100" {
		t.Errorf("%+v", e)
	}
}

// FuzzJudgeState gives the judge any memory: it never panics, and one that cannot
// be read is no verdict.
func FuzzJudgeState(f *testing.F) {
	specs := []Spec{judgedSpec()}
	for _, keep := range []func(*Metric){ofCounts, ofBuckets, ofPoints} {
		specs = append(specs, comparing(f, "canary.share + canary.mean < 2 && canary.quantile(0.9) < 3", "eValue(result) > 9", keep))
	}
	tape := newTape()
	tape.run(epoch.Add(time.Minute))
	f.Add("")
	f.Add("{}")
	f.Add(`{"version":1,"cursor":{"settled":"2026-01-02T03:00:00Z","counted":"2026-01-02T03:00:00Z","canary":{"Bad":-1,"Total":1e308}},"proportion":"{}"}`)
	f.Add(`{"version":2}`)
	f.Add(`{"version":2,"points":{"canary":[{"At":"2026-01-02T03:00:00Z","Value":"NaN"},{"At":"2026-01-02T04:00:00Z","Value":1}]},"state":"{\"v\":2,\"report\":{\"edges\":[1],\"Canary\":[1,1e30]},\"edges\":[1]}"}`)
	f.Fuzz(func(t *testing.T, memory string) {
		for _, spec := range specs {
			state := Start(spec, epoch)
			state.Metrics[0].JudgeState = memory
			now := epoch.Add(time.Minute)
			looks, _ := Due(spec, state, now)
			samples := tape.samples(looks[0].From, now)
			samples.CanaryHistogram, samples.BaselineHistogram = steady("canary", epoch, now, rates{1, 2, 3, 4, 5}), steady("baseline", epoch, now, rates{1, 2, 3, 4, 5})
			samples.CanaryPoints, samples.BaselinePoints = []series.Sample{{At: now, Value: 1}}, []series.Sample{{At: now, Value: 2}}
			state = Record(spec, state, Measurement{Metric: spec.Metrics[0].Name, StartedAt: now, FinishedAt: now, Samples: samples})
			if state.Metrics[0].number() != 1 {
				t.Fatalf("the look was not recorded: %+v", state.Metrics[0])
			}
		}
	})
}
