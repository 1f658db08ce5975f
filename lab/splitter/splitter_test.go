package splitter_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/fleet"
	"github.com/serin-dev/serin/lab/splitter"
)

// lab is a control plane with a fleet and a splitter.
type lab struct {
	client   client.Client
	splitter *splitter.Splitter
}

func TestSplitterObeysTheRoute(t *testing.T) {
	l := startLab(t)
	for _, name := range []string{"web", "web-canary"} {
		l.create(t, service(name))
	}
	for i := range 2 {
		l.create(t, pod(fmt.Sprintf("stable-%d", i), "web", "v1"))
	}
	l.create(t, pod("canary-0", "web-canary", "v2"))
	l.create(t, route(80, 20))

	t.Run("requests are split exactly", func(t *testing.T) {
		l.waitForCode(t, http.StatusOK)
		l.waitForSplit(t, map[string]int{"v1": 80, "v2": 20})
		waitUntil(t, "the route is accepted", func() bool {
			return l.condition(t, gatewayv1.RouteConditionAccepted) == "True Accepted for generation 1: the weights are in force"
		})
		if got := l.condition(t, gatewayv1.RouteConditionResolvedRefs); got != "True ResolvedRefs for generation 1: all Services exist" {
			t.Errorf("ResolvedRefs is %s", got)
		}
	})
	t.Run("what is accepted is in force", func(t *testing.T) {
		l.update(t, func(route *gatewayv1.HTTPRoute) { *route = *withSpec(route, backends(0, 100)) })
		waitUntil(t, "the new weights are accepted", func() bool {
			return strings.Contains(l.condition(t, gatewayv1.RouteConditionAccepted), "for generation 2")
		})
		if difference := cmp.Diff(map[string]int{"v2": 100}, l.split(t)); difference != "" {
			t.Errorf("the split differs (-want +got):\n%s", difference)
		}
	})
	t.Run("a route that cannot be obeyed is refused and the last one stays", func(t *testing.T) {
		l.update(t, func(route *gatewayv1.HTTPRoute) { route.Spec.Hostnames = []gatewayv1.Hostname{"web.example"} })
		waitUntil(t, "the route is refused", func() bool {
			return l.condition(t, gatewayv1.RouteConditionAccepted) == "False UnsupportedValue for generation 3: hostnames are not supported"
		})
		if difference := cmp.Diff(map[string]int{"v2": 100}, l.split(t)); difference != "" {
			t.Errorf("the split differs (-want +got):\n%s", difference)
		}
		l.update(t, func(route *gatewayv1.HTTPRoute) { route.Spec.Hostnames = nil })
		waitUntil(t, "the route is accepted", func() bool {
			return strings.HasPrefix(l.condition(t, gatewayv1.RouteConditionAccepted), "True Accepted for generation 4")
		})
	})
	t.Run("pods that go lose no request", func(t *testing.T) { l.replace(t) })
	t.Run("a Service that does not exist is named", func(t *testing.T) {
		l.update(t, func(route *gatewayv1.HTTPRoute) { route.Spec.Rules[0].BackendRefs[1].Name = "nobody" })
		l.waitForCode(t, http.StatusInternalServerError)
		waitUntil(t, "the status names it", func() bool {
			return l.condition(t, gatewayv1.RouteConditionResolvedRefs) == "False BackendNotFound for generation 5: there is no Service nobody"
		})
	})
	t.Run("without a route nothing is found", func(t *testing.T) {
		if err := l.client.Delete(t.Context(), route(0, 0)); err != nil {
			t.Fatal(err)
		}
		l.waitForCode(t, http.StatusNotFound)
	})
}

// replace replaces the canary's pod under load, then takes it away.
func (l lab) replace(t *testing.T) {
	t.Helper()
	l.create(t, pod("canary-1", "web-canary", "v3"))
	l.waitForSplit(t, map[string]int{"v2": 50, "v3": 50})
	if err := l.client.Delete(t.Context(), pod("canary-0", "web-canary", "v2")); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "only the new pod answers", func() bool {
		split := l.split(t)
		if split["v2"]+split["v3"] != 100 {
			t.Fatalf("answers were lost: %v", split)
		}
		return split["v2"] == 0
	})
	if err := l.client.Delete(t.Context(), pod("canary-1", "web-canary", "v3")); err != nil {
		t.Fatal(err)
	}
	l.waitForCode(t, http.StatusServiceUnavailable)
}

