package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AnalysisRun is one analysis of one release: the metrics, what was measured,
// and the verdict. Serin writes it; its status is its only memory.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ar
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type AnalysisRun struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec AnalysisRunSpec `json:"spec"`
	// +optional
	Status AnalysisRunStatus `json:"status,omitempty"`
}

// AnalysisRunList is a list of AnalysisRuns.
//
// +kubebuilder:object:root=true
type AnalysisRunList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AnalysisRun `json:"items"`
}

// AnalysisRunSpec is what is measured and how it is judged: the templates'
// metrics as they were when the run began. Only weight,
// weightSince and terminate change.
//
// +kubebuilder:validation:XValidation:rule="self.metrics == oldSelf.metrics",message="the metrics of a run cannot be changed; change the template and start a new run"
// +kubebuilder:validation:XValidation:rule="has(self.args) == has(oldSelf.args) && (!has(self.args) || self.args == oldSelf.args)",message="the args of a run cannot be changed; start a new run"
// +kubebuilder:validation:XValidation:rule="self.falseAlarmBudget == oldSelf.falseAlarmBudget",message="the falseAlarmBudget of a run cannot be changed; start a new run"
// +kubebuilder:validation:XValidation:rule="has(self.score) == has(oldSelf.score) && (!has(self.score) || self.score == oldSelf.score)",message="the score of a run cannot be changed; start a new run"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.terminate) || !oldSelf.terminate || (has(self.terminate) && self.terminate)",message="a terminated run stays terminated; start a new run"
type AnalysisRunSpec struct {
	// Metrics are measured and judged together.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=name
	Metrics []Metric `json:"metrics"`

	// Args are the arguments' values.
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=name
	// +optional
	Args []Argument `json:"args,omitempty"`

	// FalseAlarmBudget bounds the probability that a version no worse than the
	// stable one is taken back, over all judged metrics and all looks.
	// +kubebuilder:default="1%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,2}([.][0-9]{1,4})?%$') && self.matches('[1-9]')",message="falseAlarmBudget must be a percentage of more than 0% and less than 100%, such as 1% or 0.5%"
	// +kubebuilder:validation:MaxLength=8
	// +optional
	FalseAlarmBudget string `json:"falseAlarmBudget,omitempty"`

	// Score sums the metrics up in one number of 0 to 100. Default: none.
	// +optional
	Score *AnalysisScore `json:"score,omitempty"`

	// CanarySince is when the first pods of the canary may have started: their
	// counters begin at zero after it.
	// +optional
	CanarySince *metav1.MicroTime `json:"canarySince,omitempty"`

	// BaselineSince is when the first pods of the baseline may have started, when
	// fresh ones were started for this release; else it is not known.
	// +optional
	BaselineSince *metav1.MicroTime `json:"baselineSince,omitempty"`

	// WeightSince is since when the canary gets the share of traffic that it gets
	// now. A judge counts the requests that it asks for from here.
	// +optional
	WeightSince *metav1.MicroTime `json:"weightSince,omitempty"`

	// Weight is that share of traffic, in percent, where a router sets it and baseline
	// gets the rest; else it is not known. A judge that sees another share reports the
	// routing, and blames nobody.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	Weight *int32 `json:"weight,omitempty"`

	// Terminate ends the run: nothing more is measured.
	// +optional
	Terminate bool `json:"terminate,omitempty"`
}

// AnalysisPhase is the state of a run, of a metric or of a measurement.
type AnalysisPhase string

// The phases, as in Argo Rollouts.
const (
	AnalysisPending      AnalysisPhase = "Pending"
	AnalysisRunning      AnalysisPhase = "Running"
	AnalysisSuccessful   AnalysisPhase = "Successful"
	AnalysisFailed       AnalysisPhase = "Failed"
	AnalysisInconclusive AnalysisPhase = "Inconclusive"
	AnalysisError        AnalysisPhase = "Error"
)

