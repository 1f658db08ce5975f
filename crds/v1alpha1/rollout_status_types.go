package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RolloutPhase is the state of a Rollout in one word, for people. Programs read
// the conditions.
type RolloutPhase string

// The phases of a Rollout.
const (
	PhaseHealthy     RolloutPhase = "Healthy"
	PhaseProgressing RolloutPhase = "Progressing"
	PhasePaused      RolloutPhase = "Paused"
	PhaseDegraded    RolloutPhase = "Degraded"
)

// RolloutStatus is what Serin knows and remembers about a Rollout. Everything
// that a decision depends on is here: a controller that is killed resumes from it.
type RolloutStatus struct {
	// ObservedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Phase is Healthy, Progressing, Paused or Degraded.
	// +optional
	Phase RolloutPhase `json:"phase,omitempty"`

	// Message says what Serin does now, why, and what it waits for.
	// +optional
	Message string `json:"message,omitempty"`

	// CurrentStep is the step in progress, of all steps. Example: 2/6.
	// +optional
	CurrentStep string `json:"currentStep,omitempty"`

	// Ready is the number of ready pods, of the wanted. Example: 10/10.
	// +optional
	Ready string `json:"ready,omitempty"`

	// Replicas is the number of pods of all versions.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
	// UpdatedReplicas is the number of pods of the current template.
	// +optional
	UpdatedReplicas int32 `json:"updatedReplicas,omitempty"`
	// ReadyReplicas is the number of ready pods of all versions.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`
	// AvailableReplicas is the number of available pods of all versions.
	// +optional
	AvailableReplicas int32 `json:"availableReplicas,omitempty"`

	// HPAReplicas is the number of pods that the scale subresource reports.
	// +optional
	HPAReplicas int32 `json:"HPAReplicas,omitempty"`
	// Selector is the selector of the pods, as the scale subresource wants it.
	// +optional
	Selector string `json:"selector,omitempty"`

	// StableRS is the pod-template hash of the version that users trust.
	// +optional
	StableRS string `json:"stableRS,omitempty"`
	// CurrentPodHash is the pod-template hash of the current template.
	// +optional
	CurrentPodHash string `json:"currentPodHash,omitempty"`

	// CurrentStepIndex is the index of the step in progress, from 0.
	// +optional
	CurrentStepIndex *int32 `json:"currentStepIndex,omitempty"`

	// Release is the memory of the release in progress, or of the last one.
	// +optional
	Release *ReleaseStatus `json:"release,omitempty"`

	// Canary is how the traffic is split.
	// +optional
	Canary *CanaryStatus `json:"canary,omitempty"`

	// LastIntent is the last thing that a user asked for, and what became of it.
	// +optional
	LastIntent *IntentStatus `json:"lastIntent,omitempty"`

	// Conditions: Ready, Reconciling, Stalled, Available.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ReleasePhase is where a release is.
type ReleasePhase string

// The phases of a release.
const (
	// ReleaseIdle: the current template is the stable one.
	ReleaseIdle ReleasePhase = "Idle"
	// ReleaseProgressing: the steps are being done.
	ReleaseProgressing ReleasePhase = "Progressing"
	// ReleasePromoting: all steps are done and the new version takes over.
	ReleasePromoting ReleasePhase = "Promoting"
	// ReleaseAborted: the new version was taken back.
	ReleaseAborted ReleasePhase = "Aborted"
)

// ReleaseStatus is the memory of the release in progress, or of the last one.
type ReleaseStatus struct {
	// Revision counts the releases of this Rollout, from 1.
	Revision int64 `json:"revision"`
	// Attempt counts the retries of this release, from 0.
	// +optional
	Attempt int32 `json:"attempt,omitempty"`
	// Phase is Idle, Progressing, Promoting or Aborted.
	Phase ReleasePhase `json:"phase"`
	// Outcome is how the last release ended: Promoted, PromotedByUser, Aborted or
	// Reverted. Empty while it is in progress.
	// +optional
	Outcome string `json:"outcome,omitempty"`

	// StartedAt is when the release began.
	// +optional
	StartedAt *metav1.MicroTime `json:"startedAt,omitempty"`
	// FinishedAt is when it ended.
	// +optional
	FinishedAt *metav1.MicroTime `json:"finishedAt,omitempty"`

	// Step is the index of the step in progress.
	// +optional
	Step int32 `json:"step,omitempty"`
	// StepStartedAt is when that step began.
	// +optional
	StepStartedAt *metav1.MicroTime `json:"stepStartedAt,omitempty"`
	// StepsHash tells an edit of the steps.
	// +optional
	StepsHash string `json:"stepsHash,omitempty"`

	// Weight is the percentage of traffic that the evidence has authorised.
	// +optional
	Weight int32 `json:"weight,omitempty"`
	// WeightReached says that the router has followed it.
	// +optional
	WeightReached bool `json:"weightReached,omitempty"`
	// WeightSince is since when the router has followed the weight in force.
	// +optional
	WeightSince *metav1.MicroTime `json:"weightSince,omitempty"`

	// Missing is what the release waits for from pods and router.
	// +optional
	Missing string `json:"missing,omitempty"`
	// MissingHave is how much of it there was at best.
	// +optional
	MissingHave int32 `json:"missingHave,omitempty"`
	// ProgressAt is when it last became more. The progress deadline counts from here.
	// +optional
	ProgressAt *metav1.MicroTime `json:"progressAt,omitempty"`

	// Pauses are the reasons for which the release waits for a person.
	// +listType=map
	// +listMapKey=reason
	// +kubebuilder:validation:MaxItems=8
	// +optional
	Pauses []PauseCondition `json:"pauses,omitempty"`

	// Abort says why the release was taken back.
	// +optional
	Abort *AbortStatus `json:"abort,omitempty"`

	// PromotedBy is who said that the release be promoted past its steps.
	// +optional
	PromotedBy string `json:"promotedBy,omitempty"`
	// Overrides are the steps that a user ended by name.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +optional
	Overrides []StepOverride `json:"overrides,omitempty"`

	// FreshBaseline says that the AnalysisRuns of this release compare the canary with
	// fresh pods of the stable version.
	// +optional
	FreshBaseline bool `json:"freshBaseline,omitempty"`
	// BackgroundRun is the end of the name of the background AnalysisRun, which is
	// made of the Rollout's name, the pod-template hash and this.
	// +optional
	BackgroundRun string `json:"backgroundRun,omitempty"`
	// StepRun is the end of the name of the AnalysisRun of the step in progress.
	// +optional
	StepRun string `json:"stepRun,omitempty"`
	// Runs counts the AnalysisRuns of this release.
	// +optional
	Runs int32 `json:"runs,omitempty"`

	// Retiring are versions that get no traffic any more and wait to be scaled down.
	// +listType=map
	// +listMapKey=hash
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Retiring []RetiringVersion `json:"retiring,omitempty"`
}

// PauseCondition is a reason to wait for a person.
type PauseCondition struct {
	// Reason is CanaryPauseStep, InconclusiveAnalysisRun or UserPause.
	Reason string `json:"reason"`
	// StartTime is since when.
	StartTime metav1.MicroTime `json:"startTime"`
	// By is who paused, for UserPause.
	// +optional
	By string `json:"by,omitempty"`
}

// AbortStatus says why a release was taken back.
type AbortStatus struct {
	// At is when.
	At metav1.MicroTime `json:"at"`
	// Reason in one word. Example: AnalysisFailed.
	Reason string `json:"reason"`
	// Message says what was seen, which rule it broke and by how much.
	// +optional
	Message string `json:"message,omitempty"`
	// By is who asked, when a user did.
	// +optional
	By string `json:"by,omitempty"`
}

// StepOverride is a step that a user ended by name.
type StepOverride struct {
	// Step is its index.
	Step int32 `json:"step"`
	// By is who said so.
	By string `json:"by"`
	// At is when.
	At metav1.MicroTime `json:"at"`
}

// RetiringVersion waits to be scaled down.
type RetiringVersion struct {
	// Hash is its pod-template hash.
	Hash string `json:"hash"`
	// At is when it may be scaled down.
	At metav1.MicroTime `json:"at"`
}

// CanaryStatus is how the traffic is split.
type CanaryStatus struct {
	// Weight is the percentage of traffic that the router was last seen to give
	// to the canary; without a router, the canary's share of the pods.
	Weight int32 `json:"weight"`
	// Verified says that the router has accepted that weight.
	// +optional
	Verified bool `json:"verified,omitempty"`
	// BackgroundAnalysis is the state of the background AnalysisRun.
	// +optional
	BackgroundAnalysis *RunReference `json:"currentBackgroundAnalysisRunStatus,omitempty"`
	// StepAnalysis is the state of the AnalysisRun of the step in progress.
	// +optional
	StepAnalysis *RunReference `json:"currentStepAnalysisRunStatus,omitempty"`
}

// RunReference is the state of an AnalysisRun, as the Rollout last saw it.
type RunReference struct {
	// Name of the AnalysisRun.
	Name string `json:"name"`
	// Status is its phase.
	// +optional
	Status AnalysisPhase `json:"status,omitempty"`
	// Message is its message.
	// +optional
	Message string `json:"message,omitempty"`
}

// Intent is what a user asks of one release: the JSON value of the annotation
// serin.dev/intent. `serin promote`, `abort`, `retry`, `pause` and `resume` write it.
type Intent struct {
	// ID makes the intent unique: each is obeyed once.
	ID string `json:"id"`
	// Action is promote, promoteFull, abort, retry, pause or resume.
	Action string `json:"action"`
	// Revision is the release that is meant; any other one is left alone.
	Revision int64 `json:"revision"`
	// By is who asks.
	By string `json:"by"`
	// At is when they asked.
	// +optional
	At metav1.MicroTime `json:"at,omitzero"`
	// Reason is why they ask, in their own words. Example: "checkout is slow".
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Reason string `json:"reason,omitempty"`
}

// IntentStatus is what became of an intent.
type IntentStatus struct {
	Intent `json:",inline"`
	// Accepted says whether it was obeyed.
	Accepted bool `json:"accepted"`
	// Message says what was done, or why it was refused.
	// +optional
	Message string `json:"message,omitempty"`
}
