package convert

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// templateName is the name of the template that is made of a Canary's metrics.
func (k *canary) templateName() string {
	if k.d.name != "" {
		return k.d.name
	}
	return k.name
}

// releaseArgs are the values that the Rollout gives.
func (k *canary) releaseArgs() *yaml.Node {
	out := list()
	field := func(path string) *yaml.Node { return flow(mapping("fieldRef", flow(mapping("fieldPath", str(path))))) }
	hash := func(which string) *yaml.Node { return flow(mapping("podTemplateHashValue", str(which))) }
	sources := map[string]*yaml.Node{
		"namespace": field("metadata.namespace"), "target": field("metadata.name"), "canary-hash": hash("Latest"), "stable-hash": hash("Stable"),
	}
	for _, name := range k.args.names {
		if source := sources[name]; source != nil && !k.args.given[name] {
			out.Content = append(out.Content, flow(mapping("name", str(name), "valueFrom", source)))
		}
	}
	if len(out.Content) == 0 {
		return nil
	}
	return out
}

// template makes an AnalysisTemplate of the Canary's metrics; nil when there are none
// that can be converted.
func (k *canary) template() *yaml.Node {
	metrics := list()
	lost := &yaml.Node{}
	for i, in := range items(child(k.analysis, "metrics")) {
		at := field{key: &yaml.Node{}, value: in, path: fmt.Sprintf("%s.metrics[%d]", k.analysisPath, i)}
		metric := k.metric(at)
		if metric == nil {
			lost.HeadComment = joinComments(lost.HeadComment, at.key.HeadComment)
			continue
		}
		if problem := metricProblem(metric, k.args.defaults()); problem != "" {
			k.refuse(at, "what was converted cannot be used: "+problem, "correct it and convert again")
			lost.HeadComment = joinComments(lost.HeadComment, at.key.HeadComment)
			continue
		}
		metric.HeadComment = joinComments(in.HeadComment, at.key.HeadComment)
		metrics.Content = append(metrics.Content, metric)
	}
	if len(metrics.Content) == 0 {
		return nil
	}
	meta := mapping("name", str(k.templateName()))
	if k.d.namespace != "" {
		put(meta, "namespace", str(k.d.namespace))
	}
	spec := mapping("args", k.args.declare())
	key := put(spec, "metrics", metrics)
	key.HeadComment = joinComments(lost.HeadComment, asComment("changed: a query that fails, no data and NaN decide nothing in Serin: the release holds until there is an answer (Flagger: a failed check, and at the threshold a rollback)"))
	return mapping("apiVersion", str(v1alpha1.GroupVersion.String()), "kind", str("AnalysisTemplate"), "metadata", meta, "spec", spec)
}

// metric converts one metric.
func (k *canary) metric(f field) *yaml.Node {
	name := text(child(f.value, "name"))
	if f.value.Kind != yaml.MappingNode || name == "" {
		k.refuse(f, "a metric needs a name", "write it")
		return nil
	}
	reference, inline := child(f.value, "templateRef"), text(child(f.value, "query"))
	window := k.window(f)
	var out *yaml.Node
	switch {
	case reference != nil:
		out = k.custom(f, reference, window)
	case inline != "":
		out = k.inline(f, window)
	case name == "request-success-rate":
		return k.finish(f, k.successRate(f, window))
	case name == "request-duration":
		out = k.requestDuration(f, window)
	default:
		k.refuse(f, fmt.Sprintf("metric %q is neither builtin (request-success-rate, request-duration) nor has it a templateRef or a query", name), "write a templateRef")
	}
	if out == nil {
		return nil
	}
	condition := k.condition(f, name)
	if condition == "" {
		k.refuse(f, "it has no limit that could ever be passed or broken", "write thresholdRange")
		return nil
	}
	put(out, "successCondition", str(condition))
	put(out, "failureLimit", integer(k.failureLimit()))
	return k.finish(f, out)
}

// finish orders a metric's fields, and says which parts of the input it is made of.
func (k *canary) finish(f field, made *yaml.Node) *yaml.Node {
	if made == nil {
		return nil
	}
	name := str(text(child(f.value, "name")))
	out := mapping("name", name, "interval", str(k.quietInterval()))
	for _, field := range []string{"successCondition", "failureLimit", "judge", "provider"} {
		if value := child(made, field); value != nil {
			put(out, field, value)
		}
	}
	k.trace.move(child(f.value, "name"), name)
	for _, part := range []string{"interval", "query", "threshold"} {
		k.trace.move(child(f.value, part), out)
	}
	for _, part := range [][2]string{{"thresholdRange", "min"}, {"thresholdRange", "max"}, {"templateRef", "name"}, {"templateRef", "namespace"}} {
		k.trace.move(child(f.value, part[0], part[1]), out)
	}
	return out
}

