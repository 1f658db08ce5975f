package node_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/lab/node"
)

func TestAnArchiveHoldsWhatItsManifestSays(t *testing.T) {
	folder := t.TempDir()
	app, pause := filepath.Join(folder, "app"), filepath.Join(folder, "pause")
	for path, text := range map[string]string{app: "the application", pause: "the pause"} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	images := []node.Image{
		{Name: "serin.test/app:v1", Binary: app, Env: []string{"APP_VERSION=v1"}},
		{Name: "serin.test/app:v2", Binary: app, Env: []string{"APP_VERSION=v2"}},
		{Name: "serin.test/pause:1", Binary: pause},
	}
	var archive bytes.Buffer
	if err := node.WriteArchive(&archive, images); err != nil {
		t.Fatal(err)
	}
	files := unpack(t, archive.Bytes())
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	decode(t, files["manifest.json"], &manifest)
	if len(manifest) != len(images) || len(files) != 1+3+2 {
		t.Fatalf("%d entries and %d files, want 3 entries, and 3 configurations, 2 layers and the manifest", len(manifest), len(files))
	}
	for i, image := range images {
		entry := manifest[i]
		var config struct {
			Config struct{ Entrypoint, Env []string }
			Rootfs struct {
				DiffIDs []string `json:"diff_ids"`
			}
		}
		decode(t, files[entry.Config], &config)
		layer := files[entry.Layers[0]]
		sum := sha256.Sum256(layer)
		got := []any{entry.RepoTags, config.Config.Env, config.Config.Entrypoint, config.Rootfs.DiffIDs}
		want := []any{[]string{image.Name}, image.Env, []string{"/" + filepath.Base(image.Binary)}, []string{"sha256:" + hex.EncodeToString(sum[:])}}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("image %s differs (-want +got):\n%s", image.Name, difference)
		}
		binary, _ := os.ReadFile(image.Binary)
		if content := unpack(t, layer)[filepath.Base(image.Binary)]; !bytes.Equal(content, binary) {
			t.Errorf("image %s has the binary %q, want %q", image.Name, content, binary)
		}
	}
}

func TestAMissingBinaryIsNamed(t *testing.T) {
	err := node.WriteArchive(io.Discard, []node.Image{{Name: "serin.test/app:v1", Binary: filepath.Join(t.TempDir(), "nothing")}})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the error is %v, want one that wraps os.ErrNotExist", err)
	}
}

// unpack reads all regular files of a tar file.
func unpack(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			if files[header.Name], err = io.ReadAll(reader); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("decoding %q: %v", text, err)
	}
}
