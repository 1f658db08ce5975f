package celtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Metrics with each of the other judges; the rows change them.
const (
	bucketed = `
name: latency
interval: 15s
judge: {histogram: {}}
provider:
  prometheus:
    canary: {histogram: 'seconds_bucket{v="2"}'}
    baseline: {histogram: 'seconds_bucket{v="1"}'}
`
	averaged = `
name: memory
interval: 1m
judge: {mean: {}}
provider:
  prometheus:
    canary: {query: 'avg(memory{v="2"})'}
    baseline: {query: 'avg(memory{v="1"})'}
`
	ranked = `
name: cpu
interval: 1m
judge: {mannWhitney: {direction: increase, effectSize: {allowedIncrease: "1.1"}}}
provider:
  prometheus:
    canary: {query: 'avg(cpu{v="2"})'}
    baseline: {query: 'avg(cpu{v="1"})'}
`
	limited = `
name: slo
interval: 15s
judge: {objective: {atMost: "1%"}}
provider:
  prometheus:
    canary: {bad: 'errors_total{v="2"}', total: 'requests_total{v="2"}'}
`
)

const (
	wantsBaseline  = at + ": the judge compares the canary with a baseline; write provider.prometheus.baseline (objective alone does without)"
	wantsCounters  = at + ": proportion and objective count requests; give canary and baseline bad and total"
	wantsHistogram = at + ": the judge compares histograms; give canary and baseline histogram, the selector of their buckets"
	wantsGauge     = at + ": mean and mannWhitney compare the points of a gauge; give canary and baseline query"
	sameKind       = at + ".provider.prometheus: canary and baseline must be of one kind: bad and total, or histogram, or query"
	oneMethod      = at + ".judge: judge needs exactly one method: proportion, histogram, mean, mannWhitney or objective"
	oneThing       = ": a version needs exactly one of: bad and total, histogram, query"
)

var proportionRules = []rule{
	{reason: "two methods", change: "judge: {objective: {atMost: 1%}}", want: []string{oneMethod}},
	{reason: "an absolute tolerance and a warm-up", change: "judge: {proportion: {tolerance: {absolute: '0.1%'}, warmUp: 2m30s}}"},
	{
		reason: "an absolute tolerance without its sign",
		change: "judge: {proportion: {tolerance: {absolute: '0.001'}}}",
		want:   []string{at + ".judge.proportion.tolerance.absolute: tolerance.absolute must be a percentage of requests, such as 0.1%"},
	},
	{
		reason: "a warm-up as long as a release",
		change: "judge: {proportion: {warmUp: 31m}}",
		want:   []string{at + ".judge.proportion.warmUp: warmUp must be a duration of at most 30m, such as 2m"},
	},
	{reason: "a proof", change: "judge: {proportion: {proof: {ratio: '1.5'}, tolerance: {relative: '25%'}}}"},
	{
		reason: "a proof of what is tolerated anyway",
		change: "judge: {proportion: {proof: {ratio: '1.25'}, tolerance: {relative: '25%'}}}",
		want:   []string{at + ".judge.proportion: proof.ratio must be more than what is tolerated anyway, 1 + tolerance.relative: a proof of 2 beside a tolerance of 10%"},
	},
	{
		reason: "a proof by percent",
		change: "judge: {proportion: {proof: {ratio: '200%'}}}",
		want:   []string{at + ".judge.proportion.proof.ratio: proof.ratio must be a number above 1, such as 2"},
	},
	{
		reason: "a proof of nothing in particular",
		change: "judge: {proportion: {proof: {}}}",
		want:   []string{at + ".judge.proportion.proof.ratio: Required value"},
	},
	{
		reason: "a proportion of histograms",
		change: "provider: {prometheus: {canary: {bad: null, total: null, histogram: a}, baseline: {bad: null, total: null, histogram: b}}}",
		want:   []string{wantsCounters},
	},
	{reason: "a canary without its baseline", change: "provider: {prometheus: {baseline: null}}", want: []string{wantsBaseline}},
	{
		reason: "a share of nothing",
		change: "provider: {prometheus: {canary: {total: null}, baseline: {total: null}}}",
		want: []string{
			at + ".provider.prometheus.canary: bad and total belong together: a share needs both",
			at + ".provider.prometheus.baseline: bad and total belong together: a share needs both",
		},
	},
	{
		reason: "counters and a gauge at once",
		change: "provider: {prometheus: {canary: {query: up}, baseline: {histogram: b}}}",
		want:   []string{at + ".provider.prometheus.canary" + oneThing, at + ".provider.prometheus.baseline" + oneThing, sameKind},
	},
	{reason: "a share of the budget", change: "weight: 3"},
	{reason: "groups of the score", change: "groups: [errors, golden]"},
	{
		reason: "a group that is named twice",
		change: "groups: [errors, errors]",
		want:   []string{at + `.groups[1]: Duplicate value: "errors"`},
	},
}

