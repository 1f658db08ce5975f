package celtest

import (
	"strings"
	"testing"
)

// template is a valid AnalysisTemplate; the rows change it.
const template = `
apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: golden-signals}
spec:
  metrics:
  - name: success-rate
    successCondition: result[0] >= 0.99
    provider: {prometheus: {query: up}}
`

// threshold is a metric that is held against a number; the rows change it.
const threshold = `
name: success-rate
interval: 30s
count: 10
successCondition: result[0] >= 0.99
provider: {prometheus: {query: up}}
`

// judged is a metric that compares two versions; the rows change it.
const judged = `
name: errors
interval: 15s
judge: {proportion: {}}
provider:
  prometheus:
    canary: {bad: 'errors_total{v="2"}', total: 'requests_total{v="2"}'}
    baseline: {bad: 'errors_total{v="1"}', total: 'requests_total{v="1"}'}
`

var templateRules = []rule{
	{reason: "the smallest template is accepted"},
	{
		reason: "a template that measures nothing",
		change: "spec: {metrics: []}",
		want:   []string{"spec: a template needs metrics of its own or templates to include"},
	},
	{reason: "a template of templates is accepted", change: "spec: {metrics: null, templates: [{templateName: a}, {templateName: golden-signals, clusterScope: true}]}"},
	{
		reason: "a template that includes itself",
		change: "spec: {templates: [{templateName: golden-signals}]}",
		want:   []string{"<nil>: a template cannot include itself; remove its own name from spec.templates"},
	},
	{
		reason: "a template that includes another twice",
		change: "spec: {templates: [{templateName: a}, {templateName: a}]}",
		want:   []string{"spec.templates: a template is named once; remove the repetition"},
	},
	{
		reason: "two metrics of one name",
		change: `spec: {metrics: [{name: a, successCondition: "true", provider: {prometheus: {query: up}}}, {name: a, successCondition: "true", provider: {prometheus: {query: up}}}]}`,
		want:   []string{`spec.metrics[1]: Duplicate value: {"name":"a"}`},
	},
	{
		reason: "two arguments of one name",
		change: "spec: {args: [{name: a}, {name: a, value: x}]}",
		want:   []string{`spec.args[1]: Duplicate value: {"name":"a"}`},
	},
	{reason: "arguments with a default, without one and from a Secret", change: `spec: {args: [{name: a}, {name: b, value: ""}, {name: c, valueFrom: {secretKeyRef: {name: s, key: k}}}]}`},
	{
		reason: "an argument with two values",
		change: "spec: {args: [{name: a, value: x, valueFrom: {secretKeyRef: {name: s, key: k}}}]}",
		want:   []string{"spec.args[0]: an argument has either value or valueFrom, not both"},
	},
	{
		reason: "an argument from nowhere",
		change: "spec: {args: [{name: a, valueFrom: {}}]}",
		want:   []string{"spec.args[0].valueFrom.secretKeyRef: Required value"},
	},
	{reason: "a budget with a fraction", change: `spec: {falseAlarmBudget: "0.05%"}`},
	{reason: "a budget of nothing", change: `spec: {falseAlarmBudget: "0%"}`, want: []string{badBudget}},
	{reason: "a budget of everything", change: `spec: {falseAlarmBudget: "100%"}`, want: []string{badBudget}},
	{reason: "a budget without its sign", change: `spec: {falseAlarmBudget: "0.01"}`, want: []string{badBudget}},
}

const badBudget = "spec.falseAlarmBudget: falseAlarmBudget must be a percentage of more than 0% and less than 100%, such as 1% or 0.5%"

// at is the path of the one metric of the tables below.
const at = "spec.metrics[0]"

var thresholdRules = []rule{
	{reason: "a threshold is accepted"},
	{
		reason: "a metric that can neither pass nor fail",
		change: "successCondition: null",
		want:   []string{at + ": a metric needs a successCondition, a failureCondition or a judge: otherwise nothing could ever pass or fail"},
	},
	{
		reason: "a metric without a name",
		change: "name: ''",
		want:   []string{at + ".name: " + at + ".name in body should be at least 1 chars long"},
	},
	{reason: "intervals and delays", change: "interval: 1h30m, initialDelay: 1.5m"},
	{reason: "a metric that is measured without a pause", change: "interval: 0s", want: []string{badInterval}},
	{reason: "an interval of nothing, written otherwise", change: "interval: 0h0.0m", want: []string{badInterval}},
	{reason: "an interval without a unit", change: "interval: '30'", want: []string{badInterval}},
	{reason: "a negative interval", change: "interval: -30s", want: []string{badInterval}},
	{
		reason: "a negative delay",
		change: "initialDelay: -30s",
		want:   []string{at + ".initialDelay: initialDelay must be a duration, such as 30s, 5m or 1h30m"},
	},
	{
		reason: "several measurements need an interval",
		change: "interval: null",
		want:   []string{at + ": interval must be specified when count is more than 1"},
	},
	{reason: "one measurement needs none", change: "interval: null, count: '1'"},
	{reason: "an interval without a count has no end, as a background analysis may", change: "count: null"},
	{
		reason: "a source is needed",
		change: "provider: {prometheus: null}",
		want:   []string{at + ".provider: provider needs a source: prometheus"},
	},
	{
		reason: "no provider at all",
		change: "provider: null",
		want:   []string{at + ".provider: Required value"},
	},
}

