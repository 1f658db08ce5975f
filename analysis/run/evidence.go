package run

import (
	"fmt"
	"math"
	"strconv"

	"github.com/serin-dev/serin/analysis/judge"
)

// evidence writes a judge's evidence in decimal strings.
func evidence(e judge.Evidence) *Evidence {
	written := &Evidence{
		CanaryBad: number(e.Canary.Bad), CanaryTotal: number(e.Canary.Total),
		BaselineBad: number(e.Baseline.Bad), BaselineTotal: number(e.Baseline.Total),
		EValue: exponential(e.LogE), Limit: exponential(e.LogLimit),
	}
	if e.Edge > 0 {
		written.Edge = number(e.Edge)
	}
	if e.Edge == 0 && (e.RatioEstimate > 0 || e.RatioUpper > 0) {
		written.RateRatio = significant(e.RatioEstimate)
		written.RateRatioLower, written.RateRatioUpper = significant(e.RatioLower), significant(e.RatioUpper)
	}
	if e.RequestsNeeded > 0 && !math.IsInf(e.RequestsNeeded, 1) {
		written.RequestsNeeded = strconv.FormatFloat(math.Ceil(e.RequestsNeeded), 'f', 0, 64)
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
