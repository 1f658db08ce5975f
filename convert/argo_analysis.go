package convert

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// analysis is the rule of an analysis of a Rollout, with fields of its own.
func (c *conversion) analysis(f field, more table) *yaml.Node {
	t := table{
		"templates":            listOf(aliveTemplate),
		"args":                 c.releaseArguments(child(f.value, "templates")),
		"dryRun":               dryRun,
		"measurementRetention": gone("Serin keeps the last measurements of each metric"),
		"analysisRunMetadata":  refused("Serin labels its runs itself", "there is nothing to write instead"),
	}
	for name, rule := range more {
		t[name] = rule
	}
	out := c.fields(f, t)
	if out == nil || len(items(child(out, "templates"))) == 0 {
		c.refuse(f, "no template is left to judge the release", "write their metrics for Prometheus, and name the templates here; until then it waits for serin promote")
		return nil
	}
	return out
}

// releaseArguments is the rule of the values that a Rollout gives to arguments.
func (c *conversion) releaseArguments(templates *yaml.Node) rule {
	declared, complete := c.declared(templates, map[templateKey]bool{})
	return listOf(func(c *conversion, f field) *yaml.Node {
		name := text(child(f.value, "name"))
		if complete && !declared[name] {
			c.changed(f, "argument %q is left out: no template declares it (Argo Rollouts drops it in silence)", name)
			c.trace.mark(f.value, Changed)
			return nil
		}
		out := c.fields(f, table{"name": keepText, "value": keepText, "valueFrom": argumentSource})
		if out != nil && child(out, "value") == nil && child(out, "valueFrom") == nil {
			c.refuse(f, fmt.Sprintf("argument %q is left out: nothing gives it a value", name), "write value, or valueFrom")
			return nil
		}
		return out
	})
}

// argumentSource is the rule of where an argument's value is from.
func argumentSource(c *conversion, f field) *yaml.Node {
	out := c.fields(f, table{
		"podTemplateHashValue": keepText,
		"fieldRef": func(c *conversion, f field) *yaml.Node {
			path := child(f.value, "fieldPath")
			if !metadataPath.MatchString(text(path)) {
				c.refuse(f, fmt.Sprintf("an argument takes metadata of the Rollout, not %s", text(path)), "put it into a label or annotation (metadata.labels['key']), or write the value")
				return nil
			}
			return c.fields(f, table{"fieldPath": keepText, "apiVersion": omitted("there is only one")})
		},
		"secretKeyRef": refused("in a Rollout an argument cannot be from a Secret", "let the template declare it with valueFrom.secretKeyRef"),
	})
	if out == nil || len(out.Content) == 0 {
		return nil
	}
	return out
}

// declared are the arguments of templates and of what they include; complete, if all of
// them are among the inputs.
func (c *conversion) declared(references *yaml.Node, seen map[templateKey]bool) (names map[string]bool, complete bool) {
	names, complete = map[string]bool{}, true
	for _, reference := range items(references) {
		key := keyOfReference(reference)
		if seen[key] {
			continue
		}
		seen[key] = true
		kind := "AnalysisTemplate"
		if key.cluster {
			kind = "ClusterAnalysisTemplate"
		}
		d := c.find(kind, key.name, "")
		if d == nil || d.source != Argo {
			complete = false
			continue
		}
		for _, argument := range items(child(d.root, "spec", "args")) {
			names[text(child(argument, "name"))] = true
		}
		more, all := c.declared(child(d.root, "spec", "templates"), seen)
		complete = complete && all
		for name := range more {
			names[name] = true
		}
	}
	return names, complete && len(seen) > 0
}
