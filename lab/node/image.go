package node

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Image is a container image with one static binary and nothing else.
type Image struct {
	// Name with its tag. Example: serin.test/app:v1.
	Name string
	// Binary is the file that becomes the entrypoint.
	Binary string
	// Env are the image's environment variables. Example: APP_VERSION=v1.
	Env []string
}

// WriteArchive writes images as one docker-archive, which containerd imports.
// Images with the same binary share a layer.
func WriteArchive(w io.Writer, images []Image) error {
	archive := tar.NewWriter(w)
	layers := map[string]string{} // Digest by binary.
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	var manifest []entry
	for _, image := range images {
		digest, written := layers[image.Binary]
		if !written {
			layer, err := layerOf(image.Binary)
			if err != nil {
				return fmt.Errorf("making image %s: %w", image.Name, err)
			}
			digest = digestOf(layer)
			layers[image.Binary] = digest
			if err := writeFile(archive, digest+".tar", 0o644, layer); err != nil {
				return err
			}
		}
		config, err := configOf(image, digest)
		if err != nil {
			return err
		}
		name := digestOf(config) + ".json"
		if err := writeFile(archive, name, 0o644, config); err != nil {
			return err
		}
		manifest = append(manifest, entry{Config: name, RepoTags: []string{image.Name}, Layers: []string{digest + ".tar"}})
	}
	text, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	if err := writeFile(archive, "manifest.json", 0o644, text); err != nil {
		return err
	}
	return archive.Close()
}

// configOf is the image's configuration as JSON.
func configOf(image Image, layer string) ([]byte, error) {
	type object map[string]any
	return json.Marshal(object{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       object{"Entrypoint": []string{"/" + filepath.Base(image.Binary)}, "Env": image.Env},
		"rootfs":       object{"type": "layers", "diff_ids": []string{"sha256:" + layer}},
		"history":      []object{{"created": "1970-01-01T00:00:00Z"}},
	})
}

// layerOf is a tar file with the binary and what a container expects to find.
func layerOf(binary string) ([]byte, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	for _, folder := range []string{"etc/", "tmp/"} {
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	if err := writeFile(archive, "etc/passwd", 0o644, []byte("root:x:0:0::/:/\n")); err != nil {
		return nil, err
	}
	if err := writeFile(archive, filepath.Base(binary), 0o755, content); err != nil {
		return nil, err
	}
	return layer.Bytes(), archive.Close()
}

func writeFile(archive *tar.Writer, name string, mode int64, content []byte) error {
	if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
