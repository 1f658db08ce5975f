package judge

import (
	"errors"
	"fmt"
	"math"

	"github.com/serin-dev/serin/analysis/stats"
)

// MannWhitney compares the points of two time series by their ranks, with the
// parameters and the labels of Kayenta's judge, so that its configurations keep their
// meaning. It is for metrics of which only averages per minute are known; where
// requests can be counted, Proportion knows far more.
//
// It looks once: who judges a growing window again and again spends Confidence at each
// look. Points of a time series that depend on their neighbours make it too sure.
//
// Where it differs from Kayenta, and why, is in docs/design/0004-kayenta-compatibility.md.
type MannWhitney struct {
	// Direction is what is bad: it must be said.
	Direction ChangeDirection
	// Tolerance is how far the bound of the shift must be from 0, in parts of the
	// estimated shift: it asks how sure the shift is, not how large. Kayenta has 0.25.
	Tolerance float64
	// Confidence is that of the shift's two-sided interval: with 0.98, Kayenta's, an
	// unchanged metric is called worse in one of a hundred looks, in each direction.
	Confidence float64
	// EffectSize is how large a change must be to count. It must be said.
	EffectSize EffectSize
	// NaN is what becomes of points that are not a number.
	NaN NaNStrategy
	// Outliers is what becomes of points far away from the others.
	Outliers Outliers
	// Critical fails the whole canary when this metric fails it by CriticalIncrease or
	// CriticalDecrease.
	Critical bool
	// MustHaveData makes missing data a failure of this metric, instead of nothing.
	MustHaveData bool
}

// ChangeDirection is which change of a metric is bad.
type ChangeDirection string

// The changes that are bad.
const (
	Increase ChangeDirection = "increase"
	Decrease ChangeDirection = "decrease"
	// Either: any change.
	Either ChangeDirection = "either"
)

// NaNStrategy is what becomes of points that are not a number.
type NaNStrategy string

// The strategies for points that are not a number.
const (
	// RemoveNaN leaves them out.
	RemoveNaN NaNStrategy = "remove"
	// ReplaceNaN counts them as 0: for counts whose series is absent while nothing happens.
	ReplaceNaN NaNStrategy = "replace"
)

// EffectMeasure is how the size of a change is measured.
type EffectMeasure string

// The measures of a change.
const (
	// MeanRatio is the canary's mean over the baseline's; unknown when either is 0, and
	// then every change counts.
	MeanRatio EffectMeasure = "meanRatio"
	// CLES, the common language effect size, is the probability that a point of the
	// canary is above one of the baseline: ½ is no change.
	CLES EffectMeasure = "cles"
)

// EffectSize is how large a change must be, in its measure: at least the increases, at
// most the decreases. An increase from 10 to 11 is a mean ratio of 1.1. With Kayenta's
// defaults (1 for mean ratios, ½ for CLES) any change that is not noise counts, however
// small; that has to be asked for.
type EffectSize struct {
	Measure                            EffectMeasure
	AllowedIncrease, AllowedDecrease   float64
	CriticalIncrease, CriticalDecrease float64
}

// Outliers is what becomes of points far away from the others.
type Outliers struct {
	// Remove leaves out points of a side below min(P1, Q1 - Factor·IQR) or above
	// max(P99, Q3 + Factor·IQR).
	Remove bool
	// Factor is 3 in Kayenta.
	Factor float64
}

// KayentaMannWhitney is Kayenta's judge with all its defaults, written out: any change
// in either direction counts that is not noise.
func KayentaMannWhitney() MannWhitney {
	return MannWhitney{
		Direction: Either, Tolerance: 0.25, Confidence: 0.98,
		EffectSize: KayentaEffectSize(MeanRatio),
		NaN:        RemoveNaN, Outliers: Outliers{Factor: 3},
	}
}

// KayentaEffectSize are Kayenta's defaults for a measure.
func KayentaEffectSize(measure EffectMeasure) EffectSize {
	none := 1.0
	if measure == CLES {
		none = 0.5
	}
	return EffectSize{measure, none, none, none, none}
}