// AnalysisRunStatus is what was measured and what it means.
type AnalysisRunStatus struct {
	// ObservedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Phase is the verdict, or Running.
	// +optional
	Phase AnalysisPhase `json:"phase,omitempty"`
	// Message explains it: what was seen, which rule, by what margin.
	// +optional
	Message string `json:"message,omitempty"`
	// StartedAt is when the run began.
	// +optional
	StartedAt *metav1.MicroTime `json:"startedAt,omitempty"`
	// CompletedAt is when it ended.
	// +optional
	CompletedAt *metav1.MicroTime `json:"completedAt,omitempty"`
	// BlindSince is since when a metric cannot be seen.
	// +optional
	BlindSince *metav1.MicroTime `json:"blindSince,omitempty"`
	// Evidence is that of all judged metrics together, when there are several.
	// +optional
	Evidence *RunEvidence `json:"evidence,omitempty"`
	// Score sums the metrics up, when the spec asks for it.
	// +optional
	Score *RunScore `json:"score,omitempty"`
	// MetricResults are the results by metric, in the order of the spec.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	// +optional
	MetricResults []MetricResult `json:"metricResults,omitempty"`
	// Journal is what the run was told, look by look, so that serin replay can play it
	// again over recorded metrics: versioned, not for people. When it is full, it says so.
	// +kubebuilder:validation:MaxLength=65536
	// +optional
	Journal string `json:"journal,omitempty"`
	// Conditions: Ready, Reconciling, Stalled.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// MetricResult is what was measured of one metric, and what it means.
type MetricResult struct {
	// Name of the metric.
	Name string `json:"name"`
	// Phase is the metric's verdict, or Running.
	// +optional
	Phase AnalysisPhase `json:"phase,omitempty"`
	// Message explains it.
	// +optional
	Message string `json:"message,omitempty"`
	// Count of measurements that saw something.
	// +optional
	Count int32 `json:"count,omitempty"`
	// Successful measurements.
	// +optional
	Successful int32 `json:"successful,omitempty"`
	// Failed measurements.
	// +optional
	Failed int32 `json:"failed,omitempty"`
	// Inconclusive measurements: something was seen, but neither condition held.
	// +optional
	Inconclusive int32 `json:"inconclusive,omitempty"`
	// Blind measurements: nothing was seen (an error, no data, too few requests).
	// +optional
	Blind int32 `json:"blind,omitempty"`
	// ConsecutiveBlind measurements, up to now.
	// +optional
	ConsecutiveBlind int32 `json:"consecutiveBlind,omitempty"`
	// ConsecutiveSuccess measurements, up to now.
	// +optional
	ConsecutiveSuccess int32 `json:"consecutiveSuccess,omitempty"`
	// BlindSince is when the first of the blind measurements in a row was made.
	// +optional
	BlindSince *metav1.MicroTime `json:"blindSince,omitempty"`
	// PassedAt is when the last successful measurement was begun.
	// +optional
	PassedAt *metav1.MicroTime `json:"passedAt,omitempty"`
	// Measurements are the last ten, the newest last.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +optional
	Measurements []Measurement `json:"measurements,omitempty"`
	// Evidence is what a judge has gathered so far.
	// +optional
	Evidence *Evidence `json:"evidence,omitempty"`
	// JudgeState is the judge's memory: versioned JSON, not for people.
	// +kubebuilder:validation:MaxLength=65536
	// +optional
	JudgeState string `json:"judgeState,omitempty"`
}

// Measurement is one look at one metric.
type Measurement struct {
	// Phase is Successful, Failed, Inconclusive or Error.
	Phase AnalysisPhase `json:"phase"`
	// Reason in one word. Example: NoData.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message explains it.
	// +optional
	Message string `json:"message,omitempty"`
	// StartedAt is when the query was sent, and the time that it was about.
	StartedAt metav1.MicroTime `json:"startedAt"`
	// FinishedAt is when the answer was there.
	FinishedAt metav1.MicroTime `json:"finishedAt"`
	// Value is what the query answered.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Value string `json:"value,omitempty"`
}

// RunEvidence is the evidence of all judged metrics together: their mean, weighted by
// their weights. Numbers are decimal strings.
type RunEvidence struct {
	// EValue is the evidence against the canary; 1 is none.
	// +kubebuilder:validation:MaxLength=64
	EValue string `json:"eValue"`
	// Limit is the evidence at which the canary is taken back: 1/falseAlarmBudget.
	// +kubebuilder:validation:MaxLength=64
	Limit string `json:"limit"`
}

// RunScore sums the metrics up. Numbers are decimal strings.
type RunScore struct {
	// Verdict is what the score comes to now: Pass, Fail or Inconclusive.
	// +kubebuilder:validation:MaxLength=64
	Verdict string `json:"verdict"`
	// Score is from 0 to 100: the share of metrics that pass, by group.
	// +kubebuilder:validation:MaxLength=64
	Score string `json:"score"`
	// Lowest is what it becomes if all that is open fails.
	// +kubebuilder:validation:MaxLength=64
	Lowest string `json:"lowest"`
	// Highest is what it becomes if all that is open passes.
	// +kubebuilder:validation:MaxLength=64
	Highest string `json:"highest"`
	// Message explains it.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Message string `json:"message,omitempty"`
}

// Evidence is what a judge has gathered so far. Numbers are decimal strings; what a
// judge does not know is left out.
type Evidence struct {
	// Method is the judge: proportion, histogram, objective, mean or mannWhitney; or
	// conditions, on canary and baseline.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Method string `json:"method,omitempty"`
	// CanaryBad are the canary's bad requests, those slower than edge, or the points
	// beyond the tolerated level.
	// +kubebuilder:validation:MaxLength=64
	CanaryBad string `json:"canaryBad"`
	// CanaryTotal are all of the canary's requests, or points.
	// +kubebuilder:validation:MaxLength=64
	CanaryTotal string `json:"canaryTotal"`
	// BaselineBad are the same of the baseline.
	// +kubebuilder:validation:MaxLength=64
	BaselineBad string `json:"baselineBad"`
	// BaselineTotal are all of the baseline's requests, or points.
	// +kubebuilder:validation:MaxLength=64
	BaselineTotal string `json:"baselineTotal"`
	// Edge is the bound of a histogram that most of the evidence is about, in its unit:
	// the bad requests are those slower than it.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Edge string `json:"edge,omitempty"`
	// EValue is the evidence against the canary; 1 is none.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	EValue string `json:"eValue,omitempty"`
	// Limit is the evidence at which the canary is taken back: 1 over the metric's share
	// of falseAlarmBudget.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Limit string `json:"limit,omitempty"`
	// RateRatio is the estimate of canary's share, or level, over that of the baseline.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	RateRatio string `json:"rateRatio,omitempty"`
	// RateRatioLower is its lower bound, valid at every look.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	RateRatioLower string `json:"rateRatioLower,omitempty"`
	// RateRatioUpper is its upper bound, valid at every look.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	RateRatioUpper string `json:"rateRatioUpper,omitempty"`
	// Quantiles are those of a histogram that were asked for.
	// +kubebuilder:validation:MaxItems=8
	// +listType=atomic
	// +optional
	Quantiles []QuantileEvidence `json:"quantiles,omitempty"`
	// Dispersion is by how much the evidence was divided, because the baseline's pods
	// differ more than independent requests would; left out when it was not.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Dispersion string `json:"dispersion,omitempty"`
	// WorstPod is the pod of the canary that shows most, when there are three or more.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	WorstPod string `json:"worstPod,omitempty"`
	// EValueWithoutWorstPod is the evidence without it.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	EValueWithoutWorstPod string `json:"eValueWithoutWorstPod,omitempty"`
	// Proof is how far the proof has come that was asked for.
	// +optional
	Proof *ProofEvidence `json:"proof,omitempty"`
	// CanaryLevel is the level of a gauge, in its unit.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	CanaryLevel string `json:"canaryLevel,omitempty"`
	// BaselineLevel is the same of the baseline.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	BaselineLevel string `json:"baselineLevel,omitempty"`
	// ToleratedLevel is the level from which on the canary is worse.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ToleratedLevel string `json:"toleratedLevel,omitempty"`
	// Shift is by how much the canary's points are shifted, in the unit of the gauge.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Shift string `json:"shift,omitempty"`
	// ShiftLower is its lower bound, for one look.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ShiftLower string `json:"shiftLower,omitempty"`
	// ShiftUpper is its upper bound, for one look.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ShiftUpper string `json:"shiftUpper,omitempty"`
	// PValue is the smaller p-value of "there is no change in this direction", for one
	// look.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	PValue string `json:"pValue,omitempty"`
	// RequestsNeeded is how many more canary requests, or points, are needed for a
	// verdict.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	RequestsNeeded string `json:"requestsNeeded,omitempty"`
}

// ProofEvidence is how far a proof has come.
type ProofEvidence struct {
	// EValue is the evidence that the canary is better than proof.ratio; 1 is none.
	// +kubebuilder:validation:MaxLength=64
	EValue string `json:"eValue"`
	// Limit is the evidence at which that is proven.
	// +kubebuilder:validation:MaxLength=64
	Limit string `json:"limit"`
}

// QuantileEvidence is a quantile of both versions, in the unit of the histogram, with
// bounds that hold at every look.
type QuantileEvidence struct {
	// P is which quantile: 0.99.
	// +kubebuilder:validation:MaxLength=16
	P string `json:"p"`
	// Canary is the canary's quantile.
	// +kubebuilder:validation:MaxLength=64
	Canary string `json:"canary"`
	// CanaryLower is its lower bound.
	// +kubebuilder:validation:MaxLength=64
	CanaryLower string `json:"canaryLower"`
	// CanaryUpper is its upper bound.
	// +kubebuilder:validation:MaxLength=64
	CanaryUpper string `json:"canaryUpper"`
	// Baseline is the baseline's quantile.
	// +kubebuilder:validation:MaxLength=64
	Baseline string `json:"baseline"`
	// BaselineLower is its lower bound.
	// +kubebuilder:validation:MaxLength=64
	BaselineLower string `json:"baselineLower"`
	// BaselineUpper is its upper bound.
	// +kubebuilder:validation:MaxLength=64
	BaselineUpper string `json:"baselineUpper"`
}
