package translate

import (
	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// The defaults of the mannWhitney judge, as in the CRDs; they are Kayenta's.
const (
	defaultShiftTolerance = "25%"
	defaultConfidence     = "98%"
	defaultOutlierFactor  = "3"
)

func (p metricParser) parseMannWhitney(metric *run.Metric, spec v1alpha1.MannWhitneyJudge) {
	at := p.judge("mannWhitney")
	parsed := judge.MannWhitney{
		Direction:    judge.ChangeDirection(at.oneOf("direction", spec.Direction, "increase", "decrease", "either")),
		Tolerance:    at.percent("tolerance", or(spec.Tolerance, defaultShiftTolerance), defaultShiftTolerance),
		Confidence:   at.percent("confidence", or(spec.Confidence, defaultConfidence), defaultConfidence),
		EffectSize:   parseEffectSize(at, spec.EffectSize),
		NaN:          judge.NaNStrategy(at.oneOf("nanStrategy", or(spec.NaNStrategy, "remove"), "remove", "replace")),
		Critical:     spec.Critical,
		MustHaveData: spec.MustHaveData,
	}
	parsed.Outliers.Remove = at.oneOf("outliers.strategy", or(spec.Outliers.Strategy, "keep"), "keep", "remove") == "remove"
	parsed.Outliers.Factor = at.number("outliers.factor", or(spec.Outliers.Factor, defaultOutlierFactor), defaultOutlierFactor)
	if spec.History != "" {
		metric.History = at.history(spec.History, metric.Interval)
	}
	at.validate(parsed.Validate)
	metric.MannWhitney = &parsed
}

// parseEffectSize reads how large a change must be; what the direction needs, the
// judge itself knows.
func parseEffectSize(at *judgeParser, spec v1alpha1.MannWhitneyEffectSize) judge.EffectSize {
	size := judge.EffectSize{Measure: judge.EffectMeasure(at.oneOf("effectSize.measure", or(spec.Measure, "meanRatio"), "meanRatio", "cles"))}
	for _, field := range []struct {
		name, text, example string
		into                *float64
	}{
		{"allowedIncrease", spec.AllowedIncrease, "1.1", &size.AllowedIncrease},
		{"allowedDecrease", spec.AllowedDecrease, "0.9", &size.AllowedDecrease},
		{"criticalIncrease", spec.CriticalIncrease, "1.5", &size.CriticalIncrease},
		{"criticalDecrease", spec.CriticalDecrease, "0.5", &size.CriticalDecrease},
	} {
		if field.text != "" {
			*field.into = at.number("effectSize."+field.name, field.text, field.example)
		}
	}
	return size
}
