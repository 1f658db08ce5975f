// Package controlplane starts a real etcd, kube-apiserver and, on request,
// kube-controller-manager on loopback, for tests and the demo. `make` builds
// the binaries (module lab/kube); KUBEBUILDER_ASSETS names others.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Options says what to start.
type Options struct {
	// CRDs are folders of CustomResourceDefinitions to install.
	CRDs []string
	// ControllerManager starts kube-controller-manager, which makes pods of
	// ReplicaSets and EndpointSlices of Services.
	ControllerManager bool
	// Controllers are run by kube-controller-manager besides the few that it always
	// runs here. Example: node-lifecycle-controller.
	Controllers []string
	// Log gets the output of kube-controller-manager. Nil discards it.
	Log io.Writer
	// Configure, when set, changes the environment before it starts, for flags.
	Configure func(*envtest.Environment)
}

// ControlPlane is a running control plane. Stop ends it.
type ControlPlane struct {
	// Config is an administrator's.
	Config *rest.Config
	// Environment is what is running.
	Environment *envtest.Environment
	manager     *exec.Cmd
	folder      string
}

// Assets is the folder with the binaries: KUBEBUILDER_ASSETS, else where `make`
// builds them.
func Assets() (string, error) {
	folder := os.Getenv("KUBEBUILDER_ASSETS")
	if folder == "" {
		var err error
		if folder, err = built(); err != nil {
			return "", err
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "kube-apiserver")); err != nil {
		return "", fmt.Errorf("finding the control plane's binaries: %w; run `make controlplane`, or set KUBEBUILDER_ASSETS", err)
	}
	return folder, nil
}

// built is the folder where `make controlplane` builds the binaries.
func built() (string, error) {
	cache := os.Getenv("SERIN_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("finding the control plane's binaries: %w; set KUBEBUILDER_ASSETS", err)
		}
		cache = filepath.Join(home, ".cache", "serin")
	}
	return filepath.Join(cache, "kube-"+Version), nil
}

// controllerManager finds kube-controller-manager. The assets that others publish
// for tests do not have it; then `make controlplane` builds it alone.
func controllerManager(assets string) (string, error) {
	const name = "kube-controller-manager"
	own, err := built()
	if err != nil {
		return "", err
	}
	for _, folder := range []string{assets, own} {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("finding %s: it is neither in %s nor in %s; run `make controlplane`", name, assets, own)
}

// Version of Kubernetes that module lab/kube builds.
const Version = "v1.36.3"

// GatewayCRDs is the folder of the Gateway API's CustomResourceDefinitions, in
// the module cache.
func GatewayCRDs() (string, error) {
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		return "", fmt.Errorf("finding the Gateway API's CRDs with `go list`: %w; run it inside this repository", err)
	}
	return filepath.Join(strings.TrimSpace(string(output)), "config", "crd", "standard"), nil
}

// Start starts a control plane and waits until it answers.
func Start(options Options) (*ControlPlane, error) {
	assets, err := Assets()
	if err != nil {
		return nil, err
	}
	environment := &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		CRDDirectoryPaths:        options.CRDs,
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: time.Minute,
		ControlPlaneStopTimeout:  20 * time.Second,
	}
	environment.ControlPlane.GetAPIServer().Configure().
		Set("enable-priority-and-fairness", "false")
	if options.Configure != nil {
		options.Configure(environment)
	}
	config, err := environment.Start()
	if err != nil {
		err = fmt.Errorf("starting etcd and kube-apiserver from %s: %w", assets, err)
		return nil, errors.Join(err, environment.Stop()) // What has started, such as before a CRD was refused.
	}
	plane := &ControlPlane{Config: config, Environment: environment}
	if options.ControllerManager {
		if err := plane.startControllerManager(assets, options); err != nil {
			return nil, errors.Join(err, plane.Stop())
		}
	}
	return plane, nil
}

// controllers to run: those that make pods of ReplicaSets and EndpointSlices of
// Services, those that clean up, and more.
func controllers(more []string) string {
	return strings.Join(slices.Concat([]string{
		"replicaset-controller", "endpointslice-controller", "garbage-collector-controller",
		"serviceaccount-controller", "namespace-controller", "pod-garbage-collector-controller",
	}, more), ",")
}

// startControllerManager starts kube-controller-manager as an administrator.
func (p *ControlPlane) startControllerManager(assets string, options Options) error {
	folder, err := os.MkdirTemp("", "serin-kcm-")
	if err != nil {
		return err
	}
	p.folder = folder
	user, err := p.Environment.AddUser(envtest.User{Name: "controller-manager", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return fmt.Errorf("making a user for kube-controller-manager: %w", err)
	}
	kubeconfig, err := user.KubeConfig()
	if err != nil {
		return err
	}
	path := filepath.Join(folder, "kubeconfig")
	if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	binary, err := controllerManager(assets)
	if err != nil {
		return err
	}
	log := options.Log
	if log == nil {
		log = io.Discard
	}
	p.manager = exec.Command(binary,
		"--kubeconfig="+path, "--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port="+strconv.Itoa(port),
		"--controllers="+controllers(options.Controllers),
		"--concurrent-replicaset-syncs=10", "--concurrent-gc-syncs=10",
		"--kube-api-qps=300", "--kube-api-burst=600", "--use-service-account-credentials=false")
	p.manager.Stdout, p.manager.Stderr = log, log
	// Its own process group, so that Ctrl-C in a terminal reaches us first.
	p.manager.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.manager.Start(); err != nil {
		return fmt.Errorf("starting kube-controller-manager: %w; `make controlplane` builds it", err)
	}
	return nil
}

// Stop ends everything and removes its files.
func (p *ControlPlane) Stop() error {
	if p.manager != nil && p.manager.Process != nil {
		_ = p.manager.Process.Kill()
		_ = p.manager.Wait()
	}
	if p.folder != "" {
		_ = os.RemoveAll(p.folder)
	}
	return p.Environment.Stop()
}

// WaitFor polls a condition until it is true or the context ends.
func WaitFor(ctx context.Context, what string, condition func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, err := condition(ctx)
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w (last: %v)", what, ctx.Err(), err)
		case <-ticker.C:
		}
	}
}

// freePort finds a port on loopback that nobody listens on.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
