package convert

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

var (
	// action is an action of Go's templates.
	action = regexp.MustCompile(`(?s)\{\{-?\s*(.*?)\s*-?\}\}`)
	// podsOfTarget is how Flagger's users select the pods of a version: the name of the
	// Deployment, and the two random parts of a pod's name.
	podsOfTarget = regexp.MustCompile(`\{\{-?\s*target\s*-?\}\}(-primary)?-(\[[^\]]*\][+*]|\.[+*])(\(?-(\[[^\]]*\][+*]|\.[+*])\)?\??)?`)
	// workloadIsTarget is how they select a workload.
	workloadIsTarget = regexp.MustCompile(`\b(destination_workload|workload)\s*=~?\s*"\{\{-?\s*target\s*-?\}\}(-primary)?"`)
	// bareTarget is any other use of the target's name.
	bareTarget = regexp.MustCompile(`\{\{-?\s*target\s*-?\}\}(-canary)?`)
	// variableName is a variable of templateVariables.
	variableName = regexp.MustCompile(`^variables\.([A-Za-z0-9_]+)$`)
)

// expression turns the Go template of a query into one with arguments.
func (k *canary) expression(f field, query, window string, variables *yaml.Node) (*yaml.Node, bool) {
	values := map[string]string{
		"interval": window, "service": k.service, "name": k.d.name,
		"ingress": text(child(k.spec, "ingressRef", "name")), "route": text(child(k.spec, "routeRef", "name")),
	}
	for i := 0; variables != nil && i+1 < len(variables.Content); i += 2 {
		values["variables."+variables.Content[i].Value] = variables.Content[i+1].Value
	}
	translated, problem, diluted := translateQuery(query, text(child(f.value, "name")), values, &k.args)
	if problem != "" {
		k.refuse(f, problem, "write the query by hand, with {{args.name}} for what differs")
		return nil, false
	}
	if diluted {
		k.note(Refused, f, "here {{ target }} finds the pods of both versions: Flagger's primary has another name, a Rollout's stable version has not",
			fmt.Sprintf("select the new version, for example by serin_dev_pod_template_hash=\"{{args.canary-hash}}\" (label %s)", v1alpha1.LabelPodTemplateHash))
	}
	return literal(translated), true
}

// literal is a query, in lines of its own where it has more than one.
func literal(query string) *yaml.Node {
	lines := strings.Split(strings.TrimSpace(query), "\n")
	for i, line := range lines {
		// A tab, or a blank at the end of a line, would make YAML quote it all.
		lines[i] = strings.TrimRight(strings.ReplaceAll(line, "\t", "  "), " \r")
	}
	return str(strings.Join(lines, "\n"))
}

// translateQuery puts arguments in the place of actions. The problem is an action that
// has no counterpart; diluted says that the query finds both versions.
func translateQuery(query, metric string, values map[string]string, args *arguments) (translated, problem string, diluted bool) {
	if strings.TrimSpace(query) == "" {
		return "", "it has no query", false
	}
	// What selects by the name of the Deployment selects by the version's hash.
	query = podsOfTarget.ReplaceAllStringFunc(query, func(found string) string {
		hash := "canary-hash"
		if strings.Contains(found, "-primary") {
			hash = "stable-hash"
		}
		return args.use("target", "", false, "") + "-" + args.use(hash, "", false, "") + "-[0-9a-z]+"
	})
	query = workloadIsTarget.ReplaceAllStringFunc(query, func(found string) string {
		parts, hash := workloadIsTarget.FindStringSubmatch(found), "canary-hash"
		if parts[2] != "" {
			hash = "stable-hash"
		}
		return parts[1] + `="` + args.use("target", "", false, "") + "-" + args.use(hash, "", false, "") + `"`
	})
	for _, found := range bareTarget.FindAllStringSubmatch(query, -1) {
		diluted = diluted || found[1] == ""
	}
	translated = action.ReplaceAllStringFunc(query, func(found string) string {
		name := action.FindStringSubmatch(found)[1]
		value, known := values[name]
		variable := variableName.FindStringSubmatch(name)
		switch {
		case strings.HasPrefix(name, "args."):
			return found
		case name == "namespace" || name == "target":
			return args.use(name, "", false, "")
		case known && variable != nil:
			return args.use(variable[1], value, true, metric)
		case known && value != "":
			return args.use(name, value, true, metric)
		case variable != nil:
			problem = fmt.Sprintf("templateVariables has no %q", variable[1])
		case known:
			problem = fmt.Sprintf("{{ %s }} has no value: the Canary has none", name)
		default:
			problem = fmt.Sprintf("{{ %s }} is an action of Go's templates that has no counterpart", name)
		}
		return found
	})
	return translated, problem, diluted
}
