package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// AnalysisTemplate says what to measure and how to judge it, for the Rollouts
// of its namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=at
// +kubebuilder:printcolumn:name="Metrics",type=string,JSONPath=`.spec.metrics[*].name`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(self.spec.templates) || !self.spec.templates.exists(t, t.templateName == self.metadata.name && !(has(t.clusterScope) && t.clusterScope))",message="a template cannot include itself; remove its own name from spec.templates"
type AnalysisTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec AnalysisTemplateSpec `json:"spec"`
}

// AnalysisTemplateList is a list of AnalysisTemplates.
//
// +kubebuilder:object:root=true
type AnalysisTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AnalysisTemplate `json:"items"`
}

// ClusterAnalysisTemplate is an AnalysisTemplate for the Rollouts of all namespaces.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,shortName=cat
// +kubebuilder:printcolumn:name="Metrics",type=string,JSONPath=`.spec.metrics[*].name`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(self.spec.templates) || !self.spec.templates.exists(t, t.templateName == self.metadata.name && has(t.clusterScope) && t.clusterScope)",message="a template cannot include itself; remove its own name from spec.templates"
type ClusterAnalysisTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec AnalysisTemplateSpec `json:"spec"`
}

// ClusterAnalysisTemplateList is a list of ClusterAnalysisTemplates.
//
// +kubebuilder:object:root=true
type ClusterAnalysisTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterAnalysisTemplate `json:"items"`
}

// AnalysisTemplateSpec says what to measure and how to judge it.
//
// +kubebuilder:validation:XValidation:rule="(has(self.metrics) && size(self.metrics) > 0) || (has(self.templates) && size(self.templates) > 0)",message="a template needs metrics of its own or templates to include"
type AnalysisTemplateSpec struct {
	// Args are the arguments that the metrics use as {{args.name}}.
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=name
	// +optional
	Args []Argument `json:"args,omitempty"`

	// Metrics are measured and judged together.
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=name
	// +optional
	Metrics []Metric `json:"metrics,omitempty"`

	// Templates are other templates whose metrics and arguments are included.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(u, u.templateName == t.templateName && (has(u.clusterScope) && u.clusterScope) == (has(t.clusterScope) && t.clusterScope)))",message="a template is named once; remove the repetition"
	// +listType=atomic
	// +optional
	Templates []TemplateReference `json:"templates,omitempty"`

	// FalseAlarmBudget bounds the probability that a version no worse than the
	// stable one is taken back, over all judged metrics and all looks of a run.
	// +kubebuilder:default="1%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,2}([.][0-9]{1,4})?%$') && self.matches('[1-9]')",message="falseAlarmBudget must be a percentage of more than 0% and less than 100%, such as 1% or 0.5%"
	// +kubebuilder:validation:MaxLength=8
	// +optional
	FalseAlarmBudget string `json:"falseAlarmBudget,omitempty"`

	// Score sums the metrics up in one number of 0 to 100, as Kayenta does, and decides
	// by it. Default: none; each metric decides for itself.
	// +optional
	Score *AnalysisScore `json:"score,omitempty"`
}

// Argument is an argument of a template.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.value) && has(self.valueFrom))",message="an argument has either value or valueFrom, not both"
type Argument struct {
	// Name of the argument; metrics use it as {{args.name}}.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// Value is the default. Without it the Rollout must give one.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Value *string `json:"value,omitempty"`

	// ValueFrom takes the value from a Secret at each measurement.
	// +optional
	ValueFrom *SecretValueFrom `json:"valueFrom,omitempty"`
}

// SecretValueFrom takes a value from a Secret.
type SecretValueFrom struct {
	// SecretKeyRef names a key of a Secret in the namespace of the AnalysisRun.
	SecretKeyRef SecretKeyReference `json:"secretKeyRef"`
}

// SecretKeyReference names a key of a Secret.
type SecretKeyReference struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// Key in the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key"`
}

