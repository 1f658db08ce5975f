package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Options say what a node is made of.
type Options struct {
	// Kubeconfig of an administrator, for kubelet and kube-scheduler.
	Kubeconfig string
	// Binaries is the folder with kubelet and kube-scheduler.
	Binaries string
	// Pause is the pause binary, built from lab/node/pause.
	Pause string
	// Images are what pods can run; nothing else is ever pulled.
	Images []Image
	// Logs is the folder for the processes' logs.
	Logs string
}

// Node is a running node.
type Node struct {
	processes []*Process
}

// Check says what is missing on this machine for a node to run.
func Check(binaries string) error {
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "ctr", "runc", "ip", "/usr/lib/cni/bridge", "/usr/lib/cni/host-local"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("looking for the node's parts: %w; install Debian's containerd, runc, containernetworking-plugins and iproute2", err)
		}
	}
	for _, name := range []string{"kubelet", "kube-scheduler"} {
		if _, err := os.Stat(filepath.Join(binaries, name)); err != nil {
			return fmt.Errorf("looking for the node's parts: %w; `make e2e` builds them", err)
		}
	}
	return nil
}

// MakeNetwork gives the box its loopback device and the node its address. It
// comes before everything that listens, the control plane included.
func MakeNetwork() error { return makeNetwork() }

// Run starts a node inside a box. The caller waits until it is Ready.
func Run(ctx context.Context, options Options) (*Node, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	node := &Node{}
	for _, start := range []func(context.Context, Options) (*Process, error){startContainerd, startKubelet, startScheduler} {
		process, err := start(ctx, options)
		if process != nil {
			node.processes = append(node.processes, process)
		}
		if err != nil {
			node.Stop()
			return nil, err
		}
	}
	return node, nil
}

// Exited says whether a part of the node has ended by itself.
func (n *Node) Exited() error {
	for _, process := range n.processes {
		if err := process.Exited(); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends the node's processes. The pods end with the box.
func (n *Node) Stop() {
	for i := len(n.processes) - 1; i >= 0; i-- {
		n.processes[i].Kill()
	}
}
