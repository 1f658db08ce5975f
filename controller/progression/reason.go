package progression

// Reasons of a Summary and of an Abort, one word each.
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