var histogramRules = []rule{
	{reason: "a histogram is accepted"},
	{reason: "all of its fields", change: "judge: {histogram: {worse: higher, quantiles: ['0.5', '0.999'], tolerance: {relative: '5%'}, minRequests: 500, warmUp: 90s}}"},
	{
		reason: "quantiles of nothing and of all",
		change: "judge: {histogram: {quantiles: ['0.0', '1', '0.9']}}",
		want:   []string{at + ".judge.histogram.quantiles: quantiles must be above 0 and below 1, such as 0.99"},
	},
	{
		reason: "faster is not worse",
		change: "judge: {histogram: {worse: lower}}",
		want:   []string{at + `.judge.histogram.worse: supported values: "higher"`},
	},
	{
		reason: "a warm-up without a unit",
		change: "judge: {histogram: {warmUp: '2'}}",
		want:   []string{at + ".judge.histogram.warmUp: warmUp must be a duration of at most 30m, such as 2m"},
	},
	{
		reason: "a histogram of counters",
		change: "provider: {prometheus: {canary: {histogram: null, bad: a, total: b}, baseline: {histogram: null, bad: a, total: b}}}",
		want:   []string{wantsHistogram},
	},
	{
		reason: "a quantile of a quantile",
		change: "provider: {prometheus: {canary: {histogram: 'histogram_quantile(0.99, seconds_bucket)'}, baseline: {histogram: 'seconds_bucket[5m]'}}}",
		want: []string{
			at + ".provider.prometheus.canary.histogram: " + rawBuckets,
			at + ".provider.prometheus.baseline.histogram: " + rawBuckets,
		},
	},
	{
		reason: "a canary of one kind and a baseline of another",
		change: "provider: {prometheus: {baseline: {histogram: null, query: up}}}",
		want:   []string{sameKind},
	},
}

const rawBuckets = "histogram must be the selector of raw buckets, such as http_request_duration_seconds_bucket{job='web'}, without a function and without a range: Serin takes the differences itself"

var meanRules = []rule{
	{reason: "a mean is accepted"},
	{reason: "all of its fields", change: "judge: {mean: {worse: lower, tolerance: {relative: '25%', absolute: '0.05'}, minPoints: 30, noise: '8%', history: 24h}}"},
	{
		reason: "tolerances that are none",
		change: "judge: {mean: {tolerance: {relative: '0.25', absolute: '5%'}}}",
		want: []string{
			at + ".judge.mean.tolerance.relative: tolerance.relative must be a percentage, such as 25%",
			at + ".judge.mean.tolerance.absolute: tolerance.absolute must be a number in the unit of the gauge, such as 0.05",
		},
	},
	{
		reason: "a history that is longer than what is kept",
		change: "judge: {mean: {history: 721h}}",
		want:   []string{at + ".judge.mean.history: history must be a duration of at most 720h, such as 24h"},
	},
	{
		reason: "noise that is none",
		change: "judge: {mean: {noise: '0%'}}",
		want:   []string{at + ".judge.mean.noise: noise must be a percentage of more than 0%, such as 5%"},
	},
	{
		reason: "a mean of counters",
		change: "provider: {prometheus: {canary: {query: null, bad: a, total: b}, baseline: {query: null, bad: a, total: b}}}",
		want:   []string{wantsGauge},
	},
}

