// Package judge turns the evidence of a metric into a verdict. It knows
// statistics and no conditions, no Kubernetes and no clock. What may come in: the
// analysis packages series, sequential and stats.
package judge

import (
	"github.com/serin-dev/serin/analysis/sequential"
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
	// OnePod: what speaks against the canary comes from one of its pods; a bad node, or
	// one bad process, is no bad version.
	OnePod = "OnePod"
	// WarmingUp: all of the canary's pods are younger than the warm-up.
	WarmingUp = "WarmingUp"
	// ProofMissing: nothing speaks against the canary, and the proof that was asked for
	// needs more requests.
	ProofMissing = "ProofMissing"
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
	// which both served some. Bad are the events that most of the evidence is about: bad
	// requests, or those slower than Edge.
	Canary, Baseline Counts
	// Kind is the index of those events among all kinds, and Edge, in the unit of the
	// histogram, what they exceed; 0 without a histogram.
	Kind int
	Edge float64
	// LogE is the natural logarithm of the evidence against the canary; 0 is none.
	LogE float64
	// LogLimit is the LogE at which the canary fails: ln(1/Budget).
	LogLimit float64
	// RatioEstimate is the canary's rate of bad requests over the baseline's, and
	// RatioLower and RatioUpper bound it at every look with confidence 1-Budget. All
	// are at least 0; the estimate and the upper bound may be +Inf; none is NaN.
	// Before any bad request was compared, and for a histogram, they are 0, 0 and +Inf.
	RatioEstimate, RatioLower, RatioUpper float64
	// Dispersion is by how much the evidence is divided, at least, because the
	// baseline's pods differ more than independent requests would; 1 is not at all.
	Dispersion float64
	// LogProof is the evidence that the canary is less than ProofRatio times as bad,
	// and LogProofLimit where that is proven; 0 and 0 when no proof was asked for.
	LogProof, LogProofLimit float64
	// WorstPod is the pod of the canary that shows most, and LogEWithoutWorstPod about
	// the evidence without it. Empty when the canary has fewer than three pods, or
	// nothing speaks against it.
	WorstPod            string
	LogEWithoutWorstPod float64
	// Quantiles are those that the report was asked for.
	Quantiles []Quantile
	// RequestsNeeded is how many more canary requests a verdict needs: to reach
	// MinRequests; to complete the proof; or, when the evidence speaks against the canary,
	// until it fails at the present rates. 0 when none are needed.
	RequestsNeeded float64
}

// Quantile is a quantile of both arms, with bounds that hold for all quantiles and
// looks at once; in the histogram's unit.
type Quantile struct {
	P                float64
	Canary, Baseline sequential.Interval
}