func oneOf(text string, among ...string) bool {
	for _, one := range among {
		if text == one {
			return true
		}
	}
	return false
}

// quietInterval is analysis.interval; steps says what is wrong with it.
func (k *canary) quietInterval() string {
	if interval := text(child(k.analysis, "interval")); plainDuration.MatchString(interval) {
		return interval
	}
	return "1m"
}

// window is the metric's interval, which in Flagger is the range of its query.
func (k *canary) window(f field) string {
	if window := text(child(f.value, "interval")); plainDuration.MatchString(window) {
		return window
	}
	return "1m"
}

// failureLimit is how many failures are tolerated before the one that reaches the
// threshold.
func (k *canary) failureLimit() int {
	threshold, ok := number(child(k.analysis, "threshold"))
	if !ok || threshold < 1 {
		return 0
	}
	return int(min(threshold, 1_000_000)) - 1
}

// condition is what thresholdRange asks, or the old threshold.
func (k *canary) condition(f field, name string) string {
	low, high := text(child(f.value, "thresholdRange", "min")), text(child(f.value, "thresholdRange", "max"))
	if old := child(f.value, "threshold"); old != nil && low+high == "" {
		if name == "request-success-rate" {
			low = old.Value
		} else {
			high = old.Value
		}
	}
	var parts []string
	for _, part := range []struct{ sign, limit string }{{">=", low}, {"<=", high}} {
		if _, err := strconv.ParseFloat(part.limit, 64); err == nil {
			parts = append(parts, "result[0] "+part.sign+" "+part.limit)
		}
	}
	return strings.Join(parts, " && ")
}

// address is where to ask.
func (k *canary) address() *yaml.Node {
	server := child(k.spec, "metricsServer")
	if text(server) == "" {
		return nil
	}
	return k.trace.keep(server)
}

// inline converts a query that stands in the Canary.
func (k *canary) inline(f field, window string) *yaml.Node {
	expression, ok := k.expression(f, text(child(f.value, "query")), window, nil)
	if !ok {
		return nil
	}
	return mapping("provider", mapping("prometheus", mapping("address", k.address(), "query", expression)))
}

// custom converts a metric of a MetricTemplate.
func (k *canary) custom(f field, reference *yaml.Node, window string) *yaml.Node {
	name, namespace := text(child(reference, "name")), text(child(reference, "namespace"))
	if namespace == "" {
		namespace = k.d.namespace
	}
	template := k.find("MetricTemplate", name, namespace)
	if template == nil {
		k.refuse(f, fmt.Sprintf("MetricTemplate %q is not among the inputs", name), "convert both files together")
		return nil
	}
	if why, instead, ok := flaggerSource(child(template.root, "spec", "provider")); !ok {
		k.refuse(f, fmt.Sprintf("MetricTemplate %q: %s", name, why), instead)
		return nil
	}
	expression, ok := k.expression(f, text(child(template.root, "spec", "query")), window, child(f.value, "templateVariables"))
	if !ok {
		return nil
	}
	k.variables(f, text(child(template.root, "spec", "query")), expression)
	source := mapping("prometheus", k.prometheus(template, expression, &k.args, text(child(f.value, "name"))))
	k.take(template)
	return mapping("provider", source)
}

// variables says which templateVariables the query uses.
func (k *canary) variables(f field, query string, expression *yaml.Node) {
	variables := child(f.value, "templateVariables")
	for i := 0; variables != nil && i+1 < len(variables.Content); i += 2 {
		name, value := variables.Content[i].Value, variables.Content[i+1]
		if strings.Contains(query, "variables."+name) {
			k.trace.move(value, expression)
		} else {
			k.omit(field{value: value, path: f.path + ".templateVariables." + name}, "the query does not use it")
		}
	}
}

// take says that a MetricTemplate is part of another template now.
func (k *canary) take(template *document) {
	if !k.consumed[template] {
		k.consumed[template] = true
		k.outputs[template] = nil
		previous := k.current
		k.current = template
		k.note(Changed, field{value: template.root}, fmt.Sprintf("it is part of AnalysisTemplate %s: in Serin limit and query stand together", k.templateName()), "")
		k.current = previous
	}
	for _, path := range [][]string{{"apiVersion"}, {"kind"}, {"metadata"}, {"status"}, {"spec", "query"}} {
		k.trace.mark(child(template.root, path...), Changed)
	}
}

// objective is what is left of 100 %.
func objective(limit string) (string, bool) {
	value, ok := new(big.Rat).SetString(limit)
	if !ok {
		return "", false
	}
	rest := new(big.Rat).Sub(big.NewRat(100, 1), value)
	if rest.Sign() <= 0 || rest.Cmp(big.NewRat(100, 1)) >= 0 {
		return "", false
	}
	formatted := strings.TrimRight(strings.TrimRight(rest.FloatString(6), "0"), ".")
	return formatted + "%", formatted != "0"
}