// Metric is one thing that is measured, and how it is judged: by conditions on
// the result of a query, by conditions on canary and baseline, or by a judge that
// compares them.
//
// +kubebuilder:validation:XValidation:rule="has(self.judge) || has(self.successCondition) || has(self.failureCondition)",message="a metric needs a successCondition, a failureCondition or a judge: otherwise nothing could ever pass or fail"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || !(has(self.successCondition) || has(self.failureCondition))",message="a metric has either a judge or conditions, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || has(self.interval)",message="a judge needs an interval, such as 15s: it compares what was counted from one look to the next"
// +kubebuilder:validation:XValidation:rule="has(self.interval) || !has(self.count) || int(self.count) <= 1",message="interval must be specified when count is more than 1"
// +kubebuilder:validation:XValidation:rule="!has(self.failureLimit) || int(self.failureLimit) >= 0 || (has(self.consecutiveSuccessLimit) && int(self.consecutiveSuccessLimit) > 0)",message="failureLimit and consecutiveSuccessLimit cannot both be disabled: with failureLimit -1, write a consecutiveSuccessLimit of at least 1"
// +kubebuilder:validation:XValidation:rule="!has(self.count) || !(has(self.failureLimit) || has(self.consecutiveSuccessLimit)) || int(self.count) == 0 || (has(self.failureLimit) && int(self.failureLimit) > 0 ? int(self.failureLimit) : 0) + (has(self.consecutiveSuccessLimit) ? int(self.consecutiveSuccessLimit) : 0) <= int(self.count)",message="count must be at least failureLimit + consecutiveSuccessLimit: otherwise the limits could never be reached"
// +kubebuilder:validation:XValidation:rule="!has(self.count) || int(self.count) == 0 || !has(self.inconclusiveLimit) || int(self.inconclusiveLimit) <= int(self.count)",message="count must be at least inconclusiveLimit: otherwise the limit could never be reached"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || !has(self.provider.prometheus) || has(self.provider.prometheus.canary)",message="a judge needs provider.prometheus.canary and .baseline to compare"
// +kubebuilder:validation:XValidation:rule="has(self.judge) || !has(self.provider.prometheus) || !has(self.provider.prometheus.canary) || has(self.provider.prometheus.baseline)",message="conditions compare the canary with a baseline; write provider.prometheus.baseline, or query instead of both"
// +kubebuilder:validation:XValidation:rule="has(self.judge) || !has(self.provider.prometheus) || !has(self.provider.prometheus.canary) || has(self.interval)",message="conditions on canary and baseline need an interval, such as 15s: they compare what was counted from one look to the next"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || has(self.judge.objective) || !has(self.provider.prometheus) || !has(self.provider.prometheus.canary) || has(self.provider.prometheus.baseline)",message="the judge compares the canary with a baseline; write provider.prometheus.baseline (objective alone does without)"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || !(has(self.judge.proportion) || has(self.judge.objective)) || !has(self.provider.prometheus) || !has(self.provider.prometheus.canary) || has(self.provider.prometheus.canary.bad)",message="proportion and objective count requests; give canary and baseline bad and total"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || !has(self.judge.histogram) || !has(self.provider.prometheus) || !has(self.provider.prometheus.canary) || has(self.provider.prometheus.canary.histogram)",message="the judge compares histograms; give canary and baseline histogram, the selector of their buckets"
// +kubebuilder:validation:XValidation:rule="!has(self.judge) || !(has(self.judge.mean) || has(self.judge.mannWhitney)) || !has(self.provider.prometheus) || !has(self.provider.prometheus.canary) || has(self.provider.prometheus.canary.query)",message="mean and mannWhitney compare the points of a gauge; give canary and baseline query"
// +kubebuilder:validation:XValidation:rule="!has(self.weight) || has(self.judge)",message="weight is a share of falseAlarmBudget, which only a judge spends; remove it"
type Metric struct {
	// Name of the metric. Example: success-rate.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name"`

	// Interval between measurements, from the end of one to the beginning of the
	// next. Example: 30s. Without it the metric is measured once.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$') && duration(self) > duration('0s')",message="interval must be a duration longer than 0s, such as 30s, 5m or 1h30m"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Interval string `json:"interval,omitempty"`

	// InitialDelay before the first measurement. Example: 1m. Default: none.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$')",message="initialDelay must be a duration, such as 30s, 5m or 1h30m"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	InitialDelay string `json:"initialDelay,omitempty"`

	// Count of measurements after which the metric is decided. Default: 1
	// without an interval, else no end (background analysis only). Measurements
	// that saw nothing do not count.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="int(self) >= 0 && int(self) <= 1000000",message="count must be a whole number from 0 to 1000000, such as 10"
	// +optional
	Count *intstr.IntOrString `json:"count,omitempty"`

	// SuccessCondition is an expression over result, or over canary and baseline where
	// the provider names both. Examples: result[0] >= 0.99; canary.share < 0.01.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +optional
	SuccessCondition string `json:"successCondition,omitempty"`

	// FailureCondition is another one; it wins over successCondition.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +optional
	FailureCondition string `json:"failureCondition,omitempty"`

	// FailureLimit is how many failed measurements are tolerated. Default: 0;
	// -1 tolerates all, and needs a consecutiveSuccessLimit.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="int(self) >= -1 && int(self) <= 1000000",message="failureLimit must be a whole number from 0 to 1000000, such as 3, or -1 to disable it"
	// +optional
	FailureLimit *intstr.IntOrString `json:"failureLimit,omitempty"`

	// InconclusiveLimit is how many measurements may meet neither condition
	// before a person is asked. Default: 0. Measurements that saw nothing do not
	// count.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="int(self) >= 0 && int(self) <= 1000000",message="inconclusiveLimit must be a whole number from 0 to 1000000, such as 3"
	// +optional
	InconclusiveLimit *intstr.IntOrString `json:"inconclusiveLimit,omitempty"`

	// ConsecutiveErrorLimit is how many failed queries in a row are tolerated
	// before the metric is reported as blind. Default: 4. A blind metric holds
	// the release; it never takes it back.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="int(self) >= 0 && int(self) <= 1000000",message="consecutiveErrorLimit must be a whole number from 0 to 1000000, such as 4"
	// +optional
	ConsecutiveErrorLimit *intstr.IntOrString `json:"consecutiveErrorLimit,omitempty"`

	// ConsecutiveSuccessLimit ends the metric early, as successful, after so many
	// successes in a row. Default: 0, off.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="int(self) >= 0 && int(self) <= 1000000",message="consecutiveSuccessLimit must be a whole number from 0 to 1000000, such as 5"
	// +optional
	ConsecutiveSuccessLimit *intstr.IntOrString `json:"consecutiveSuccessLimit,omitempty"`

	// Judge compares canary and baseline by a statistical test.
	// +optional
	Judge *MetricJudge `json:"judge,omitempty"`

	// Weight is the metric's share of falseAlarmBudget, beside those of the other
	// judged metrics: one of weight 3 beside one of weight 1 has three quarters.
	// Default: 1. Example: 3.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Weight *int32 `json:"weight,omitempty"`

	// Groups are those in which the metric counts for the score. Default: one group
	// of all metrics that name none. Example: [errors].
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	// +optional
	Groups []string `json:"groups,omitempty"`

	// Provider is where the numbers come from.
	Provider MetricProvider `json:"provider"`
}

