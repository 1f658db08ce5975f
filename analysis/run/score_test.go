package run

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// playScore measures metrics in turn, a letter each: "errors@golden,user:SSF" is in two
// groups, and ends after three looks. A full stop is a look that is not made.
func playScore(t *testing.T, scoring judge.Scoring, metrics []string, between func(State) State) (Spec, State) {
	t.Helper()
	spec := Spec{Score: &scoring}
	letters := make([]string, len(metrics))
	for i, text := range metrics {
		name, looks, _ := strings.Cut(text, ":")
		name, groups, grouped := strings.Cut(name, "@")
		metric := greyMetric(t, name)
		metric.Interval, metric.Count = 10*time.Second, len(looks)
		if grouped {
			metric.Groups = strings.Split(groups, ",")
		}
		spec.Metrics, letters[i] = append(spec.Metrics, metric), looks
	}
	state := Start(spec, epoch)
	for round := range 10 {
		now := epoch.Add(time.Duration(round) * 15 * time.Second)
		looks, _ := Due(spec, state, now)
		for _, look := range looks {
			if i := spec.find(look.Metric); round < len(letters[i]) && letters[i][round] != '.' {
				state = between(Record(spec, state, letterMeasurement(look, rune(letters[i][round]), now)))
			}
		}
	}
	return spec, state
}

// Long: it is a table.
func TestAScoreDecidesTheRun(t *testing.T) {
	plain := judge.Scoring{Pass: 95, Marginal: 75}
	half := judge.Scoring{Pass: 50, Marginal: 25}
	for _, test := range []struct {
		reason  string
		scoring judge.Scoring
		metrics []string
		want    string
		message string
	}{
		{"all pass", plain, []string{"a:SS", "b:SS"}, "Successful 100 [100, 100]", `Run Successful: the score is 100, at least the 95 that passes; `},
		{"one of two fails: it is certain at once", plain, []string{"a:SSSS", "b:F..."}, "Failed 50 [50, 50]", `Run Failed: the score is 50, below the marginal 75; Metric "b" Failed`},
		{"one of two may fail", half, []string{"a:SS", "b:F."}, "Successful 50 [50, 50]", `Run Successful: the score is 50, at least the 50 that passes; Metric "b" Failed`},
		{"one of four is marginal: a person decides", plain, []string{"a:SS", "b:F.", "c:SS", "d:SS"}, "Inconclusive 75 [75, 75]",
			`Run Inconclusive: the score is 75, at least the marginal 75 and below the 95 that passes; Metric "b" Failed`},
		{"it waits for those that are measured", half, []string{"a:S..", "b:F.."}, "Running 50 [50, 50]", `So far the score is 50, at least the 50 that passes; Metric "b" Failed`},
		{"groups have weights", judge.Scoring{Pass: 95, Marginal: 75, GroupWeights: map[string]float64{"errors": 80, "rest": 20}},
			[]string{"a@errors:SS", "b@rest:F.", "c@rest:SS"}, "Inconclusive 90 [90, 90]", `Run Inconclusive: the score is 90, at least the marginal 75`},
		{"a heavy group fails early", judge.Scoring{Pass: 95, Marginal: 75, GroupWeights: map[string]float64{"errors": 80, "rest": 20}},
			[]string{"a@errors:F.", "b@rest:SS", "c@rest:SS"}, "Failed 0 [0, 20]", `Run Failed: the score is 0, below the marginal 75`},
		{"a metric in two groups counts in both", judge.Scoring{Pass: 95, Marginal: 40, GroupWeights: map[string]float64{"x": 50, "y": 50}},
			[]string{"a@x,y:F.", "b@x:SS", "c@y:SS"}, "Inconclusive 50 [50, 50]", `Run Inconclusive: the score is 50, at least the marginal 40`},
		{"a grey metric is open, and is no failure", plain, []string{"a:SS", "b:I."}, "Inconclusive 50 [50, 100]", `Run Inconclusive: the score is 50, and may be 50 to 100: not every metric could be judged; Metric "b" Inconclusive`},
		{"a blind metric holds", half, []string{"a:SS.", "b:NNN"}, "Running 50 [50, 100]", `So far the score is 50, at least the 50 that passes; Metric "b" has nothing to judge since 03:00:00Z`},
		{"a weight without a metric is said", judge.Scoring{Pass: 95, Marginal: 75, GroupWeights: map[string]float64{"errors": 70}},
			[]string{"a:SS"}, "Successful 100 [100, 100]", `Run Successful: the score is 100, at least the 95 that passes; doubts: group "errors" has a weight of 70 and no metric: its weight goes to the others; `},
	} {
		t.Run(test.reason, func(t *testing.T) {
			_, state := playScore(t, test.scoring, test.metrics, same)
			got := fmt.Sprintf("%s %s [%s, %s]", state.Phase, state.Score.Score, state.Score.Lowest, state.Score.Highest)
			if got != test.want || !strings.HasPrefix(state.Message, test.message) {
				t.Errorf("got %s, want %s\n%s", got, test.want, state.Message)
			}
			_, again := playScore(t, test.scoring, test.metrics, func(s State) State { return restart(t, s) })
			if diff := cmp.Diff(state, again); diff != "" {
				t.Errorf("with restarts in between (-without +with):\n%s", diff)
			}
		})
	}
}

