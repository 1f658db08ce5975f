package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/node"
)

// cluster is everything that the scenarios play on.
type cluster struct {
	options    options
	plane      *controlplane.ControlPlane
	client     client.Client
	kubeconfig string
	node       *node.Node
	traefik    *node.Process
	prometheus *node.Process
	controller *node.Process
	// rights is the kubeconfig of the controller, with the rights that `make
	// install` gives it and no more.
	rights string
}

// folder has the files that the processes are configured with, in the box.
const folder = "/run/e2e"

// startCluster brings up control plane, node, router, Prometheus and controller.
func startCluster(ctx context.Context, options options) (*cluster, error) {
	c := &cluster{options: options}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"folders", c.prepare},
		{"control plane", c.startControlPlane},
		{"node", c.startNode},
		{"Traefik", c.startTraefik},
		{"Prometheus", c.startPrometheus},
		{"controller", c.firstController},
	} {
		begin := time.Now()
		if err := step.do(ctx); err != nil {
			c.stop()
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Printf("%-14s up after %.1f s\n", step.what, time.Since(begin).Seconds())
	}
	return c, nil
}

// prepare empties the folder for logs and checks that all parts are there.
func (c *cluster) prepare(context.Context) error {
	if err := node.Check(c.options.kubernetes); err != nil {
		return err
	}
	if err := os.RemoveAll(c.options.logs); err != nil {
		return err
	}
	for _, path := range []string{c.options.logs, folder} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	return node.MakeNetwork()
}

// startControlPlane starts etcd, kube-apiserver and kube-controller-manager.
func (c *cluster) startControlPlane(context.Context) error {
	gateway, err := controlplane.GatewayCRDs()
	if err != nil {
		return err
	}
	var logs [3]*os.File
	for i, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		if logs[i], err = os.Create(filepath.Join(c.options.logs, name+".log")); err != nil {
			return err
		}
	}
	c.plane, err = controlplane.Start(controlplane.Options{
		CRDs:              []string{filepath.Join(c.options.repository, "crds", "bases"), gateway},
		ControllerManager: true,
		// A new node is tainted until this one sees that it is ready.
		Controllers: []string{"node-lifecycle-controller"},
		Log:         logs[2],
		Configure: func(environment *envtest.Environment) {
			etcd, server := environment.ControlPlane.Etcd, environment.ControlPlane.GetAPIServer()
			if etcd == nil {
				etcd = &envtest.Etcd{}
				environment.ControlPlane.Etcd = etcd
			}
			etcd.Out, etcd.Err = logs[0], logs[0]
			server.Out, server.Err = logs[1], logs[1]
		},
	})
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientscheme.AddToScheme(scheme), gatewayv1.Install(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	c.plane.Config.QPS, c.plane.Config.Burst = 200, 400
	if c.client, err = client.New(c.plane.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	c.kubeconfig, err = c.newUser("admin", "system:masters")
	return err
}

// startNode starts the node and waits until it takes pods.
func (c *cluster) startNode(ctx context.Context) error {
	var err error
	c.node, err = node.Run(ctx, node.Options{
		Kubeconfig: c.kubeconfig,
		Binaries:   c.options.kubernetes,
		Pause:      filepath.Join(c.options.programs, "pause"),
		Images:     images(filepath.Join(c.options.programs, "app")),
		Logs:       c.options.logs,
	})
	if err != nil {
		return err
	}
	return controlplane.WaitFor(ctx, "the node to be ready", func(ctx context.Context) (bool, error) {
		var found corev1.Node
		if err := c.client.Get(ctx, client.ObjectKey{Name: node.Name}, &found); err != nil {
			return false, err
		}
		for _, condition := range found.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
				return len(found.Spec.Taints) == 0, fmt.Errorf("taints %v", found.Spec.Taints)
			}
		}
		return false, c.node.Exited()
	})
}

// stop ends everything. What it would miss ends with the box.
func (c *cluster) stop() {
	for _, process := range []*node.Process{c.controller, c.prometheus, c.traefik} {
		if process != nil {
			process.Kill()
		}
	}
	if c.node != nil {
		c.node.Stop()
	}
	if c.plane != nil {
		if err := c.plane.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: stopping the control plane:", err)
		}
	}
}
