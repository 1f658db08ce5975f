package view

import (
	"fmt"
	"math"
	"strconv"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// evidenceWidth is the number of columns of the bar of evidence.
const evidenceWidth = 10

// judgeSeen writes the evidence against the canary, held against its limit, and the
// counts that it comes from.
func judgeSeen(evidence *v1alpha1.Evidence, s Settings) (seen, counts string) {
	if evidence == nil {
		return "no evidence yet", ""
	}
	seen = fmt.Sprintf("evidence %s of %s %s", number(evidence.EValue), number(evidence.Limit),
		s.Style.bar(evidenceShare(evidence), evidenceWidth))
	counts = fmt.Sprintf("bad: canary %s, stable %s",
		badShare(evidence.CanaryBad, evidence.CanaryTotal), badShare(evidence.BaselineBad, evidence.BaselineTotal))
	if evidence.RateRatio != "" {
		counts += fmt.Sprintf("; %s times the stable share", number(evidence.RateRatio))
		if evidence.RateRatioLower != "" && evidence.RateRatioUpper != "" {
			counts += fmt.Sprintf(" (%s to %s)", number(evidence.RateRatioLower), number(evidence.RateRatioUpper))
		}
	}
	if needed, err := strconv.ParseFloat(evidence.RequestsNeeded, 64); err == nil && needed > 0 {
		counts += fmt.Sprintf("; %s more requests to a verdict", number(evidence.RequestsNeeded))
	}
	return seen, counts
}

// evidenceShare is how far the evidence has come on its way to the limit, in
// percent. Evidence multiplies, so the way is measured in logarithms.
func evidenceShare(evidence *v1alpha1.Evidence) int {
	value, err := strconv.ParseFloat(evidence.EValue, 64)
	if err != nil || value <= 1 {
		return 0
	}
	limit, err := strconv.ParseFloat(evidence.Limit, 64)
	if err != nil || limit <= 1 {
		return 0
	}
	share := 100 * math.Log(value) / math.Log(limit)
	return int(math.Min(share, 100))
}

// badShare writes bad requests of all. Example: 12/480 (2.5%).
func badShare(bad, total string) string {
	text := number(bad) + "/" + number(total)
	b, err := strconv.ParseFloat(bad, 64)
	if err != nil {
		return text
	}
	all, err := strconv.ParseFloat(total, 64)
	if err != nil || all <= 0 {
		return text
	}
	return fmt.Sprintf("%s (%s%%)", text, strconv.FormatFloat(100*b/all, 'g', 2, 64))
}
