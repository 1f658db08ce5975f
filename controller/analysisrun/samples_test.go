package analysisrun

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// judgedBy is a metric with a judge and what it reads of the canary and the baseline.
func judgedBy(judge v1alpha1.MetricJudge, canary, baseline *v1alpha1.VersionMetrics) v1alpha1.Metric {
	return v1alpha1.Metric{
		Name: "m", Interval: "10s", Judge: &judge,
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Canary: canary, Baseline: baseline}},
	}
}

func bucketed() v1alpha1.Metric {
	return judgedBy(v1alpha1.MetricJudge{Histogram: &v1alpha1.HistogramJudge{Quantiles: []string{"0.5"}}},
		&v1alpha1.VersionMetrics{Histogram: "canary_bucket"}, &v1alpha1.VersionMetrics{Histogram: "stable_bucket"})
}

func averaged() v1alpha1.Metric {
	return judgedBy(v1alpha1.MetricJudge{Mean: &v1alpha1.MeanJudge{}}, &v1alpha1.VersionMetrics{Query: "canary_memory"}, &v1alpha1.VersionMetrics{Query: "stable_memory"})
}

func ranked() v1alpha1.Metric {
	metric := averaged()
	metric.Judge = &v1alpha1.MetricJudge{MannWhitney: &v1alpha1.MannWhitneyJudge{Direction: "increase", EffectSize: v1alpha1.MannWhitneyEffectSize{AllowedIncrease: "1.1"}}}
	return metric
}

func limited() v1alpha1.Metric {
	return judgedBy(v1alpha1.MetricJudge{Objective: &v1alpha1.ObjectiveJudge{AtMost: "1%"}}, &v1alpha1.VersionMetrics{Bad: "canary_bad", Total: "canary_total"}, nil)
}

// buckets answers a selector with requests per second in the buckets up to 0.1 s, up to
// 0.5 s and above, as a classic histogram or a native one, scraped every 5 s.
func buckets(since time.Time, native bool, rates map[string][3]float64) func(string, time.Time, time.Time) (metrics.Samples, error) {
	return func(selector string, from, to time.Time) (metrics.Samples, error) {
		rate, exists := rates[selector]
		if !exists {
			return metrics.Samples{}, fmt.Errorf("%s: %w", selector, metrics.ErrNoData)
		}
		count := func(bucket int, at time.Time) float64 { return math.Floor(rate[bucket] * at.Sub(since).Seconds()) }
		var answer metrics.Samples
		lines, whole := make([]series.Series, 3), series.HistogramSeries{Labels: selector}
		for i, le := range []string{"0.1", "0.5", "+Inf"} {
			lines[i].Labels = fmt.Sprintf(`{__name__=%q, le=%q, pod="p"}`, selector, le)
		}
		for at := since; !at.After(to); at = at.Add(5 * time.Second) {
			if !at.After(from) {
				continue
			}
			sum := 0.0
			for i := range lines {
				sum += count(i, at)
				lines[i].Samples = append(lines[i].Samples, series.Sample{At: at, Value: sum})
			}
			whole.Samples = append(whole.Samples, series.Histogram{At: at, Count: sum, Buckets: []series.Bucket{
				{Lower: 0.05, Upper: 0.1, Count: count(0, at)}, {Lower: 0.1, Upper: 0.5, Count: count(1, at)}, {Lower: 0.5, Upper: 1, Count: count(2, at)},
			}})
		}
		if native {
			answer.Histograms = []series.HistogramSeries{whole}
		} else {
			answer.Series = lines
		}
		return answer, nil
	}
}

func TestAHistogramIsReadInBothKinds(t *testing.T) {
	for _, native := range []bool{false, true} {
		t.Run(fmt.Sprintf("native %v", native), func(t *testing.T) {
			b := newBench(t, interceptor.Funcs{})
			b.source.samples = buckets(b.clock.Now().Add(-time.Hour), native, map[string][3]float64{"canary_bucket": {10, 5, 10}, "stable_bucket": {300, 140, 10}})
			b.create("r", specOf(bucketed()))
			object := b.play("r", 12)
			result := object.Status.MetricResults[0]
			if object.Status.Phase != v1alpha1.AnalysisFailed || result.Evidence == nil || result.Evidence.Edge != "0.5" {
				t.Fatalf("ten of 25 requests are slow, and one of 45 before: %s: %s, %+v", object.Status.Phase, object.Status.Message, result.Evidence)
			}
			if q := result.Evidence.Quantiles; len(q) != 1 || q[0].P != "0.5" || q[0].Canary == "" || q[0].BaselineUpper == "" {
				t.Errorf("the quantile that was asked for: %+v", q)
			}
		})
	}
}