const badInterval = at + ".interval: interval must be a duration longer than 0s, such as 30s, 5m or 1h30m"

var limitRules = []rule{
	{reason: "limits as numbers and as strings", change: "failureLimit: 3, inconclusiveLimit: '3', consecutiveErrorLimit: 0, consecutiveSuccessLimit: '7'"},
	{
		reason: "limits are not negative",
		change: "count: null, inconclusiveLimit: -1, consecutiveErrorLimit: -1, consecutiveSuccessLimit: '-1'",
		want: []string{
			at + ".inconclusiveLimit: inconclusiveLimit must be a whole number from 0 to 1000000, such as 3",
			at + ".consecutiveErrorLimit: consecutiveErrorLimit must be a whole number from 0 to 1000000, such as 4",
			at + ".consecutiveSuccessLimit: consecutiveSuccessLimit must be a whole number from 0 to 1000000, such as 5",
		},
	},
	{
		reason: "a negative count",
		change: "count: -1",
		want:   []string{at + ".count: count must be a whole number from 0 to 1000000, such as 10"},
	},
	{
		reason: "a count that is no number",
		change: "count: ten",
		want:   []string{at + ".count: count must be a whole number from 0 to 1000000, such as 10"},
	},
	{
		reason: "no limit on failures and none on successes: nothing would ever be decided",
		change: "count: null, failureLimit: -1",
		want:   []string{at + ": failureLimit and consecutiveSuccessLimit cannot both be disabled: with failureLimit -1, write a consecutiveSuccessLimit of at least 1"},
	},
	{reason: "no limit on failures, but one on successes", change: "count: null, failureLimit: '-1', consecutiveSuccessLimit: 3"},
	{
		reason: "below -1 there is nothing to disable",
		change: "failureLimit: -2, consecutiveSuccessLimit: 3",
		want:   []string{at + ".failureLimit: failureLimit must be a whole number from 0 to 1000000, such as 3, or -1 to disable it"},
	},
	{
		reason: "more failures tolerated than measurements made",
		change: "count: 3, failureLimit: 4",
		want:   []string{at + ": count must be at least failureLimit + consecutiveSuccessLimit: otherwise the limits could never be reached"},
	},
	{
		reason: "more successes wanted than measurements made",
		change: "count: 3, failureLimit: 1, consecutiveSuccessLimit: 3",
		want:   []string{at + ": count must be at least failureLimit + consecutiveSuccessLimit: otherwise the limits could never be reached"},
	},
	{reason: "a count of 0 is no count", change: "count: 0, failureLimit: 4"},
	{
		reason: "more doubts tolerated than measurements made",
		change: "count: 3, inconclusiveLimit: 4",
		want:   []string{at + ": count must be at least inconclusiveLimit: otherwise the limit could never be reached"},
	},
}

var prometheusRules = []rule{
	{
		reason: "a query and a comparison",
		change: "provider: {prometheus: {canary: {bad: a, total: b}, baseline: {bad: a, total: b}}}",
		want: []string{
			at + ".provider.prometheus: prometheus needs either a query, or canary and baseline",
		},
	},
	{
		reason: "neither",
		change: "provider: {prometheus: {query: null}}",
		want:   []string{at + ".provider.prometheus: prometheus needs either a query, or canary and baseline"},
	},
	{reason: "an address from an argument", change: "provider: {prometheus: {address: '{{args.prometheus}}'}}"},
	{
		reason: "an address that is no URL",
		change: "provider: {prometheus: {address: 'prometheus:9090'}}",
		want:   []string{at + ".provider.prometheus.address: address must be a URL, such as http://prometheus.monitoring:9090, or an argument, such as {{args.prometheus}}"},
	},
	{
		reason: "a timeout of nothing",
		change: "provider: {prometheus: {timeout: 0}}",
		want:   []string{at + ".provider.prometheus.timeout: " + at + ".provider.prometheus.timeout in body should be greater than or equal to 1"},
	},
	{
		reason: "a header given twice",
		change: "provider: {prometheus: {headers: [{key: a, value: x}, {key: a, value: z}]}}",
		want:   []string{at + `.provider.prometheus.headers[1]: Duplicate value: {"key":"a"}`},
	},
	{
		reason: "two kinds of authentication",
		change: "provider: {prometheus: {authentication: {bearerToken: t, basicAuth: {username: u, password: p}}}}",
		want:   []string{at + ".provider.prometheus.authentication: authentication must be one of basicAuth, bearerToken or oauth2"},
	},
}

