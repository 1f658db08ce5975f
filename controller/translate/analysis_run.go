package translate

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	budget := parseBudget(spec, &problems)
	named := make(map[string]string, len(spec.Metrics))
	for i, metric := range spec.Metrics {
		if first, taken := named[metric.Name]; taken {
			problems.add(fields[i]+".name", "duplicate name %q, as in %s; rename one of them", metric.Name, first)
		}
		named[metric.Name] = fields[i]
		parser := metricParser{metric: metric, field: fields[i], kind: kind, checks: checks, budget: budget, problems: &problems}
		result.Metrics = append(result.Metrics, parser.parse())
	}
	return result, problems.sorted()
}

// parseBudget is each judged metric's equal share of the run's falseAlarmBudget: by
// the union bound, the probability that any of them raises a false alarm is at most
// the sum.
func parseBudget(spec v1alpha1.AnalysisRunSpec, problems *Problems) float64 {
	judged := 0
	for _, metric := range spec.Metrics {
		if metric.Judge != nil {
			judged++
		}
	}
	text := spec.FalseAlarmBudget
	if text == "" {
		text = defaultBudget
	}
	budget, err := parsePercent(text)
	if err != nil || budget <= 0 || budget >= 1 {
		problems.add("falseAlarmBudget", "%q is not a percentage of more than 0%% and less than 100%%; write it as 1%% or 0.5%%", text)
		return 0
	}
	return budget / float64(max(judged, 1))
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
