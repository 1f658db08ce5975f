package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/lab/controlplane"
)

// server is the API server that TestMain started, as an administrator, and plane
// what it belongs to.
var (
	server client.Client
	plane  *controlplane.ControlPlane
)

// TestMain starts one API server for all tests.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run is TestMain with defers that happen.
func run(m *testing.M) int {
	gateway, err := controlplane.GatewayCRDs()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	plane, err = controlplane.Start(controlplane.Options{CRDs: []string{filepath.Join("..", "crds", "bases"), gateway}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
		}
	}()
	server, err = client.New(plane.Config, client.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "connecting to the API server:", err)
		return 1
	}
	server = client.WithFieldValidation(server, "Strict")
	return m.Run()
}

// Where an installation for one namespace goes, in the tests.
const namespace = "shop"

// clusterWide and singleNamespace are the files that `make install` and
// `make install-namespaced` apply, in that order.
var (
	clusterWide     = []string{"manager/namespace.yaml", "rbac/*.yaml", "manager/[^n]*.yaml"}
	singleNamespace = []string{"namespaced/*.yaml", "manager/serviceaccount.yaml", "manager/poddisruptionbudget.yaml"}
)

// objects reads manifests, as sed leaves them.
func objects(t *testing.T, patterns []string, replace *strings.Replacer) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, decode(t, file, []byte(replace.Replace(string(content))))...)
		}
	}
	return all
}

// decode reads the objects of one file.
func decode(t *testing.T, file string, content []byte) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), len(content))
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("parsing %s: %v", file, err)
		case object.Object != nil: // A file may begin with a comment.
			all = append(all, object)
		}
	}
}