// Validate returns an error that names the fields that cannot be used.
func (m MannWhitney) Validate() error {
	var all []error
	refuse := func(when bool, format string, values ...any) {
		if when {
			all = append(all, fmt.Errorf(format, values...))
		}
	}
	refuse(m.Direction != Increase && m.Direction != Decrease && m.Direction != Either,
		"the direction is %q; it must be increase, decrease or either", m.Direction)
	refuse(!(m.Tolerance >= 0 && m.Tolerance < 1), "the tolerance is %v; it must be at least 0 and below 1", m.Tolerance)
	refuse(!(m.Confidence > 0.5 && m.Confidence < 1), "the confidence is %v; it must be above 0.5 and below 1", m.Confidence)
	refuse(m.NaN != RemoveNaN && m.NaN != ReplaceNaN, "the strategy for NaN is %q; it must be remove or replace", m.NaN)
	refuse(m.Outliers.Remove && !(m.Outliers.Factor > 0 && m.Outliers.Factor < 1e9),
		"the factor of outliers is %v; it must be positive", m.Outliers.Factor)
	return errors.Join(append(all, m.validateEffect())...)
}

// validateEffect demands the thresholds that the direction uses.
func (m MannWhitney) validateEffect() error {
	e := m.EffectSize
	if e.Measure != MeanRatio && e.Measure != CLES {
		return fmt.Errorf("the measure of the effect is %q; it must be meanRatio or cles", e.Measure)
	}
	var all []error
	need := func(uses bool, name string, v float64) {
		switch {
		case !uses:
		case v == 0:
			all = append(all, fmt.Errorf("say how large a change counts: %s is not set (%v is any change)", name, KayentaEffectSize(e.Measure).AllowedIncrease))
		case !(v > 0) || math.IsInf(v, 0):
			all = append(all, fmt.Errorf("%s is %v; it must be positive", name, v))
		}
	}
	need(m.increases(), "allowedIncrease", e.AllowedIncrease)
	need(m.decreases(), "allowedDecrease", e.AllowedDecrease)
	need(m.increases() && m.Critical, "criticalIncrease", e.CriticalIncrease)
	need(m.decreases() && m.Critical, "criticalDecrease", e.CriticalDecrease)
	return errors.Join(all...)
}

func (m MannWhitney) increases() bool { return m.Direction == Increase || m.Direction == Either }
func (m MannWhitney) decreases() bool { return m.Direction == Decrease || m.Direction == Either }

// Classification is Kayenta's label of a metric.
type Classification string

// The labels.
const (
	// Passed: no change in the bad direction, or none that counts.
	Passed Classification = "Pass"
	// High: the canary is above the baseline.
	High Classification = "High"
	// Low: the canary is below the baseline.
	Low Classification = "Low"
	// Nodata: one side has no points.
	Nodata Classification = "Nodata"
	// NodataFailMetric is Nodata of a metric that must have data.
	NodataFailMetric Classification = "NodataFailMetric"
	// Errored: the metric could not be judged.
	Errored Classification = "Error"
)

// The reasons that only MannWhitney has.
const (
	// NotFinite: a point is infinite, or too large to be squared.
	NotFinite = "NotFinite"
	// SpreadIncreased: the canary's points scatter more than the baseline's.
	SpreadIncreased = "SpreadIncreased"
)

// Effect is a size that may be unknown.
type Effect struct {
	Value float64
	// Known is false when the size is 0/0, or over 0; Value is then 0.
	Known bool
}

// PointsVerdict is the verdict on one metric.
type PointsVerdict struct {
	// Classification is Kayenta's label. Decision is our answer: it is Inconclusive where
	// the label passes, or says nothing, for want of evidence.
	Classification Classification
	Decision       Decision
	// Reason in one word, and Message in a sentence that begins with Kayenta's.
	Reason, Message string
	// Warnings are doubts about the verdict.
	Warnings []string
	// Critical: this verdict decides for the whole canary.
	Critical bool
	// Lower, Upper and Estimate are the shift of the canary's points, in their unit.
	Lower, Upper, Estimate float64
	// Ranks are the p-values of "there is no change at all".
	Ranks stats.Tails
	// Deviation is the ratio of the means, and Effect the size in the measure chosen.
	Deviation, Effect Effect
	// Canary and Baseline are the points that were compared.
	Canary, Baseline Summary
}

// Judge compares the points of two series of a metric. Points may be NaN; they need
// not be aligned, nor as many on both sides.
func (m MannWhitney) Judge(name string, canary, baseline []float64) PointsVerdict {
	l := pointsLook{judge: m, name: name}
	if err := m.Validate(); err != nil {
		return l.errored(InvalidJudge, err.Error())
	}
	if err := l.prepare(canary, baseline); err != nil {
		return l.errored(NotFinite, err.Error())
	}
	return l.verdict()
}
