package v1alpha1

// MetricJudge names a statistical test. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.proportion) ? 1 : 0) + (has(self.histogram) ? 1 : 0) + (has(self.mean) ? 1 : 0) + (has(self.mannWhitney) ? 1 : 0) + (has(self.objective) ? 1 : 0) == 1",message="judge needs exactly one method: proportion, histogram, mean, mannWhitney or objective"
type MetricJudge struct {
	// Proportion compares the share of bad requests, by a sequential test that
	// may look at every scrape. Needs provider.prometheus.canary.bad and .total.
	// +optional
	Proportion *ProportionJudge `json:"proportion,omitempty"`

	// Histogram compares latencies at every bucket bound, by a sequential test that
	// may look at every scrape. Needs provider.prometheus.canary.histogram.
	// +optional
	Histogram *HistogramJudge `json:"histogram,omitempty"`

	// Mean compares the level of a gauge, by a sequential test that may look at every
	// point. Needs provider.prometheus.canary.query.
	// +optional
	Mean *MeanJudge `json:"mean,omitempty"`

	// MannWhitney compares the points of a gauge as Kayenta does, with its parameters.
	// It is made for one look. Needs provider.prometheus.canary.query.
	// +optional
	MannWhitney *MannWhitneyJudge `json:"mannWhitney,omitempty"`

	// Objective holds the canary's share of bad requests against a limit, whatever the
	// baseline does. Needs provider.prometheus.canary.bad and .total; a baseline tells a
	// shared incident from a bad release.
	// +optional
	Objective *ObjectiveJudge `json:"objective,omitempty"`
}

// ProportionJudge compares the share of bad requests of canary and baseline.
//
// +kubebuilder:validation:XValidation:rule="!has(self.proof) || !self.proof.ratio.matches('^[0-9]{1,4}([.][0-9]{1,4})?$') || !self.tolerance.relative.matches('^[0-9]{1,4}([.][0-9]{1,4})?%$') || double(self.proof.ratio) > 1.0 + double(self.tolerance.relative.substring(0, self.tolerance.relative.size() - 1)) / 100.0",message="proof.ratio must be more than what is tolerated anyway, 1 + tolerance.relative: a proof of 2 beside a tolerance of 10%"
type ProportionJudge struct {
	// Worse says which direction is a regression.
	// +kubebuilder:validation:Enum=higher
	// +kubebuilder:default=higher
	// +optional
	Worse string `json:"worse,omitempty"`

	// Tolerance is how much worse the canary may be. Default: {relative: "10%"}.
	// +kubebuilder:default={}
	// +optional
	Tolerance ProportionTolerance `json:"tolerance,omitempty"`

	// MinRequests is how many requests the canary must have served since the
	// weight in force was set before the absence of evidence against it counts as
	// a pass.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +optional
	MinRequests *int64 `json:"minRequests,omitempty"`

	// WarmUp is how old a pod of the canary must be for what it serves to be compared:
	// caches are cold and code is not compiled before. Default: 0s. Example: 2m.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$') && duration(self) <= duration('30m')",message="warmUp must be a duration of at most 30m, such as 2m"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	WarmUp string `json:"warmUp,omitempty"`

	// Proof asks for more than the absence of evidence before a pass: a proof that the
	// canary is not much worse. Until then the release holds. Default: none.
	// +optional
	Proof *ProportionProof `json:"proof,omitempty"`
}

// ProportionProof is what must be proven before a pass, but for a probability of 5 %.
type ProportionProof struct {
	// Ratio is how many times the baseline's share of bad requests the canary's must be
	// below. The nearer to 1, the more requests it takes. Example: "2".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,4}([.][0-9]{1,4})?$')",message="proof.ratio must be a number above 1, such as 2"
	// +kubebuilder:validation:MaxLength=12
	Ratio string `json:"ratio"`
}

