// Package node runs a real Kubernetes node for the end-to-end test: containerd,
// runc, kubelet and kube-scheduler, in a box of namespaces that this process
// makes and that takes everything with it when it ends.
//
// What may come in: the operating system (Linux, as root) and the standard
// library. Nothing of Serin, nothing of Kubernetes' libraries: the node's parts
// are processes.
package node
