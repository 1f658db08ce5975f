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
// metrics as they were when the run began. Only weightSince and terminate change.
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
	// MetricResults are the results by metric, in the order of the spec.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	// +optional
	MetricResults []MetricResult `json:"metricResults,omitempty"`
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

// Evidence is what a judge has gathered so far. Numbers are decimal strings.
type Evidence struct {
	// CanaryBad are the canary's bad requests.
	CanaryBad string `json:"canaryBad"`
	// CanaryTotal are all of the canary's requests.
	CanaryTotal string `json:"canaryTotal"`
	// BaselineBad are the baseline's bad requests.
	BaselineBad string `json:"baselineBad"`
	// BaselineTotal are all of the baseline's requests.
	BaselineTotal string `json:"baselineTotal"`
	// EValue is the evidence against the canary; 1 is none.
	EValue string `json:"eValue"`
	// Limit is the evidence at which the canary is taken back: 1/falseAlarmBudget.
	Limit string `json:"limit"`
	// RateRatio is the estimate of canary's share over baseline's share.
	// +optional
	RateRatio string `json:"rateRatio,omitempty"`
	// RateRatioLower is its lower bound, valid at every look.
	// +optional
	RateRatioLower string `json:"rateRatioLower,omitempty"`
	// RateRatioUpper is its upper bound, valid at every look.
	// +optional
	RateRatioUpper string `json:"rateRatioUpper,omitempty"`
	// RequestsNeeded is how many more canary requests are needed for a verdict.
	// +optional
	RequestsNeeded string `json:"requestsNeeded,omitempty"`
}
