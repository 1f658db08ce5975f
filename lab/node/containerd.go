package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	// socket is containerd's, in the box's own /run.
	socket = "/run/containerd/containerd.sock"
	// pauseImage holds each pod's namespaces.
	pauseImage = "serin.test/pause:1"
	// stateFolder has everything that containerd and kubelet keep, in memory.
	stateFolder = "/run/node"
)

// containerdConfig is for Debian's containerd 1.6. Without the capability to
// lower a process' out-of-memory score no sandbox could start, hence
// restrict_oom_score_adj; it changes nothing where the capability is there.
const containerdConfig = `version = 2
root = "` + stateFolder + `/containerd"
state = "/run/containerd"

[grpc]
  address = "` + socket + `"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "` + pauseImage + `"
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "` + stateFolder + `/cni"
`

// networkConfig joins all pods by one bridge, which the node is part of.
const networkConfig = `{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [{
    "type": "bridge",
    "bridge": "pods0",
    "isGateway": true,
    "hairpinMode": true,
    "ipam": {
      "type": "host-local",
      "dataDir": "` + stateFolder + `/addresses",
      "ranges": [[{"subnet": "` + podNetwork + `"}]],
      "routes": [{"dst": "0.0.0.0/0"}]
    }
  }]
}
`

// startContainerd starts containerd and imports the images.
func startContainerd(ctx context.Context, options Options) (*Process, error) {
	config := filepath.Join(stateFolder, "containerd.toml")
	for path, text := range map[string]string{
		config: containerdConfig,
		filepath.Join(stateFolder, "cni", "10-pods.conflist"): networkConfig,
	} {
		if err := write(path, text); err != nil {
			return nil, err
		}
	}
	process, err := Start(Program{Name: "containerd", Path: "containerd", Args: []string{"--config", config}, Logs: options.Logs})
	if err != nil {
		return nil, err
	}
	err = process.Until(ctx, "its socket answers", func(ctx context.Context) error { return ctr(ctx, "version") })
	if err != nil {
		return process, err
	}
	return process, importImages(ctx, append(options.Images, Image{Name: pauseImage, Binary: options.Pause}))
}

// importImages gives containerd the images, so that nothing is ever pulled.
func importImages(ctx context.Context, images []Image) error {
	archive, err := os.CreateTemp("", "images-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(archive.Name())
	defer archive.Close()
	if err := WriteArchive(archive, images); err != nil {
		return err
	}
	return ctr(ctx, "images", "import", archive.Name())
}

// ctr calls containerd's own client.
func ctr(ctx context.Context, arguments ...string) error {
	arguments = append([]string{"--address", socket, "--namespace", "k8s.io"}, arguments...)
	if output, err := exec.CommandContext(ctx, "ctr", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("calling ctr %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

// write writes a file, with its folder.
func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