// ProportionTolerance is how much worse the canary may be.
type ProportionTolerance struct {
	// Relative to the baseline's share. Example: "25%" lets 1 % become 1.25 %.
	// +kubebuilder:default="10%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,4}([.][0-9]{1,4})?%$')",message="tolerance.relative must be a percentage, such as 25%"
	// +kubebuilder:validation:MaxLength=12
	// +optional
	Relative string `json:"relative,omitempty"`

	// Absolute is a share of bad requests up to which nothing is judged bad, whatever
	// the baseline's share is. Default: none. Example: "0.1%".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,2}([.][0-9]{1,6})?%$')",message="tolerance.absolute must be a percentage of requests, such as 0.1%"
	// +kubebuilder:validation:MaxLength=12
	// +optional
	Absolute string `json:"absolute,omitempty"`
}

// HistogramJudge compares how many requests are slower than each bucket bound.
type HistogramJudge struct {
	// Worse says which direction is a regression: higher is slower.
	// +kubebuilder:validation:Enum=higher
	// +kubebuilder:default=higher
	// +optional
	Worse string `json:"worse,omitempty"`

	// Quantiles are shown with their bounds; the verdict does not depend on them.
	// Default: ["0.5", "0.99"].
	// +kubebuilder:default={"0.5","0.99"}
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=10
	// +kubebuilder:validation:XValidation:rule="self.all(q, q.matches('^0[.][0-9]{1,6}$') && q.matches('[1-9]'))",message="quantiles must be above 0 and below 1, such as 0.99"
	// +listType=set
	// +optional
	Quantiles []string `json:"quantiles,omitempty"`

	// Tolerance is how much worse the canary may be. Default: {relative: "10%"}.
	// +kubebuilder:default={}
	// +optional
	Tolerance HistogramTolerance `json:"tolerance,omitempty"`

	// MinRequests is how many requests the canary must have served since the
	// weight in force was set before the absence of evidence against it counts as
	// a pass.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +optional
	MinRequests *int64 `json:"minRequests,omitempty"`

	// WarmUp is how old a pod of the canary must be for what it serves to be compared.
	// Default: 0s. Example: 2m.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$') && duration(self) <= duration('30m')",message="warmUp must be a duration of at most 30m, such as 2m"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	WarmUp string `json:"warmUp,omitempty"`
}

// HistogramTolerance is how much worse the canary may be.
type HistogramTolerance struct {
	// Relative to the baseline's odds of being slower than a bound, at any bound.
	// Example: "10%" lets 1 % of slow requests become 1.1 %, nearly.
	// +kubebuilder:default="10%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,4}([.][0-9]{1,4})?%$')",message="tolerance.relative must be a percentage, such as 25%"
	// +kubebuilder:validation:MaxLength=12
	// +optional
	Relative string `json:"relative,omitempty"`
}

// MeanJudge compares the level of a gauge.
type MeanJudge struct {
	// Worse says which direction is a regression: higher or lower. Default: higher.
	// +kubebuilder:validation:Enum=higher;lower
	// +kubebuilder:default=higher
	// +optional
	Worse string `json:"worse,omitempty"`

	// Tolerance is how much worse the canary may be. Default: {relative: "10%"}.
	// +kubebuilder:default={}
	// +optional
	Tolerance MeanTolerance `json:"tolerance,omitempty"`

	// MinPoints is how many points of the canary must have been compared before the
	// absence of evidence against it counts as a pass. Default: 10.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=100000
	// +optional
	MinPoints *int32 `json:"minPoints,omitempty"`

	// Noise is how much the baseline's points are presumed to scatter about their level
	// before they have shown it; it weighs as much as two of them. Default: "5%".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,4}([.][0-9]{1,4})?%$') && self.matches('[1-9]')",message="noise must be a percentage of more than 0%, such as 5%"
	// +kubebuilder:validation:MaxLength=12
	// +optional
	Noise string `json:"noise,omitempty"`

	// History is how long before the first look the baseline's query is read, at one point
	// per interval and at most 300: it says what level and what spread are usual before
	// there is a canary. Default: 30 intervals; 0s is none. Example: 24h.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$') && duration(self) <= duration('720h')",message="history must be a duration of at most 720h, such as 24h"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	History string `json:"history,omitempty"`
}

