package translate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// bounded is a valid metric with conditions on canary and baseline.
func bounded(name string) v1alpha1.Metric {
	metric := compared(name)
	metric.Judge, metric.SuccessCondition, metric.FailureCondition = nil, "canary.share < 0.01", "lower(result.ratio) > 2"
	return metric
}

// TestConditionsOnVersionsGetAMemory: what is compared is what the provider names.
func TestConditionsOnVersionsGetAMemory(t *testing.T) {
	for _, test := range []struct {
		reason             string
		versions           *v1alpha1.PrometheusMetric
		counted, histogram bool
	}{
		{"counts", compared("m").Provider.Prometheus, true, false},
		{"histograms", bucketed("m").Provider.Prometheus, false, true},
		{"a gauge", averaged("m").Provider.Prometheus, false, false},
	} {
		t.Run(test.reason, func(t *testing.T) {
			parsed := parsedMetric(t, changed(bounded("m"), func(m *v1alpha1.Metric) { m.Provider.Prometheus = test.versions }))
			if parsed.Comparison == nil || parsed.Conditions != nil || parsed.SuccessCondition == "" || parsed.FailureCondition == "" {
				t.Errorf("the conditions: %+v", parsed)
			}
			if (parsed.Proportion != nil) != test.counted || (parsed.Histogram != nil) != test.histogram || parsed.Mean != nil {
				t.Errorf("the memory: %+v", parsed)
			}
			if parsed.Proportion != nil && parsed.Proportion.Validate() != nil || parsed.Histogram != nil && parsed.Histogram.Validate() != nil {
				t.Errorf("a memory that keeps nothing: %+v", parsed)
			}
		})
	}
	if plain := parsedMetric(t, threshold("m")); plain.Conditions == nil || plain.Comparison != nil {
		t.Errorf("conditions on a query: %+v", plain)
	}
}

// Long: it is a table.
func TestWhatIsWrongWithAComparisonIsSaid(t *testing.T) {
	const prometheus = "metrics[0].provider.prometheus"
	for _, test := range []struct {
		reason string
		change func(*v1alpha1.Metric)
		want   string
	}{
		{"nothing", func(*v1alpha1.Metric) {}, ""},
		{"a field that there is not", func(m *v1alpha1.Metric) { m.SuccessCondition = "canary.errors < 0.01" },
			"metrics[0].successCondition: line 1, column 8: there is no field errors; canary and baseline have share, bad, total, mean, points, quantile(p) and above(limit)\n  canary.errors < 0.01\n         ^"},
		{"both conditions", func(m *v1alpha1.Metric) { m.SuccessCondition, m.FailureCondition = "canary.share <", "canary.share" },
			"metrics[0].failureCondition: line 1, column 1: expected bool, but got float64\n  canary.share\n  ^\nmetrics[0].successCondition: line 1, column 14: unexpected token EOF\n  canary.share <\n               ^"},
		{"no interval", func(m *v1alpha1.Metric) { m.Interval = "" },
			"metrics[0].interval: conditions on canary and baseline need an interval, such as 15s: they compare what was counted from one look to the next"},
		{"no baseline", func(m *v1alpha1.Metric) { m.Provider.Prometheus.Baseline = nil },
			prometheus + ": conditions compare the canary with a baseline; write canary and baseline, or query instead of both"},
		{"no canary", func(m *v1alpha1.Metric) { m.Provider.Prometheus.Canary = nil },
			prometheus + ": conditions compare the canary with a baseline; write canary and baseline, or query instead of both"},
		{"a baseline of another kind", func(m *v1alpha1.Metric) { m.Provider.Prometheus.Baseline = &v1alpha1.VersionMetrics{Histogram: "x"} },
			prometheus + ".baseline.bad: is empty; write PromQL\n" + prometheus + ".baseline.histogram: the comparison is by bad requests, and does not read this; remove it\n" + prometheus + ".baseline.total: is empty; write PromQL"},
		{"a gauge that is no PromQL", func(m *v1alpha1.Metric) {
			m.Provider.Prometheus.Canary, m.Provider.Prometheus.Baseline = &v1alpha1.VersionMetrics{Query: "bad("}, &v1alpha1.VersionMetrics{Query: "up"}
		}, prometheus + ".canary.query: 1:1: parse error: unknown function; correct it"},
		{"a weight", func(m *v1alpha1.Metric) { m.Weight = ptr(int32(2)) },
			"metrics[0].weight: it is a share of falseAlarmBudget, which only a judge spends; remove it"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			_, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{changed(bounded("m"), test.change)}}, Background, strict)
			if diff := cmp.Diff(test.want, problems.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
