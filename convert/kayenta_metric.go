package convert

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// metrics converts the metrics.
func (k *canaryConfig) metrics() *yaml.Node {
	out := list()
	names := map[string]bool{}
	for i, in := range items(child(k.config, "metrics")) {
		f := field{key: &yaml.Node{}, value: in, path: join(k.path, fmt.Sprintf("metrics[%d]", i))}
		metric := k.metric(f, names)
		if metric != nil {
			if problem := metricProblem(metric, k.args.defaults()); problem != "" {
				k.refuse(f, "what was converted cannot be used: "+problem, "correct it and convert again")
				metric = nil
			}
		}
		if metric == nil {
			k.top.HeadComment = joinComments(k.top.HeadComment, f.key.HeadComment)
			continue
		}
		metric.HeadComment = f.key.HeadComment
		out.Content = append(out.Content, metric)
	}
	k.templates()
	return out
}

// metric converts one metric.
func (k *canaryConfig) metric(f field, names map[string]bool) *yaml.Node {
	in, name := f.value, text(child(f.value, "name"))
	settings := child(in, "analysisConfigurations", "canary")
	sub := func(name string) field {
		return field{key: f.key, value: child(in, name), path: f.path + "." + name}
	}
	switch kind := queryType(child(in, "query")); {
	case in.Kind != yaml.MappingNode || name == "":
		k.refuse(f, "a metric needs a name", "write it")
		return nil
	case isTrue(child(settings, "muted")):
		k.refuse(f, fmt.Sprintf("metric %q is muted: it does not count, and Serin has no metric that does not count in a release", name), "try it offline with serin replay or serin backtest")
		return nil
	case kind != "prometheus":
		k.refuse(f, fmt.Sprintf("metric %q: Serin reads metrics from Prometheus and what speaks its HTTP API, not from %s", name, orNothing(kind)),
			"export the same numbers to Prometheus, and write both queries in PromQL")
		return nil
	}
	canary, baseline, ok := k.queries(f, child(in, "query"))
	if !ok {
		return nil
	}
	title := str(unique(shortName(name), names))
	k.trace.move(child(in, "name"), title)
	out := mapping("name", title, "interval", clone(k.interval), "initialDelay", clone(k.delay), "count", clone(k.count), "judge", mapping("mannWhitney", k.mannWhitney(f, settings)))
	if groups := sub("groups"); len(items(groups.value)) > 0 {
		put(out, "groups", k.trace.keep(groups.value))
	} else if groups.value != nil {
		k.omit(groups, "it is empty")
	}
	put(out, "provider", mapping("prometheus", mapping("canary", mapping("query", canary), "baseline", mapping("query", baseline))))
	if scope := sub("scopeName"); scope.value != nil {
		if scope.value.Value == "default" || isNull(scope.value) {
			k.omit(scope, "there is one scope")
		} else {
			k.refuse(scope, "all metrics share the arguments canary-scope and baseline-scope", "give this metric's queries arguments of their own")
		}
	}
	return out
}

func orNothing(kind string) string {
	if kind == "" {
		return "an unnamed source"
	}
	return kind
}

// unique is a name that no other metric has.
func unique(name string, names map[string]bool) string {
	candidate := name
	for i := 2; names[candidate]; i++ {
		candidate = fmt.Sprintf("%.58s-%d", name, i)
	}
	names[candidate] = true
	return candidate
}

func queryType(query *yaml.Node) string {
	if kind := text(child(query, "type")); kind != "" {
		return kind
	}
	return text(child(query, "serviceType"))
}

// mannWhitney converts how a metric is judged. What Kayenta has as a default is written
// out: in Serin it has to be said.
func (k *canaryConfig) mannWhitney(f field, settings *yaml.Node) *yaml.Node {
	path := f.path + ".analysisConfigurations.canary"
	out := mapping()
	direction := text(child(settings, "direction"))
	switch direction {
	case "increase", "decrease", "either":
		put(out, "direction", k.trace.keep(child(settings, "direction")))
	default:
		k.changed(f, "direction is either, which is Kayenta's default: name the one that is worse")
		k.trace.move(child(settings, "direction"), put(out, "direction", str("either")))
		direction = "either"
	}
	critical := isTrue(child(settings, "critical"))
	put(out, "effectSize", k.effectSize(f, child(settings, "effectSize"), direction, critical, path))
	for _, name := range []string{"nanStrategy", "critical", "mustHaveData", "outliers", "muted"} {
		value := child(settings, name)
		switch at := (field{value: value, path: path + "." + name}); {
		case value == nil:
		case name == "muted":
			k.omit(at, "it counts")
		case name == "outliers":
			put(out, name, k.outliers(f, value))
		case name == "nanStrategy" && !oneOf(value.Value, "remove", "replace"):
			k.changed(field{key: f.key, value: value, path: at.path}, "nanStrategy %q is remove, as in Kayenta", value.Value)
			k.trace.mark(value, Changed)
		default:
			put(out, name, k.trace.keep(value))
		}
	}
	if text(child(settings, "nanStrategy")) == "replace" {
		k.changed(f, "nanStrategy replace counts a missing point as 0 at each look; with no points at all Kayenta passes, and Serin judges zeros")
	}
	return out
}

// effectSize converts how large a change must be.
func (k *canaryConfig) effectSize(f field, in *yaml.Node, direction string, critical bool, path string) *yaml.Node {
	out := mapping()
	none := "1"
	if measure := child(in, "measure"); measure != nil {
		put(out, "measure", k.trace.keep(measure))
		if measure.Value == "cles" {
			none = "0.5"
		}
	}
	var filled []string
	for _, size := range []struct{ name, direction string }{
		{"allowedIncrease", "increase"}, {"allowedDecrease", "decrease"}, {"criticalIncrease", "increase"}, {"criticalDecrease", "decrease"},
	} {
		value := child(in, size.name)
		wanted := (direction == size.direction || direction == "either") && (critical || strings.HasPrefix(size.name, "allowed"))
		amount, ok := number(value)
		switch {
		case value != nil && ok && !wanted:
			k.omit(field{value: value, path: path + ".effectSize." + size.name}, "with this direction, and critical as it is, nothing reads it")
		case value != nil && ok:
			written := str(decimal(amount))
			written.Style = yaml.DoubleQuotedStyle
			put(out, size.name, written)
			k.trace.move(value, written)
		case wanted:
			filled = append(filled, size.name)
			written := str(none)
			written.Style = yaml.DoubleQuotedStyle
			put(out, size.name, written)
		}
	}
	if len(filled) > 0 {
		k.changed(f, "%s is %s, which is Kayenta's default: any change counts that is not noise; write how large a change matters, such as 1.1", strings.Join(filled, " and "), none)
	}
	return out
}

// outliers converts what becomes of outliers.
func (k *canaryConfig) outliers(f field, in *yaml.Node) *yaml.Node {
	out := mapping()
	if strategy := child(in, "strategy"); strategy != nil {
		put(out, "strategy", k.trace.keep(strategy))
	}
	if factor, ok := number(child(in, "outlierFactor")); ok {
		written := str(decimal(factor))
		written.Style = yaml.DoubleQuotedStyle
		put(out, "factor", written)
		k.trace.move(child(in, "outlierFactor"), written)
	}
	return out
}