// MeanTolerance is how much worse the canary may be: by the greater one of the two.
type MeanTolerance struct {
	// Relative to the baseline's level. Example: "25%" lets 80 MB become 100 MB.
	// +kubebuilder:default="10%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,4}([.][0-9]{1,4})?%$')",message="tolerance.relative must be a percentage, such as 25%"
	// +kubebuilder:validation:MaxLength=12
	// +optional
	Relative string `json:"relative,omitempty"`

	// Absolute is in the gauge's unit. Default: none. Example: "0.05". A gauge that may
	// be zero for long needs one.
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,15}([.][0-9]{1,9})?$')",message="tolerance.absolute must be a number in the unit of the gauge, such as 0.05"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Absolute string `json:"absolute,omitempty"`
}

// MannWhitneyJudge compares the points of a gauge by their ranks, with Kayenta's
// parameters.
//
// +kubebuilder:validation:XValidation:rule="self.direction == 'decrease' || has(self.effectSize.allowedIncrease)",message="say from which change on an increase counts: effectSize.allowedIncrease, such as 1.1"
// +kubebuilder:validation:XValidation:rule="self.direction == 'increase' || has(self.effectSize.allowedDecrease)",message="say from which change on a decrease counts: effectSize.allowedDecrease, such as 0.9"
// +kubebuilder:validation:XValidation:rule="!has(self.critical) || !self.critical || self.direction == 'decrease' || has(self.effectSize.criticalIncrease)",message="say from which change on an increase is critical: effectSize.criticalIncrease, such as 1.5"
// +kubebuilder:validation:XValidation:rule="!has(self.critical) || !self.critical || self.direction == 'increase' || has(self.effectSize.criticalDecrease)",message="say from which change on a decrease is critical: effectSize.criticalDecrease, such as 0.5"
type MannWhitneyJudge struct {
	// Direction is which change is bad: increase, decrease or either.
	// +kubebuilder:validation:Enum=increase;decrease;either
	Direction string `json:"direction"`

	// Tolerance is how far the bound of the shift must be from 0, in parts of the
	// estimated shift: it asks how sure the shift is, not how large. Default: "25%".
	// +kubebuilder:default="25%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,2}([.][0-9]{1,4})?%$')",message="tolerance must be a percentage of less than 100%, such as 25%"
	// +kubebuilder:validation:MaxLength=8
	// +optional
	Tolerance string `json:"tolerance,omitempty"`

	// Confidence is that of the shift's two-sided interval. Default: "98%".
	// +kubebuilder:default="98%"
	// +kubebuilder:validation:XValidation:rule="self.matches('^(5[1-9]|[6-9][0-9])([.][0-9]{1,4})?%$')",message="confidence must be a percentage from 51% to less than 100%, such as 98%"
	// +kubebuilder:validation:MaxLength=8
	// +optional
	Confidence string `json:"confidence,omitempty"`

	// EffectSize is how large a change must be to count. Kayenta's defaults (1 for
	// meanRatio, 0.5 for cles) let any change count that is not noise; here that has to
	// be written.
	EffectSize MannWhitneyEffectSize `json:"effectSize"`

	// NaNStrategy is what becomes of points that are not a number: remove leaves them
	// out, replace counts them as 0. Default: remove.
	// +kubebuilder:validation:Enum=remove;replace
	// +kubebuilder:default=remove
	// +optional
	NaNStrategy string `json:"nanStrategy,omitempty"`

	// Outliers is what becomes of points far away from the others. Default:
	// {strategy: keep}.
	// +kubebuilder:default={}
	// +optional
	Outliers MannWhitneyOutliers `json:"outliers,omitempty"`

	// Critical fails the whole run when this metric fails by a critical change.
	// Default: false.
	// +optional
	Critical bool `json:"critical,omitempty"`

	// MustHaveData makes missing data a failure of this metric. Default: false.
	// +optional
	MustHaveData bool `json:"mustHaveData,omitempty"`

	// History is how long before the first look the baseline's query is read, at one point
	// per interval and at most 300: these count as points of the baseline. Default: none,
	// as in Kayenta. Example: 1h.
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$') && duration(self) <= duration('720h')",message="history must be a duration of at most 720h, such as 24h"
	// +kubebuilder:validation:MaxLength=32
	// +optional
	History string `json:"history,omitempty"`
}

