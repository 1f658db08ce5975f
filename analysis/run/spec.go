package run

import (
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/judge"
)

// Spec is what is measured in a run, and how it is judged.
type Spec struct {
	// Metrics are measured independently of each other. Their names differ.
	Metrics []Metric
	// CanarySince is when the first pods of the canary may have started: their
	// counters begin at zero after it. Zero when it is not known.
	CanarySince time.Time
	// BaselineSince is the same of the baseline, when its pods were started for this
	// release.
	BaselineSince time.Time
	// WeightSince is since when the canary gets the share of traffic that it gets
	// now. Zero: since the run began.
	WeightSince time.Time
	// Weight is that share of traffic, between 0 and 1, where a router sets it and the
	// baseline gets the rest; 0 when it is not known. See judge.Split.
	Weight float64
	// FalseAlarmBudget is the accepted probability that a canary that is no worse is
	// failed, over all metrics with a judge and all looks: 0.01. Each judge's own Budget
	// is its share of it. 0: each judge is on its own.
	FalseAlarmBudget float64
	// Score decides over all metrics; nil: each of them decides alone.
	Score *judge.Scoring
}

// Metric is one thing that is measured, by Conditions, by a Comparison or by exactly one
// judge.
type Metric struct {
	Name string
	// Interval is from the end of a measurement to the beginning of the next one;
	// 0 for a metric that is measured once.
	Interval time.Duration
	// InitialDelay is from the beginning of the run to the first measurement.
	InitialDelay time.Duration

	// Count of measurements that saw something, after which the metric is
	// decided. 0: never.
	Count int
	// FailureLimit is how many Failed measurements are tolerated; -1: all.
	FailureLimit int
	// InconclusiveLimit is how many Inconclusive measurements are tolerated.
	InconclusiveLimit int
	// ConsecutiveErrorLimit is how many blind measurements in a row go unreported.
	ConsecutiveErrorLimit int
	// ConsecutiveSuccessLimit ends the metric, as Successful, after so many
	// successes in a row. 0: off.
	ConsecutiveSuccessLimit int

	// Conditions judge the result of a query.
	Conditions *criteria.Conditions
	// SuccessCondition and FailureCondition are their texts, for messages.
	SuccessCondition, FailureCondition string
	// Comparison judges what canary and baseline have shown so far. It needs KeptCounts
	// as Proportion, to compare bad requests, or KeptHistogram as Histogram; without
	// either, the points of a gauge are compared.
	Comparison *criteria.ComparisonConditions
	// Proportion judges the bad requests of canary and baseline, and Objective those of
	// the canary against a limit; Histogram judges how long requests take; Mean and
	// MannWhitney judge a gauge by its points.
	Proportion  *judge.Proportion
	Objective   *judge.Objective
	Histogram   *judge.Histogram
	Mean        *judge.Mean
	MannWhitney *judge.MannWhitney
	// Alone says that the canary is judged without a baseline: an Objective may be.
	Alone bool
	// WarmUp is how old a pod of the canary must be to be compared.
	WarmUp time.Duration
	// History is how many points of the baseline's gauge from before the first look are
	// wanted, one every Interval; 0: none.
	History int
	// Ends is when the judge's last look is due, where that is known of a metric without
	// a Count; it concludes at the first look from then on. Zero: not known.
	Ends time.Time
	// Weight is the metric's part of the FalseAlarmBudget, relative to the other judged
	// metrics; 0 is 1.
	Weight float64
	// Groups are those in which the metric counts for the Score; none: a group of all
	// metrics that name none.
	Groups []string
}

// counts reports whether a judge compares bad requests.
func (m Metric) counts() bool { return m.Proportion != nil || m.Objective != nil }

// points reports whether the points of a gauge are judged.
func (m Metric) points() bool {
	return m.Mean != nil || m.MannWhitney != nil || m.Comparison != nil && m.Proportion == nil && m.Histogram == nil
}

// judged reports whether samples of canary and baseline are judged.
func (m Metric) judged() bool {
	return m.Comparison != nil || m.counts() || m.Histogram != nil || m.Mean != nil || m.MannWhitney != nil
}

// spends reports whether there is a judge that draws on the FalseAlarmBudget. Conditions
// and a test for one look do not.
func (m Metric) spends() bool {
	return m.judged() && m.MannWhitney == nil && m.Comparison == nil
}

// weight is Weight, with its default.
func (m Metric) weight() float64 {
	if m.Weight > 0 {
		return m.Weight
	}
	return 1
}

// find is the index of a metric; -1 when there is none of that name.
func (s Spec) find(name string) int {
	for i := range s.Metrics {
		if s.Metrics[i].Name == name {
			return i
		}
	}
	return -1
}

// condition is what a result is held against, for messages.
func (m Metric) condition() string {
	switch {
	case m.SuccessCondition == "":
		return "failureCondition " + m.FailureCondition
	case m.FailureCondition == "":
		return m.SuccessCondition
	default:
		return m.SuccessCondition + ", failureCondition " + m.FailureCondition
	}
}