// MetricProvider is where numbers come from. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.prometheus)",message="provider needs a source: prometheus"
type MetricProvider struct {
	// Prometheus, or anything that speaks its HTTP API.
	// +optional
	Prometheus *PrometheusMetric `json:"prometheus,omitempty"`
}

// AnalysisScore sums metrics up in one number of 0 to 100: the share of metrics that
// pass in each group, weighted by group.
//
// +kubebuilder:validation:XValidation:rule="self.marginal <= self.pass",message="score.marginal must be at most score.pass"
// +kubebuilder:validation:XValidation:rule="!has(self.groupWeights) || self.groupWeights.map(g, self.groupWeights[g]).sum() <= 100",message="score.groupWeights must add up to 100 at most; groups without a weight share what is left"
type AnalysisScore struct {
	// Pass is the lowest score that passes. Default: 95.
	// +kubebuilder:default=95
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	Pass int32 `json:"pass,omitempty"`

	// Marginal is the lowest score that is inconclusive; a lower one fails.
	// Default: 75.
	// +kubebuilder:default=75
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	Marginal *int32 `json:"marginal,omitempty"`

	// GroupWeights are the groups' weights, in percent. Default: groups without one
	// share what is left of 100. Example: {errors: 70, latency: 30}.
	// +kubebuilder:validation:MaxProperties=32
	// +optional
	GroupWeights map[string]GroupWeight `json:"groupWeights,omitempty"`
}

// GroupWeight is the weight of a group, in percent.
//
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=100
type GroupWeight int32
