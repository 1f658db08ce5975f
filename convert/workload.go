package convert

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// workload puts the pods in place: those of the spec, those of the workload that it
// refers to, or, where neither is there, a place to fill in.
func (c *conversion) workload(f field, out *yaml.Node) {
	reference := child(f.value, "workloadRef")
	remove(out, "workloadRef")
	if reference == nil && child(out, "template") != nil && child(out, "selector") != nil {
		return
	}
	at := field{key: out, value: f.value, path: "spec.template"}
	name := c.current.name
	if reference != nil {
		at = field{key: out, value: reference, path: "spec.workloadRef"}
		name = text(child(reference, "name"))
		if d := c.find(text(child(reference, "kind")), name, c.current.namespace); d != nil && d.kind == "Deployment" {
			c.trace.mark(reference, Changed)
			c.changed(at, "the pods are described here: Serin refers to no Deployment. Once the Rollout is Healthy, delete Deployment %s (scaleDown has no counterpart)", name)
			c.takeOver(d, out)
			last(out, "strategy")
			return
		}
		c.refuse(at, fmt.Sprintf("the pods are described in %s %s, which is not among the inputs, and Serin refers to no workload", text(child(reference, "kind")), name),
			"convert both files together, or replace the template below by that of the workload")
	} else {
		c.missing(at, "", "the Rollout does not say what its pods are (spec.selector and spec.template)", "replace the template below")
	}
	c.placeholder(out, name)
}

// placeholder is a pod that can never start: its image is in a domain that does not
// exist.
func (c *conversion) placeholder(out *yaml.Node, name string) {
	if name == "" {
		name = "app"
	}
	labels := flow(mapping("app", str(name)))
	if there := child(out, "template", "metadata", "labels"); there != nil {
		labels = there
	} else if there := child(out, "selector", "matchLabels"); there != nil {
		labels = there
	}
	if child(out, "selector") == nil {
		put(out, "selector", mapping("matchLabels", clone(labels)))
	}
	if child(out, "template") == nil {
		key := put(out, "template", mapping(
			"metadata", mapping("labels", clone(labels)),
			"spec", mapping("containers", list(mapping("name", str(objectName(name)), "image", str("fill-in.invalid/"+objectName(name)))))))
		key.HeadComment = asComment("TO FILL IN: the pod template; this image does not exist")
	}
	last(out, "strategy")
}

// takeOver takes the pods of a Deployment.
func (c *conversion) takeOver(d *document, out *yaml.Node) {
	previous := c.current
	c.current = d
	defer func() { c.current = previous }()
	c.consumed[d] = true
	c.outputs[d] = nil
	whole := field{key: out, value: d.root}
	into := func(name string) rule {
		return func(c *conversion, f field) *yaml.Node {
			if child(out, name) != nil {
				c.omit(f, "the other object says it, too")
				return nil
			}
			value := c.trace.keep(f.value)
			put(out, name, value)
			return nil
		}
	}
	c.fields(whole, table{
		"apiVersion": keep, "kind": keep, "metadata": keep, "status": omitted(writtenByController),
		"spec": object(table{
			"replicas": into("replicas"), "selector": into("selector"), "template": into("template"), "minReadySeconds": into("minReadySeconds"),
			"revisionHistoryLimit": into("revisionHistoryLimit"), "progressDeadlineSeconds": into("progressDeadlineSeconds"), "paused": into("paused"),
			"strategy": gone("the Rollout replaces the pods by its own strategy"),
		}),
	})
	c.trace.mark(d.root, Changed)
	own := ""
	if child(d.root, "metadata", "labels") != nil || child(d.root, "metadata", "annotations") != nil {
		own = " (its own labels and annotations are not)"
	}
	c.note(Changed, field{value: d.root}, "its pods are part of the Rollout now"+own+"; delete it once the Rollout is Healthy", "")
}