// Long: it is a table.
func TestAReleaseGoesOnByTheScore(t *testing.T) {
	half := judge.Scoring{Pass: 50, Marginal: 25}
	for _, test := range []struct {
		reason  string
		metrics []string
		passed  time.Duration // -1: not passed
		proven  bool
	}{
		{"both pass", []string{"a:S..", "b:S.."}, 0, true},
		{"one has failed, and the score bears it", []string{"a:SS.", "b:F.."}, 15 * time.Second, true},
		{"one is not seen", []string{"a:SS.", "b:NN."}, -1, false},
		{"one was not looked at yet", []string{"a:SS.", "b:..."}, 15 * time.Second, false},
		{"none was", []string{"a:...", "b:..."}, -1, false},
		{"the run is over", []string{"a:SS", "b:F."}, 15 * time.Second, true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			spec, state := playScore(t, half, test.metrics, same)
			view := state.View(spec, epoch.Add(time.Hour))
			passed := time.Duration(-1)
			if !view.PassedAt.IsZero() {
				passed = view.PassedAt.Sub(epoch)
			}
			if passed != test.passed || view.Proven != test.proven {
				t.Errorf("passed at %s (want %s), proven %v (want %v): %s", passed, test.passed, view.Proven, test.proven, state.Message)
			}
		})
	}
}

// rankedMetric is a mannWhitney metric that wants an increase of 10 %, critical from 50 %.
func rankedMetric(name string) Metric {
	return Metric{Name: name, Interval: 10 * time.Second, Count: 3, ConsecutiveErrorLimit: 4, MannWhitney: &judge.MannWhitney{
		Direction: judge.Increase, Tolerance: 0.25, Confidence: 0.98, NaN: judge.RemoveNaN, Critical: true,
		EffectSize: judge.EffectSize{Measure: judge.MeanRatio, AllowedIncrease: 1.1, CriticalIncrease: 1.5},
	}}
}

func TestACriticalMetricFailsTheScore(t *testing.T) {
	for _, test := range []struct {
		reason string
		factor float64
		want   string
	}{
		{"it is critically worse", 2, `Failed: Run Failed: Canary Failed: Metric "cpu" Failed: `},
		{"it is worse", 1.3, `Running: So far the score is 66.67, at least the 50 that passes; Metric "cpu" Failed: `},
		{"it is as before", 1, `Running: So far the score is 100, at least the 50 that passes; `},
	} {
		t.Run(test.reason, func(t *testing.T) {
			spec := Spec{Score: &judge.Scoring{Pass: 50, Marginal: 25}, Metrics: []Metric{rankedMetric("cpu"), greyMetric(t, "a"), greyMetric(t, "b")}}
			spec.Metrics[1].Interval, spec.Metrics[2].Interval = time.Hour, time.Hour
			state := Start(spec, epoch)
			for _, name := range []string{"a", "b"} {
				state = Record(spec, state, letterMeasurement(Look{Metric: name}, 'S', epoch))
			}
			samples := &Samples{}
			for i := range 20 {
				at, value := epoch.Add(time.Duration(i-20)*time.Second), 100+float64(i*7%11)
				samples.BaselinePoints = append(samples.BaselinePoints, series.Sample{At: at, Value: value})
				samples.CanaryPoints = append(samples.CanaryPoints, series.Sample{At: at, Value: value * test.factor})
			}
			state = restart(t, Record(spec, state, Measurement{Metric: "cpu", StartedAt: epoch, FinishedAt: epoch, Samples: samples}))
			if got := string(state.Phase) + ": " + state.Message; !strings.HasPrefix(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestAMetricWithoutDataIsLeftOutOnlyByRanks(t *testing.T) {
	spec := Spec{Score: &judge.Scoring{Pass: 95, Marginal: 75}, Metrics: []Metric{rankedMetric("cpu"), greyMetric(t, "a"), greyMetric(t, "b"), greyMetric(t, "c")}}
	spec.Metrics[0].MannWhitney.Critical = false
	state := Start(spec, epoch)
	state = Record(spec, state, Measurement{Metric: "cpu", StartedAt: epoch, FinishedAt: epoch, Samples: &Samples{}})
	for _, name := range []string{"a", "b"} {
		state = Record(spec, state, letterMeasurement(Look{Metric: name}, 'S', epoch))
	}
	if state.Score.Score != "66.67" || state.Score.Verdict != judge.Inconclusive {
		t.Errorf("cpu has no data and is left out, c was not looked at and is open: %+v", state.Score)
	}
	state = Record(spec, state, letterMeasurement(Look{Metric: "c"}, 'S', epoch))
	if state.Score.Score != "100" || state.Score.Verdict != judge.Pass || !state.Phase.Live() {
		t.Errorf("all that has data passes: %s, %+v", state.Phase, state.Score)
	}
	if view := state.View(spec, epoch.Add(time.Minute)); !view.PassedAt.IsZero() {
		t.Errorf("a metric that cannot be seen holds the release: %+v", view)
	}
}

// TestWithoutAScoreNothingChanges, and with one that any failure fails, nothing that
// fails without it passes.
func TestAScoreOfAllIsAsStrictAsNone(t *testing.T) {
	metric := greyMetric(t, "m")
	rapid.Check(t, func(r *rapid.T) {
		l := drawLife(r, metric)
		without := l.play(same, unwatched)
		if without.Score != nil {
			r.Fatalf("a score that nobody asked for: %+v", without.Score)
		}
		l.spec.Score = &judge.Scoring{Pass: 100, Marginal: 100}
		with := l.play(same, func(_ int, _ rune, now time.Time, _, after State) {
			view := after.View(l.spec, now)
			if !view.PassedAt.IsZero() && (view.PassedAt.After(now) || !view.BlindSince.IsZero()) {
				r.Fatalf("passed at %s, at %s, blind since %s", view.PassedAt, now, view.BlindSince)
			}
		})
		if with.Phase == Successful && without.Phase != Successful || with.Phase != Failed && without.Phase == Failed {
			r.Fatalf("without a score %s: %s\nwith one that all must pass for %s: %s", without.Phase, without.Message, with.Phase, with.Message)
		}
	})
}
