package convert

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// flaggerSource says whether Serin can ask a MetricTemplate's provider.
func flaggerSource(provider *yaml.Node) (why, instead string, ok bool) {
	kind := text(child(provider, "type"))
	switch kind {
	case "prometheus":
		return "", "", true
	case "":
		return "it has no provider.type", "write prometheus", false
	case "keptn":
		return "provider keptn: Serin asks no Keptn for a verdict", "Keptn's metrics operator serves its metrics to Prometheus: write a query of them", false
	case "externalmetrics":
		return "provider externalmetrics: Serin reads no metrics from Kubernetes' External Metrics API", "ask the Prometheus behind it, and write the query in PromQL", false
	}
	names := map[string]string{
		"datadog": "datadog", "newrelic": "newRelic", "graphite": "graphite", "influxdb": "influxdb", "cloudwatch": "cloudWatch",
	}
	if name, known := names[kind]; known {
		why, instead, _ = refuseProvider(mapping(name, mapping()))
		return strings.Replace(why, "provider."+name, "provider "+kind, 1), instead, false
	}
	return fmt.Sprintf("provider %s: Serin reads metrics from Prometheus and what speaks its HTTP API", kind), "export the same numbers to Prometheus, and write the query in PromQL", false
}

// prometheus writes the source of a MetricTemplate.
func (c *conversion) prometheus(template *document, expression *yaml.Node, args *arguments, metric string) *yaml.Node {
	in := child(template.root, "spec", "provider")
	out := mapping()
	at := func(name string) field {
		return field{key: expression, value: child(in, name), path: "spec.provider." + name}
	}
	previous := c.current
	c.current = template
	defer func() { c.current = previous }()
	c.trace.move(child(in, "type"), out)
	if address := child(in, "address"); text(address) != "" {
		put(out, "address", c.trace.keep(address))
	}
	put(out, "query", expression)
	if insecure := child(in, "insecureSkipVerify"); insecure != nil {
		put(out, "insecure", c.trace.keep(insecure))
	}
	c.headers(at("headers"), out)
	if region := at("region"); region.value != nil {
		c.refuse(region, "Prometheus has no region", "there is nothing to write instead")
	}
	if secret := at("secretRef"); secret.value != nil {
		c.secret(secret, out, args, metric)
	}
	return out
}

// headers converts headers with one or more values each.
func (c *conversion) headers(f field, out *yaml.Node) {
	if f.value == nil || f.value.Kind != yaml.MappingNode {
		return
	}
	headers := list()
	for i := 0; i+1 < len(f.value.Content); i += 2 {
		key, values := f.value.Content[i], items(f.value.Content[i+1])
		if len(values) != 1 {
			c.refuse(field{key: f.key, value: f.value.Content[i+1], path: f.path + "." + key.Value}, "a header has one value in Serin", "join the values by commas")
			continue
		}
		value := str(values[0].Value)
		c.trace.move(values[0], value)
		headers.Content = append(headers.Content, mapping("key", str(key.Value), "value", value))
	}
	put(out, "headers", headers)
}

// secret converts the reference to a Secret into arguments from it: a token, or a user
// name and a password, whichever the Secret has.
func (c *conversion) secret(f field, out *yaml.Node, args *arguments, metric string) {
	name := text(child(f.value, "name"))
	c.trace.mark(f.value, Changed)
	secret := c.find("Secret", name, c.current.namespace)
	hasToken := secret != nil && (child(secret.root, "data", "token") != nil || child(secret.root, "stringData", "token") != nil)
	from := func(key string) string {
		reference := args.use(key, name, false, metric)
		args.secret(strings.TrimSuffix(strings.TrimPrefix(reference, "{{args."), "}}"), name, key)
		return reference
	}
	if hasToken {
		put(out, "authentication", mapping("bearerToken", str(from("token"))))
		c.changed(f, "the token is read from Secret %s in the namespace of the Rollout", name)
		return
	}
	put(out, "authentication", mapping("basicAuth", mapping("username", str(from("username")), "password", str(from("password")))))
	c.changed(f, "user name and password are read from Secret %s in the namespace of the Rollout; if it has a token instead, write bearerToken: \"{{args.token}}\"", name)
}

