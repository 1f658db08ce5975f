package translate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Valid metrics with each of the other judges.

func judgedBy(name string, method v1alpha1.MetricJudge, versions func(version string) *v1alpha1.VersionMetrics) v1alpha1.Metric {
	return v1alpha1.Metric{
		Name: name, Interval: "15s", Judge: &method,
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{
			Address: "http://prometheus:9090", Canary: versions("canary"), Baseline: versions("stable"),
		}},
	}
}

func bucketed(name string) v1alpha1.Metric {
	return judgedBy(name, v1alpha1.MetricJudge{Histogram: &v1alpha1.HistogramJudge{}}, func(version string) *v1alpha1.VersionMetrics {
		return &v1alpha1.VersionMetrics{Histogram: `seconds_bucket{v="` + version + `"}`}
	})
}

func gauge(version string) *v1alpha1.VersionMetrics {
	return &v1alpha1.VersionMetrics{Query: `avg(memory{v="` + version + `"})`}
}

func averaged(name string) v1alpha1.Metric {
	return judgedBy(name, v1alpha1.MetricJudge{Mean: &v1alpha1.MeanJudge{}}, gauge)
}

func ranked(name string) v1alpha1.Metric {
	return judgedBy(name, v1alpha1.MetricJudge{MannWhitney: &v1alpha1.MannWhitneyJudge{
		Direction: "increase", EffectSize: v1alpha1.MannWhitneyEffectSize{AllowedIncrease: "1.1"},
	}}, gauge)
}

func limited(name string) v1alpha1.Metric {
	metric := compared(name)
	metric.Judge = &v1alpha1.MetricJudge{Objective: &v1alpha1.ObjectiveJudge{AtMost: "1%"}}
	metric.Provider.Prometheus.Baseline = nil
	return metric
}

// parsedMetric is a metric as a run has it; it must have no problems.
func parsedMetric(t *testing.T, metric v1alpha1.Metric) run.Metric {
	t.Helper()
	parsed, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{metric}}, Background, strict)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return parsed.Metrics[0]
}