var mannWhitneyRules = []rule{
	{reason: "Kayenta's test is accepted"},
	{
		reason: "all of its fields",
		change: `judge: {mannWhitney: {direction: either, tolerance: 30%, confidence: 99.5%, nanStrategy: replace, critical: true, mustHaveData: true, outliers: {strategy: remove, factor: '1.5'},
		  effectSize: {measure: cles, allowedIncrease: '0.6', allowedDecrease: '0.4', criticalIncrease: '0.9', criticalDecrease: '0.1'}}}`,
	},
	{
		reason: "a direction must be said",
		change: "judge: {mannWhitney: {direction: null}}",
		want:   []string{at + ".judge.mannWhitney.direction: Required value"},
	},
	{reason: "a history", change: "judge: {mannWhitney: {history: 1h}}"},
	{
		reason: "a history that is longer than what is kept",
		change: "judge: {mannWhitney: {history: 31d}}",
		want:   []string{at + ".judge.mannWhitney.history: history must be a duration of at most 720h, such as 24h"},
	},
	{
		reason: "so must be what counts in each direction",
		change: "judge: {mannWhitney: {direction: either, critical: true, effectSize: {allowedIncrease: null}}}",
		want: []string{
			at + ".judge.mannWhitney: say from which change on an increase counts: effectSize.allowedIncrease, such as 1.1",
			at + ".judge.mannWhitney: say from which change on a decrease counts: effectSize.allowedDecrease, such as 0.9",
			at + ".judge.mannWhitney: say from which change on an increase is critical: effectSize.criticalIncrease, such as 1.5",
			at + ".judge.mannWhitney: say from which change on a decrease is critical: effectSize.criticalDecrease, such as 0.5",
		},
	},
	{reason: "a decrease needs no bound for an increase", change: "judge: {mannWhitney: {direction: decrease, effectSize: {allowedIncrease: null, allowedDecrease: '0.9'}}}"},
	{
		reason: "effects that are no numbers",
		change: "judge: {mannWhitney: {effectSize: {allowedIncrease: '10%', allowedDecrease: '0', criticalIncrease: '-1', criticalDecrease: x}}}",
		want: []string{
			at + ".judge.mannWhitney.effectSize.allowedIncrease: allowedIncrease must be a number above 0, such as 1.1",
			at + ".judge.mannWhitney.effectSize.allowedDecrease: allowedDecrease must be a number above 0, such as 0.9",
			at + ".judge.mannWhitney.effectSize.criticalIncrease: criticalIncrease must be a number above 0, such as 1.5",
			at + ".judge.mannWhitney.effectSize.criticalDecrease: criticalDecrease must be a number above 0, such as 0.5",
		},
	},
	{
		reason: "shares out of range, and a factor of nothing",
		change: "judge: {mannWhitney: {tolerance: 100%, confidence: 50%, outliers: {factor: '0'}}}",
		want: []string{
			at + ".judge.mannWhitney.tolerance: tolerance must be a percentage of less than 100%, such as 25%",
			at + ".judge.mannWhitney.confidence: confidence must be a percentage from 51% to less than 100%, such as 98%",
			at + ".judge.mannWhitney.outliers.factor: outliers.factor must be a number above 0, such as 3",
		},
	},
	{
		reason: "ranks of histograms",
		change: "provider: {prometheus: {canary: {query: null, histogram: a}, baseline: {query: null, histogram: b}}}",
		want:   []string{wantsGauge},
	},
}

var objectiveRules = []rule{
	{reason: "an objective needs no baseline"},
	{reason: "it may have one", change: "provider: {prometheus: {baseline: {bad: a, total: b}}}"},
	{
		reason: "an objective that nothing could miss",
		change: "judge: {objective: {atMost: 100%}}",
		want:   []string{at + ".judge.objective.atMost: atMost must be a percentage of more than 0% and less than 100%, such as 1%"},
	},
	{
		reason: "an objective that must be said",
		change: "judge: {objective: {atMost: null}}",
		want:   []string{at + ".judge.objective.atMost: Required value"},
	},
	{
		reason: "an objective for a gauge",
		change: "provider: {prometheus: {canary: {bad: null, total: null, query: up}}}",
		want:   []string{wantsCounters},
	},
}

// conditional has conditions on canary and baseline.
const conditional = `
name: errors
interval: 15s
successCondition: canary.share < 0.01
provider:
  prometheus:
    canary: {bad: 'errors_total{v="2"}', total: 'requests_total{v="2"}'}
    baseline: {bad: 'errors_total{v="1"}', total: 'requests_total{v="1"}'}
`