var judgeRules = []rule{
	{reason: "a judge is accepted"},
	{
		reason: "a judge without a method",
		change: "judge: {proportion: null}",
		want:   []string{oneMethod},
	},
	{
		reason: "a judge and a condition",
		change: "failureCondition: result > 1",
		want:   []string{at + ": a metric has either a judge or conditions, not both"},
	},
	{
		reason: "a judge that looks once",
		change: "interval: null",
		want:   []string{at + ": a judge needs an interval, such as 15s: it compares what was counted from one look to the next"},
	},
	{
		reason: "a judge of a query",
		change: "provider: {prometheus: {canary: null, baseline: null, query: up}}",
		want:   []string{at + ": a judge needs provider.prometheus.canary and .baseline to compare"},
	},
	{
		reason: "a canary that is compared with nothing",
		change: "provider: {prometheus: {baseline: null}}",
		want:   []string{wantsBaseline},
	},
	{
		reason: "a baseline alone",
		change: "provider: {prometheus: {canary: null}}",
		want: []string{
			at + ".provider.prometheus: baseline is what the canary is compared with; write canary, too",
			at + ".provider.prometheus: prometheus needs either a query, or canary and baseline",
			at + ": a judge needs provider.prometheus.canary and .baseline to compare",
		},
	},
	{reason: "tolerances", change: "judge: {proportion: {tolerance: {relative: '12.5%'}, minRequests: 1}}"},
	{
		reason: "a tolerance without its sign",
		change: "judge: {proportion: {tolerance: {relative: '0.25'}}}",
		want:   []string{at + ".judge.proportion.tolerance.relative: tolerance.relative must be a percentage, such as 25%"},
	},
	{
		reason: "a direction that is not there yet",
		change: "judge: {proportion: {worse: lower}}",
		want:   []string{at + `.judge.proportion.worse: supported values: "higher"`},
	},
	{
		reason: "no requests are no evidence",
		change: "judge: {proportion: {minRequests: 0}}",
		want:   []string{at + ".judge.proportion.minRequests: " + at + ".judge.proportion.minRequests in body should be greater than or equal to 1"},
	},
	{
		reason: "selectors whose labels look like ranges and functions are accepted",
		change: `provider: {prometheus: {canary: {bad: 'e{path=~"(a|b)[0-9]"}', total: "  {__name__=\"r\",v=\"rate(\"}\n"}}}`,
	},
	{
		reason: "a rate and a range are not raw counters",
		change: `provider: {prometheus: {canary: {bad: 'rate(e[5m])', total: 'r{v="2"}[5m]'}, baseline: {bad: 'sum by (v) (e)', total: 'sum without(v) (r)'}}}`,
		want: []string{
			at + ".provider.prometheus.canary.bad: " + rawCounter("bad"), at + ".provider.prometheus.canary.total: " + rawCounter("total"),
			at + ".provider.prometheus.baseline.bad: " + rawCounter("bad"), at + ".provider.prometheus.baseline.total: " + rawCounter("total"),
		},
	},
}

// rawCounter is what is said about a selector that is none.
func rawCounter(field string) string {
	return field + " must be the selector of a raw counter, such as http_requests_total{job='web'}, without a function and without a range: Serin takes the differences itself"
}

func TestAnalysisTemplate(t *testing.T) {
	check(t, template, templateRules)
	for _, table := range [][]rule{thresholdRules, limitRules, prometheusRules} {
		check(t, template, withMetric(t, threshold, table))
	}
	check(t, template, withMetric(t, judged, judgeRules))
}

// clusterTemplateRules are the rules that differ; the rest of the type is shared.
var clusterTemplateRules = []rule{
	{reason: "a template of the same name in a namespace is another one", change: "spec: {templates: [{templateName: golden-signals}]}"},
	{
		reason: "a cluster template that includes itself",
		change: "spec: {templates: [{templateName: golden-signals, clusterScope: true}]}",
		want:   []string{"<nil>: a template cannot include itself; remove its own name from spec.templates"},
	},
	{
		reason: "the shared rules hold here, too",
		change: "spec: {metrics: []}",
		want:   []string{"spec: a template needs metrics of its own or templates to include"},
	},
}

func TestClusterAnalysisTemplate(t *testing.T) {
	check(t, strings.Replace(template, "kind: ", "kind: Cluster", 1), clusterTemplateRules)
}

// withMetric turns changes of a metric into changes of a template with that metric.
func withMetric(t *testing.T, metric string, rules []rule) []rule {
	t.Helper()
	var wrapped []rule
	for _, rule := range rules {
		content := merge(parse(t, metric), parse(t, flow(rule.change)))
		rule.change = text(t, map[string]any{"spec": map[string]any{"metrics": []any{content}}})
		wrapped = append(wrapped, rule)
	}
	return wrapped
}

// flow makes one YAML map of "key: value, key: value".
func flow(change string) string { return "{" + change + "}" }
