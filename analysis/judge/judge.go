// Package judge turns the evidence of a metric into a verdict. It knows
// statistics and no conditions, no Kubernetes and no clock. The analysis
// packages series and sequential may come in.
package judge

import (
	"github.com/serin-dev/serin/analysis/series"
)

// Counts are requests of one arm in one window.
type Counts = series.Counts

// Window is what both arms served in the half-open interval (From, To].
type Window = series.Window

// Decision is what a verdict comes to.
type Decision string

// The decisions.
const (
	Pass         Decision = "Pass"
	Fail         Decision = "Fail"
	Inconclusive Decision = "Inconclusive"
)

// The reasons of verdicts, one word each.
const (
	Regression       = "Regression"
	NoEvidenceOfHarm = "NoEvidenceOfHarm"
	TooFewRequests   = "TooFewRequests"
	NoData           = "NoData"
	InvalidJudge     = "InvalidJudge"
)

// Verdict is a decision with its explanation.
type Verdict struct {
	Decision Decision
	// Reason in one word.
	Reason string
	// Message is a sentence for a person.
	Message string
	// Warnings are doubts about the verdict, sorted.
	Warnings []string
	Evidence Evidence
}

// Evidence is what a verdict rests on.
type Evidence struct {
	// Canary and Baseline are the requests seen so far.
	Canary, Baseline Counts
	// LogE is the natural logarithm of the evidence against the canary; 0 is none.
	LogE float64
	// LogLimit is the LogE at which the canary fails: ln(1/Budget).
	LogLimit float64
	// RatioEstimate is the canary's share of bad requests over the baseline's;
	// RatioLower and RatioUpper bound it at every look with confidence 1-Budget.
	// RatioUpper may be +Inf; none is ever NaN.
	RatioEstimate, RatioLower, RatioUpper float64
	// RequestsNeeded is how many more canary requests a verdict needs; 0 when
	// that is not known or none are needed.
	RequestsNeeded float64
}

// Proportion judges whether the canary's share of bad requests is higher than
// the baseline's.
type Proportion struct {
	// RelativeTolerance is how much higher is accepted: 0.1 is 10 %.
	RelativeTolerance float64
	// MinRequests is how many canary requests the weight in force needs before
	// the absence of evidence is a pass.
	MinRequests float64
	// Budget is the accepted probability of a false Fail over all looks: 0.01.
	Budget float64
}
