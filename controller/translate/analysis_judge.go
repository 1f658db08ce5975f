package translate

import (
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// The defaults of the judges, as in the CRDs.
const (
	defaultTolerance   = "10%"
	defaultMinRequests = 100
	defaultMinPoints   = 10
	// defaultHistory are the points of a baseline whose spread is known well.
	defaultHistory = 30
	// longestWarmUp is as long as an analysis looks back.
	longestWarmUp = "30m"
	// longestHistory is how far back a baseline is read.
	longestHistory = 720 * time.Hour
)

// defaultQuantiles are those that a histogram shows.
func defaultQuantiles() []string { return []string{"0.5", "0.99"} }

// parseJudge reads the judge.
func (p metricParser) parseJudge(metric *run.Metric) {
	if p.metric.Judge == nil {
		if p.metric.Weight != nil {
			p.problems.add(p.field+".weight", "it is a share of falseAlarmBudget, which only a judge spends; remove it")
		}
		return
	}
	if p.metric.Interval == "" {
		p.problems.add(p.field+".interval", "a judge needs an interval, such as 15s: it compares what was counted from one look to the next")
	}
	metric.Weight = p.parseWeight()
	switch j := p.metric.Judge; {
	case methods(*j) > 1:
		p.problems.add(p.field+".judge", "judge needs one method, and has %d; remove the others", methods(*j))
	case j.Proportion != nil:
		p.parseProportion(metric, *j.Proportion)
	case j.Histogram != nil:
		p.parseHistogram(metric, *j.Histogram)
	case j.Mean != nil:
		p.parseMean(metric, *j.Mean)
	case j.MannWhitney != nil:
		p.parseMannWhitney(metric, *j.MannWhitney)
	case j.Objective != nil:
		p.parseObjective(metric, *j.Objective)
	default:
		p.problems.add(p.field+".judge", "judge needs a method; write proportion: {}")
	}
}

// methods counts the methods of a judge.
func methods(j v1alpha1.MetricJudge) int {
	count := 0
	for _, set := range []bool{j.Proportion != nil, j.Histogram != nil, j.Mean != nil, j.MannWhitney != nil, j.Objective != nil} {
		if set {
			count++
		}
	}
	return count
}

// parseWeight reads the metric's share of the budget, relative to the others.
func (p metricParser) parseWeight() float64 {
	weight := shareOf(p.metric)
	if w := p.metric.Weight; w != nil && (*w < 1 || *w > maxWeight) {
		p.problems.add(p.field+".weight", "must be from 1 to %d, and is %d", maxWeight, *w)
	}
	if p.metric.Weight != nil && p.metric.Judge.MannWhitney != nil {
		p.problems.add(p.field+".weight", "mannWhitney is a test for one look, and spends nothing of falseAlarmBudget; remove it")
	}
	return weight
}

// maxWeight is the largest weight of a metric.
const maxWeight = 1000

// shareOf is how many parts of the budget a metric has.
func shareOf(metric v1alpha1.Metric) float64 {
	switch {
	case metric.Judge == nil || metric.Judge.MannWhitney != nil:
		return 0
	case metric.Weight == nil || *metric.Weight < 1:
		return 1
	default:
		return float64(*metric.Weight)
	}
}

// share is this metric's part of the budget: by the union bound, the probability that
// any metric raises a false alarm is at most the sum of the parts.
func (p metricParser) share() float64 {
	return p.budget * shareOf(p.metric) / max(p.shares, 1)
}

func (p metricParser) parseProportion(metric *run.Metric, spec v1alpha1.ProportionJudge) {
	at := p.judge("proportion")
	at.worse(spec.Worse, "higher")
	parsed := judge.Proportion{
		RelativeTolerance: at.percent("tolerance.relative", or(spec.Tolerance.Relative, defaultTolerance), "25%"),
		AbsoluteTolerance: at.percent("tolerance.absolute", or(spec.Tolerance.Absolute, "0%"), "0.1%"),
		MinRequests:       at.atLeast("minRequests", spec.MinRequests, 1, defaultMinRequests),
		Budget:            p.share(),
	}
	if spec.Proof != nil {
		parsed.ProofRatio = at.number("proof.ratio", spec.Proof.Ratio, "2")
		if accepted := 1 + parsed.RelativeTolerance; parsed.ProofRatio > 0 && parsed.ProofRatio <= accepted {
			at.refuse("proof.ratio", "%s is not more than what is tolerated anyway, %g; write for example 2", spec.Proof.Ratio, accepted)
		}
	}
	metric.WarmUp = at.warmUp(spec.WarmUp)
	at.validate(parsed.Validate)
	parsed = parsed.Prepare()
	metric.Proportion = &parsed
}

func (p metricParser) parseHistogram(metric *run.Metric, spec v1alpha1.HistogramJudge) {
	at := p.judge("histogram")
	at.worse(spec.Worse, "higher")
	parsed := judge.Histogram{
		RelativeTolerance: at.percent("tolerance.relative", or(spec.Tolerance.Relative, defaultTolerance), "25%"),
		MinRequests:       at.atLeast("minRequests", spec.MinRequests, 1, defaultMinRequests),
		Budget:            p.share(),
	}
	quantiles := spec.Quantiles
	if quantiles == nil {
		quantiles = defaultQuantiles()
	}
	if len(quantiles) > maxQuantiles {
		at.refuse("quantiles", "are %d; write at most %d", len(quantiles), maxQuantiles)
		quantiles = quantiles[:maxQuantiles]
	}
	for _, text := range quantiles {
		quantile, err := parsePlain(text)
		if err != nil || !(quantile > 0 && quantile < 1) {
			at.refuse("quantiles", "%q is not between 0 and 1; write for example 0.99", text)
			continue
		}
		parsed.Quantiles = append(parsed.Quantiles, quantile)
	}
	metric.WarmUp = at.warmUp(spec.WarmUp)
	at.validate(parsed.Validate)
	parsed = parsed.Prepare()
	metric.Histogram = &parsed
}

// maxQuantiles is how many quantiles a status has room for.
const maxQuantiles = 8

func (p metricParser) parseMean(metric *run.Metric, spec v1alpha1.MeanJudge) {
	at := p.judge("mean")
	parsed := judge.Mean{
		Worse:             judge.Direction(at.worse(spec.Worse, "higher", "lower")),
		RelativeTolerance: at.percent("tolerance.relative", or(spec.Tolerance.Relative, defaultTolerance), "25%"),
		Budget:            p.share(),
	}
	if spec.Tolerance.Absolute != "" {
		parsed.AbsoluteTolerance = at.number("tolerance.absolute", spec.Tolerance.Absolute, "0.05")
	}
	if spec.Noise != "" {
		if parsed.Noise = at.percent("noise", spec.Noise, "5%"); parsed.Noise == 0 && at.clean() {
			at.refuse("noise", "%s is none; write for example 5%%, or remove it", spec.Noise)
		}
	}
	var points *int64
	if spec.MinPoints != nil {
		value := int64(*spec.MinPoints)
		points = &value
	}
	parsed.MinPoints = int(at.atLeast("minPoints", points, 2, defaultMinPoints))
	metric.History = defaultHistory
	if spec.History != "" {
		metric.History = at.history(spec.History, metric.Interval)
	}
	at.validate(parsed.Validate)
	metric.Mean = &parsed
}

func (p metricParser) parseObjective(metric *run.Metric, spec v1alpha1.ObjectiveJudge) {
	at := p.judge("objective")
	parsed := judge.Objective{
		AtMost:      at.percent("atMost", spec.AtMost, "1%"),
		MinRequests: at.atLeast("minRequests", spec.MinRequests, 1, defaultMinRequests),
		Budget:      p.share(),
	}
	if at.clean() && !(parsed.AtMost > 0 && parsed.AtMost < 1) {
		at.refuse("atMost", "%s could never be missed, or never be met; write for example 1%%", spec.AtMost)
	}
	source := p.metric.Provider.Prometheus
	metric.Alone = source != nil && source.Baseline == nil
	at.validate(parsed.Validate)
	metric.Objective = &parsed
}