// Long: it is a table.
func TestEachJudgeGetsWhatTheSpecSays(t *testing.T) {
	every := func(change func(*run.Metric)) run.Metric {
		metric := run.Metric{Name: "m", Interval: 15 * time.Second, ConsecutiveErrorLimit: 4, Weight: 1}
		change(&metric)
		return metric
	}
	for _, test := range []struct {
		reason string
		metric v1alpha1.Metric
		want   run.Metric
	}{
		{"a proportion by its defaults", compared("m"), every(func(m *run.Metric) {
			m.Proportion = &judge.Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
		})},
		{"all of a proportion", changed(compared("m"), func(m *v1alpha1.Metric) {
			m.Weight, m.Groups = ptr(int32(3)), []string{"errors"}
			m.Judge.Proportion = &v1alpha1.ProportionJudge{
				Worse: "higher", Tolerance: v1alpha1.ProportionTolerance{Relative: "25%", Absolute: "0.1%"}, MinRequests: ptr(int64(500)),
				WarmUp: "2m30s", Proof: &v1alpha1.ProportionProof{Ratio: "1.5"},
			}
		}), every(func(m *run.Metric) {
			m.Weight, m.Groups, m.WarmUp = 3, []string{"errors"}, 150*time.Second
			m.Proportion = &judge.Proportion{RelativeTolerance: 0.25, AbsoluteTolerance: 0.001, MinRequests: 500, ProofRatio: 1.5, Budget: 0.01}
		})},
		{"a histogram by its defaults", bucketed("m"), every(func(m *run.Metric) {
			m.Histogram = &judge.Histogram{RelativeTolerance: 0.1, MinRequests: 100, Quantiles: []float64{0.5, 0.99}, Budget: 0.01}
		})},
		{"all of a histogram", changed(bucketed("m"), func(m *v1alpha1.Metric) {
			m.Judge.Histogram = &v1alpha1.HistogramJudge{
				Worse: "higher", Quantiles: []string{"0.999"}, Tolerance: v1alpha1.HistogramTolerance{Relative: "3%"}, MinRequests: ptr(int64(50)), WarmUp: "90s",
			}
		}), every(func(m *run.Metric) {
			m.WarmUp = 90 * time.Second
			m.Histogram = &judge.Histogram{RelativeTolerance: 0.03, MinRequests: 50, Quantiles: []float64{0.999}, Budget: 0.01}
		})},
		{"a mean by its defaults", averaged("m"), every(func(m *run.Metric) {
			m.History = 30
			m.Mean = &judge.Mean{Worse: judge.Higher, RelativeTolerance: 0.1, MinPoints: 10, Budget: 0.01}
		})},
		{"all of a mean", changed(averaged("m"), func(m *v1alpha1.Metric) {
			m.Judge.Mean = &v1alpha1.MeanJudge{Worse: "lower", Tolerance: v1alpha1.MeanTolerance{Relative: "5%", Absolute: "0.05"}, MinPoints: ptr(int32(30)), Noise: "8%", History: "10m"}
		}), every(func(m *run.Metric) {
			m.History = 40
			m.Mean = &judge.Mean{Worse: judge.Lower, RelativeTolerance: 0.05, AbsoluteTolerance: 0.05, MinPoints: 30, Noise: 0.08, Budget: 0.01}
		})},
		{"Kayenta's test by its defaults", ranked("m"), every(func(m *run.Metric) {
			m.Weight = 0
			m.MannWhitney = &judge.MannWhitney{
				Direction: judge.Increase, Tolerance: 0.25, Confidence: 0.98, NaN: judge.RemoveNaN, Outliers: judge.Outliers{Factor: 3},
				EffectSize: judge.EffectSize{Measure: judge.MeanRatio, AllowedIncrease: 1.1},
			}
		})},
		{"all of Kayenta's test", changed(ranked("m"), func(m *v1alpha1.Metric) {
			m.Judge.MannWhitney = &v1alpha1.MannWhitneyJudge{
				Direction: "either", Tolerance: "30%", Confidence: "99.5%", NaNStrategy: "replace", Critical: true, MustHaveData: true,
				Outliers:   v1alpha1.MannWhitneyOutliers{Strategy: "remove", Factor: "1.5"},
				EffectSize: v1alpha1.MannWhitneyEffectSize{Measure: "cles", AllowedIncrease: "0.6", AllowedDecrease: "0.4", CriticalIncrease: "0.9", CriticalDecrease: "0.1"},
				History:    "1h",
			}
		}), every(func(m *run.Metric) {
			m.Weight, m.History = 0, 240
			m.MannWhitney = &judge.MannWhitney{
				Direction: judge.Either, Tolerance: 0.3, Confidence: 0.995, NaN: judge.ReplaceNaN, Critical: true, MustHaveData: true, Outliers: judge.Outliers{Remove: true, Factor: 1.5},
				EffectSize: judge.EffectSize{Measure: judge.CLES, AllowedIncrease: 0.6, AllowedDecrease: 0.4, CriticalIncrease: 0.9, CriticalDecrease: 0.1},
			}
		})},
		{"an objective alone", limited("m"), every(func(m *run.Metric) {
			m.Alone, m.Objective = true, &judge.Objective{AtMost: 0.01, MinRequests: 100, Budget: 0.01}
		})},
		{"an objective with a baseline", changed(compared("m"), func(m *v1alpha1.Metric) {
			m.Judge = &v1alpha1.MetricJudge{Objective: &v1alpha1.ObjectiveJudge{AtMost: "0.5%", MinRequests: ptr(int64(20))}}
		}), every(func(m *run.Metric) {
			m.Objective = &judge.Objective{AtMost: 0.005, MinRequests: 20, Budget: 0.01}
		})},
	} {
		t.Run(test.reason, func(t *testing.T) {
			got := parsedMetric(t, test.metric)
			if p := got.Proportion; p != nil && *p == (judge.Proportion{RelativeTolerance: p.RelativeTolerance, AbsoluteTolerance: p.AbsoluteTolerance, MinRequests: p.MinRequests, ProofRatio: p.ProofRatio, Budget: p.Budget}) {
				t.Error("the proportion was not prepared: each look would do it again")
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(judge.Proportion{}, judge.Histogram{}), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Long: it is a table.
func TestWhatIsWrongWithAJudgeIsSaid(t *testing.T) {
	for _, test := range []struct {
		reason   string
		base     v1alpha1.Metric
		change   func(*v1alpha1.Metric)
		problems string
	}{
		{reason: "two methods", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Judge.Objective = &v1alpha1.ObjectiveJudge{AtMost: "1%"} },
			problems: "metrics[0].judge: judge needs one method, and has 2; remove the others"},
		{reason: "a proof of what is tolerated", base: compared("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.Proportion.Tolerance.Relative, m.Judge.Proportion.Proof = "50%", &v1alpha1.ProportionProof{Ratio: "1.5"}
		}, problems: "metrics[0].judge.proportion.proof.ratio: 1.5 is not more than what is tolerated anyway, 1.5; write for example 2"},
		{reason: "a proof that is no number, and a tolerance of everything", base: compared("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.Proportion.Tolerance.Absolute, m.Judge.Proportion.Proof = "0.001", &v1alpha1.ProportionProof{Ratio: "NaN"}
		}, problems: "metrics[0].judge.proportion.proof.ratio: \"NaN\" is not a number above 0; write it as 2\nmetrics[0].judge.proportion.tolerance.absolute: \"0.001\" is not a percentage; write it as 0.1%"},
		{reason: "an absolute tolerance of all requests", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Judge.Proportion.Tolerance.Absolute = "100%" },
			problems: "metrics[0].judge.proportion: the absolute tolerance is 1; it must be a share of less than 1"},
		{reason: "a warm-up as long as the memory", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Judge.Proportion.WarmUp = "31m" },
			problems: "metrics[0].judge.proportion.warmUp: 31m is longer than 30m; write at most that"},
		{reason: "a warm-up without a unit", base: bucketed("m"), change: func(m *v1alpha1.Metric) { m.Judge.Histogram.WarmUp = "2" },
			problems: `metrics[0].judge.histogram.warmUp: "2" is not a duration; write it as 30s, 5m or 1h30m`},
		{reason: "quantiles of nothing and of all", base: bucketed("m"), change: func(m *v1alpha1.Metric) { m.Judge.Histogram.Quantiles = []string{"0", "0.5", "1"} },
			problems: "metrics[0].judge.histogram.quantiles: \"0\" is not between 0 and 1; write for example 0.99\nmetrics[0].judge.histogram.quantiles: \"1\" is not between 0 and 1; write for example 0.99"},
		{reason: "more quantiles than a status holds", base: bucketed("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.Histogram.Quantiles = []string{"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"}
		}, problems: "metrics[0].judge.histogram.quantiles: are 9; write at most 8"},
		{reason: "faster is not worse", base: bucketed("m"), change: func(m *v1alpha1.Metric) { m.Judge.Histogram.Worse = "lower" },
			problems: `metrics[0].judge.histogram.worse: "lower" is unknown; write higher`},
		{reason: "a gauge that gets worse sideways", base: averaged("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.Mean = &v1alpha1.MeanJudge{Worse: "sideways", MinPoints: ptr(int32(1)), Noise: "0%", Tolerance: v1alpha1.MeanTolerance{Absolute: "-1"}}
		}, problems: "metrics[0].judge.mean.minPoints: must be >= 2, and is 1\nmetrics[0].judge.mean.tolerance.absolute: \"-1\" is not a number above 0; write it as 0.05\nmetrics[0].judge.mean.worse: \"sideways\" is unknown; write higher or lower"},
		{reason: "a history of years", base: averaged("m"), change: func(m *v1alpha1.Metric) { m.Judge.Mean.History = "721h" },
			problems: "metrics[0].judge.mean.history: 721h is longer than 720h; write at most that"},
		{reason: "no noise at all", base: averaged("m"), change: func(m *v1alpha1.Metric) { m.Judge.Mean.Noise = "0%" },
			problems: "metrics[0].judge.mean.noise: 0% is none; write for example 5%, or remove it"},
		{reason: "a fall of more than all", base: averaged("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.Mean = &v1alpha1.MeanJudge{Worse: "lower", Tolerance: v1alpha1.MeanTolerance{Relative: "100%"}}
		}, problems: "metrics[0].judge.mean: the relative tolerance is 1; a fall of all is the most there is"},
		{reason: "what counts must be said", base: ranked("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.MannWhitney.Direction, m.Judge.MannWhitney.EffectSize = "either", v1alpha1.MannWhitneyEffectSize{}
		}, problems: "metrics[0].judge.mannWhitney: say how large a change counts: allowedIncrease is not set (1 is any change); say how large a change counts: allowedDecrease is not set (1 is any change)"},
		{reason: "words that nobody knows", base: ranked("m"), change: func(m *v1alpha1.Metric) {
			m.Judge.MannWhitney.Direction, m.Judge.MannWhitney.NaNStrategy, m.Judge.MannWhitney.Outliers.Strategy = "", "ignore", "shrink"
			m.Judge.MannWhitney.EffectSize.Measure, m.Judge.MannWhitney.EffectSize.CriticalIncrease = "cohen", "10%"
		}, problems: "metrics[0].judge.mannWhitney.direction: \"\" is unknown; write increase or decrease or either\nmetrics[0].judge.mannWhitney.effectSize.criticalIncrease: \"10%\" is not a number above 0; write it as 1.5\n" +
			"metrics[0].judge.mannWhitney.effectSize.measure: \"cohen\" is unknown; write meanRatio or cles\nmetrics[0].judge.mannWhitney.nanStrategy: \"ignore\" is unknown; write remove or replace\n" +
			"metrics[0].judge.mannWhitney.outliers.strategy: \"shrink\" is unknown; write keep or remove"},
		{reason: "a weight of what spends nothing", base: ranked("m"), change: func(m *v1alpha1.Metric) { m.Weight = ptr(int32(2)) },
			problems: "metrics[0].weight: mannWhitney is a test for one look, and spends nothing of falseAlarmBudget; remove it"},
		{reason: "a weight of conditions", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Weight = ptr(int32(2)) },
			problems: "metrics[0].weight: it is a share of falseAlarmBudget, which only a judge spends; remove it"},
		{reason: "a weight of nothing", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Weight = ptr(int32(0)) },
			problems: "metrics[0].weight: must be from 1 to 1000, and is 0"},
		{reason: "an objective that nothing misses", base: limited("m"), change: func(m *v1alpha1.Metric) { m.Judge.Objective.AtMost = "100%" },
			problems: "metrics[0].judge.objective.atMost: 100% could never be missed, or never be met; write for example 1%"},
		{reason: "a histogram of counters", base: bucketed("m"), change: func(m *v1alpha1.Metric) { m.Provider = compared("m").Provider },
			problems: "metrics[0].provider.prometheus.baseline.bad: the judge compares histograms, and does not read this; remove it\nmetrics[0].provider.prometheus.baseline.histogram: is empty; write PromQL\n" +
				"metrics[0].provider.prometheus.baseline.total: the judge compares histograms, and does not read this; remove it\nmetrics[0].provider.prometheus.canary.bad: the judge compares histograms, and does not read this; remove it\n" +
				"metrics[0].provider.prometheus.canary.histogram: is empty; write PromQL\nmetrics[0].provider.prometheus.canary.total: the judge compares histograms, and does not read this; remove it"},
		{reason: "a gauge without a baseline", base: averaged("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Baseline = nil },
			problems: "metrics[0].provider.prometheus: a judge compares the points of a gauge; write canary and baseline, each with a query of its own, instead of query"},
		{reason: "a gauge whose query does not parse", base: averaged("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Canary.Query = "bad(" },
			problems: "metrics[0].provider.prometheus.canary.query: 1:1: parse error: unknown function; correct it"},
		{reason: "buckets that are none", base: bucketed("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Canary.Histogram = "rate(x[5m])" },
			problems: "metrics[0].provider.prometheus.canary.histogram: is not a selector; remove rate()"},
		{reason: "an objective of nobody", base: limited("m"), change: func(m *v1alpha1.Metric) { m.Provider = threshold("m").Provider },
			problems: "metrics[0].provider.prometheus: a judge counts requests; write canary, with bad and total, instead of query"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			metric := changed(*test.base.DeepCopy(), test.change)
			_, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{metric}}, Background, strict)
			if diff := cmp.Diff(test.problems, problems.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheBudgetIsSharedByWeight(t *testing.T) {
	heavy := func(metric v1alpha1.Metric, weight int32) v1alpha1.Metric {
		metric.Weight = &weight
		return metric
	}
	spec := v1alpha1.AnalysisRunSpec{
		Metrics:          []v1alpha1.Metric{heavy(compared("errors"), 8), heavy(bucketed("latency"), 4), averaged("memory"), ranked("cpu"), heavy(limited("slo"), 3), threshold("up")},
		FalseAlarmBudget: "3.2%",
	}
	parsed, problems := ParseRun(spec, Background, strict)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m := parsed.Metrics
	budgets := []float64{m[0].Proportion.Budget, m[1].Histogram.Budget, m[2].Mean.Budget, m[4].Objective.Budget}
	if diff := cmp.Diff([]float64{0.016, 0.008, 0.002, 0.006}, budgets, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("8, 4, 1 and 3 parts of 3.2%%, and none for cpu (-want +got):\n%s", diff)
	}
	if sum := budgets[0] + budgets[1] + budgets[2] + budgets[3]; math.Abs(sum-parsed.FalseAlarmBudget) > 1e-12 {
		t.Errorf("the parts make %g, the whole is %g", sum, parsed.FalseAlarmBudget)
	}
}

// Long: it is a table.
func TestAScoreIsRead(t *testing.T) {
	for _, test := range []struct {
		reason   string
		score    *v1alpha1.AnalysisScore
		want     *judge.Scoring
		problems string
	}{
		{reason: "none"},
		{reason: "by its defaults", score: &v1alpha1.AnalysisScore{}, want: &judge.Scoring{Pass: 95, Marginal: 75}},
		{reason: "all of it", score: &v1alpha1.AnalysisScore{Pass: 90, Marginal: ptr(int32(0)), GroupWeights: map[string]v1alpha1.GroupWeight{"errors": 70}},
			want: &judge.Scoring{Pass: 90, Marginal: 0, GroupWeights: map[string]float64{"errors": 70}}},
		{reason: "upside down", score: &v1alpha1.AnalysisScore{Pass: 50}, want: &judge.Scoring{Pass: 50, Marginal: 75},
			problems: "score: the marginal score is 75; it must be at least 0 and at most the score that passes"},
		{reason: "more than everything", score: &v1alpha1.AnalysisScore{GroupWeights: map[string]v1alpha1.GroupWeight{"a": 60, "b": 50}},
			want: &judge.Scoring{Pass: 95, Marginal: 75, GroupWeights: map[string]float64{"a": 60, "b": 50}}, problems: "score: the weights of the groups make 110; they must make 100"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			parsed, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: metrics("m"), Score: test.score}, Background, strict)
			if diff := cmp.Diff(test.problems, problems.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, parsed.Score); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAScoreComesFromOneTemplate(t *testing.T) {
	score := func(pass int32) *v1alpha1.AnalysisScore { return &v1alpha1.AnalysisScore{Pass: pass} }
	library := library{
		"plain": {Metrics: metrics("a")}, "scored": {Metrics: metrics("b"), Score: score(90)},
		"same": {Metrics: metrics("c"), Score: score(90)}, "other": {Metrics: metrics("d"), Score: score(80)},
	}
	resolve := func(names ...string) (v1alpha1.AnalysisRunSpec, Problems) {
		spec, problems, err := ResolveAnalysis(library.fetch, v1alpha1.RolloutAnalysis{Templates: named(names...)}, Background, release, Checks{})
		if err != nil {
			t.Fatal(err)
		}
		return spec, problems
	}
	if spec, problems := resolve("plain", "scored", "same"); len(problems) > 0 || spec.Score == nil || spec.Score.Pass != 90 {
		t.Errorf("the one score counts: %+v, %v", spec.Score, problems)
	}
	if spec, problems := resolve("plain"); len(problems) > 0 || spec.Score != nil {
		t.Errorf("no score: %+v, %v", spec.Score, problems)
	}
	if _, problems := resolve("scored", "other"); problems.Error() != "AnalysisTemplate/other score: another template has another score; keep one of them" {
		t.Errorf("two scores: %v", problems)
	}
}

func TestAtFullWeightThereIsNothingToCompareWith(t *testing.T) {
	library := library{"t": {Metrics: []v1alpha1.Metric{
		changed(compared("errors"), func(m *v1alpha1.Metric) { m.Count = number("3") }), changed(limited("slo"), func(m *v1alpha1.Metric) { m.Count = number("3") }),
		changed(threshold("up"), func(m *v1alpha1.Metric) { m.Count = number("3") }),
	}}}
	library["bounds"] = v1alpha1.AnalysisTemplateSpec{Metrics: []v1alpha1.Metric{changed(bounded("errors"), func(m *v1alpha1.Metric) { m.Count = number("3") })}}
	alone := release
	alone.Alone = true
	if _, problems, err := ResolveAnalysis(library.fetch, v1alpha1.RolloutAnalysis{Templates: named("bounds")}, Step, alone, Checks{}); err != nil ||
		!strings.HasPrefix(problems.Error(), "AnalysisTemplate/bounds metrics[0].provider.prometheus: at a weight of 100 the stable version gets no traffic, ") {
		t.Errorf("conditions on both versions: %v, %v", problems, err)
	}
	const refused = "AnalysisTemplate/t metrics[0].judge: at a weight of 100 the stable version gets no traffic, and there is nothing to compare with; move the step before setWeight: 100, or judge by an objective or by conditions"
	for _, test := range []struct {
		reason  string
		kind    Kind
		release Release
		want    string
	}{
		{"a step at 100", Step, alone, refused}, {"a step before", Step, release, ""}, {"the background has seen enough before", Background, alone, ""},
	} {
		_, problems, err := ResolveAnalysis(library.fetch, v1alpha1.RolloutAnalysis{Templates: named("t")}, test.kind, test.release, Checks{})
		if err != nil || problems.Error() != test.want {
			t.Errorf("%s: %v, %v", test.reason, problems, err)
		}
	}
}
