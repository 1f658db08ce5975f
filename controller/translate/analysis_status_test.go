package translate

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// drawTime makes up a time to the microsecond, or none.
func drawTime(t *rapid.T, name string) time.Time {
	micros := rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, name)
	if micros%3 == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// drawSomeTime makes up a time to the microsecond.
func drawSomeTime(t *rapid.T, name string) time.Time {
	return time.UnixMicro(rapid.Int64Range(1, 4_000_000_000_000_000).Draw(t, name)).UTC()
}

// drawState makes up the memory of a run.
func drawState(t *rapid.T) run.State {
	phase := rapid.SampledFrom([]run.Phase{"", run.Pending, run.Running, run.Successful, run.Failed, run.Inconclusive, run.Error})
	count := func(name string) int { return rapid.IntRange(0, 1<<31-1).Draw(t, name) }
	state := run.State{
		Phase: phase.Draw(t, "phase"), Message: rapid.String().Draw(t, "message"),
		StartedAt: drawTime(t, "startedAt"), CompletedAt: drawTime(t, "completedAt"), BlindSince: drawTime(t, "blindSince"),
	}
	if rapid.Bool().Draw(t, "together") {
		state.Together = &run.Together{EValue: rapid.String().Draw(t, "all"), Limit: rapid.String().Draw(t, "limit")}
	}
	if rapid.Bool().Draw(t, "scored") {
		state.Score = &run.Score{Verdict: judge.Decision(rapid.String().Draw(t, "verdict")), Score: rapid.String().Draw(t, "score"),
			Lowest: rapid.String().Draw(t, "lowest"), Highest: rapid.String().Draw(t, "highest"), Message: rapid.String().Draw(t, "scoreMessage")}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "metrics") {
		metric := run.MetricState{
			Name: string(rune('a' + i)), Phase: phase.Draw(t, "metricPhase"), Message: rapid.String().Draw(t, "metricMessage"),
			Count: count("count"), Successful: count("successful"), Failed: count("failed"), Inconclusive: count("inconclusive"),
			Blind: count("blind"), ConsecutiveBlind: count("consecutiveBlind"), ConsecutiveSuccess: count("consecutiveSuccess"),
			BlindSince: drawTime(t, "metricBlindSince"), PassedAt: drawTime(t, "passedAt"), JudgeState: rapid.String().Draw(t, "judgeState"),
		}
		for range rapid.IntRange(0, run.Kept).Draw(t, "measurements") {
			metric.Measurements = append(metric.Measurements, run.Outcome{
				Phase: phase.Draw(t, "outcome"), Reason: run.Reason(rapid.String().Draw(t, "reason")), Message: rapid.String().Draw(t, "outcomeMessage"),
				StartedAt: drawSomeTime(t, "outcomeStartedAt"), FinishedAt: drawSomeTime(t, "finishedAt"), Value: rapid.String().Draw(t, "value"),
			})
		}
		if rapid.Bool().Draw(t, "judged") {
			metric.Evidence = drawEvidence(t)
		}
		state.Metrics = append(state.Metrics, metric)
	}
	return state
}

// drawEvidence makes up evidence: a text in every field, however many there will be.
func drawEvidence(t *rapid.T) *run.Evidence {
	evidence := &run.Evidence{}
	if rapid.Bool().Draw(t, "proof") {
		evidence.Proof = &run.ProofEvidence{}
	}
	if n := rapid.IntRange(0, 3).Draw(t, "quantiles"); n > 0 {
		evidence.Quantiles = make([]run.Quantile, n)
	}
	for _, text := range texts(reflect.ValueOf(evidence).Elem(), "") {
		text.at.SetString(rapid.String().Draw(t, "text"))
	}
	return evidence
}

// specOf is a spec with the metrics of a state.
func specOf(state run.State) run.Spec {
	var spec run.Spec
	for _, metric := range state.Metrics {
		spec.Metrics = append(spec.Metrics, run.Metric{Name: metric.Name})
	}
	return spec
}

func TestAStatusKeepsTheWholeMemory(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := drawState(r)
		var status v1alpha1.AnalysisRunStatus
		SetRunStatus(&status, want)
		text, err := json.Marshal(status)
		if err != nil {
			r.Fatal(err)
		}
		var stored v1alpha1.AnalysisRunStatus
		if err := json.Unmarshal(text, &stored); err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(want, RunState(specOf(want), stored)); diff != "" {
			r.Fatalf("written and read back (-want +got):\n%s", diff)
		}
		again := stored.DeepCopy()
		SetRunStatus(again, RunState(specOf(want), stored))
		if diff := cmp.Diff(&stored, again); diff != "" {
			r.Fatalf("a status that was only read has changed:\n%s", diff)
		}
	})
}

func TestAMetricThatTheStatusDoesNotKnowIsPending(t *testing.T) {
	spec := run.Spec{Metrics: []run.Metric{{Name: "new"}, {Name: "old"}}}
	state := RunState(spec, v1alpha1.AnalysisRunStatus{MetricResults: []v1alpha1.MetricResult{{Name: "old", Phase: "Running", Count: 3}, {Name: "gone"}}})
	want := []run.MetricState{{Name: "new", Phase: run.Pending}, {Name: "old", Phase: run.Running, Count: 3}}
	if diff := cmp.Diff(want, state.Metrics); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAReleaseSeesTheRun(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	object := &v1alpha1.AnalysisRun{Spec: v1alpha1.AnalysisRunSpec{Metrics: metrics("m")}}
	if view := ViewRun(object, now); view.Phase != run.Pending || !view.OverdueAt.IsZero() || view.Message == "" {
		t.Errorf("a run that has not begun: %+v", view)
	}
	spec, problems := ParseRun(object.Spec, Background, Checks{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	SetRunStatus(&object.Status, run.Start(spec, now))
	view := ViewRun(object, now.Add(6*time.Second))
	if want := now.Add(run.Grace); !view.OverdueAt.Equal(want) || !view.Overdue {
		t.Errorf("a run that is not measured: %+v, want overdue at %s", view, want)
	}
	object.Spec.Metrics[0].Interval = "never"
	if view := ViewRun(object, now); view.Phase != run.Pending {
		t.Errorf("an interval that cannot be read is the run's to report: %+v", view)
	}
}
