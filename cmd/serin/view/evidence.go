package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// evidenceWidth is the number of columns of the bar of evidence.
const evidenceWidth = 10

// judgeSeen writes what a judge has compared, from the stable version to the canary, and
// the evidence against the canary, held against its limit.
func judgeSeen(metric v1alpha1.Metric, evidence *v1alpha1.Evidence, s Settings) (seen, against string) {
	if evidence == nil {
		return "no evidence yet", ""
	}
	switch {
	case metric.Judge.Histogram != nil:
		seen = slowSeen(evidence, s)
	case metric.Judge.Mean != nil || metric.Judge.MannWhitney != nil:
		seen = levelsSeen(evidence, s)
	case metric.Judge.Objective != nil:
		seen = fmt.Sprintf("%s bad, at most %s", share(evidence.CanaryBad, evidence.CanaryTotal), orUnknown(metric.Judge.Objective.AtMost))
	default:
		seen = "bad " + sharesSeen(evidence, s) + ratioSeen(evidence, s)
	}
	return seen, strings.Join(evidenceParts(evidence, metric.Judge.Mean != nil || metric.Judge.MannWhitney != nil, s), "; ")
}

// sharesSeen is 0.1% → 0.93%.
func sharesSeen(e *v1alpha1.Evidence, s Settings) string {
	return fmt.Sprintf("%s %s %s", share(e.BaselineBad, e.BaselineTotal), s.Style.arrow(), share(e.CanaryBad, e.CanaryTotal))
}

// ratioSeen is ×9.1 [3.4, 21].
func ratioSeen(e *v1alpha1.Evidence, s Settings) string {
	if e.RateRatio == "" {
		return ""
	}
	text := " " + s.Style.times() + number(e.RateRatio)
	if e.RateRatioLower != "" && e.RateRatioUpper != "" {
		text += fmt.Sprintf(" [%s, %s]", number(e.RateRatioLower), number(e.RateRatioUpper))
	}
	return text
}

// slowSeen is: slower than 250 ms 1.2% → 3.4%.
func slowSeen(e *v1alpha1.Evidence, s Settings) string {
	if e.Edge == "" {
		return "no slow request yet"
	}
	return "slower than " + duration(e.Edge) + " " + sharesSeen(e, s)
}

// levelsSeen is: 80.5 → 121 ×1.5 [1.3, 1.7], tolerated 88.6.
func levelsSeen(e *v1alpha1.Evidence, s Settings) string {
	if e.CanaryLevel == "" && e.BaselineLevel == "" {
		return "no points yet"
	}
	text := fmt.Sprintf("%s %s %s", number(orUnknown(e.BaselineLevel)), s.Style.arrow(), number(orUnknown(e.CanaryLevel))) + ratioSeen(e, s)
	if e.ToleratedLevel != "" {
		text += ", tolerated " + number(e.ToleratedLevel)
	}
	if e.Shift != "" {
		text += fmt.Sprintf(", shift %s [%s, %s]", number(e.Shift), number(e.ShiftLower), number(e.ShiftUpper))
	}
	return text
}

// evidenceParts are the evidence and what it rests on.
func evidenceParts(e *v1alpha1.Evidence, points bool, s Settings) []string {
	var parts []string
	things := "requests"
	if points {
		things = "points"
	}
	if e.EValue != "" {
		parts = append(parts, fmt.Sprintf("evidence %s of %s %s", number(e.EValue), number(e.Limit), s.Style.bar(evidenceShare(e.EValue, e.Limit), evidenceWidth)))
	}
	if e.PValue != "" {
		parts = append(parts, "p "+number(e.PValue))
	}
	compared := fmt.Sprintf("canary %s %s", number(e.CanaryTotal), things)
	if e.BaselineTotal != "0" {
		compared += ", stable " + number(e.BaselineTotal)
	}
	parts = append(parts, compared)
	if e.Proof != nil {
		parts = append(parts, fmt.Sprintf("proof %s of %s", number(e.Proof.EValue), number(e.Proof.Limit)))
	}
	if e.WorstPod != "" {
		parts = append(parts, fmt.Sprintf("%s without pod %s", number(e.EValueWithoutWorstPod), e.WorstPod))
	}
	if needed, err := strconv.ParseFloat(e.RequestsNeeded, 64); err == nil && needed > 0 {
		parts = append(parts, fmt.Sprintf("%s more %s to a verdict", number(e.RequestsNeeded), things))
	}
	return parts
}

// quantileNotes are the quantiles that were asked for, in a line.
func quantileNotes(e *v1alpha1.Evidence, s Settings) []string {
	if e == nil {
		return nil
	}
	var parts []string
	for _, q := range e.Quantiles {
		p, err := strconv.ParseFloat(q.P, 64)
		if err != nil {
			continue
		}
		parts = append(parts, fmt.Sprintf("p%s %s [%s, %s] %s %s [%s, %s]", strconv.FormatFloat(100*p, 'g', 6, 64),
			duration(q.Baseline), duration(q.BaselineLower), duration(q.BaselineUpper), s.Style.arrow(),
			duration(q.Canary), duration(q.CanaryLower), duration(q.CanaryUpper)))
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{strings.Join(parts, "; ")}
}

// evidenceShare is how far the evidence has come on its way to the limit, in
// percent. Evidence multiplies, so the way is measured in logarithms.
func evidenceShare(eValue, eLimit string) int {
	value, err := strconv.ParseFloat(eValue, 64)
	if err != nil && !math.IsInf(value, 1) || value <= 1 {
		return 0
	}
	limit, err := strconv.ParseFloat(eLimit, 64)
	if err != nil || limit <= 1 {
		return 0
	}
	share := 100 * math.Log(value) / math.Log(limit)
	return int(math.Min(share, 100))
}

// share writes bad requests of all. Example: 2.5%.
func share(bad, total string) string {
	b, err := strconv.ParseFloat(bad, 64)
	if err != nil {
		return "?"
	}
	all, err := strconv.ParseFloat(total, 64)
	if err != nil || all <= 0 {
		return "?"
	}
	percent := 100 * b / all
	if percent >= 10 {
		return strconv.FormatFloat(percent, 'f', 0, 64) + "%"
	}
	return strconv.FormatFloat(percent, 'g', 2, 64) + "%"
}

// duration writes seconds. Example: 250 ms.
func duration(seconds string) string {
	value, err := strconv.ParseFloat(seconds, 64)
	if err != nil || math.IsInf(value, 0) {
		return seconds
	}
	if value > 0 && value < 1 {
		return strconv.FormatFloat(1000*value, 'g', 3, 64) + " ms"
	}
	return strconv.FormatFloat(value, 'g', 3, 64) + " s"
}
