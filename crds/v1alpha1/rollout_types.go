package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Rollout replaces a Deployment: it runs an application and releases each new
// pod template beside the old one, step by step, as far as the evidence allows.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.HPAReplicas,selectorpath=.status.selector
// +kubebuilder:resource:shortName=ro,categories=all
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.phase`,description="Healthy, Progressing, Paused or Degraded"
// +kubebuilder:printcolumn:name="Step",type=string,JSONPath=`.status.currentStep`,description="The step in progress, of all steps"
// +kubebuilder:printcolumn:name="Weight",type=integer,JSONPath=`.status.canary.weight`,description="Percent of the traffic at the new version"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.ready`,description="Ready pods, of the wanted"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`,description="What Serin does now and why"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 52",message="metadata.name must be at most 52 characters, so that the names of its ReplicaSets and AnalysisRuns fit"
type Rollout struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec RolloutSpec `json:"spec"`
	// +optional
	Status RolloutStatus `json:"status,omitempty"`
}

// RolloutList is a list of Rollouts.
//
// +kubebuilder:object:root=true
type RolloutList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Rollout `json:"items"`
}

// RolloutSpec is what the team wants to run and how it wants to get there.
//
// +kubebuilder:validation:XValidation:rule="!has(self.progressDeadlineSeconds) || !has(self.minReadySeconds) || self.minReadySeconds < self.progressDeadlineSeconds",message="minReadySeconds must be less than progressDeadlineSeconds: otherwise no pod can become available in time"
// +kubebuilder:validation:XValidation:rule="(has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0) || (has(self.selector.matchExpressions) && size(self.selector.matchExpressions) > 0)",message="selector must not be empty: it would select every pod of the namespace; write selector.matchLabels with labels of the template"
// +kubebuilder:validation:XValidation:rule="!has(self.selector.matchLabels) || self.selector.matchLabels.all(k, has(self.template.metadata) && has(self.template.metadata.labels) && k in self.template.metadata.labels && self.template.metadata.labels[k] == self.selector.matchLabels[k])",message="selector must match the labels of the template: write every label of selector.matchLabels into template.metadata.labels too"
// +kubebuilder:validation:XValidation:rule="!has(self.selector.matchExpressions) || self.selector.matchExpressions.all(e, e.operator in ['In', 'NotIn', 'Exists', 'DoesNotExist'])",message="the operator of selector.matchExpressions must be In, NotIn, Exists or DoesNotExist"
// +kubebuilder:validation:XValidation:rule="!has(self.selector.matchExpressions) || self.selector.matchExpressions.all(e, (e.operator in ['In', 'NotIn']) == (has(e.values) && size(e.values) > 0))",message="in selector.matchExpressions, In and NotIn need values, Exists and DoesNotExist have none"
// +kubebuilder:validation:XValidation:rule="!has(self.selector.matchExpressions) || self.selector.matchExpressions.all(e, (e.operator in ['In', 'Exists']) ? (has(self.template.metadata) && has(self.template.metadata.labels) && e.key in self.template.metadata.labels && (e.operator == 'Exists' || !has(e.values) || self.template.metadata.labels[e.key] in e.values)) : !(has(self.template.metadata) && has(self.template.metadata.labels) && e.key in self.template.metadata.labels && (e.operator == 'DoesNotExist' || !has(e.values) || self.template.metadata.labels[e.key] in e.values)))",message="selector must match the labels of the template: change selector.matchExpressions or template.metadata.labels"
// +kubebuilder:validation:XValidation:rule="!(has(self.selector.matchLabels) && 'serin.dev/pod-template-hash' in self.selector.matchLabels) && !(has(self.template.metadata) && has(self.template.metadata.labels) && 'serin.dev/pod-template-hash' in self.template.metadata.labels)",message="the label serin.dev/pod-template-hash tells versions apart and is set by Serin; remove it from selector and template"
// +kubebuilder:validation:XValidation:rule="!(has(self.selector.matchLabels) && 'serin.dev/baseline' in self.selector.matchLabels) && !(has(self.selector.matchExpressions) && self.selector.matchExpressions.exists(e, e.key == 'serin.dev/baseline')) && !(has(self.template.metadata) && has(self.template.metadata.labels) && 'serin.dev/baseline' in self.template.metadata.labels)",message="the label serin.dev/baseline marks fresh baseline pods and is set by Serin; remove it from selector and template"
// +kubebuilder:validation:XValidation:rule="has(self.template.spec) && size(self.template.spec.containers) > 0",message="template.spec.containers needs at least one container"
// +kubebuilder:validation:XValidation:rule="!has(self.template.spec) || !has(self.template.spec.restartPolicy) || self.template.spec.restartPolicy == 'Always'",message="template.spec.restartPolicy must be Always, or be left out: a Rollout keeps its pods running"
// +kubebuilder:validation:XValidation:rule="!has(self.template.spec) || !has(self.template.spec.activeDeadlineSeconds)",message="template.spec.activeDeadlineSeconds must be left out: a Rollout keeps its pods running"
type RolloutSpec struct {
	// Replicas is the number of pods that carry the whole traffic. Example: 10.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// Selector finds the pods of this Rollout. It must match the labels of the
	// template and cannot be changed. Example: {matchLabels: {app: web}}.
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="selector cannot be changed; delete the Rollout with --cascade=orphan and create it anew"
	Selector *metav1.LabelSelector `json:"selector"`

	// Template is the pod that is to run, as in a Deployment (kubectl explain
	// deployment.spec.template). A change of it starts a release.
	Template corev1.PodTemplateSpec `json:"template"`

	// MinReadySeconds is for how many seconds a pod must be ready before it
	// counts as available. Default: 0. A few seconds more than the scrape
	// interval make sure that Prometheus knows the pod before users do.
	// +kubebuilder:validation:Minimum=0
	// +optional
	MinReadySeconds int32 `json:"minReadySeconds,omitempty"`

	// RevisionHistoryLimit is how many old ReplicaSets are kept for `serin undo`.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +optional
	RevisionHistoryLimit *int32 `json:"revisionHistoryLimit,omitempty"`

	// Paused holds every release of this Rollout where it is, until it is false
	// again. `serin pause` pauses one release only. A paused release is still
	// taken back when it turns out to be bad.
	// +optional
	Paused bool `json:"paused,omitempty"`

	// ProgressDeadlineSeconds is for how long a release may make no progress
	// with its pods before it is given up.
	// +kubebuilder:default=600
	// +kubebuilder:validation:Minimum=1
	// +optional
	ProgressDeadlineSeconds *int32 `json:"progressDeadlineSeconds,omitempty"`

	// ProgressDeadlineAbort says whether a release past its progress deadline is
	// taken back (true, the default) or only reported as stalled (false). Argo
	// Rollouts' default is false.
	// +kubebuilder:default=true
	// +optional
	ProgressDeadlineAbort *bool `json:"progressDeadlineAbort,omitempty"`

	// Analysis says how many finished AnalysisRuns are kept.
	// +optional
	Analysis *AnalysisRunHistory `json:"analysis,omitempty"`

	// Strategy is how a new template is released.
	Strategy RolloutStrategy `json:"strategy"`
}

// AnalysisRunHistory limits how many finished AnalysisRuns are kept.
type AnalysisRunHistory struct {
	// SuccessfulRunHistoryLimit is how many Successful runs are kept.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=0
	// +optional
	SuccessfulRunHistoryLimit *int32 `json:"successfulRunHistoryLimit,omitempty"`

	// UnsuccessfulRunHistoryLimit is how many of the others are kept.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=0
	// +optional
	UnsuccessfulRunHistoryLimit *int32 `json:"unsuccessfulRunHistoryLimit,omitempty"`
}

// RolloutStrategy names one way of releasing.
//
// +kubebuilder:validation:XValidation:rule="has(self.canary)",message="strategy.canary is required; write `canary: {}` for a release without steps"
type RolloutStrategy struct {
	// Canary starts the new version beside the stable one and gives it traffic
	// step by step.
	// +optional
	Canary *CanaryStrategy `json:"canary,omitempty"`
}

// CanaryStrategy is a release in steps.
//
// +kubebuilder:validation:XValidation:rule="!has(self.trafficRouting) || (has(self.stableService) && has(self.canaryService))",message="trafficRouting needs stableService and canaryService: the router splits the traffic between these two Services"
// +kubebuilder:validation:XValidation:rule="!has(self.stableService) || !has(self.canaryService) || self.stableService != self.canaryService",message="stableService and canaryService must be two different Services"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || has(self.trafficRouting)",message="baseline needs trafficRouting: without a router the split is the ratio of the pods, which more pods of the stable version would change"
// +kubebuilder:validation:XValidation:rule="!has(self.analysis) || !has(self.analysis.startingStep) || self.analysis.startingStep <= (has(self.steps) ? size(self.steps) : 0)",message="analysis.startingStep must not be larger than the number of steps"
// +kubebuilder:validation:XValidation:rule="!has(self.maxSurge) || !has(self.maxUnavailable) || !(self.maxSurge == 0 || self.maxSurge == '0%') || !(self.maxUnavailable == 0 || self.maxUnavailable == '0%')",message="maxSurge and maxUnavailable cannot both be 0: no pod could ever be replaced"
type CanaryStrategy struct {
	// StableService is the Service of the version that users trust. Serin points
	// its selector at the stable pods.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="stableService must be the name of a Service: lower-case letters, digits and '-', beginning with a letter"
	// +optional
	StableService string `json:"stableService,omitempty"`

	// CanaryService is the Service of the new version. Serin points its selector
	// at the canary pods during a release, else at the stable pods.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="canaryService must be the name of a Service: lower-case letters, digits and '-', beginning with a letter"
	// +optional
	CanaryService string `json:"canaryService,omitempty"`

	// Steps are done in order. Without steps a new version is released at once.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Steps []CanaryStep `json:"steps,omitempty"`

	// TrafficRouting names the router that splits requests by weight. Without
	// it the split is the ratio of the pods, which is coarse.
	// +optional
	TrafficRouting *TrafficRouting `json:"trafficRouting,omitempty"`

	// MaxSurge is how many pods more than replicas may run while pods are
	// replaced without a router: a number, or a percentage of replicas, rounded
	// up.
	// +kubebuilder:default="25%"
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == string ? self.matches('^(0|[1-9][0-9]{0,3})%$') : self >= 0",message="maxSurge must be a whole number of at least 0, or a percentage such as 25%"
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`

	// MaxUnavailable is how many of replicas may be unavailable while pods are
	// replaced without a router: a number, or a percentage of replicas, rounded
	// down.
	// +kubebuilder:default="25%"
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == string ? self.matches('^(0|[1-9][0-9]?|100)%$') : self >= 0",message="maxUnavailable must be a whole number of at least 0, or a percentage from 0% to 100%"
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// Analysis runs in the background from startingStep until the end of the
	// release. No weight is raised before it has passed at the weight in force.
	// +optional
	Analysis *BackgroundAnalysis `json:"analysis,omitempty"`

	// Baseline says which pods of the stable version the canary is compared with.
	// Without it, with those that serve anyway.
	// +optional
	Baseline *Baseline `json:"baseline,omitempty"`

	// ScaleDownDelaySeconds is for how many seconds the old pods stay after they
	// got their last request, with a router.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=0
	// +optional
	ScaleDownDelaySeconds *int32 `json:"scaleDownDelaySeconds,omitempty"`

	// AbortScaleDownDelaySeconds is for how many seconds the canary's pods stay
	// after an abort, for a look at them, with a router. 0 keeps them until the
	// next release.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=0
	// +optional
	AbortScaleDownDelaySeconds *int32 `json:"abortScaleDownDelaySeconds,omitempty"`
}

