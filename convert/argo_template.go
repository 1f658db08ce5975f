package convert

import (
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// templateKey identifies an AnalysisTemplate, or a ClusterAnalysisTemplate.
type templateKey struct {
	name    string
	cluster bool
}

func keyOfTemplate(d *document) templateKey {
	return templateKey{d.name, d.kind == "ClusterAnalysisTemplate"}
}

// keyOfReference is the template that a reference names.
func keyOfReference(node *yaml.Node) templateKey {
	return templateKey{text(child(node, "templateName")), isTrue(child(node, "clusterScope"))}
}

// blindness is what all thresholds have in common.
const blindness = "a query that fails, no data and NaN decide nothing in Serin: the release holds until there is an answer " +
	"(Argo Rollouts: errors roll back, and NaN fails or passes as the condition is phrased); " +
	"a run without a successful measurement is Inconclusive, not Successful"

// argoTemplateSpec is the rule of a template's spec.
func argoTemplateSpec(c *conversion, f field) *yaml.Node {
	context := newMetricContext(f.value)
	out := c.fields(f, table{
		"args":                 listOf(templateArgument),
		"metrics":              context.metrics,
		"templates":            listOf(aliveTemplate),
		"dryRun":               dryRun,
		"measurementRetention": gone("Serin keeps the last measurements of each metric"),
	})
	return out
}

// argoRunSpec is the rule of an AnalysisRun's spec.
func argoRunSpec(c *conversion, f field) *yaml.Node {
	context := newMetricContext(f.value)
	out := c.fields(f, table{
		"args":                 listOf(templateArgument),
		"metrics":              context.metrics,
		"terminate":            keep,
		"dryRun":               dryRun,
		"measurementRetention": gone("Serin keeps the last measurements of each metric"),
		"ttlStrategy":          refused("Serin removes finished runs by number, not by age", "for the runs of a Rollout, write spec.analysis.successfulRunHistoryLimit there; delete others by hand"),
	})
	if out != nil && len(items(child(out, "metrics"))) == 0 {
		c.missing(f, "metrics", "no metric is left, and a run without metrics cannot be applied", "write its metrics for Prometheus")
		return nil
	}
	return out
}

// templateArgument is the rule of an argument that a template declares.
func templateArgument(c *conversion, f field) *yaml.Node {
	return c.fields(f, table{
		"name": keepText, "value": keepText,
		"valueFrom": func(c *conversion, f field) *yaml.Node {
			out := c.fields(f, table{
				"secretKeyRef": object(table{"name": keepText, "key": keepText}),
				"fieldRef":     refused("an argument of a template has a value of its own or one from a Secret", "give it in the Rollout: args: [{name: …, valueFrom: {fieldRef: …}}]"),
				"podTemplateHashValue": refused("an argument of a template has a value of its own or one from a Secret",
					"give it in the Rollout: args: [{name: …, valueFrom: {podTemplateHashValue: …}}]"),
			})
			if out != nil && len(out.Content) == 0 {
				return nil
			}
			return out
		},
	})
}

// aliveTemplate is the rule of a reference to a template: one of which nothing could be
// converted is left out.
func aliveTemplate(c *conversion, f field) *yaml.Node {
	if c.dead[keyOfReference(f.value)] {
		c.refuse(f, fmt.Sprintf("nothing of template %q could be converted", text(child(f.value, "templateName"))), "see the findings there")
		return nil
	}
	return c.fields(f, table{"templateName": keepText, "clusterScope": keep})
}

// dryRun is the rule of dryRun.
func dryRun(c *conversion, f field) *yaml.Node {
	if isNull(f.value) || len(f.value.Content) == 0 {
		c.omit(f, "it names no metric")
		return nil
	}
	c.refuse(f, "Serin has no dry run in a release: a metric counts, or it is not there",
		"try the metrics offline with serin replay or serin backtest; then put them into a template that releases use")
	return nil
}

// metricContext is what a metric's rules know of the template around it.
type metricContext struct {
	// defaults are the values of the template's arguments.
	defaults map[string]string
	// dry are the expressions of dryRun.
	dry []*regexp.Regexp
}

func newMetricContext(spec *yaml.Node) metricContext {
	context := metricContext{defaults: map[string]string{}}
	for _, argument := range items(child(spec, "args")) {
		if value := child(argument, "value"); value != nil && !isNull(value) {
			context.defaults[text(child(argument, "name"))] = value.Value
		}
	}
	for _, rule := range items(child(spec, "dryRun")) {
		if expression, err := regexp.Compile(text(child(rule, "metricName"))); err == nil && text(child(rule, "metricName")) != "" {
			context.dry = append(context.dry, expression)
		}
	}
	return context
}

// metrics is the rule of a list of metrics.
func (m metricContext) metrics(c *conversion, f field) *yaml.Node {
	out := c.each(f, m.metric)
	if out == nil || len(out.Content) == 0 && len(f.value.Content) > 0 {
		return nil
	}
	c.changed(field{key: f.key, value: f.value, path: f.path}, blindness)
	return out
}

// findDeadTemplates finds the templates of which nothing can be converted, so that
// what refers to them can be converted in one go.
func (c *conversion) findDeadTemplates() {
	alive := map[templateKey]bool{}
	includes := map[templateKey][]templateKey{}
	for _, d := range c.documents {
		if d.source != Argo || d.kind != "AnalysisTemplate" && d.kind != "ClusterAnalysisTemplate" {
			continue
		}
		key := keyOfTemplate(d)
		trial := newConversion(c.options)
		trial.current = d
		c.dead[key] = true
		if spec := child(d.root, "spec"); spec != nil {
			out := argoTemplateSpec(trial, field{key: &yaml.Node{}, value: spec, path: "spec"})
			alive[key] = alive[key] || len(items(child(out, "metrics"))) > 0
			for _, reference := range items(child(out, "templates")) {
				includes[key] = append(includes[key], keyOfReference(reference))
			}
		}
	}
	for again := true; again; {
		again = false
		for key := range c.dead {
			lives := alive[key]
			for _, included := range includes[key] {
				lives = lives || !c.dead[included]
			}
			if lives {
				delete(c.dead, key)
				again = true
			}
		}
	}
}
