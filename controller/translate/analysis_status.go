package translate

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// RunState reads what an AnalysisRun's status remembers. The metrics are those of
// the spec, in its order: one that the status does not know has not been measured.
func RunState(spec run.Spec, status v1alpha1.AnalysisRunStatus) run.State {
	state := run.State{
		Phase: run.Phase(status.Phase), Message: status.Message,
		StartedAt: timeOf(status.StartedAt), CompletedAt: timeOf(status.CompletedAt), BlindSince: timeOf(status.BlindSince),
	}
	if e := status.Evidence; e != nil {
		state.Together = &run.Together{EValue: e.EValue, Limit: e.Limit}
	}
	if s := status.Score; s != nil {
		state.Score = &run.Score{Verdict: judge.Decision(s.Verdict), Score: s.Score, Lowest: s.Lowest, Highest: s.Highest, Message: s.Message}
	}
	known := make(map[string]v1alpha1.MetricResult, len(status.MetricResults))
	for _, result := range status.MetricResults {
		known[result.Name] = result
	}
	for _, metric := range spec.Metrics {
		result, exists := known[metric.Name]
		if !exists {
			result = v1alpha1.MetricResult{Name: metric.Name, Phase: v1alpha1.AnalysisPending}
		}
		state.Metrics = append(state.Metrics, metricState(result))
	}
	return state
}

// SetRunStatus writes a state into an AnalysisRun's status, and leaves the rest of
// it (observedGeneration, conditions) alone.
func SetRunStatus(status *v1alpha1.AnalysisRunStatus, state run.State) {
	status.Phase, status.Message = v1alpha1.AnalysisPhase(state.Phase), state.Message
	status.StartedAt, status.CompletedAt, status.BlindSince = microTime(state.StartedAt), microTime(state.CompletedAt), microTime(state.BlindSince)
	status.Evidence, status.Score = nil, nil
	if s := state.Score; s != nil {
		status.Score = &v1alpha1.RunScore{Verdict: string(s.Verdict), Score: s.Score, Lowest: s.Lowest, Highest: s.Highest, Message: s.Message}
	}
	if e := state.Together; e != nil {
		status.Evidence = &v1alpha1.RunEvidence{EValue: e.EValue, Limit: e.Limit}
	}
	status.MetricResults = nil
	for _, metric := range state.Metrics {
		status.MetricResults = append(status.MetricResults, metricResult(metric))
	}
}

// metricState reads the memory of one metric.
func metricState(result v1alpha1.MetricResult) run.MetricState {
	state := run.MetricState{
		Name: result.Name, Phase: run.Phase(result.Phase), Message: result.Message,
		Count: int(result.Count), Successful: int(result.Successful), Failed: int(result.Failed), Inconclusive: int(result.Inconclusive),
		Blind: int(result.Blind), ConsecutiveBlind: int(result.ConsecutiveBlind), ConsecutiveSuccess: int(result.ConsecutiveSuccess),
		BlindSince: timeOf(result.BlindSince), PassedAt: timeOf(result.PassedAt), JudgeState: result.JudgeState,
	}
	for _, measurement := range result.Measurements {
		state.Measurements = append(state.Measurements, run.Outcome{
			Phase: run.Phase(measurement.Phase), Reason: run.Reason(measurement.Reason), Message: measurement.Message,
			StartedAt: timeOf(&measurement.StartedAt), FinishedAt: timeOf(&measurement.FinishedAt), Value: measurement.Value,
		})
	}
	state.Evidence = evidenceOf(result.Evidence)
	return state
}

// metricResult writes the memory of one metric.
func metricResult(state run.MetricState) v1alpha1.MetricResult {
	result := v1alpha1.MetricResult{
		Name: state.Name, Phase: v1alpha1.AnalysisPhase(state.Phase), Message: state.Message,
		Count: number32(state.Count), Successful: number32(state.Successful), Failed: number32(state.Failed), Inconclusive: number32(state.Inconclusive),
		Blind: number32(state.Blind), ConsecutiveBlind: number32(state.ConsecutiveBlind), ConsecutiveSuccess: number32(state.ConsecutiveSuccess),
		BlindSince: microTime(state.BlindSince), PassedAt: microTime(state.PassedAt), JudgeState: state.JudgeState,
	}
	for _, outcome := range state.Measurements {
		result.Measurements = append(result.Measurements, v1alpha1.Measurement{
			Phase: v1alpha1.AnalysisPhase(outcome.Phase), Reason: string(outcome.Reason), Message: outcome.Message,
			StartedAt: metav1.NewMicroTime(outcome.StartedAt), FinishedAt: metav1.NewMicroTime(outcome.FinishedAt), Value: outcome.Value,
		})
	}
	result.Evidence = EvidenceStatus(state.Evidence)
	return result
}

// ViewRun is what a release sees of an AnalysisRun, at a time.
func ViewRun(object *v1alpha1.AnalysisRun, now time.Time) run.View {
	spec := run.Spec{Metrics: make([]run.Metric, 0, len(object.Spec.Metrics))}
	for _, metric := range object.Spec.Metrics {
		// Only the schedule matters here; what cannot be read the run itself reports.
		var ignored Problems
		spec.Metrics = append(spec.Metrics, run.Metric{
			Name:                  metric.Name,
			Interval:              ignored.parseDuration("", metric.Interval, 0),
			InitialDelay:          ignored.parseDuration("", metric.InitialDelay, 0),
			ConsecutiveErrorLimit: ignored.parseNumber("", metric.ConsecutiveErrorLimit, 0, defaultErrorLimit),
		})
	}
	return RunState(spec, object.Status).View(spec, now)
}

// microTime is a time that may be missing.
func microTime(t time.Time) *metav1.MicroTime {
	if t.IsZero() {
		return nil
	}
	micro := metav1.NewMicroTime(t)
	return &micro
}

// number32 is a counter as the API has it.
func number32(n int) int32 {
	return int32(min(max(n, 0), math.MaxInt32))
}
