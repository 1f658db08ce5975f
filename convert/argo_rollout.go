package convert

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// argoRolloutSpec is the rule of a Rollout's spec.
func argoRolloutSpec(c *conversion, f field) *yaml.Node {
	out := c.fields(f, table{
		"replicas": keep, "selector": keep, "template": podTemplate, "minReadySeconds": keep, "revisionHistoryLimit": keep,
		"paused": keep, "progressDeadlineSeconds": keep, "progressDeadlineAbort": keep,
		"analysis": object(table{"successfulRunHistoryLimit": keep, "unsuccessfulRunHistoryLimit": keep}),
		"strategy": object(table{
			"canary": argoCanary,
		}),
		"workloadRef":    func(*conversion, field) *yaml.Node { return &yaml.Node{} },
		"rollbackWindow": refused("in Serin going back to an older version is a release like any other, unless it is the stable one", "go back with serin undo, or by reverting the template"),
		"restartAt":      refused("Serin does not restart pods at a time", "change an annotation of the template; that is a release"),
	})
	if out == nil {
		return nil
	}
	if child(f.value, "progressDeadlineAbort") == nil {
		c.changed(field{key: out, value: f.value, path: "spec.progressDeadlineAbort"},
			"a release whose pods make no progress for progressDeadlineSeconds is taken back (Argo Rollouts only reports it, by default); progressDeadlineAbort: false keeps that")
	}
	c.workload(f, out)
	if child(out, "strategy", "canary") == nil {
		c.missing(field{key: out, value: f.value, path: f.path}, "strategy.canary", "the Rollout names no strategy", "write strategy.canary; without steps a new version is released at once")
		put(out, "strategy", mapping("canary", flow(mapping())))
	}
	return out
}

// podTemplate is the rule of a pod template.
func podTemplate(c *conversion, f field) *yaml.Node {
	out := c.trace.keep(f.value)
	if stamp := child(f.value, "metadata", "creationTimestamp"); stamp != nil && isNull(stamp) {
		remove(child(out, "metadata"), "creationTimestamp")
		c.omit(field{value: stamp, path: f.path + ".metadata.creationTimestamp"}, "tools write it into templates, where it says nothing")
	}
	if renameHash(out) {
		c.changed(f, "the label rollouts-pod-template-hash is %s here", v1alpha1.LabelPodTemplateHash)
	}
	return out
}

// renameHash renames the label that tells versions apart, where it is a value of its own.
func renameHash(node *yaml.Node) bool {
	renamed := false
	if node.Value == "rollouts-pod-template-hash" {
		node.Value, renamed = v1alpha1.LabelPodTemplateHash, true
	}
	for _, content := range node.Content {
		renamed = renameHash(content) || renamed
	}
	return renamed
}

// argoCanary is the rule of strategy.canary.
func argoCanary(c *conversion, f field) *yaml.Node {
	s := newSteps(c, f.value)
	noMetadata := refused("Serin labels pods only with serin.dev/pod-template-hash", "tell the versions apart by that label, in queries by arguments with valueFrom.podTemplateHashValue")
	out := c.fields(f, table{
		"canaryService": keepText, "stableService": keepText, "maxSurge": keep, "maxUnavailable": keep,
		"scaleDownDelaySeconds": keep, "abortScaleDownDelaySeconds": keep,
		"steps": s.steps, "analysis": s.background, "trafficRouting": argoRouting,
		"canaryMetadata": noMetadata, "stableMetadata": noMetadata,
		"antiAffinity":                refused("Serin adds no affinity", "write spec.template.spec.affinity"),
		"scaleDownDelayRevisionLimit": refused("Serin keeps the pods of one old version for scaleDownDelaySeconds", "there is nothing to write instead"),
		"dynamicStableScale":          unless("false", refused("Serin never scales the stable version below what it needs to take all traffic back", "a release takes up to twice the pods")),
		"pingPong":                    refused("Serin's stableService always points at the stable version", "write pingService and pongService as stableService and canaryService"),
		"minPodsPerReplicaSet":        refused("Serin sizes the canary by its weight, with one pod at least", "choose a first setWeight that makes enough pods"),
		"replicaProgressThreshold":    unless("", refused("Serin waits for all pods that a weight needs", "there is nothing to write instead")),
	})
	if out == nil {
		return nil
	}
	s.traffic(c, f, out)
	s.guard(field{key: f.key, value: f.value, path: f.path}, out)
	if isZero(child(out, "maxSurge")) && isZero(child(out, "maxUnavailable")) {
		c.missing(field{key: f.key, value: f.value, path: f.path}, "maxUnavailable", "maxSurge and maxUnavailable are both 0, so no pod could ever be replaced", "raise one of them; the default of 25% is taken")
		remove(out, "maxUnavailable")
	}
	if routing := child(out, "trafficRouting"); routing != nil && (child(out, "stableService") == nil || child(out, "canaryService") == nil) {
		c.missing(field{key: f.key, value: f.value, path: f.path}, "stableService", "a router splits the traffic between two Services, and they are not named: without them the split is the ratio of the pods",
			"write stableService and canaryService, and trafficRouting.gatewayAPI")
		remove(out, "trafficRouting")
	}
	return out
}

// isZero says whether a number of pods is none.
func isZero(node *yaml.Node) bool { return oneOf(text(node), "0", "0%") }

