package convert

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// queries builds the queries of both versions, as Kayenta does.
func (k *canaryConfig) queries(f field, in *yaml.Node) (canary, baseline *yaml.Node, ok bool) {
	path := f.path + ".query"
	template, problem := k.template(in)
	if problem != "" {
		k.refuse(f, problem, "write both queries by hand")
		return nil, nil, false
	}
	if groups := child(in, "groupByFields"); len(items(groups)) > 0 {
		k.refuse(field{key: f.key, value: groups, path: path + ".groupByFields"}, "Kayenta compares each group by itself, and a metric of Serin has one value: it is the average of all", "make a metric of each group")
	} else if groups != nil {
		k.omit(field{value: groups, path: path + ".groupByFields"}, "it is empty")
	}
	variables := variable.FindAllStringSubmatch(template, -1)
	scoped := strings.Contains(template, "${scope}")
	expand := func(version string) string {
		text := template
		for _, found := range variables {
			text = strings.ReplaceAll(text, found[0], k.argument(found[1], version, scoped))
		}
		return text
	}
	first, second := expand("canary"), expand("baseline")
	if first == second {
		k.refuse(f, "nothing in its query tells the canary from the baseline", "write both queries by hand, such as with serin_dev_pod_template_hash=\"{{args.canary-hash}}\"")
		return nil, nil, false
	}
	canary, baseline = literal(first), literal(second)
	for _, name := range []string{"type", "serviceType", "metricName", "resourceType", "labelBindings", "customInlineTemplate", "customFilterTemplate"} {
		value := child(in, name)
		if value == nil {
			continue
		}
		k.trace.move(value, canary)
		for _, item := range items(value) {
			k.trace.move(item, canary)
		}
	}
	return canary, baseline, true
}

// variable is a variable of Kayenta's templates.
var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// argument is what stands for a variable in the query of a version.
func (k *canaryConfig) argument(name, version string, scoped bool) string {
	values := map[string]string{}
	for _, arm := range []string{"canary", "baseline"} {
		values[arm] = k.requested(name, arm)
	}
	same := values["canary"] == values["baseline"]
	perVersion := name == "scope" || !same || values["canary"] == "" && !scoped && !oneOf(name, "location", "project", "resourceType")
	argument, value := name, values["canary"]
	if perVersion {
		argument, value = version+"-"+name, values[version]
	}
	return k.args.use(argument, value, value != "", "")
}

// requested is a variable's value in the execution request.
func (k *canaryConfig) requested(name, version string) string {
	arm := map[string]string{"canary": "experiment", "baseline": "control"}[version]
	scopes := child(k.request, "scopes")
	value := ""
	if scope := child(scopes, "default", arm+"Scope"); scope != nil {
		value = text(child(scope, name))
		if extended := text(child(scope, "extendedScopeParams", name)); extended != "" {
			value = extended
		}
	} else if list := items(scopes); len(list) > 0 {
		switch name {
		case "scope":
			value = text(child(list[0], arm+"Scope"))
		case "location":
			value = text(child(list[0], arm+"Location"))
		default:
			value = text(child(list[0], "extendedScopeParams", name))
		}
	}
	if strings.Contains(value, "${") {
		return ""
	}
	return value
}

// template is the text that Kayenta expands for each version.
func (k *canaryConfig) template(in *yaml.Node) (template, problem string) {
	unescape := func(text string) string { return strings.ReplaceAll(text, `$\{`, "${") }
	filter := ""
	switch inline, named := text(child(in, "customInlineTemplate")), text(child(in, "customFilterTemplate")); {
	case text(child(in, "customFilter")) != "":
		return "", "query.customFilter is refused by Kayenta itself; it is customInlineTemplate now"
	case inline != "":
		filter = unescape(inline)
	case named != "":
		found := child(k.config, "templates", named)
		if found == nil {
			return "", fmt.Sprintf("customFilterTemplate %q is not among the templates", named)
		}
		filter = unescape(found.Value)
	}
	if promql, is := strings.CutPrefix(filter, "PromQL:"); is {
		return promql, ""
	}
	name := text(child(in, "metricName"))
	if name == "" {
		return "", "its query has no metricName"
	}
	var filters []string
	switch resource := text(child(in, "resourceType")); {
	case filter != "":
		filters = append(filters, filter)
	case resource == "gce_instance":
		filters = append(filters, `instance=~"${scope}-.{4}"`, `zone=~".+/zones/${location}-.{1}"`)
	case resource == "aws_ec2_instance":
		filters = append(filters, `asg_groupName="${scope}"`, `zone=~"${location}.{1}"`)
	}
	for _, binding := range items(child(in, "labelBindings")) {
		filters = append(filters, binding.Value)
	}
	return "avg(" + name + "{" + strings.Join(filters, ",") + "})", ""
}

// templates says what became of the named templates: those that a metric uses stand in
// its queries.
func (k *canaryConfig) templates() {
	templates := child(k.config, "templates")
	if templates == nil {
		return
	}
	used := map[string]bool{}
	for _, metric := range items(child(k.config, "metrics")) {
		used[text(child(metric, "query", "customFilterTemplate"))] = true
	}
	path := join(k.path, "templates")
	if len(templates.Content) == 0 {
		k.omit(field{value: templates, path: path}, "it is empty")
	}
	for i := 0; i+1 < len(templates.Content); i += 2 {
		name, value := templates.Content[i].Value, templates.Content[i+1]
		why := "no metric uses it"
		if used[name] {
			why = "it stands in the queries that use it"
		}
		k.omit(field{value: value, path: path + "." + name}, why)
	}
}
