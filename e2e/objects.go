package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/template"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

//go:embed manifests/*.yaml
var manifests embed.FS

// applyManifest applies a file of manifests/, with values for its ${.Fields}.
func (c *cluster) applyManifest(ctx context.Context, name string, values any) error {
	filled, err := fill(name, values)
	if err != nil {
		return err
	}
	return c.apply(ctx, name, filled)
}

// fill puts the values into a file of manifests/.
func fill(name string, values any) (*bytes.Buffer, error) {
	text, err := manifests.ReadFile("manifests/" + name)
	if err != nil {
		return nil, err
	}
	// {{…}} belongs to the AnalysisTemplates.
	parsed, err := template.New(name).Delims("${", "}").Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var filled bytes.Buffer
	return &filled, parsed.Execute(&filled, values)
}

// applyFiles applies all files that match a pattern, in the order of their names.
func (c *cluster) applyFiles(ctx context.Context, pattern string) error {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return errors.Join(err, fmt.Errorf("applying %s: no such files", pattern))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := c.apply(ctx, file, bytes.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

// apply applies all objects of a YAML text by server-side apply.
func (c *cluster) apply(ctx context.Context, name string, text io.Reader) error {
	for decoder := yaml.NewYAMLOrJSONDecoder(text, 4096); ; {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		if len(object.Object) == 0 {
			continue
		}
		err := c.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("e2e"), client.ForceOwnership)
		if err != nil {
			return fmt.Errorf("applying %s %s of %s: %w", object.GetKind(), object.GetName(), name, err)
		}
	}
}

// newUser makes a user with a certificate and returns the path of its kubeconfig.
func (c *cluster) newUser(name string, groups ...string) (string, error) {
	user, err := c.plane.Environment.AddUser(envtest.User{Name: name, Groups: groups}, nil)
	if err != nil {
		return "", fmt.Errorf("making user %s: %w", name, err)
	}
	text, err := user.KubeConfig()
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(folder, "kubeconfig-")
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = file.Write(text)
	return file.Name(), err
}
