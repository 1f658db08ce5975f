package main

import (
	"context"
	"fmt"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// analysis plays an AnalysisRun of the three metrics over the day: what `serin replay`
// does, judge and conditions included.
func analysis(of metrics.Provider) error {
	condition := func(name, query, condition string) v1alpha1.Metric {
		return v1alpha1.Metric{Name: name, Interval: every.String(), FailureCondition: condition,
			Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Query: query}}}
	}
	read := selectors()
	spec := v1alpha1.AnalysisRunSpec{FalseAlarmBudget: "1%", Metrics: []v1alpha1.Metric{
		condition("ratio", ratio, "result[0] > 0.9"),
		condition("p99", quantile, "result[0] > 1e9"),
		{Name: "errors", Interval: every.String(), Judge: &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{}},
			Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{
				Canary:   &v1alpha1.VersionMetrics{Bad: read[0], Total: read[1]},
				Baseline: &v1alpha1.VersionMetrics{Bad: read[2], Total: read[3]},
			}}},
	}}
	times := even()
	played, problems := replay.NewAnalysis(spec, translate.Background, translate.Checks{PrometheusAddress: "http://recorded"}, of, times[0])
	if len(problems) > 0 {
		return fmt.Errorf("the AnalysisRun is refused: %v", problems)
	}
	looks := 0
	if err := played.Play(context.Background(), times[len(times)-1], func(replay.Look) { looks++ }); err != nil {
		return err
	}
	if want := 3 * (len(times) - 1); looks < want {
		return fmt.Errorf("the AnalysisRun ended after %d looks, want %d: %s", looks, want, played.Status().Message)
	}
	return nil
}
