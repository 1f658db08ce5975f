package translate

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// RolloutState reads what a Rollout remembers from its status.
func RolloutState(status v1alpha1.RolloutStatus) progression.State {
	state := progression.State{Stable: status.StableRS, Current: status.CurrentPodHash, LastIntent: answer(status.LastIntent)}
	release := status.Release
	if release == nil {
		return state
	}
	state.Revision, state.Attempt = release.Revision, release.Attempt
	state.Phase, state.Outcome = progression.Phase(release.Phase), progression.Outcome(release.Outcome)
	state.StartedAt, state.FinishedAt = timeOf(release.StartedAt), timeOf(release.FinishedAt)
	state.Step, state.StepStartedAt, state.StepsHash = release.Step, timeOf(release.StepStartedAt), release.StepsHash
	state.Weight, state.WeightReached, state.WeightSince = release.Weight, release.WeightReached, timeOf(release.WeightSince)
	state.Missing, state.MissingHave, state.ProgressAt = release.Missing, release.MissingHave, timeOf(release.ProgressAt)
	state.PromotedBy, state.FreshBaseline = release.PromotedBy, release.FreshBaseline
	state.BackgroundRun, state.StepRun, state.Runs = release.BackgroundRun, release.StepRun, release.Runs
	for _, pause := range release.Pauses {
		state.Waits = append(state.Waits, progression.Wait{Reason: pause.Reason, Since: pause.StartTime.UTC(), By: pause.By})
	}
	for _, override := range release.Overrides {
		state.Overrides = append(state.Overrides, progression.Override{Step: override.Step, By: override.By, At: override.At.UTC()})
	}
	for _, retiring := range release.Retiring {
		state.Retiring = append(state.Retiring, progression.Retiring{Hash: retiring.Hash, At: retiring.At.UTC()})
	}
	if abort := release.Abort; abort != nil {
		state.Abort = &progression.Abort{At: abort.At.UTC(), Reason: abort.Reason, Message: abort.Message, By: abort.By}
	}
	return state
}

// KeepRolloutState writes what a Rollout remembers into its status.
func KeepRolloutState(status *v1alpha1.RolloutStatus, state progression.State) {
	status.StableRS, status.CurrentPodHash, status.LastIntent = state.Stable, state.Current, intentStatus(state.LastIntent)
	if state.Phase == "" {
		status.Release = nil
		return
	}
	release := &v1alpha1.ReleaseStatus{
		Revision: state.Revision, Attempt: state.Attempt, Phase: v1alpha1.ReleasePhase(state.Phase), Outcome: string(state.Outcome),
		StartedAt: microTime(state.StartedAt), FinishedAt: microTime(state.FinishedAt),
		Step: state.Step, StepStartedAt: microTime(state.StepStartedAt), StepsHash: state.StepsHash,
		Weight: state.Weight, WeightReached: state.WeightReached, WeightSince: microTime(state.WeightSince),
		Missing: state.Missing, MissingHave: state.MissingHave, ProgressAt: microTime(state.ProgressAt),
		PromotedBy:    state.PromotedBy,
		FreshBaseline: state.FreshBaseline,
		BackgroundRun: state.BackgroundRun, StepRun: state.StepRun, Runs: state.Runs,
	}
	for _, wait := range state.Waits {
		release.Pauses = append(release.Pauses, v1alpha1.PauseCondition{Reason: wait.Reason, StartTime: metav1.NewMicroTime(wait.Since), By: wait.By})
	}
	for _, override := range state.Overrides {
		release.Overrides = append(release.Overrides, v1alpha1.StepOverride{Step: override.Step, By: override.By, At: metav1.NewMicroTime(override.At)})
	}
	for _, retiring := range state.Retiring {
		release.Retiring = append(release.Retiring, v1alpha1.RetiringVersion{Hash: retiring.Hash, At: metav1.NewMicroTime(retiring.At)})
	}
	if abort := state.Abort; abort != nil {
		release.Abort = &v1alpha1.AbortStatus{At: metav1.NewMicroTime(abort.At), Reason: abort.Reason, Message: abort.Message, By: abort.By}
	}
	status.Release = release
}

// answer reads what became of the last intent.
func answer(status *v1alpha1.IntentStatus) *progression.Answer {
	if status == nil {
		return nil
	}
	return &progression.Answer{
		Intent: progression.Intent{
			ID: status.ID, Action: progression.Action(status.Action), Revision: status.Revision, By: status.By, At: status.At.UTC(), Reason: status.Reason,
		},
		Accepted: status.Accepted, Message: status.Message,
	}
}

// intentStatus writes what became of the last intent.
func intentStatus(answer *progression.Answer) *v1alpha1.IntentStatus {
	if answer == nil {
		return nil
	}
	return &v1alpha1.IntentStatus{
		Intent: v1alpha1.Intent{
			ID: answer.Intent.ID, Action: string(answer.Intent.Action), Revision: answer.Intent.Revision,
			By: answer.Intent.By, At: metav1.NewMicroTime(answer.Intent.At), Reason: answer.Intent.Reason,
		},
		Accepted: answer.Accepted, Message: answer.Message,
	}
}