// remove removes a field. What is said above it moves to its neighbour.
func remove(node *yaml.Node, name string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value != name {
			continue
		}
		comment := node.Content[i].HeadComment
		node.Content = append(node.Content[:i:i], node.Content[i+2:]...)
		switch {
		case comment == "":
		case i < len(node.Content):
			node.Content[i].HeadComment = joinComments(comment, node.Content[i].HeadComment)
		case i > 0:
			node.Content[i-2].HeadComment = joinComments(node.Content[i-2].HeadComment, comment)
		default:
			node.HeadComment = joinComments(node.HeadComment, comment)
		}
		return
	}
}

// last moves a field to the end.
func last(node *yaml.Node, name string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			pair := []*yaml.Node{node.Content[i], node.Content[i+1]}
			node.Content = append(append(node.Content[:i:i], node.Content[i+2:]...), pair...)
			return
		}
	}
}

// argoRouting is the rule of trafficRouting. The Gateway API is the router that Serin
// has; for another one it names a route that has to be made, so that no weight is raised
// before there is one.
func argoRouting(c *conversion, f field) *yaml.Node {
	if f.value.Kind != yaml.MappingNode || len(f.value.Content) == 0 {
		c.refuse(f, "it names no router", "write trafficRouting.gatewayAPI")
		return nil
	}
	var routes *yaml.Node
	known := table{
		"managedRoutes": refused("Serin changes only the weights of routes", "there is nothing to write instead"),
		"maxTrafficWeight": unless("100", func(c *conversion, f field) *yaml.Node {
			c.changed(f, "weights are percentages in Serin; setWeight was divided by maxTrafficWeight %s", f.value.Value)
			c.trace.mark(f.value, Changed)
			return nil
		}),
		"plugins": func(c *conversion, f field) *yaml.Node {
			plugins := table{}
			for i := 0; i+1 < len(f.value.Content); i += 2 {
				name := f.value.Content[i].Value
				plugins[name] = refused("Serin splits traffic by the Gateway API alone, and this is a plugin for another router",
					"most routers implement the Gateway API: make an HTTPRoute with stableService and canaryService as backends, and name it in httpRoutes; until it exists, no weight is raised")
			}
			plugins["argoproj-labs/gatewayAPI"] = func(c *conversion, f field) *yaml.Node {
				routes = c.gatewayPlugin(f)
				return nil
			}
			return c.fields(f, plugins)
		},
	}
	for i := 0; i+1 < len(f.value.Content); i += 2 {
		if name := f.value.Content[i].Value; known[name] == nil {
			known[name] = c.otherRouter(name)
		}
	}
	c.fields(f, known)
	if routes == nil {
		name := c.current.name
		if name == "" {
			name = noName
		}
		routes = list(flow(mapping("name", str(name))))
	}
	out := mapping("gatewayAPI", mapping("httpRoutes", routes))
	c.trace.move(f.value, out)
	return out
}

// otherRouter is the rule of a router that Serin does not speak to.
func (c *conversion) otherRouter(name string) rule {
	routers := map[string]string{
		"istio": "Istio", "nginx": "NGINX", "alb": "AWS (its load balancer controller)", "smi": "the mesh (Linkerd speaks it)", "ambassador": "Emissary",
		"appMesh": "another mesh than App Mesh", "traefik": "Traefik", "apisix": "APISIX", "plugins": "most routers",
	}
	who, known := routers[name]
	if !known {
		return unknown
	}
	return refused("Serin splits traffic by the Gateway API alone, and "+name+" is another router",
		fmt.Sprintf("%s implements the Gateway API: make an HTTPRoute with stableService and canaryService as backends, and name it in httpRoutes; until it exists, no weight is raised", who))
}

// gatewayPlugin converts the settings of Argo Rollouts' plugin for the Gateway API.
func (c *conversion) gatewayPlugin(f field) *yaml.Node {
	routes := list()
	add := func(name *yaml.Node) {
		if text(name) != "" {
			routes.Content = append(routes.Content, flow(mapping("name", c.trace.keep(name))))
		}
	}
	other := refused("Serin sets the weights of HTTPRoutes only", "write an HTTPRoute")
	c.fields(f, table{
		"httpRoute": func(c *conversion, f field) *yaml.Node { add(f.value); return nil },
		"httpRoutes": listOf(object(table{
			"name":            func(c *conversion, f field) *yaml.Node { add(f.value); return nil },
			"useHeaderRoutes": unless("false", refused("Serin routes no headers", "there is nothing to write instead")),
		})),
		"namespace": func(c *conversion, f field) *yaml.Node {
			if c.current.namespace != "" && c.current.namespace != f.value.Value {
				c.refuse(f, "Serin's HTTPRoutes are in the namespace of the Rollout", "move the route there, or let one there send the traffic on")
				return nil
			}
			c.changed(f, "namespace (line %d) is left out: an HTTPRoute is in the namespace of its Rollout", f.value.Line)
			c.trace.mark(f.value, Changed)
			return nil
		},
		"grpcRoute": other, "grpcRoutes": other, "tcpRoute": other, "tcpRoutes": other, "tlsRoute": other, "tlsRoutes": other,
	})
	if len(routes.Content) == 0 {
		return nil
	}
	return routes
}

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
