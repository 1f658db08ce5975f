package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// describe says what was seen, how sure that is, and how far it is from the limit.
func (p Proportion) describe(s ProportionState, e Evidence) string {
	text := fmt.Sprintf("bad requests %s -> %s", percent(s.Baseline), percent(s.Canary))
	var details []string
	if e.RatioEstimate > 0 && !math.IsInf(e.RatioEstimate, 0) {
		details = append(details, "x"+significant(e.RatioEstimate))
	}
	if e.RatioLower > 1+p.RelativeTolerance {
		details = append(details, fmt.Sprintf("%s sure of at least x%s", confidence(p.Budget), significant(e.RatioLower)))
	}
	if len(details) > 0 {
		text += " (" + strings.Join(details, ", ") + ")"
	}
	text += fmt.Sprintf(", evidence %s of %s after %s canary requests", evidenceText(e.LogE), evidenceText(e.LogLimit), count(s.Canary.Total))
	if e.RatioEstimate > 1+p.RelativeTolerance && e.LogE < e.LogLimit && e.RequestsNeeded > 0 {
		text += fmt.Sprintf("; about %s more at these rates would decide", count(e.RequestsNeeded))
	}
	return text
}

// evidenceText is a number of which the logarithm is given.
func evidenceText(log float64) string {
	if log > 700 {
		return "1e+" + strconv.Itoa(int(log/math.Ln10))
	}
	return significant(math.Exp(log))
}

// significant is a number with as many digits as people want to read.
func significant(x float64) string {
	switch {
	case x != 0 && (math.Abs(x) >= 10000 || math.Abs(x) < 0.001):
		return strconv.FormatFloat(x, 'e', 1, 64)
	case math.Abs(x) >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	default:
		return strconv.FormatFloat(x, 'g', 2, 64)
	}
}

// percent is the share of bad requests.
func percent(c Counts) string {
	if c.Total == 0 {
		return "?"
	}
	return strconv.FormatFloat(100*c.Bad/c.Total, 'f', 2, 64) + " %"
}

// confidence is 1-alpha for people.
func confidence(alpha float64) string {
	return strconv.FormatFloat(100*(1-alpha), 'f', -1, 64) + " %"
}

// count is a number of requests for people.
func count(n float64) string {
	return strconv.FormatFloat(math.Ceil(n), 'f', 0, 64)
}
