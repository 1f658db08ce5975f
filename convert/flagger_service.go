package convert

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// services writes what Flagger makes of spec.service: the two Services, and the
// HTTPRoute where the Gateway API is the router.
func (k *canary) services() {
	in := child(k.spec, "service")
	key := &yaml.Node{}
	whole := field{key: key, value: in, path: "spec.service"}
	if in == nil {
		k.missing(field{value: k.spec, path: "spec"}, "service", "the Canary has no service, so no Services are written", "write stableService and canaryService")
		return
	}
	port := child(in, "port")
	if port == nil {
		port = integer(80)
	}
	if k.find("Service", k.service, k.d.namespace) == nil {
		k.emit(k.serviceOf(k.service, "apex", in, port, key))
	}
	if k.find("Service", k.service+"-canary", k.d.namespace) == nil {
		k.emit(k.serviceOf(k.service+"-canary", "canary", in, port, key))
	}
	k.emitRoute(in, port, key)
	k.restOfService(whole)
	for i := range k.outputs[k.d] {
		if output := &k.outputs[k.d][i]; output.Kind == "Service" {
			output.root.HeadComment = joinComments(asComment("from spec.service of Canary "+k.d.name+"; Serin sets the selector's hash, and Service "+k.service+"-primary is not needed any more"), key.HeadComment)
			break
		}
	}
}

// serviceOf is one of the two Services.
func (k *canary) serviceOf(name, which string, in, port, key *yaml.Node) *yaml.Node {
	meta := mapping("name", str(name))
	if k.d.namespace != "" {
		put(meta, "namespace", str(k.d.namespace))
	}
	if custom := child(in, which); custom != nil && custom.Kind == yaml.MappingNode {
		for _, part := range []string{"labels", "annotations"} {
			if value := child(custom, part); value != nil {
				put(meta, part, k.trace.keep(value))
			}
		}
	}
	portName, target := child(in, "portName"), child(in, "targetPort")
	entry := mapping("name", str("http"), "port", k.copied(port), "targetPort", k.copied(port))
	if text(portName) != "" {
		put(entry, "name", k.trace.keep(portName))
	}
	if text(target) != "" {
		put(entry, "targetPort", k.trace.keep(target))
	}
	if protocol := child(in, "appProtocol"); text(protocol) != "" {
		put(entry, "appProtocol", k.trace.keep(protocol))
	}
	spec := mapping("ports", list(entry), "selector", k.selector())
	if distribution := child(in, "trafficDistribution"); text(distribution) != "" {
		put(spec, "trafficDistribution", k.trace.keep(distribution))
	}
	return mapping("apiVersion", str("v1"), "kind", str("Service"), "metadata", meta, "spec", spec)
}

// copied is a value of the input, or one that was made up.
func (k *canary) copied(node *yaml.Node) *yaml.Node {
	if node.Line == 0 {
		return clone(node)
	}
	return k.trace.keep(node)
}

// selector is the labels of the Rollout's pods.
func (k *canary) selector() *yaml.Node {
	for _, output := range k.outputs[k.d] {
		if labels := child(output.root, "spec", "selector", "matchLabels"); labels != nil {
			return clone(labels)
		}
	}
	return flow(mapping("app", str(k.name)))
}

// emitRoute writes the HTTPRoute.
func (k *canary) emitRoute(in, port, key *yaml.Node) {
	parents, hosts := child(in, "gatewayRefs"), child(in, "hosts")
	if !strings.HasPrefix(k.provider, "gatewayapi") || len(items(parents)) == 0 {
		return
	}
	if k.find("HTTPRoute", k.service, k.d.namespace) != nil {
		return
	}
	meta := mapping("name", str(k.service))
	if k.d.namespace != "" {
		put(meta, "namespace", str(k.d.namespace))
	}
	backend := func(name string, weight int) *yaml.Node {
		return flow(mapping("name", str(name), "port", k.copied(port), "weight", integer(weight)))
	}
	rule := mapping("backendRefs", list(backend(k.service, 100), backend(k.service+"-canary", 0)))
	if timeout := child(in, "timeout"); text(timeout) != "" {
		put(rule, "timeouts", mapping("request", k.trace.keep(timeout)))
	}
	spec := mapping("parentRefs", k.trace.keep(parents))
	if len(items(hosts)) > 0 {
		put(spec, "hostnames", k.trace.keep(hosts))
	}
	put(spec, "rules", list(rule))
	out := mapping("apiVersion", str("gateway.networking.k8s.io/v1"), "kind", str("HTTPRoute"), "metadata", meta, "spec", spec)
	out.HeadComment = asComment("from spec.service of Canary " + k.d.name + "; Flagger's own route of this name goes with the Canary: apply this one after it is deleted")
	k.emit(out)
}

// restOfService says what becomes of the other fields of spec.service.
func (k *canary) restOfService(whole field) {
	for i := 0; i+1 < len(whole.value.Content) && whole.value.Kind == yaml.MappingNode; i += 2 {
		name, value := whole.value.Content[i].Value, whole.value.Content[i+1]
		f := field{key: whole.key, value: value, path: whole.path + "." + name}
		switch {
		case oneOf(name, "name", "port", "portName", "targetPort", "appProtocol", "trafficDistribution"):
			if _, moved := k.trace.moved[value]; !moved {
				k.trace.move(value, k.outputs[k.d][0].root)
			}
		case k.isMoved(value):
		case name == "apex" || name == "canary":
			// Their labels and annotations are copied; the net finds the rest.
			if k.find("Service", k.service, k.d.namespace) != nil {
				k.refuse(f, "the Services are among the inputs", "write its labels and annotations there")
			}
		case oneOf(name, "portDiscovery", "headless") && !isTrue(value):
			k.omit(f, "this is how Serin does it anyway")
		case name == "portDiscovery":
			k.refuse(f, "no other ports are discovered", "add those that clients use to the ports of both Services")
		case name == "headless":
			k.refuse(f, "a router needs Services with an address", "there is nothing to write instead")
		case name == "primary":
			k.changed(f, "labels and annotations of the Service %s-primary are left out: there is no such Service any more", k.service)
			k.trace.mark(value, Changed)
		case oneOf(name, "gateways", "gatewayRefs", "hosts", "match", "rewrite", "timeout", "backendTimeout", "retries", "headers", "mirror", "corsPolicy", "trafficPolicy", "delegation", "meshName", "backends", "unmanagedMetadata"):
			k.refuse(f, "Serin makes no routes, so this is yours", "write it into the HTTPRoute: Serin changes only the weights of rules that have both Services")
		}
	}
}

// isMoved says whether all of a value stands in the output.
func (k *canary) isMoved(node *yaml.Node) bool {
	for _, leaf := range k.trace.leaves(node, "", "", nil) {
		if leaf.to == nil {
			return false
		}
	}
	return true
}
