package translate

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Kind says what a run is for.
type Kind string

// The kinds of runs; the values of the label serin.dev/run-type.
const (
	// Step runs are waited for: each of their metrics must be able to end.
	Step Kind = "Step"
	// Background runs go on until the release is over.
	Background Kind = "Background"
)

// Checks are what the providers know and this package does not.
type Checks struct {
	// Query returns an error for a text that is no PromQL expression. Nil: any is.
	Query func(string) error
	// Selector returns an error for a text that is no selector of raw counters.
	Selector func(string) error
	// PrometheusAddress is the default of provider.prometheus.address.
	PrometheusAddress string
}

// ParseRun reads the spec of an AnalysisRun, all arguments but those from Secrets
// filled in. Without problems, the result can be run.
func ParseRun(spec v1alpha1.AnalysisRunSpec, kind Kind, checks Checks) (run.Spec, Problems) {
	fields := make([]string, len(spec.Metrics))
	for i := range spec.Metrics {
		fields[i] = fmt.Sprintf("metrics[%d]", i)
	}
	return parseRun(spec, fields, kind, checks)
}

// parseRun is ParseRun with the fields under which metrics are reported.
func parseRun(spec v1alpha1.AnalysisRunSpec, fields []string, kind Kind, checks Checks) (run.Spec, Problems) {
	var problems Problems
	result := run.Spec{CanarySince: timeOf(spec.CanarySince), BaselineSince: timeOf(spec.BaselineSince), WeightSince: timeOf(spec.WeightSince)}
	if len(spec.Metrics) == 0 {
		problems.add("metrics", "no metrics specified; add at least one")
	}
	budget, shares := parseBudget(spec, &problems), 0.0
	for _, metric := range spec.Metrics {
		shares += shareOf(metric)
	}
	result.FalseAlarmBudget, result.Weight, result.Score = budget, parseShare(spec, &problems), parseScore(spec.Score, &problems)
	named := make(map[string]string, len(spec.Metrics))
	for i, metric := range spec.Metrics {
		if first, taken := named[metric.Name]; taken {
			problems.add(fields[i]+".name", "duplicate name %q, as in %s; rename one of them", metric.Name, first)
		}
		named[metric.Name] = fields[i]
		parser := metricParser{metric: metric, field: fields[i], kind: kind, checks: checks, budget: budget, shares: shares, problems: &problems}
		result.Metrics = append(result.Metrics, parser.parse())
	}
	return result, problems.sorted()
}

// parseBudget is the accepted probability of a false alarm over all metrics; 0 when it
// cannot be read.
func parseBudget(spec v1alpha1.AnalysisRunSpec, problems *Problems) float64 {
	text := or(spec.FalseAlarmBudget, defaultBudget)
	budget, err := parsePercent(text)
	if err != nil || budget <= 0 || budget >= 1 {
		problems.add("falseAlarmBudget", "%q is not a percentage of more than 0%% and less than 100%%; write it as 1%% or 0.5%%", text)
		return 0
	}
	return budget
}

// parseShare is the canary's share of the traffic; 0 when it is not known.
func parseShare(spec v1alpha1.AnalysisRunSpec, problems *Problems) float64 {
	if spec.Weight == nil {
		return 0
	}
	if *spec.Weight < 0 || *spec.Weight > 100 {
		problems.add("weight", "%d is not a percentage; write 0 to 100", *spec.Weight)
		return 0
	}
	return float64(*spec.Weight) / 100
}

// The thresholds of a score, as in the CRDs.
const (
	defaultPass     = 95
	defaultMarginal = 75
)

// parseScore reads how metrics are summed up; nil: they are not.
func parseScore(score *v1alpha1.AnalysisScore, problems *Problems) *judge.Scoring {
	if score == nil {
		return nil
	}
	parsed := judge.Scoring{Pass: defaultPass, Marginal: defaultMarginal}
	if score.Pass != 0 {
		parsed.Pass = float64(score.Pass)
	}
	if score.Marginal != nil {
		parsed.Marginal = float64(*score.Marginal)
	}
	for group, weight := range score.GroupWeights {
		if parsed.GroupWeights == nil {
			parsed.GroupWeights = map[string]float64{}
		}
		parsed.GroupWeights[group] = float64(weight)
	}
	if err := parsed.Validate(); err != nil {
		problems.add("score", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return &parsed
}

// KindOf is the kind of an AnalysisRun. One without the label may go on for ever.
func KindOf(object metav1.ObjectMeta) Kind {
	if Kind(object.Labels[v1alpha1.LabelRunType]) == Step {
		return Step
	}
	return Background
}

// timeOf is a time that may be missing.
func timeOf(t *metav1.MicroTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
