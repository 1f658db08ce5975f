package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/fleet"
	"github.com/serin-dev/serin/lab/load"
	"github.com/serin-dev/serin/lab/monitoring"
	"github.com/serin-dev/serin/lab/splitter"
)

const (
	// namespace holds everything of the story.
	namespace = "demo"
	// scrapeInterval is short, so that the demo is. Prometheus is the same with 5 s.
	scrapeInterval = time.Second
	// rate is the number of requests per second that users send.
	rate = 200
)

// world is all parts of the demo. end ends them.
type world struct {
	folder     string
	plane      *controlplane.ControlPlane
	client     client.Client
	fleet      *fleet.Fleet
	router     *splitter.Splitter
	prometheus *monitoring.Server
	controller *process
	load       *load.Generator

	// endings end the parts, in the reverse order.
	endings []func() error
	// running are the goroutines of the parts.
	running sync.WaitGroup
}

func newWorld(folder string) *world { return &world{folder: folder} }

// route is the HTTPRoute that the router obeys.
func route() types.NamespacedName { return types.NamespacedName{Namespace: namespace, Name: "web"} }

// started is a control plane, or why there is none.
type started struct {
	plane *controlplane.ControlPlane
	err   error
}

// startControlPlane starts a Kubernetes API with the CRDs.
func (w *world) startControlPlane(ctx context.Context) error {
	crds, err := crdFolders()
	if err != nil {
		return err
	}
	starting := make(chan started, 1)
	go func() {
		plane, err := controlplane.Start(controlplane.Options{CRDs: crds, ControllerManager: true})
		starting <- started{plane, err}
	}()
	select {
	case <-ctx.Done():
		giveUp(starting)
		return context.Cause(ctx)
	case result := <-starting:
		if result.err != nil {
			return result.err
		}
		w.plane = result.plane
		w.endings = append(w.endings, w.plane.Stop)
		return nil
	}
}

// giveUp ends a control plane that is about to start. It cannot be told to stop, so
// its processes are killed until there are no more.
func giveUp(starting <-chan started) {
	for deadline := time.Now().Add(ending); time.Now().Before(deadline); {
		killChildren()
		select {
		case <-starting:
			return // What it has started meanwhile, traces.remove ends.
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// startParts starts what stands for nodes, router and monitoring.
func (w *world) startParts(ctx context.Context, fail context.CancelCauseFunc) error {
	var err error
	if w.prometheus, err = monitoring.Start(scrapeInterval); err != nil {
		return err
	}
	w.endings = append(w.endings, w.prometheus.Stop)
	manager, err := newManager(w.plane)
	if err != nil {
		return err
	}
	w.client = manager.GetClient()
	w.fleet = fleet.New(namespace, "loopback")
	w.fleet.Registry().Observe(func(pods []fleet.Pod) { w.prometheus.SetTargets(targets(pods)) })
	if w.router, err = splitter.New(route(), w.fleet.Registry()); err != nil {
		return err
	}
	if err := errors.Join(w.fleet.Add(manager), w.router.Add(manager)); err != nil {
		return err
	}
	w.goUntilEnd(ctx, func(ctx context.Context) {
		if err := manager.Start(ctx); err != nil {
			fail(fmt.Errorf("running pods and router: %w", err))
		}
	})
	return nil
}

// newManager makes what runs pods and router. It sees one namespace.
func newManager(plane *controlplane.ControlPlane) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientscheme.AddToScheme, v1alpha1.AddToScheme, gatewayv1.Install} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	second := time.Second
	return ctrl.NewManager(plane.Config, ctrl.Options{
		Scheme:                  scheme,
		Metrics:                 server.Options{BindAddress: "0"},
		GracefulShutdownTimeout: &second,
		Cache:                   cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		// What the demo writes once need not be watched.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Namespace{}, &corev1.Node{}}}},
	})
}

// targets are the pods as Prometheus scrapes them, with the labels that a real one
// gets from Kubernetes.
func targets(pods []fleet.Pod) []monitoring.Target {
	result := make([]monitoring.Target, 0, len(pods))
	for _, pod := range pods {
		result = append(result, monitoring.Target{Address: pod.Address, Labels: map[string]string{
			"namespace": pod.Namespace, "pod": pod.Name, "pod_template_hash": pod.Labels[v1alpha1.LabelPodTemplateHash],
		}})
	}
	return result
}

// startController starts the controller, with no more rights than it has anywhere.
func (w *world) startController(binary string, fail context.CancelCauseFunc) error {
	if err := w.grant(); err != nil {
		return err
	}
	kubeconfig, err := w.writeKubeconfig(controllerUser)
	if err != nil {
		return err
	}
	w.controller, err = startProcess(filepath.Join(w.folder, "controller.log"), binary,
		"--kubeconfig="+kubeconfig, "--prometheus-address="+w.prometheus.URL, "--namespace="+namespace,
		"--metrics-bind-address=0", "--health-probe-bind-address=0", "--leader-elect=false", "--log-level=info", "--log-format=text")
	if err != nil {
		return fmt.Errorf("starting the controller: %w; `make build` makes it", err)
	}
	w.endings = append(w.endings, w.controller.stop)
	w.running.Go(func() {
		if err := w.controller.wait(); err != nil {
			fail(fmt.Errorf("the controller ended: %w", err))
		}
	})
	return nil
}

// startLoad begins to send requests to the router.
func (w *world) startLoad(ctx context.Context, fail context.CancelCauseFunc) error {
	generator, err := load.New(load.Options{URL: w.router.URL(), Rate: rate, Timeout: 5 * time.Second, Lifetime: time.Hour})
	if err != nil {
		return err
	}
	w.load = generator
	w.goUntilEnd(ctx, generator.Run)
	return nil
}

// goUntilEnd runs something until the context ends or the world does.
func (w *world) goUntilEnd(ctx context.Context, run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	w.endings = append(w.endings, func() error { cancel(); <-done; return nil })
}

// writeKubeconfig makes a user and writes how to reach the API as that user.
func (w *world) writeKubeconfig(user string, groups ...string) (path string, err error) {
	added, err := w.plane.Environment.AddUser(envtest.User{Name: user, Groups: groups}, nil)
	if err != nil {
		return "", fmt.Errorf("making user %s: %w", user, err)
	}
	kubeconfig, err := added.KubeConfig()
	if err != nil {
		return "", err
	}
	path = filepath.Join(w.folder, user+".kubeconfig")
	return path, os.WriteFile(path, kubeconfig, 0o600)
}

// ending is for how long the parts may take to end by themselves.
const ending = 8 * time.Second

// end ends all parts, the last one first. What hangs is left to traces.remove.
func (w *world) end() error {
	ended := make(chan error, 1)
	go func() {
		var problems []error
		for _, end := range slices.Backward(w.endings) {
			problems = append(problems, end())
		}
		w.running.Wait()
		ended <- errors.Join(problems...)
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(ending):
		return fmt.Errorf("ending the demo: it took longer than %s, so the rest was killed", ending)
	}
}

// logTail is the end of the controller's log.
func (w *world) logTail() string {
	if w.controller == nil {
		return ""
	}
	return w.controller.logTail()
}
