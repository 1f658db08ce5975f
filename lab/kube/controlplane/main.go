// Command controlplane is one multi-call binary for the part of Kubernetes that
// `make demo` and `make test` need: it acts as etcd, kube-apiserver or
// kube-controller-manager, whichever name it is called by.
//
// One binary instead of three saves two thirds of the link time and of the disk.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // The client's request metrics, as upstream's own main has them.
	_ "k8s.io/component-base/metrics/prometheus/version"  // The build_info metric, likewise.
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	var command *cobra.Command
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
		return
	case "kube-apiserver":
		command = apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		command = controllermanager.NewControllerManagerCommand()
	default:
		fmt.Fprintf(os.Stderr, "controlplane: called as %q; link it as etcd, kube-apiserver or kube-controller-manager and call that\n", name)
		os.Exit(2)
	}
	os.Exit(cli.Run(command))
}
