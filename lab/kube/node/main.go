// Command node is one multi-call binary for the part of Kubernetes that only
// `make e2e` needs: it acts as kubelet, kube-proxy, kube-scheduler or kubectl,
// whichever name it is called by.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // The client's request metrics, as upstream's own main has them.
	_ "k8s.io/component-base/metrics/prometheus/version"  // The build_info metric, likewise.
	kubectl "k8s.io/kubectl/pkg/cmd"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	var command *cobra.Command
	switch name := filepath.Base(os.Args[0]); name {
	case "kubelet":
		command = kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		command = proxy.NewProxyCommand()
	case "kube-scheduler":
		command = scheduler.NewSchedulerCommand()
	case "kubectl":
		command = kubectl.NewDefaultKubectlCommand()
	default:
		fmt.Fprintf(os.Stderr, "node: called as %q; link it as kubelet, kube-proxy, kube-scheduler or kubectl and call that\n", name)
		os.Exit(2)
	}
	os.Exit(cli.Run(command))
}
