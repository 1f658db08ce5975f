package node

import (
	"context"
	"path/filepath"
)

// Name is the node's name.
const Name = "node"

// kubeletConfig is for a node on any machine: cgroups of either version, swap or
// none, and pods that nobody evicts because the machine's disk is full.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://` + socket + `
cgroupDriver: cgroupfs
cgroupRoot: /` + cgroupName + `
failCgroupV1: false
failSwapOn: false
address: 127.0.0.1
healthzBindAddress: 127.0.0.1
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
clusterDomain: cluster.local
resolvConf: ` + stateFolder + `/resolv.conf
podLogsDir: ` + stateFolder + `/pod-logs
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
nodeStatusUpdateFrequency: 5s
syncFrequency: 10s
kubeAPIQPS: 200
kubeAPIBurst: 400
`

// startKubelet starts the kubelet. Whether its node is ready is for the API
// server to say.
func startKubelet(ctx context.Context, options Options) (*Process, error) {
	if err := makeCgroups(); err != nil {
		return nil, err
	}
	config := filepath.Join(stateFolder, "kubelet.yaml")
	if err := write(config, kubeletConfig); err != nil {
		return nil, err
	}
	if err := write(filepath.Join(stateFolder, "resolv.conf"), ""); err != nil {
		return nil, err
	}
	process, err := Start(Program{
		Name: "kubelet",
		Path: filepath.Join(options.Binaries, "kubelet"),
		Args: []string{
			"--kubeconfig=" + options.Kubeconfig,
			"--config=" + config,
			"--hostname-override=" + Name,
			"--node-ip=" + Address,
			"--root-dir=" + filepath.Join(stateFolder, "kubelet"),
			"--cert-dir=" + filepath.Join(stateFolder, "certificates"),
		},
		Logs: options.Logs,
	})
	if err != nil {
		return nil, err
	}
	return process, process.Ready(ctx, "http://127.0.0.1:10248/healthz")
}

// startScheduler starts the kube-scheduler.
func startScheduler(ctx context.Context, options Options) (*Process, error) {
	process, err := Start(Program{
		Name: "kube-scheduler",
		Path: filepath.Join(options.Binaries, "kube-scheduler"),
		Args: []string{
			"--kubeconfig=" + options.Kubeconfig,
			"--leader-elect=false",
			"--bind-address=127.0.0.1",
			"--kube-api-qps=300", "--kube-api-burst=600",
		},
		Logs: options.Logs,
	})
	return process, err
}