var comparisonRules = []rule{
	{reason: "conditions on counts"},
	{
		reason: "conditions on histograms",
		change: "provider: {prometheus: {canary: {bad: null, total: null, histogram: a}, baseline: {bad: null, total: null, histogram: b}}}",
	},
	{
		reason: "conditions on a gauge",
		change: "provider: {prometheus: {canary: {bad: null, total: null, query: a}, baseline: {bad: null, total: null, query: b}}}",
	},
	{
		reason: "conditions on the canary alone",
		change: "provider: {prometheus: {baseline: null}}",
		want:   []string{at + ": conditions compare the canary with a baseline; write provider.prometheus.baseline, or query instead of both"},
	},
	{
		reason: "one look, before which nothing was counted",
		change: "interval: null",
		want:   []string{at + ": conditions on canary and baseline need an interval, such as 15s: they compare what was counted from one look to the next"},
	},
	{
		reason: "two kinds",
		change: "provider: {prometheus: {baseline: {bad: null, total: null, histogram: b}}}",
		want:   []string{sameKind},
	},
	{
		reason: "no conditions and no judge",
		change: "successCondition: null",
		want:   []string{at + ": a metric needs a successCondition, a failureCondition or a judge: otherwise nothing could ever pass or fail"},
	},
	{
		reason: "a share of a budget that they do not draw on",
		change: "weight: 2",
		want:   []string{at + ": weight is a share of falseAlarmBudget, which only a judge spends; remove it"},
	},
}

var weightRules = []rule{{
	reason: "a threshold spends nothing of the budget",
	change: "weight: 2",
	want:   []string{at + ": weight is a share of falseAlarmBudget, which only a judge spends; remove it"},
}}

var scoreRules = []rule{
	{reason: "a score", change: "spec: {score: {pass: 90, marginal: 70, groupWeights: {errors: 60, latency: 40}}}"},
	{reason: "a score by its defaults", change: "spec: {score: {}}"},
	{
		reason: "a marginal score above the one that passes",
		change: "spec: {score: {pass: 70}}",
		want:   []string{"spec.score: score.marginal must be at most score.pass"},
	},
	{
		reason: "weights of more than everything",
		change: "spec: {score: {groupWeights: {errors: 60, latency: 50}}}",
		want:   []string{"spec.score: score.groupWeights must add up to 100 at most; groups without a weight share what is left"},
	},
	{
		reason: "a weight below nothing",
		change: "spec: {score: {groupWeights: {errors: -1}}}",
		want:   []string{"spec.score.groupWeights.errors: spec.score.groupWeights.errors in body should be greater than or equal to 0"},
	},
}

func TestJudges(t *testing.T) {
	for _, table := range []struct {
		metric string
		rules  []rule
	}{
		{judged, proportionRules}, {bucketed, histogramRules}, {averaged, meanRules}, {ranked, mannWhitneyRules}, {limited, objectiveRules}, {conditional, comparisonRules}, {threshold, weightRules},
	} {
		check(t, template, withMetric(t, table.metric, table.rules))
	}
	check(t, template, scoreRules)
}

func TestDefaultsOfJudges(t *testing.T) {
	for _, row := range []struct{ reason, metric, defaults string }{
		{"histogram", bucketed, `judge: {histogram: {worse: higher, minRequests: 100, quantiles: ["0.5", "0.99"], tolerance: {relative: "10%"}}}`},
		{"mean", averaged, `judge: {mean: {worse: higher, minPoints: 10, tolerance: {relative: "10%"}}}`},
		{"mannWhitney", ranked, `judge: {mannWhitney: {tolerance: "25%", confidence: "98%", nanStrategy: remove, outliers: {strategy: keep, factor: "3"}, effectSize: {measure: meanRatio}}}`},
		{"objective", limited, `judge: {objective: {minRequests: 100}}`},
	} {
		t.Run(row.reason, func(t *testing.T) {
			written := created(t, text(t, merged(t, template, withMetric(t, row.metric, []rule{{}})[0].change).Object))
			metrics, _, err := unstructured.NestedSlice(written.Object, "spec", "metrics")
			if err != nil {
				t.Fatal(err)
			}
			want := merge(merge(parse(t, row.metric), parse(t, row.defaults)), parse(t, "provider: {prometheus: {timeout: 30}}"))
			if diff := cmp.Diff(want, metrics[0]); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("score", func(t *testing.T) {
		written := created(t, text(t, merged(t, template, "spec: {score: {}}").Object))
		score, _, _ := unstructured.NestedMap(written.Object, "spec", "score")
		if diff := cmp.Diff(map[string]any{"pass": int64(95), "marginal": int64(75)}, score); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
