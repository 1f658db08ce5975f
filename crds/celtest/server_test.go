package celtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/lab/controlplane"
)

// config and server reach the API server that TestMain started.
var (
	config *rest.Config
	server client.Client
)

// TestMain starts one API server for all tables.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run is TestMain with defers that happen.
func run(m *testing.M) int {
	plane, err := controlplane.Start(controlplane.Options{CRDs: []string{filepath.Join("..", "bases")}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
		}
	}()
	config = plane.Config
	server, err = client.New(config, client.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "connecting to the API server:", err)
		return 1
	}
	server = client.WithFieldValidation(server, "Strict")
	return m.Run()
}