// Baseline says which pods of the stable version a canary is compared with. Exactly
// one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.fresh)",message="baseline needs fresh; write `baseline: {fresh: {}}`, or remove it to compare with the pods that serve anyway"
type Baseline struct {
	// Fresh starts pods of the stable version together with the canary's: the same
	// age, the same empty caches, the same fresh heap, so that a cold start or a
	// leak is not taken for a difference between the versions. They have the label
	// serin.dev/baseline: fresh, get their share of the stable Service's requests,
	// are not counted as capacity, and are removed when the release ends. No weight
	// is raised while they are not available; that they do not start is never held
	// against the canary. To select them, give the templates an argument with
	// valueFrom.baseline. Changing it during a release begins its analyses anew.
	// +optional
	Fresh *FreshBaseline `json:"fresh,omitempty"`
}

// FreshBaseline is how many fresh pods of the stable version are started.
type FreshBaseline struct {
	// Replicas is the number of fresh pods, from the canary's first pod until the
	// release ends. Default: as many as the canary has at each step, up to 100 %.
	// From two on, a judge sees how much pods of one version differ. Example: 2.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`
}

// CanaryStep is one step. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.setWeight) ? 1 : 0) + (has(self.pause) ? 1 : 0) + (has(self.analysis) ? 1 : 0) == 1",message="a step must be exactly one of setWeight, pause or analysis"
type CanaryStep struct {
	// SetWeight is the percentage of the traffic that the new version gets from
	// here on. Example: 5.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	SetWeight *int32 `json:"setWeight,omitempty"`

	// Pause waits: for a time, or, written as `pause: {}`, until somebody says
	// `serin promote`.
	// +optional
	Pause *PauseStep `json:"pause,omitempty"`

	// Analysis runs and must pass before the next step begins.
	// +optional
	Analysis *RolloutAnalysis `json:"analysis,omitempty"`
}