func TestAHistogramThatIsNotThereIsNotSeen(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(bucketed()))
	b.settle("r")
	last := b.get("r").Status.MetricResults[0].Measurements[0]
	if want := "there are no samples of the canary's requests; check provider.prometheus.canary.histogram if it serves any"; last.Reason != "NoData" || last.Message != want {
		t.Errorf("%+v", last)
	}
}

// gauges answers queries with a number each.
func (s *fakeSource) gauges(at func(expression string) []float64) {
	s.set(func(_ context.Context, _, expression string, _ time.Time) (metrics.Answer, error) {
		values := at(expression)
		if values == nil {
			return metrics.Answer{Kind: metrics.Vector}, fmt.Errorf("%s: %w", expression, metrics.ErrNoData)
		}
		return metrics.Answer{Kind: metrics.Vector, Values: values, Warnings: []string{"partial"}}, nil
	})
}

func TestAGaugeIsReadOnceALook(t *testing.T) {
	for name, metric := range map[string]v1alpha1.Metric{"mean": averaged(), "mannWhitney": ranked()} {
		for _, bad := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s bad %v", name, bad), func(t *testing.T) {
				b := newBench(t, interceptor.Funcs{})
				asked := 0
				b.source.gauges(func(expression string) []float64 {
					asked++
					value := 100 + float64(asked%7)
					if bad && expression == "canary_memory" {
						value *= 2
					}
					return []float64{value}
				})
				b.create("r", specOf(metric))
				object := b.play("r", 15)
				result := object.Status.MetricResults[0]
				if want := map[bool]v1alpha1.AnalysisPhase{false: v1alpha1.AnalysisRunning, true: v1alpha1.AnalysisFailed}[bad]; object.Status.Phase != want {
					t.Fatalf("%s: %s", object.Status.Phase, object.Status.Message)
				}
				if !bad && result.Successful == 0 {
					t.Errorf("a gauge that is as before never passes: %s", result.Message)
				}
				last := result.Measurements[len(result.Measurements)-1]
				if !strings.HasSuffix(last.Message, "warnings of the source: partial; partial") || !strings.HasPrefix(last.Value, "canary ") {
					t.Errorf("%+v", last)
				}
				// This source answers no ranges: a mean asks for each point of its history.
				history := map[string]int{"mean": 30}[name]
				if looks := int(result.Count + result.Blind); asked != 2*looks+history || result.Evidence.CanaryTotal == "0" {
					t.Errorf("%d queries for %d looks and %d points of history, %s points", asked, looks, history, result.Evidence.CanaryTotal)
				}
			})
		}
	}
}

// Long: it is a table.
func TestAGaugeThatIsNoNumber(t *testing.T) {
	replaced := ranked()
	replaced.Judge.MannWhitney.NaNStrategy = "replace"
	for _, test := range []struct {
		name             string
		metric           v1alpha1.Metric
		canary           []float64
		reason, fragment string
	}{
		{"several series", averaged(), []float64{1, 2, 3}, "InvalidQuery", "provider.prometheus.canary.query returns 3 series, and a gauge is one number; aggregate it, such as avg(…) or max(…)"},
		{"no series", averaged(), nil, "NoData", "canary"},
		{"NaN", averaged(), []float64{math.NaN()}, "NoData", "canary"},
		{"NaN by ranks", ranked(), []float64{math.NaN()}, "NoData", "Missing data for m"},
		{"NaN that counts as 0", replaced, []float64{math.NaN()}, "TooFewPoints", "one point on a side is too few to compare"},
		{"no series that counts as 0", replaced, nil, "TooFewPoints", "one point on a side is too few to compare"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, interceptor.Funcs{})
			b.source.gauges(func(expression string) []float64 {
				if expression == "canary_memory" {
					return test.canary
				}
				return []float64{5}
			})
			b.create("r", specOf(test.metric))
			b.settle("r")
			b.clock.Step(11 * time.Second)
			b.start() // What is not a number survives a restart, too.
			b.settle("r")
			result := b.get("r").Status.MetricResults[0]
			first := result.Measurements[0]
			if first.Reason != test.reason || !strings.Contains(first.Message, test.fragment) {
				t.Errorf("%+v", first)
			}
			if len(result.Measurements) != 2 || result.Measurements[1].Reason == "ConditionError" {
				t.Errorf("the second look: %+v", result.Measurements)
			}
		})
	}
}

