package config

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/serin-dev/serin/lab/app"
	"github.com/serin-dev/serin/lab/monitoring"
	"github.com/serin-dev/serin/lab/node"
)

// route is an HTTPRoute with both Services, whose endpoints are at an address.
const route = `
apiVersion: v1
kind: Namespace
metadata: {name: traefik-shop}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: traefik}
spec: {controllerName: traefik.io/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: entrance, namespace: traefik-shop}
spec: {gatewayClassName: traefik, listeners: [{name: web, protocol: HTTP, port: ENTRANCE}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: traefik-shop}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-canary, namespace: traefik-shop}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: traefik-shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: STABLE}]
endpoints: [{addresses: [ADDRESS], conditions: {ready: true}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-canary-1, namespace: traefik-shop, labels: {kubernetes.io/service-name: web-canary}}
addressType: IPv4
ports: [{name: http, port: CANARY}]
endpoints: [{addresses: [ADDRESS], conditions: {ready: true}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: traefik-shop}
spec:
  parentRefs: [{name: entrance}]
  rules:
  - backendRefs: [{name: web, port: 80, weight: 50}, {name: web-canary, port: 80, weight: 50}]
`

// TestTheTraefikTemplateFindsWhatTraefikExposes sends requests through a real Traefik, which
// takes its routes from the API server, and compares what the template finds with what
// the two versions have counted.
func TestTheTraefikTemplateFindsWhatTraefikExposes(t *testing.T) {
	binary, address := traefikBinary(), ownAddress(t)
	if binary == "" || address == "" {
		t.Log("not compared with a running Traefik: `make e2e` has not built it here yet, or this machine has no address but loopback, which Kubernetes takes for no endpoint")
		return
	}
	stable, canary := startVersion(t, address, "v1"), startVersion(t, address, "v2")
	entrance, metrics := freePort(t), freePort(t)
	text := strings.NewReplacer("ADDRESS", address, "ENTRANCE", entrance, "STABLE", stable.port, "CANARY", canary.port).Replace(route)
	for _, object := range decode(t, "route", []byte(text)) {
		if err := server.Create(t.Context(), object); err != nil {
			t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
	startTraefik(t, binary, entrance, metrics)
	send(t, "http://127.0.0.1:"+entrance)

	prometheus := startPrometheus(t)
	prometheus.server.SetTargets([]monitoring.Target{{Address: "127.0.0.1:" + metrics}})
	prometheus.settle(t, fmt.Sprintf(`sum(traefik_service_requests_total) == %d`, stable.requests.Load()+canary.requests.Load()))
	traefik, shop := examples[4], release
	shop.Rollout.Namespace = "traefik-shop"
	want := seen{
		"errors":     {canary.share(&canary.bad), stable.share(&stable.bad)},
		"unanswered": {canary.share(&canary.unanswered), stable.share(&stable.unanswered)},
		"latency":    {fmt.Sprint(canary.requests.Load()), fmt.Sprint(stable.requests.Load())},
	}
	prometheus.expect(t, resolve(t, traefik, traefik.given(t), shop), want)
	t.Logf("canary and baseline: %v", want)
}

// send sends requests until both versions have given errors, and some whose clients go away.
func send(t *testing.T, url string) {
	t.Helper()
	get := func(client http.Client, url string) int {
		answer, err := client.Get(url)
		if err != nil {
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	patient, impatient := http.Client{Timeout: 10 * time.Second}, http.Client{Timeout: 50 * time.Millisecond}
	for deadline := time.Now().Add(30 * time.Second); get(patient, url) != http.StatusOK; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Traefik does not reach the application")
		}
	}
	for range 100 {
		if code := get(patient, url); code != http.StatusOK && code != http.StatusInternalServerError {
			t.Fatalf("the answer is %d", code)
		}
	}
	for range 6 {
		if code := get(impatient, url+"/slow"); code != 0 {
			t.Fatalf("the answer %d came before the client went away", code)
		}
	}
}

// version is an application, and what it has counted.
type version struct {
	port                      string
	requests, bad, unanswered atomic.Int64
}

// share is a count of all requests, as found writes it.
func (v *version) share(count *atomic.Int64) string {
	return fmt.Sprintf("%d of %d", count.Load(), v.requests.Load())
}

// startVersion starts an application. At /slow it never answers.
func startVersion(t *testing.T, address, name string) *version {
	t.Helper()
	application, err := app.New(app.Settings{Version: name, ErrorShare: tenth})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	v := &version{}
	_, v.port, _ = net.SplitHostPort(listener.Addr().String())
	served := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.requests.Add(1)
		if r.URL.Path == "/slow" {
			v.unanswered.Add(1)
			<-r.Context().Done()
			return
		}
		recorder := httptest.NewRecorder()
		application.ServeHTTP(recorder, r)
		if recorder.Code == http.StatusInternalServerError {
			v.bad.Add(1)
		}
		w.WriteHeader(recorder.Code)
	}))
	served.Listener.Close()
	served.Listener = listener
	served.Start()
	t.Cleanup(served.Close)
	return v
}

// startTraefik starts Traefik with the configuration that the template's comment asks for.
func startTraefik(t *testing.T, binary, entrance, metrics string) {
	t.Helper()
	user, err := plane.Environment.AddUser(envtest.User{Name: "traefik", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig, err := user.KubeConfig()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "kubeconfig")
	if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	process, err := node.Start(node.Program{
		Name: "traefik", Path: binary, Logs: folder, Env: []string{"KUBECONFIG=" + path},
		Args: []string{
			"--global.checknewversion=false", "--global.sendanonymoususage=false", "--log.level=INFO", "--ping",
			"--entrypoints.web.address=127.0.0.1:" + entrance, "--entrypoints.traefik.address=127.0.0.1:" + metrics,
			"--providers.kubernetesgateway", "--providers.kubernetesgateway.statusaddress.ip=127.0.0.1",
			"--metrics.prometheus", "--metrics.prometheus.buckets=0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Kill()
		if log, err := os.ReadFile(filepath.Join(folder, "traefik.log")); err == nil && t.Failed() {
			t.Logf("Traefik says:\n%s", log)
		}
	})
	if err := process.Ready(t.Context(), "http://127.0.0.1:"+metrics+"/ping"); err != nil {
		t.Fatal(err)
	}
}

// traefikBinary is Traefik as `make e2e` builds it; empty when it has not.
func traefikBinary() string {
	cache := os.Getenv("SERIN_CACHE")
	if home, err := os.UserHomeDir(); cache == "" && err == nil {
		cache = filepath.Join(home, ".cache", "serin")
	}
	found, _ := filepath.Glob(filepath.Join(cache, "traefik-*", "traefik"))
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// ownAddress is an address of this machine that Kubernetes takes for an endpoint; empty
// when there is none.
func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if network, is := one.(*net.IPNet); is && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	return ""
}

// freePort is a port that nobody uses now.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}
