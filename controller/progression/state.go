package progression

import (
	"slices"
	"time"
)

// Phase is where a release is.
type Phase string

// The phases of a release; the package's documentation draws them.
const (
	Idle        Phase = "Idle"
	Progressing Phase = "Progressing"
	Promoting   Phase = "Promoting"
	Aborted     Phase = "Aborted"
)

// Outcome is how a release ended.
type Outcome string

// The outcomes of a release.
const (
	Promoted       Outcome = "Promoted"
	PromotedByUser Outcome = "PromotedByUser"
	WasAborted     Outcome = "Aborted"
	Reverted       Outcome = "Reverted"
)

// State is all that is remembered of a release, and all that must be persisted.
// Its zero value is a Rollout that nothing was ever done for.
type State struct {
	// Revision counts the releases, from 1.
	Revision int64
	// Attempt counts the retries of this release, from 0.
	Attempt int32
	// Phase is where the release is.
	Phase Phase
	// Outcome is how it ended; empty while it is in progress.
	Outcome Outcome
	// StartedAt and FinishedAt bound it.
	StartedAt, FinishedAt time.Time

	// Stable is the version that users trust, by its pod-template hash.
	Stable string
	// Current is the version of the current template; Stable when it is released.
	Current string

	// Step is the index of the step in progress; len(steps) when all are done.
	Step int32
	// StepStartedAt is when it began.
	StepStartedAt time.Time
	// StepsHash identifies the steps up to Step, to tell an edit of them.
	StepsHash string

	// Weight is the percentage of traffic that has been authorised.
	Weight int32
	// WeightReached says that the data plane has followed it.
	WeightReached bool
	// WeightSince is since when the data plane has followed the weight that is in
	// force: Weight, when it is reached, else the one before. Zero at weight 0.
	WeightSince time.Time

	// Missing is what the release waits for from pods and router, MissingHave how
	// much of it there was at best, and ProgressAt when it last became more.
	Missing     string
	MissingHave int32
	ProgressAt  time.Time

	// Waits are the reasons for which the release waits for a person.
	Waits []Wait
	// Abort says why the release was taken back; nil when it was not.
	Abort *Abort
	// PromotedBy is who said that the release be promoted past its steps.
	PromotedBy string
	// Overrides are the steps that a user ended by name.
	Overrides []Override

	// FreshBaseline says that the runs that count now compare the canary with fresh
	// pods of the stable version.
	FreshBaseline bool
	// BackgroundRun and StepRun are the keys of the runs that count now.
	BackgroundRun, StepRun string
	// Runs counts the runs of this release, so that each has a key of its own.
	Runs int32

	// Retiring are versions that get no more traffic and wait to be scaled down.
	Retiring []Retiring

	// LastIntent is the last thing that a user asked for, and what became of it.
	LastIntent *Answer
}

// Reasons to wait for a person.
const (
	WaitPauseStep    = "CanaryPauseStep"
	WaitInconclusive = "InconclusiveAnalysisRun"
	WaitUser         = "UserPause"
)

// Wait is a reason to wait for a person.
type Wait struct {
	Reason string
	Since  time.Time
	By     string
}

// Abort says why a release was taken back.
type Abort struct {
	At      time.Time
	Reason  string
	Message string
	By      string
}

// Override is a step that a user ended by name.
type Override struct {
	Step int32
	By   string
	At   time.Time
}

// Retiring is a version that waits to be scaled down.
type Retiring struct {
	Hash string
	At   time.Time
}

// Releasing says whether a release is in progress.
func (s State) Releasing() bool {
	return s.Phase == Progressing || s.Phase == Promoting
}

// clone is a copy that shares no memory with its original.
func (s State) clone() State {
	s.Waits = slices.Clone(s.Waits)
	s.Overrides = slices.Clone(s.Overrides)
	s.Retiring = slices.Clone(s.Retiring)
	if s.Abort != nil {
		abort := *s.Abort
		s.Abort = &abort
	}
	if s.LastIntent != nil {
		answer := *s.LastIntent
		s.LastIntent = &answer
	}
	return s
}

// waits says whether the release waits for a reason.
func (s State) waits(reason string) bool {
	return slices.ContainsFunc(s.Waits, func(w Wait) bool { return w.Reason == reason })
}

// overridden says who ended a step by name; empty when nobody did.
func (s State) overridden(step int32) string {
	for _, override := range s.Overrides {
		if override.Step == step {
			return override.By
		}
	}
	return ""
}
