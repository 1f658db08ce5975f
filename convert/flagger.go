package convert

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// isCanary says whether an object takes others over.
func isCanary(d *document) bool { return d.source == Flagger && d.kind == "Canary" }

// flagger converts an object of Flagger.
func (c *conversion) flagger(d *document) {
	whole := field{value: d.root}
	switch d.kind {
	case "Canary":
		c.canary(d)
	case "MetricTemplate":
		c.metricTemplate(d)
	case "AlertProvider":
		c.refuse(whole, "Serin sends no alerts itself", "alert on its events and metrics, for example with Alertmanager")
	case "":
		c.refuse(whole, "it does not say what it is: kind is missing", "write apiVersion and kind")
	default:
		c.refuse(whole, fmt.Sprintf("Flagger has no kind %q that serin convert knows", d.kind), "check its spelling")
	}
}

// canary is a Canary on its way to a Rollout, an AnalysisTemplate and what a router
// needs.
type canary struct {
	*conversion
	d    *document
	spec *yaml.Node
	// name is that of the Rollout, and service that of the stable Service.
	name, service string
	// provider is the mesh or router.
	provider string
	// analysis is where the fields of the analysis are, and analysisPath its path.
	analysis     *yaml.Node
	analysisPath string
	// args are those that the queries use.
	args arguments
	// hooks are the gates of the webhooks.
	hooks gates
}

// canary converts a Canary.
func (c *conversion) canary(d *document) {
	k := &canary{conversion: c, d: d, spec: child(d.root, "spec")}
	whole := field{key: &yaml.Node{}, value: d.root}
	if k.spec == nil || k.spec.Kind != yaml.MappingNode {
		c.refuse(whole, "there is nothing to convert: it has no spec", "write it")
		return
	}
	k.name, k.service = text(child(k.spec, "targetRef", "name")), text(child(k.spec, "service", "name"))
	if k.name == "" {
		k.name = d.name
	}
	if k.name == "" {
		k.name = noName
	}
	if k.service == "" {
		k.service = k.name
	}
	k.analysis, k.analysisPath = child(k.spec, "analysis"), "spec.analysis"
	if k.analysis == nil && child(k.spec, "canaryAnalysis") != nil {
		k.analysis, k.analysisPath = child(k.spec, "canaryAnalysis"), "spec.canaryAnalysis"
	}
	k.chooseProvider()
	meta := k.metadata(whole)
	spec := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	out := mapping("apiVersion", str(v1alpha1.GroupVersion.String()), "kind", str("Rollout"), "metadata", meta, "spec", spec)
	c.trace.move(child(d.root, "apiVersion"), out.Content[1])
	c.trace.move(child(d.root, "kind"), out.Content[3])
	if status := child(d.root, "status"); status != nil {
		c.omit(field{value: status, path: "status"}, writtenByController)
	}
	out.HeadComment = d.root.HeadComment
	var template *yaml.Node
	if !isTrue(child(k.spec, "skipAnalysis")) {
		template = k.template()
	}
	if !k.target(out, spec) {
		if template != nil {
			c.emit(template)
		}
		return
	}
	k.strategy(spec, template != nil)
	out.HeadComment = joinComments(out.HeadComment, whole.key.HeadComment)
	c.emit(out)
	if template != nil {
		c.emit(template)
	}
	k.services()
}

// chooseProvider finds which mesh or router the Canary is for.
func (k *canary) chooseProvider() {
	provider := child(k.spec, "provider")
	switch {
	case text(provider) != "":
		k.provider = text(provider)
	case k.options.MeshProvider != "":
		k.provider = k.options.MeshProvider
	case child(k.spec, "service", "gatewayRefs") != nil:
		k.provider = "gatewayapi:v1"
	case child(k.spec, "ingressRef") != nil:
		k.provider = "nginx"
	case child(k.spec, "routeRef") != nil:
		k.provider = "apisix"
	case child(k.spec, "upstreamRef") != nil:
		k.provider = "gloo"
	default:
		k.provider = "istio"
	}
}

