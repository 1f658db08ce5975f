package gatewayapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/providers/traffic"
	"github.com/serin-dev/serin/providers/traffic/gatewayapi"
	"github.com/serin-dev/serin/providers/traffic/traffictest"
)

// start starts the API server of all tests of this package, when the first of
// them needs it: fuzzing needs none.
var start = sync.OnceValues(func() (*controlplane.ControlPlane, error) {
	routes, err := controlplane.GatewayCRDs()
	if err != nil {
		return nil, err
	}
	return controlplane.Start(controlplane.Options{CRDs: []string{routes}})
})

// connect makes the one client of all tests.
var connect = sync.OnceValues(func() (client.WithWatch, error) {
	plane, err := start()
	if err != nil {
		return nil, err
	}
	started.Store(plane)
	return client.NewWithWatch(plane.Config, client.Options{})
})

var started atomic.Pointer[controlplane.ControlPlane]

func TestMain(m *testing.M) {
	code := m.Run()
	if plane := started.Load(); plane != nil {
		if err := plane.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// cluster is an administrator's client.
func cluster(t *testing.T) client.WithWatch {
	t.Helper()
	made, err := connect()
	must(t, err)
	return made
}

// settings are an administrator's.
func settings(t *testing.T) *rest.Config {
	t.Helper()
	cluster(t)
	return started.Load().Config
}

func TestConformance(t *testing.T) { traffictest.Run(t, world{}) }

const namespace = "default"

// world is the harness of the suite: HTTPRoutes at a real API server.
type world struct{}

var _ traffictest.Harness = world{}

func config(owner string, routes ...string) gatewayapi.Config {
	return gatewayapi.Config{Namespace: namespace, Routes: routes, StableService: "web", CanaryService: "web-canary", Owner: owner}
}

func (world) Router(t *testing.T, owner string, routes ...string) traffic.Router {
	return gatewayapi.New(cluster(t), config(owner, routes...))
}

func (world) Create(t *testing.T, name string, weights traffictest.Weights) {
	t.Helper()
	stable, canary := backend("web"), backend("web-canary")
	setWeight(stable, weights.Stable)
	setWeight(canary, weights.Canary)
	create(t, name,
		map[string]any{"matches": []any{map[string]any{"headers": []any{map[string]any{"name": "X-Canary", "value": "1"}}}}, "backendRefs": []any{backend("web-canary")}},
		map[string]any{"matches": []any{map[string]any{"path": map[string]any{"type": "Exact", "value": "/health"}}}, "backendRefs": []any{backend("web")}},
		rich(stable, canary))
}

func (world) CreateWithoutCanary(t *testing.T, name string) {
	t.Helper()
	create(t, name, rule(backend("web")))
}

func (world) Delete(t *testing.T, name string) {
	t.Helper()
	must(t, cluster(t).Delete(t.Context(), get(t, name)))
}

func (world) Weights(t *testing.T, name string) traffictest.Weights {
	t.Helper()
	number := func(value any) *int32 {
		if value == nil {
			return nil
		}
		narrow := int32(value.(int64))
		return &narrow
	}
	stable, canary := split(t, get(t, name))
	return traffictest.Weights{Stable: number(stable["weight"]), Canary: number(canary["weight"])}
}

// Foreign is the route without the two weights, our annotation, and what the API
// server writes itself.
func (world) Foreign(t *testing.T, name string) string {
	t.Helper()
	route := get(t, name)
	stable, canary := split(t, route)
	delete(stable, "weight")
	delete(canary, "weight")
	annotations := route.GetAnnotations()
	delete(annotations, v1alpha1.AnnotationManagedBy)
	route.SetAnnotations(annotations)
	route.SetManagedFields(nil)
	route.SetResourceVersion("")
	route.SetGeneration(0)
	text, err := json.MarshalIndent(route.Object, "", " ")
	must(t, err)
	return string(text)
}

func (world) Version(t *testing.T, name string) string {
	t.Helper()
	return get(t, name).GetResourceVersion()
}

func (world) Accept(t *testing.T, name string) {
	t.Helper()
	report(t, name, parent("gateway", conditions(get(t, name).GetGeneration(), "True", "True", "")))
}

func (world) Refuse(t *testing.T, name, message string) {
	t.Helper()
	report(t, name, parent("gateway", conditions(get(t, name).GetGeneration(), "True", "False", message)))
}

func (world) EditDuringWrite(t *testing.T, owner, route string) traffic.Router {
	t.Helper()
	edited := false
	between := interceptor.NewClient(cluster(t), interceptor.Funcs{
		Apply: func(ctx context.Context, inner client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			if !edited {
				edited = true
				foreign := get(t, route)
				must(t, unstructured.SetNestedStringSlice(foreign.Object, []string{"edited.example.com"}, "spec", "hostnames"))
				must(t, inner.Update(ctx, foreign))
			}
			return inner.Apply(ctx, object, options...)
		},
	})
	return gatewayapi.New(between, config(owner, route))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, name string) *unstructured.Unstructured {
	t.Helper()
	route := newRoute(name)
	must(t, cluster(t).Get(t.Context(), client.ObjectKeyFromObject(route), route))
	return route
}

func newRoute(name string) *unstructured.Unstructured {
	route := &unstructured.Unstructured{}
	route.SetAPIVersion("gateway.networking.k8s.io/v1")
	route.SetKind("HTTPRoute")
	route.SetNamespace(namespace)
	route.SetName(name)
	return route
}

// create makes a route of some rules, with settings of somebody else.
func create(t *testing.T, name string, rules ...any) {
	t.Helper()
	route := newRoute(name)
	route.SetAnnotations(map[string]string{"example.com/team": "shop"})
	route.SetLabels(map[string]string{"app": "web"})
	route.Object["spec"] = map[string]any{
		"hostnames":  []any{"web.example.com"},
		"parentRefs": []any{map[string]any{"name": "gateway", "sectionName": "web"}},
		"rules":      rules,
	}
	must(t, cluster(t).Create(t.Context(), route, client.FieldOwner("kubectl")))
}

func rule(backends ...any) map[string]any { return map[string]any{"backendRefs": backends} }

func backend(name string) map[string]any { return map[string]any{"name": name, "port": int64(80)} }

func setWeight(backend map[string]any, weight *int32) {
	if weight != nil {
		backend["weight"] = int64(*weight)
	}
}

// rich is a rule that splits, with all that must survive in it.
func rich(stable, canary map[string]any) any {
	canary["filters"] = []any{map[string]any{"type": "RequestHeaderModifier", "requestHeaderModifier": map[string]any{"set": []any{map[string]any{"name": "X-Canary", "value": "1"}}}}}
	other := backend("experiment")
	other["weight"] = int64(7)
	return map[string]any{
		"name":        "main",
		"matches":     []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": "/"}, "headers": []any{map[string]any{"name": "a", "value": "b", "type": "Exact"}}}},
		"filters":     []any{map[string]any{"type": "ResponseHeaderModifier", "responseHeaderModifier": map[string]any{"remove": []any{"Server"}}}},
		"timeouts":    map[string]any{"request": "10s", "backendRequest": "2s"},
		"backendRefs": []any{other, stable, canary},
	}
}

// split returns the two backends of the one rule that has both.
func split(t *testing.T, route *unstructured.Unstructured) (stable, canary map[string]any) {
	t.Helper()
	rules, _ := route.Object["spec"].(map[string]any)["rules"].([]any)
	for _, entry := range rules {
		stable, canary = nil, nil
		references, _ := entry.(map[string]any)["backendRefs"].([]any)
		for _, reference := range references {
			switch fields := reference.(map[string]any); fields["name"] {
			case "web":
				stable = fields
			case "web-canary":
				canary = fields
			}
		}
		if stable != nil && canary != nil {
			return stable, canary
		}
	}
	t.Fatalf("no rule of %s splits", route.GetName())
	return nil, nil
}

// report writes the status of a route, as a Gateway's controller does.
func report(t *testing.T, name string, parents ...any) {
	t.Helper()
	route := get(t, name)
	route.Object["status"] = map[string]any{"parents": parents}
	must(t, cluster(t).Status().Update(t.Context(), route))
}

func parent(gateway string, conditions []any) map[string]any {
	return map[string]any{
		"controllerName": "example.com/gateway-controller",
		"parentRef":      map[string]any{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway, "sectionName": "web"},
		"conditions":     conditions,
	}
}

func conditions(generation int64, accepted, resolved, message string) []any {
	one := func(kind, status string) any {
		return map[string]any{
			"type": kind, "status": status, "reason": "Tested", "message": message, "observedGeneration": generation,
			"lastTransitionTime": metav1.Unix(1772366400, 0).UTC().Format("2006-01-02T15:04:05Z"),
		}
	}
	return []any{one("Accepted", accepted), one("ResolvedRefs", resolved)}
}