// metricTemplate converts a MetricTemplate that no Canary of the inputs uses.
func (c *conversion) metricTemplate(d *document) {
	whole := field{key: &yaml.Node{}, value: d.root}
	spec := child(d.root, "spec")
	if why, instead, ok := flaggerSource(child(spec, "provider")); !ok {
		c.refuse(whole, why, instead)
		return
	}
	var args arguments
	values := map[string]string{"interval": "1m", "service": "", "name": "", "ingress": "", "route": ""}
	for _, found := range action.FindAllStringSubmatch(text(child(spec, "query")), -1) {
		if variable := variableName.FindStringSubmatch(found[1]); variable != nil {
			values[found[1]] = ""
		}
	}
	expression, problem, diluted := c.openQuery(text(child(spec, "query")), d.name, values, &args)
	if problem != "" {
		c.refuse(whole, problem, "write the query by hand, with {{args.name}} for what differs")
		return
	}
	node := literal(expression)
	query := child(spec, "query")
	c.trace.move(query, node)
	if diluted {
		c.note(Refused, field{key: whole.key, value: query, path: "spec.query"}, "here {{ target }} finds the pods of both versions: Flagger's primary has another name, a Rollout's stable version has not",
			"select the new version, for example by serin_dev_pod_template_hash=\"{{args.canary-hash}}\"")
	}
	args.use("min", "", false, "")
	args.use("max", "", false, "")
	name := d.name
	if name == "" {
		name = noName
	}
	meta := mapping("name", str(noName))
	if in := child(d.root, "metadata"); in != nil {
		meta = metadata(c, field{key: whole.key, value: in, path: "metadata"})
	}
	metric := mapping("name", str(shortName(name)), "interval", str("1m"), "successCondition", str("result[0] >= {{args.min}} && result[0] <= {{args.max}}"),
		"provider", mapping("prometheus", c.prometheus(d, node, &args, name)))
	out := mapping("apiVersion", str(v1alpha1.GroupVersion.String()), "kind", str("AnalysisTemplate"), "metadata", meta,
		"spec", mapping("args", args.declare(), "metrics", list(metric)))
	c.trace.move(child(d.root, "apiVersion"), out.Content[1])
	c.trace.move(child(d.root, "kind"), out.Content[3])
	if status := child(d.root, "status"); status != nil {
		c.omit(field{value: status, path: "status"}, writtenByController)
	}
	if problem := metricProblem(metric, args.defaults()); problem != "" {
		c.refuse(whole, "what was converted cannot be used: "+problem, "correct it and convert again")
		return
	}
	c.note(Changed, field{key: whole.key, value: d.root}, "no Canary of the inputs uses it, so the limits of thresholdRange are the arguments min and max, and its interval is Flagger's default, 1m; converted together with a Canary it becomes part of that one's template", "")
	out.HeadComment = joinComments(d.root.HeadComment, whole.key.HeadComment)
	c.emit(out)
}

// openQuery is translateQuery for a template whose values a Rollout will give.
func (c *conversion) openQuery(query, metric string, values map[string]string, args *arguments) (string, string, bool) {
	open := map[string]string{}
	for name, value := range values {
		if value == "" {
			value = "\x00"
		}
		open[name] = value
	}
	translated, problem, diluted := translateQuery(query, metric, open, args)
	for name, value := range args.values {
		if value == "\x00" {
			args.values[name], args.given[name] = "", false
		}
	}
	return translated, problem, diluted
}

// shortName is a name that a metric may have.
func shortName(name string) string {
	if len(name) > 63 {
		name = name[:63]
	}
	return name
}
