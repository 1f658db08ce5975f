package v1alpha1

// Labels and annotations that Serin sets or reads.
const (
	// LabelPodTemplateHash tells the versions of a Rollout apart: on ReplicaSets,
	// on pods and in the selectors of the stable and the canary Service.
	LabelPodTemplateHash = "serin.dev/pod-template-hash"
	// LabelBaseline is BaselineFresh on the pods that are started beside a canary to
	// be compared with it, and on their ReplicaSet. No other pod has it.
	LabelBaseline = "serin.dev/baseline"
	// LabelRollout names the Rollout that an AnalysisRun belongs to.
	LabelRollout = "serin.dev/rollout"
	// LabelRunType is Step or Background, on an AnalysisRun.
	LabelRunType = "serin.dev/run-type"
	// AnnotationRevision is the revision that last released a ReplicaSet's template.
	AnnotationRevision = "serin.dev/revision"
	// AnnotationTemplate holds a ReplicaSet's template as the Rollout had it, as
	// JSON: the API server fills the ReplicaSet's own up with defaults, so that its
	// hash is another one.
	AnnotationTemplate = "serin.dev/template"
	// AnnotationIntent holds what a user asks of a release: an Intent as JSON.
	AnnotationIntent = "serin.dev/intent"
	// AnnotationManagedBy names the Rollout (namespace/name) that owns a Service's
	// selector or a route's weights.
	AnnotationManagedBy = "serin.dev/managed-by"
)

// BaselineFresh is the value of LabelBaseline.
const BaselineFresh = "fresh"

// Types of conditions (kstatus).
const (
	// ConditionReady is True when the current template is stable and available.
	ConditionReady = "Ready"
	// ConditionReconciling is True while a release is in progress.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when Serin cannot go on without a person.
	ConditionStalled = "Stalled"
	// ConditionAvailable is True while enough pods are available for the traffic.
	ConditionAvailable = "Available"
)

// Reasons of the conditions Ready, Reconciling and Stalled of a Rollout.
const (
	// ReasonStarting: the first version is about to be started.
	ReasonStarting = "Starting"
	// ReasonHealthy: the current template is stable and available.
	ReasonHealthy = "Healthy"
	// ReasonSwitchingService: the stable Service is being pointed at the new version.
	ReasonSwitchingService = "SwitchingService"
	// ReasonWaitingForPods: pods or the router have to follow.
	ReasonWaitingForPods = "WaitingForPods"
	// ReasonWaitingForEvidence: an analysis has to pass first.
	ReasonWaitingForEvidence = "WaitingForEvidence"
	// ReasonBlind: an analysis cannot see; the release holds, and goes on by itself.
	ReasonBlind = "Blind"
	// ReasonProgressing: a step takes its time.
	ReasonProgressing = "Progressing"
	// ReasonPaused: a person has to say something.
	ReasonPaused = "Paused"
	// ReasonInvalidSpec: the spec cannot be released.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonAnalysisFailed: the release was taken back by its analysis.
	ReasonAnalysisFailed = "AnalysisFailed"
	// ReasonPodsCrashing: it was taken back because its pods keep ending.
	ReasonPodsCrashing = "PodsCrashing"
	// ReasonBlindTooLong: it was taken back by onBlind.abortAfter.
	ReasonBlindTooLong = "BlindTooLong"
	// ReasonProgressDeadline: pods or router made no progress.
	ReasonProgressDeadline = "ProgressDeadlineExceeded"
	// ReasonUserAbort: it was taken back at a user's word.
	ReasonUserAbort = "UserAbort"
)

// Reasons of the condition Available of a Rollout.
const (
	ReasonMinimumAvailable    = "MinimumReplicasAvailable"
	ReasonMinimumNotAvailable = "MinimumReplicasUnavailable"
)

// Actions of intents.
const (
	ActionPromote     = "promote"
	ActionPromoteFull = "promoteFull"
	ActionAbort       = "abort"
	ActionRetry       = "retry"
	ActionPause       = "pause"
	ActionResume      = "resume"
)
