package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/serin-dev/serin/cmd/serin-demo/manifests"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
)

// controllerUser is who the controller is in the demo.
const controllerUser = "serin-controller"

// crdFolders are the folders of Serin's and the Gateway API's CRDs.
func crdFolders() ([]string, error) {
	root, err := root()
	if err != nil {
		return nil, err
	}
	gateway, err := controlplane.GatewayCRDs()
	if err != nil {
		return nil, err
	}
	return []string{filepath.Join(root, "crds", "bases"), gateway}, nil
}

// root is the folder of the repository.
func root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "crds", "bases")); err == nil {
			return folder, nil
		}
	}
	return "", errors.New("finding crds/bases: run the demo inside Serin's repository")
}

// grant gives the controller the rights that an installation gives it.
func (w *world) grant() error {
	root, err := root()
	if err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(root, "config", "rbac", "role.yaml"))
	if err != nil {
		return fmt.Errorf("reading the controller's rights: %w; `make generate` writes them", err)
	}
	objects, err := decode(content)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for _, object := range objects {
		if object.GetKind() != "ClusterRole" {
			continue // The other role is for the lease, and there is but one controller here.
		}
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: object.GetName()},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: object.GetName()},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: controllerUser}},
		}
		if err := errors.Join(w.client.Create(ctx, object), w.client.Create(ctx, binding)); err != nil {
			return fmt.Errorf("granting the controller its rights: %w", err)
		}
	}
	return nil
}

// applyManifests creates everything of the folder manifests.
func (w *world) applyManifests(ctx context.Context) error {
	names, err := fs.Glob(manifests.Files, "*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := manifests.Files.ReadFile(name)
		if err != nil {
			return err
		}
		objects, err := decode(content)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		for _, object := range objects {
			if err := w.client.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
				return fmt.Errorf("applying %s %s of %s: %w", object.GetKind(), object.GetName(), name, err)
			}
		}
	}
	return nil
}

// decode reads the objects of a YAML file.
func decode(content []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// waitForFirstVersion waits until the Rollout says that its first version is healthy,
// and the router serves it.
func (w *world) waitForFirstVersion(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var last v1alpha1.RolloutStatus
	for {
		rollout := &v1alpha1.Rollout{}
		if err := w.client.Get(limited, route(), rollout); err == nil {
			last = rollout.Status
		}
		if last.Phase == v1alpha1.PhaseHealthy && last.StableRS != "" && answers(w.router.URL()) {
			return nil
		}
		if err := sleep(limited, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waiting until v1 is healthy: %w; the Rollout is %s: %s", err, last.Phase, last.Message)
		}
	}
}
