package convert

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

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
