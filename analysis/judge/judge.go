// Package judge turns the evidence of a metric into a verdict. It knows
// statistics and no conditions, no Kubernetes and no clock. What may come in: the
// analysis packages series and sequential.
package judge

import "github.com/serin-dev/serin/analysis/series"

// Counts are requests of one arm in one window.
type Counts = series.Counts

// Window is what both arms served in the half-open interval (From, To].
type Window = series.Window

// Decision is what a verdict comes to.
type Decision string

// The decisions.
const (
	// Pass: enough was seen, and none of it speaks against the canary.
	Pass Decision = "Pass"
	// Fail: the canary is worse than accepted, but for a probability of Budget.
	Fail Decision = "Fail"
	// Inconclusive: too little was seen.
	Inconclusive Decision = "Inconclusive"
)

// The reasons of verdicts, one word each.
const (
	// Regression is the reason of Fail.
	Regression = "Regression"
	// NoEvidenceOfHarm is the reason of Pass.
	NoEvidenceOfHarm = "NoEvidenceOfHarm"
	// TooFewRequests: the canary was compared on fewer than MinRequests requests
	// since the weight in force was set.
	TooFewRequests = "TooFewRequests"
	// EvidenceMounting: too little speaks against the canary to take it back, and
	// too much to let it have more.
	EvidenceMounting = "EvidenceMounting"
	// NoData: the canary served nothing in this window, or nothing was compared yet.
	NoData = "NoData"
	// InvalidJudge: a parameter cannot be used.
	InvalidJudge = "InvalidJudge"
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
	// Canary and Baseline are the requests compared so far: those of the windows in
	// which both served some.
	Canary, Baseline Counts
	// LogE is the natural logarithm of the evidence against the canary; 0 is none.
	LogE float64
	// LogLimit is the LogE at which the canary fails: ln(1/Budget).
	LogLimit float64
	// RatioEstimate is the canary's rate of bad requests over the baseline's, and
	// RatioLower and RatioUpper bound it at every look with confidence 1-Budget. All
	// are at least 0; the estimate and the upper bound may be +Inf; none is NaN.
	// Before any bad request was compared they are 0, 0 and +Inf.
	RatioEstimate, RatioLower, RatioUpper float64
	// RequestsNeeded is how many more canary requests a verdict needs: to reach
	// MinRequests; or, when the evidence speaks against the canary, until it fails at
	// the present rates. 0 when none are needed.
	RequestsNeeded float64
}