// MannWhitneyEffectSize is how large a change must be: at least the increases, at most
// the decreases.
type MannWhitneyEffectSize struct {
	// Measure is meanRatio, the canary's mean over the baseline's, or cles, the
	// probability that a point of the canary is above one of the baseline.
	// Default: meanRatio.
	// +kubebuilder:validation:Enum=meanRatio;cles
	// +kubebuilder:default=meanRatio
	// +optional
	Measure string `json:"measure,omitempty"`

	// AllowedIncrease is from when on an increase counts. Example: "1.1".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,6}([.][0-9]{1,6})?$') && self.matches('[1-9]')",message="allowedIncrease must be a number above 0, such as 1.1"
	// +kubebuilder:validation:MaxLength=16
	// +optional
	AllowedIncrease string `json:"allowedIncrease,omitempty"`

	// AllowedDecrease is from when on a decrease counts. Example: "0.9".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,6}([.][0-9]{1,6})?$') && self.matches('[1-9]')",message="allowedDecrease must be a number above 0, such as 0.9"
	// +kubebuilder:validation:MaxLength=16
	// +optional
	AllowedDecrease string `json:"allowedDecrease,omitempty"`

	// CriticalIncrease is from when on an increase is critical. Example: "1.5".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,6}([.][0-9]{1,6})?$') && self.matches('[1-9]')",message="criticalIncrease must be a number above 0, such as 1.5"
	// +kubebuilder:validation:MaxLength=16
	// +optional
	CriticalIncrease string `json:"criticalIncrease,omitempty"`

	// CriticalDecrease is from when on a decrease is critical. Example: "0.5".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,6}([.][0-9]{1,6})?$') && self.matches('[1-9]')",message="criticalDecrease must be a number above 0, such as 0.5"
	// +kubebuilder:validation:MaxLength=16
	// +optional
	CriticalDecrease string `json:"criticalDecrease,omitempty"`
}

// MannWhitneyOutliers is what becomes of points far away from the others.
type MannWhitneyOutliers struct {
	// Strategy is keep, or remove: a point below min(P1, Q1 - factor·IQR) or above
	// max(P99, Q3 + factor·IQR) is left out. Default: keep.
	// +kubebuilder:validation:Enum=keep;remove
	// +kubebuilder:default=keep
	// +optional
	Strategy string `json:"strategy,omitempty"`

	// Factor of the interquartile range. Default: "3".
	// +kubebuilder:default="3"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,6}([.][0-9]{1,6})?$') && self.matches('[1-9]')",message="outliers.factor must be a number above 0, such as 3"
	// +kubebuilder:validation:MaxLength=16
	// +optional
	Factor string `json:"factor,omitempty"`
}

// ObjectiveJudge holds the canary's share of bad requests against a limit.
type ObjectiveJudge struct {
	// AtMost is the largest share of bad requests that is accepted. Example: "1%".
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,2}([.][0-9]{1,6})?%$') && self.matches('[1-9]')",message="atMost must be a percentage of more than 0% and less than 100%, such as 1%"
	// +kubebuilder:validation:MaxLength=12
	AtMost string `json:"atMost"`

	// MinRequests is how many requests the canary must have served since the
	// weight in force was set before the absence of evidence against it counts as
	// a pass.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +optional
	MinRequests *int64 `json:"minRequests,omitempty"`
}
