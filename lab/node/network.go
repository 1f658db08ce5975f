package node

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Address is the node's own address, in its network namespace.
const Address = "10.200.0.1"

// podNetwork is the range of the pods' addresses.
const podNetwork = "10.245.0.0/16"

// makeNetwork gives the box a loopback device and the node an address. kubelet
// refuses a loopback address, so a pair of virtual devices carries it.
func makeNetwork() error {
	for _, line := range []string{
		"link set lo up",
		"link add node0 type veth peer name node1",
		"link set node1 up",
		"addr add " + Address + "/24 dev node0",
		"link set node0 up",
		// It leads nowhere, but kube-apiserver asks for one.
		"route add default via 10.200.0.254 dev node0",
	} {
		if output, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("preparing the node's network with `ip %s`: %w: %s", line, err, strings.TrimSpace(string(output)))
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("preparing the node's network: %w", err)
	}
	return nil
}