// metadata is the metadata of the Rollout.
func (k *canary) metadata(whole field) *yaml.Node {
	in := child(k.d.root, "metadata")
	if in == nil {
		k.missing(whole, "metadata.name", "an object without a name cannot be applied", "replace the name below")
		return mapping("name", str(k.name))
	}
	out := metadata(k.conversion, field{key: whole.key, value: in, path: "metadata"})
	if out == nil {
		return mapping("name", str(k.name))
	}
	if k.d.name != k.name && k.d.name != "" {
		k.changed(field{key: whole.key, value: child(in, "name"), path: "metadata.name"}, "the Rollout has the name of its target, %s", k.name)
	}
	name := str(k.name)
	k.trace.move(child(in, "name"), name)
	put(out, "name", name)
	return out
}

// target puts the pods in place. Without it there is no Rollout.
func (k *canary) target(out, spec *yaml.Node) bool {
	reference := child(k.spec, "targetRef")
	at := field{key: spec, value: reference, path: "spec.targetRef"}
	kind := text(child(reference, "kind"))
	if reference == nil {
		k.missing(field{key: out, value: k.spec, path: "spec"}, "targetRef", "the Canary does not say what it releases", "write it")
	} else if kind != "Deployment" && kind != "" {
		k.refuse(at, fmt.Sprintf("a Rollout runs pods like a Deployment, and the target is a %s", kind),
			"release it as a Deployment")
		k.refuse(field{value: k.d.root}, "without pods there is no Rollout (spec.targetRef); its metrics alone are converted", "see spec.targetRef")
		return false
	} else if d := k.find("Deployment", k.name, k.d.namespace); d != nil {
		k.trace.mark(reference, Changed)
		k.changed(at, "the pods are described here: the Rollout replaces Deployment %[1]s and Flagger's %[1]s-primary. To change over, set revertOnDeletion: true and delete the Canary, so that Deployment %[1]s gets its pods back; apply this; once the Rollout is Healthy, delete the Deployment", k.name)
		k.takeOver(d, spec)
		k.progressDeadline(spec)
		return true
	} else {
		k.refuse(at, fmt.Sprintf("the pods are described in Deployment %s, which is not among the inputs", k.name), "convert both together (serin convert canary.yaml deployment.yaml), or replace the template below")
	}
	k.placeholder(spec, k.name)
	k.progressDeadline(spec)
	return true
}

// progressDeadline converts what is the same in both.
func (k *canary) progressDeadline(spec *yaml.Node) {
	if value := child(k.spec, "progressDeadlineSeconds"); value != nil {
		put(spec, "progressDeadlineSeconds", k.trace.keep(value))
	}
	if value := child(k.spec, "suspend"); value != nil {
		if isTrue(value) {
			put(spec, "paused", k.trace.keep(value))
		} else {
			k.omit(field{value: value, path: "spec.suspend"}, "this is how Serin does it anyway")
		}
	}
	at := func(name string) field { return field{key: spec, value: child(k.spec, name), path: "spec." + name} }
	if f := at("revertOnDeletion"); f.value != nil {
		k.changed(f, "revertOnDeletion is left out: Serin's objects are its own, and go when they are deleted")
		k.trace.mark(f.value, Changed)
	}
	if f := at("autoscalerRef"); f.value != nil {
		k.autoscaler(f)
	}
	for _, name := range []string{"ingressRef", "routeRef", "upstreamRef"} {
		if f := at(name); f.value != nil {
			k.refuse(f, "Serin splits traffic by the Gateway API alone", "leave the object as it is for traffic from outside; the HTTPRoute below it decides the weight")
		}
	}
}

// autoscaler says what becomes of it.
func (k *canary) autoscaler(f field) {
	name, kind := text(child(f.value, "name")), text(child(f.value, "kind"))
	k.changed(f, "%s %s has to scale the Rollout: its target is apiVersion %s, kind Rollout, name %s (done in its manifest if that is among the inputs); it scales by the pods of both versions", kind, name, v1alpha1.GroupVersion, k.name)
	k.trace.mark(f.value, Changed)
	for _, own := range []string{"primaryScalerQueries", "primaryScalerReplicas"} {
		if child(f.value, own) != nil {
			k.refuse(field{key: f.key, value: child(f.value, own), path: f.path + "." + own}, "there is no second set of pods (primary) to scale", "write it into the autoscaler itself")
		}
	}
}