func TestAnObjectiveNeedsNoBaseline(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	var selectors []string
	answer := counters(b.clock.Now().Add(-time.Hour), map[string]float64{"canary_bad": 0.2, "canary_total": 40})
	b.source.samples = func(selector string, from, to time.Time) (metrics.Samples, error) {
		selectors = append(selectors, selector)
		return answer(selector, from, to)
	}
	b.create("r", specOf(limited()))
	object := b.play("r", 6)
	result := object.Status.MetricResults[0]
	if object.Status.Phase != v1alpha1.AnalysisRunning || result.Successful == 0 || result.Evidence.BaselineTotal != "0" {
		t.Errorf("0.5 %% are bad, 1 %% are accepted: %s, %+v", object.Status.Message, result.Evidence)
	}
	if diff := cmp.Diff([]string{"canary_bad", "canary_total"}, selectors[:2]); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	b.source.samples = counters(b.clock.Now().Add(-time.Hour), map[string]float64{"canary_bad": 4, "canary_total": 40})
	if object := b.play("r", 6); object.Status.Phase != v1alpha1.AnalysisFailed {
		t.Errorf("ten percent are bad: %s: %s", object.Status.Phase, object.Status.Message)
	}
}

// conditional is a metric with conditions instead of its judge.
func conditional(metric v1alpha1.Metric, success string) v1alpha1.Metric {
	metric.Judge, metric.SuccessCondition = nil, success
	return metric
}

// TestConditionsOnBothVersions: what conditions compare is read as it is for judges, and
// a controller that is killed on the way goes on from the status.
func TestConditionsOnBothVersions(t *testing.T) {
	counted := judgedBy(v1alpha1.MetricJudge{}, &v1alpha1.VersionMetrics{Bad: "canary_bad", Total: "canary_total"}, &v1alpha1.VersionMetrics{Bad: "stable_bad", Total: "stable_total"})
	for _, test := range []struct {
		name   string
		metric v1alpha1.Metric
		first  string
		want   v1alpha1.AnalysisPhase
	}{
		{"counts that become known", conditional(counted, "canary.share < 0.03"), "NotKnownYet", v1alpha1.AnalysisRunning},
		{"counts that fail", conditional(counted, "canary.share < 0.001"), "NotKnownYet", v1alpha1.AnalysisFailed},
		{"histograms", conditional(bucketed(), "canary.above(0.5) < 0.35"), "NotKnownYet", v1alpha1.AnalysisRunning},
		{"a gauge", conditional(averaged(), "canary.mean < 10"), "NotKnownYet", v1alpha1.AnalysisRunning},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, interceptor.Funcs{})
			since := b.clock.Now().Add(-time.Hour)
			count := counters(since, map[string]float64{"canary_bad": 0.04, "canary_total": 4, "stable_bad": 0.4, "stable_total": 40})
			bucket := buckets(since, false, map[string][3]float64{"canary_bucket": {2, 2, 1}, "stable_bucket": {20, 20, 10}})
			b.source.samples = func(selector string, from, to time.Time) (metrics.Samples, error) {
				if strings.HasSuffix(selector, "_bucket") {
					return bucket(selector, from, to)
				}
				return count(selector, from, to)
			}
			looks := 0
			b.source.gauges(func(string) []float64 {
				looks++
				return []float64{5 + 0.1*float64(looks%5)}
			})
			b.create("r", specOf(test.metric))
			object := b.play("r", 3)
			if last := object.Status.MetricResults[0].Measurements; last[len(last)-1].Reason != test.first {
				t.Errorf("while little was seen: %+v", last[len(last)-1])
			}
			b.start()
			object = b.play("r", 80)
			result := object.Status.MetricResults[0]
			if object.Status.Phase != test.want || test.want == v1alpha1.AnalysisRunning && result.Successful == 0 {
				t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
			}
			if result.Evidence == nil || result.Evidence.Method != "conditions" || result.Evidence.CanaryTotal == "0" {
				t.Errorf("evidence: %+v", result.Evidence)
			}
		})
	}
}