// PauseStep waits.
type PauseStep struct {
	// Duration is for how long: seconds, or a duration such as "10m". Without it
	// the release waits until somebody says `serin promote`.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="int(self) >= 0 || duration(self) >= duration('0s')",message="pause.duration must be a number of seconds or a duration such as 30s, 10m or 1h30m, and not negative"
	// +optional
	Duration *intstr.IntOrString `json:"duration,omitempty"`
}

// TrafficRouting names the router. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.gatewayAPI)",message="trafficRouting needs a router: gatewayAPI"
type TrafficRouting struct {
	// GatewayAPI splits the traffic by the weights of HTTPRoutes.
	// +optional
	GatewayAPI *GatewayAPIRouting `json:"gatewayAPI,omitempty"`
}

// GatewayAPIRouting names the HTTPRoutes whose weights Serin sets.
type GatewayAPIRouting struct {
	// HTTPRoutes are in the namespace of the Rollout. In each, every rule that
	// has both the stable and the canary Service as backends gets the weights;
	// other rules and backends are left alone.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	HTTPRoutes []HTTPRouteReference `json:"httpRoutes"`
}

// HTTPRouteReference names one HTTPRoute.
type HTTPRouteReference struct {
	// Name of the HTTPRoute. Example: web.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// RolloutAnalysis names the templates that judge a release.
type RolloutAnalysis struct {
	// Templates are judged together, in one AnalysisRun.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(u, u.templateName == t.templateName && (has(u.clusterScope) && u.clusterScope) == (has(t.clusterScope) && t.clusterScope)))",message="a template is named once; remove the repetition"
	// +listType=atomic
	Templates []TemplateReference `json:"templates"`

	// Args are the values for the templates' arguments.
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=name
	// +optional
	Args []AnalysisArgument `json:"args,omitempty"`

	// OnBlind says what to do when the metrics cannot be had for a long time.
	// Without it the release holds where it is until they can be had again.
	// +optional
	OnBlind *OnBlind `json:"onBlind,omitempty"`
}

// BackgroundAnalysis judges a release from a step on until its end.
type BackgroundAnalysis struct {
	RolloutAnalysis `json:",inline"`

	// StartingStep is the index of the step with which the analysis begins, from
	// 0. Default: 0.
	// +kubebuilder:validation:Minimum=0
	// +optional
	StartingStep *int32 `json:"startingStep,omitempty"`
}

// OnBlind turns a long blindness into an abort.
type OnBlind struct {
	// AbortAfter is for how long the metrics may be missing. Example: 30m.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$') && duration(self) > duration('0s')",message="onBlind.abortAfter must be a duration longer than 0s, such as 30m or 1h30m"
	// +kubebuilder:validation:MaxLength=32
	AbortAfter string `json:"abortAfter"`
}

// TemplateReference names an AnalysisTemplate or ClusterAnalysisTemplate.
type TemplateReference struct {
	// TemplateName is the name of the template. Example: success-rate.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	TemplateName string `json:"templateName"`

	// ClusterScope says that it is a ClusterAnalysisTemplate. Default: false, an
	// AnalysisTemplate in the namespace of whoever refers to it.
	// +optional
	ClusterScope bool `json:"clusterScope,omitempty"`
}

// AnalysisArgument gives a template's argument its value, in a Rollout.
//
// +kubebuilder:validation:XValidation:rule="has(self.value) != has(self.valueFrom)",message="an argument needs either value or valueFrom"
type AnalysisArgument struct {
	// Name of the argument, as the template declares it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`

	// Value of the argument.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Value *string `json:"value,omitempty"`

	// ValueFrom takes the value from the release.
	// +optional
	ValueFrom *ArgumentValueFrom `json:"valueFrom,omitempty"`
}

// ArgumentValueFrom takes an argument's value from the release. Exactly one of
// its fields is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.podTemplateHashValue) ? 1 : 0) + (has(self.baseline) ? 1 : 0) + (has(self.fieldRef) ? 1 : 0) == 1",message="valueFrom needs exactly one of podTemplateHashValue, baseline and fieldRef"
type ArgumentValueFrom struct {
	// PodTemplateHashValue is the hash of the stable version (Stable) or of the
	// one that is being released (Latest).
	// +kubebuilder:validation:Enum=Stable;Latest
	// +optional
	PodTemplateHashValue *PodTemplateHashValue `json:"podTemplateHashValue,omitempty"`

	// Baseline is the value that the label serin.dev/baseline has on the pods that
	// the canary is compared with (LabelValue): "fresh" with baseline.fresh, else
	// "". Which query to write, with the label as Prometheus usually names it:
	// requests_total{hash="{{args.stable}}",serin_dev_baseline="{{args.baseline}}"}.
	// +kubebuilder:validation:Enum=LabelValue
	// +optional
	Baseline *BaselineValue `json:"baseline,omitempty"`

	// FieldRef takes a field of the Rollout's metadata.
	// +optional
	FieldRef *FieldReference `json:"fieldRef,omitempty"`
}

// PodTemplateHashValue names one of the two versions of a release.
type PodTemplateHashValue string

// The two versions of a release.
const (
	HashStable PodTemplateHashValue = "Stable"
	HashLatest PodTemplateHashValue = "Latest"
)

// BaselineValue names what an argument says of the pods that a canary is compared with.
type BaselineValue string

// BaselineLabelValue is the value of the label serin.dev/baseline.
const BaselineLabelValue BaselineValue = "LabelValue"

// FieldReference names a field of the Rollout's metadata.
type FieldReference struct {
	// FieldPath is metadata.name, metadata.namespace, metadata.uid,
	// metadata.labels['key'] or metadata.annotations['key'].
	// +kubebuilder:validation:XValidation:rule=`self.matches("^metadata[.](name|namespace|uid|(labels|annotations)[[]'[^']+'[]])$")`,message="fieldPath must be metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'] or metadata.annotations['key']"
	// +kubebuilder:validation:MaxLength=340
	FieldPath string `json:"fieldPath"`
}
