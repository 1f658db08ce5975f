package run

import (
	"fmt"
	"math"
	"strconv"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/sequential"
)

// The methods, as the API names the judges.
const (
	proportionMethod  = "proportion"
	histogramMethod   = "histogram"
	objectiveMethod   = "objective"
	meanMethod        = "mean"
	mannWhitneyMethod = "mannWhitney"
)

// evidence writes a judge's evidence in decimal strings.
func evidence(method string, e judge.Evidence) *Evidence {
	written := &Evidence{
		Method:    method,
		CanaryBad: number(e.Canary.Bad), CanaryTotal: number(e.Canary.Total),
		BaselineBad: number(e.Baseline.Bad), BaselineTotal: number(e.Baseline.Total),
		EValue: exponential(e.LogE), Limit: exponential(e.LogLimit),
	}
	if e.Edge != 0 {
		written.Edge = number(e.Edge)
	}
	if method == proportionMethod && e.RatioUpper > 0 || method == meanMethod && e.RatioEstimate > 0 {
		written.RateRatio = significant(e.RatioEstimate)
		written.RateRatioLower, written.RateRatioUpper = significant(e.RatioLower), significant(e.RatioUpper)
	}
	if e.Dispersion > 1 {
		written.Dispersion = significant(e.Dispersion)
	}
	if e.WorstPod != "" {
		written.WorstPod, written.EValueWithoutWorstPod = bounded(e.WorstPod, podLimit), exponential(e.LogEWithoutWorstPod)
	}
	if e.LogProofLimit > 0 {
		written.Proof = &ProofEvidence{EValue: exponential(e.LogProof), Limit: exponential(e.LogProofLimit)}
	}
	for _, q := range e.Quantiles[:min(len(e.Quantiles), mostQuantiles)] {
		written.Quantiles = append(written.Quantiles, Quantile{P: number(q.P), Canary: interval(q.Canary), Baseline: interval(q.Baseline)})
	}
	if e.RequestsNeeded > 0 && !math.IsInf(e.RequestsNeeded, 1) {
		written.RequestsNeeded = strconv.FormatFloat(math.Ceil(min(e.RequestsNeeded, 1e18)), 'f', 0, 64)
	}
	return written
}

const (
	// podLimit is the longest name of a pod that is kept, in bytes.
	podLimit = 253
	// mostQuantiles is how many quantiles are kept.
	mostQuantiles = 8
)

// interval writes an estimate with its bounds.
func interval(i sequential.Interval) Interval {
	return Interval{Estimate: significant(i.Estimate), Lower: significant(i.Lower), Upper: significant(i.Upper)}
}

// meanEvidence adds the levels of a gauge.
func meanEvidence(v judge.MeanVerdict) *Evidence {
	written := evidence(meanMethod, v.Evidence)
	if v.Evidence.Canary.Total > 0 {
		written.CanaryLevel, written.BaselineLevel, written.ToleratedLevel = significant(v.CanaryLevel), significant(v.BaselineLevel), significant(v.Tolerated)
	}
	return written
}

// pointsEvidence is that of a test for one look: it has a p-value, and no e-value.
func pointsEvidence(v judge.PointsVerdict, canary, baseline int) *Evidence {
	written := &Evidence{
		Method:    mannWhitneyMethod,
		CanaryBad: "0", CanaryTotal: strconv.Itoa(canary), BaselineBad: "0", BaselineTotal: strconv.Itoa(baseline),
	}
	if v.Canary.Count > 0 {
		written.CanaryLevel = significant(v.Canary.Mean)
	}
	if v.Baseline.Count > 0 {
		written.BaselineLevel = significant(v.Baseline.Mean)
	}
	if v.Canary.Count > 1 && v.Baseline.Count > 1 {
		written.Shift, written.ShiftLower, written.ShiftUpper = significant(v.Estimate), significant(v.Lower), significant(v.Upper)
		written.PValue = significant(min(v.Ranks.Greater, v.Ranks.Less))
	}
	return written
}

// exponential writes e to the power of a logarithm, however large it is.
func exponential(logarithm float64) string {
	if math.Abs(logarithm) < 700 || math.IsInf(logarithm, 0) || math.IsNaN(logarithm) {
		return significant(math.Exp(logarithm))
	}
	exponent := math.Floor(logarithm / math.Ln10)
	// Rounded to the digits that are written, so that 9.9999 does not become 10e5.
	mantissa := math.Round(1000*math.Pow(10, logarithm/math.Ln10-exponent)) / 1000
	if mantissa >= 10 {
		mantissa, exponent = 1, exponent+1
	}
	return fmt.Sprintf("%ge%+d", mantissa, int(exponent))
}

// significant writes a number with four significant digits.
func significant(value float64) string {
	return strconv.FormatFloat(value, 'g', 4, 64)
}
