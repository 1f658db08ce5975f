package convert

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// metric is the rule of a metric. One that cannot be converted is left out.
func (m metricContext) metric(c *conversion, f field) *yaml.Node {
	name := text(child(f.value, "name"))
	for _, dry := range m.dry {
		if dry.MatchString(name) {
			c.refuse(f, fmt.Sprintf("metric %q is in dryRun, and Serin has no dry run in a release: it is left out, rather than let it count", name), "try it offline with serin replay or serin backtest")
			return nil
		}
	}
	if why, instead, ok := convertible(f.value); !ok {
		c.refuse(f, fmt.Sprintf("metric %q: %s", name, why), instead)
		return nil
	}
	out := c.fields(f, table{
		"name": keepText, "interval": m.duration, "initialDelay": m.duration,
		"count": m.limit, "failureLimit": m.limit, "inconclusiveLimit": m.limit, "consecutiveSuccessLimit": m.limit,
		"consecutiveErrorLimit": func(c *conversion, f field) *yaml.Node {
			c.changed(f, "errors in a row never roll back here; this decides when the metric is reported as blind")
			return m.limit(c, f)
		},
		"successCondition": condition, "failureCondition": condition,
		"provider": object(table{"prometheus": prometheus}),
	})
	if out == nil {
		return nil
	}
	if problem := metricProblem(out, m.defaults); problem != "" {
		instead := "correct it and convert again"
		for _, name := range []string{"successCondition", "failureCondition"} {
			if condition := child(f.value, name); condition != nil && condition.LineComment != "" {
				instead = "for YAML a # begins a comment: put quotes around " + name
			}
		}
		c.refuse(f, fmt.Sprintf("metric %q: %s", name, problem), instead)
		return nil
	}
	m.explain(c, f)
	return out
}

// explain says what is better, and what has another meaning as a whole.
func (m metricContext) explain(c *conversion, f field) {
	count, hasCount := number(child(f.value, "count"))
	limit, _ := number(child(f.value, "failureLimit"))
	if hasCount && count > 0 && count <= limit {
		c.changed(f, "with count %g and failureLimit %g Argo Rollouts passes when every measurement fails; in Serin one must succeed", count, limit)
	}
	query := text(child(f.value, "provider", "prometheus", "query"))
	if share.MatchString(query) && !strings.Contains(query, "histogram_quantile") {
		c.hint(f, "this divides rates of counters: judge.proportion would compare the counts of canary and stable version, and judge.objective hold the canary's against a limit, each request counted once (docs/convert.md)")
	} else if strings.Contains(query, "histogram_quantile") {
		c.hint(f, "this is a quantile of buckets: judge.histogram would compare the buckets of canary and stable version (docs/convert.md)")
	}
}

// share finds the quotient of two rates.
var share = regexp.MustCompile(`(?s)(rate|increase)\s*\(.*\)\s*/\s*.*(rate|increase)\s*\(`)

// duration is the rule of a duration of a metric, which Serin does not take from an
// argument.
func (m metricContext) duration(c *conversion, f field) *yaml.Node {
	return m.resolved(c, f, "an interval or delay is not taken from an argument")
}

// limit is the rule of a number of a metric.
func (m metricContext) limit(c *conversion, f field) *yaml.Node {
	return m.resolved(c, f, "a number is not taken from an argument")
}

// resolved puts an argument's default in its place.
func (m metricContext) resolved(c *conversion, f field, why string) *yaml.Node {
	out := c.trace.keep(f.value)
	if !strings.Contains(out.Value, "{{") {
		return out
	}
	value, complete := fill(out.Value, m.defaults)
	if !complete {
		c.refuse(f, fmt.Sprintf("%s: %s", f.value.Value, why), "write the value itself")
		return nil
	}
	c.changed(f, "%s is the argument's default, %s here: %s", f.value.Value, value, why)
	out.Value, out.Tag, out.Style = value, "", 0
	if _, err := strconv.Atoi(value); err != nil {
		out.Tag = "!!str"
	}
	return out
}

// argumentUse finds {{args.name}}.
var argumentUse = regexp.MustCompile(`\{\{\s*args\.([^}\s]+)\s*\}\}`)

// fill puts values in the place of arguments, and says whether it had all.
func fill(text string, values map[string]string) (string, bool) {
	complete := true
	filled := argumentUse.ReplaceAllStringFunc(text, func(found string) string {
		value, known := values[argumentUse.FindStringSubmatch(found)[1]]
		complete = complete && known
		return value
	})
	return filled, complete && !strings.Contains(filled, "{{")
}

var (
	// ofNothing finds what has an answer without data in Argo Rollouts.
	ofNothing = regexp.MustCompile(`\b(all|any|none|one|count|mean|median|sum|filter|map)\s*\(\s*result`)
	// ofWhole finds functions that ignore their argument there.
	ofWhole = regexp.MustCompile(`\b(isNil|default)\s*\(`)
)

// condition is the rule of a condition.
func condition(c *conversion, f field) *yaml.Node {
	value := text(f.value)
	if value == "" {
		c.omit(f, "it is empty")
		return nil
	}
	if ofNothing.MatchString(value) {
		c.changed(f, "of no data this is neither true nor false here: the release holds (Argo Rollouts: all and none of nothing pass, any and mean of nothing fail)")
	}
	if ofWhole.MatchString(value) {
		c.changed(f, "isNil and default look at their argument here (Argo Rollouts: always at the whole result)")
	}
	return keepText(c, f)
}