// startLab starts everything and ends it with the test.
func startLab(t *testing.T) lab {
	t.Helper()
	log.SetLogger(logr.Discard())
	if err := gatewayv1.Install(scheme.Scheme); err != nil {
		t.Fatal(err)
	}
	crds, err := controlplane.GatewayCRDs()
	if err != nil {
		t.Fatal(err)
	}
	plane, err := controlplane.Start(controlplane.Options{CRDs: []string{crds}, ControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	mgr, err := ctrl.NewManager(plane.Config, ctrl.Options{
		Metrics:    server.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	nodes := fleet.New("default", "lab")
	router, err := splitter.New(types.NamespacedName{Namespace: "default", Name: "web"}, nodes.Registry())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []interface{ Add(ctrl.Manager) error }{nodes, router} {
		if err := part.Add(mgr); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	return lab{client: mgr.GetClient(), splitter: router}
}

// split asks a hundred times and counts the versions; "" is no answer of any.
func (l lab) split(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for range 100 {
		version, _ := l.get(t)
		counts[version]++
	}
	return counts
}

func (l lab) get(t *testing.T) (version string, code int) {
	t.Helper()
	answer, err := http.Get(l.splitter.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.Header.Get("X-Version"), answer.StatusCode
}

func (l lab) waitForCode(t *testing.T, want int) {
	t.Helper()
	waitUntil(t, fmt.Sprintf("the splitter answers %d", want), func() bool {
		_, code := l.get(t)
		return code == want
	})
}

func (l lab) waitForSplit(t *testing.T, want map[string]int) {
	t.Helper()
	waitUntil(t, fmt.Sprintf("the split is %v", want), func() bool { return cmp.Equal(want, l.split(t)) })
}

func (l lab) create(t *testing.T, object client.Object) {
	t.Helper()
	if err := l.client.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// update changes the route, as often as it takes.
func (l lab) update(t *testing.T, change func(*gatewayv1.HTTPRoute)) {
	t.Helper()
	waitUntil(t, "the route is updated", func() bool {
		route := &gatewayv1.HTTPRoute{}
		if err := l.client.Get(t.Context(), types.NamespacedName{Namespace: "default", Name: "web"}, route); err != nil {
			t.Fatal(err)
		}
		change(route)
		return l.client.Update(t.Context(), route) == nil
	})
}

// condition is a condition of the route, as text.
func (l lab) condition(t *testing.T, kind gatewayv1.RouteConditionType) string {
	t.Helper()
	route := &gatewayv1.HTTPRoute{}
	if err := l.client.Get(t.Context(), types.NamespacedName{Namespace: "default", Name: "web"}, route); err != nil {
		t.Fatal(err)
	}
	if len(route.Status.Parents) != 1 {
		return fmt.Sprintf("missing: %d parents", len(route.Status.Parents))
	}
	condition := meta.FindStatusCondition(route.Status.Parents[0].Conditions, string(kind))
	if condition == nil {
		return "missing"
	}
	return fmt.Sprintf("%s %s for generation %d: %s", condition.Status, condition.Reason, condition.ObservedGeneration, condition.Message)
}

func route(stable, canary int32) *gatewayv1.HTTPRoute {
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "lab"}}
	return withSpec(route, backends(stable, canary))
}

func withSpec(route *gatewayv1.HTTPRoute, backends []gatewayv1.HTTPBackendRef) *gatewayv1.HTTPRoute {
	route.Spec.Rules = []gatewayv1.HTTPRouteRule{{BackendRefs: backends}}
	return route
}

func backends(stable, canary int32) []gatewayv1.HTTPBackendRef {
	backend := func(name string, weight int32) gatewayv1.HTTPBackendRef {
		return gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{
			BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(name), Port: new(gatewayv1.PortNumber(80))},
			Weight:                 &weight,
		}}
	}
	return []gatewayv1.HTTPBackendRef{backend("web", stable), backend("web-canary", canary)}
}

func service(name string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"service": name}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
}

func pod(name, service, version string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{"service": service}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "web", Image: "lab.example/web",
			Env: []corev1.EnvVar{{Name: "APP_VERSION", Value: version}, {Name: "APP_DRAIN", Value: "2s"}},
		}}},
	}
}

// waitUntil polls a condition for at most twenty seconds.
func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