// prometheus is the rule of provider.prometheus.
func prometheus(c *conversion, f field) *yaml.Node {
	out := c.fields(f, table{
		"address": func(c *conversion, f field) *yaml.Node {
			if text(f.value) == "" {
				c.omit(f, "it is empty; the controller's --prometheus-address is asked")
				return nil
			}
			return keepText(c, f)
		},
		"query": query,
		"timeout": func(c *conversion, f field) *yaml.Node {
			seconds, ok := number(f.value)
			if ok && seconds >= 1 && seconds <= 600 {
				return keep(c, f)
			}
			c.refuse(f, fmt.Sprintf("a timeout of %s seconds cannot be used", f.value.Value), "write 1 to 600; without it a query may take 30 seconds")
			return nil
		},
		"insecure": keep,
		"headers":  listOf(object(table{"key": keepText, "value": keepText})),
		"authentication": object(table{
			"basicAuth": object(table{"username": keepText, "password": keepText}),
			"oauth2": object(table{
				"tokenUrl": keepText, "clientId": keepText, "clientSecret": keepText, "scopes": keep,
			}),
			"sigv4": refused("Serin does not sign requests for AWS", "ask through a proxy that does, such as aws-sigv4-proxy, and write its address"),
		}),
	})
	return out
}

// query is the rule of a query of Argo Rollouts.
func query(c *conversion, f field) *yaml.Node {
	out := keepText(c, f)
	const theirs, ours = "rollouts_pod_template_hash", "serin_dev_pod_template_hash"
	if strings.Contains(out.Value, theirs) {
		c.changed(f, "the label %s is %s here, as Prometheus names Serin's label %s", theirs, ours, v1alpha1.LabelPodTemplateHash)
		out.Value = strings.ReplaceAll(out.Value, theirs, ours)
	}
	return out
}

// convertible says whether a metric has a source that Serin can ask, and conditions.
func convertible(metric *yaml.Node) (why, instead string, ok bool) {
	provider := child(metric, "provider")
	switch {
	case metric.Kind != yaml.MappingNode:
		return "this should be an object with fields", "write it as one", false
	case provider == nil || len(provider.Content) == 0:
		return "it has no provider", "write provider.prometheus", false
	case child(provider, "prometheus") == nil || len(provider.Content) > 2:
		return refuseProvider(provider)
	case child(provider, "prometheus", "rangeQuery") != nil:
		return "Serin asks for the value at the time of the measurement, not for a range of values",
			"put the range into the query, such as max_over_time((…)[5m:30s]), and write the condition on result[0]", false
	case text(child(metric, "successCondition")) == "" && text(child(metric, "failureCondition")) == "":
		return "it has no condition: Argo Rollouts passes it whenever the query works, so it judges nothing", "write a successCondition, or a judge", false
	}
	return "", "", true
}

// refuseProvider says of a source that Serin does not ask what would be equivalent.
func refuseProvider(provider *yaml.Node) (why, instead string, ok bool) {
	name := provider.Content[0].Value
	if len(provider.Content) > 2 {
		return "it has more than one provider", "make a metric of each", false
	}
	prometheusOnly := func(system string) string {
		return "Serin reads metrics from Prometheus and what speaks its HTTP API, not from " + system
	}
	known := map[string][2]string{
		"datadog":    {prometheusOnly("Datadog"), "scrape the same numbers with Prometheus (the application's /metrics), and write the query in PromQL"},
		"newRelic":   {prometheusOnly("New Relic by NRQL"), "New Relic has a Prometheus-compatible query API (prometheus-api.newrelic.com): write it as provider.prometheus.address with an Api-Key header, and the query in PromQL"},
		"wavefront":  {prometheusOnly("Wavefront"), "scrape the same numbers with Prometheus, and write the query in PromQL"},
		"graphite":   {prometheusOnly("Graphite"), "export the same numbers with graphite_exporter, and write the query in PromQL"},
		"influxdb":   {prometheusOnly("InfluxDB by Flux"), "scrape the same numbers with Prometheus, and write the query in PromQL"},
		"cloudWatch": {prometheusOnly("CloudWatch"), "export the same numbers with yet-another-cloudwatch-exporter, and write the query in PromQL; mind that CloudWatch is minutes late"},
		"skywalking": {prometheusOnly("SkyWalking by GraphQL"), "SkyWalking answers PromQL on its own port (9090): write it as provider.prometheus.address, and the query in PromQL"},
		"kayenta":    {"Serin judges by itself and asks no Kayenta", "convert the canary config that canaryConfigName names: serin convert --from kayenta config.json"},
		"web":        {"Serin asks no web service for a verdict", "let the service export what it knows as metrics, and write a query; for a decision by hand write a step pause: {}"},
		"job":        {"Serin starts no Jobs", "let the Job push its outcome as a metric (Pushgateway), and write a query; for a check before the release run it in the pipeline"},
		"plugin":     {"Serin has no plugins for metrics", "let the source export its numbers to Prometheus, and write a query"},
	}
	if found, is := known[name]; is {
		return fmt.Sprintf("provider.%s: %s", name, found[0]), found[1], false
	}
	return fmt.Sprintf("provider.%s is no provider that serin convert knows", name), "write provider.prometheus", false
}
