package unittest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// The kinds of templates.
const (
	namespaced  = "AnalysisTemplate"
	clusterWide = "ClusterAnalysisTemplate"
)

// library is the templates of a suite's files, by Kind/name.
type library struct {
	templates map[string]*v1alpha1.AnalysisTemplateSpec
	// from is the file of each.
	from map[string]string
}

func newLibrary() *library {
	return &library{templates: map[string]*v1alpha1.AnalysisTemplateSpec{}, from: map[string]string{}}
}

// add reads the templates of a file of manifests. Objects of other kinds are left out.
func (l *library) add(path string, content []byte) error {
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	found := 0
	for number := 1; ; number++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", path, number, err)
		}
		key, spec, err := templateOf(text)
		if err != nil {
			return fmt.Errorf("%s: document %d: %s; see: serin lint %s", path, number, plainError(err), path)
		}
		if spec == nil {
			continue
		}
		if other, twice := l.from[key]; twice {
			return fmt.Errorf("%s: %s is in %s, too; name one of the files", path, key, other)
		}
		l.templates[key], l.from[key] = spec, path
		found++
	}
	if found == 0 {
		return fmt.Errorf("%s: there is no AnalysisTemplate or ClusterAnalysisTemplate in it; name the file of the template under test", path)
	}
	return nil
}

// templateOf reads a document strictly when it is a template; the spec is nil when it is
// something else.
func templateOf(text []byte) (key string, spec *v1alpha1.AnalysisTemplateSpec, err error) {
	var kind struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal(text, &kind); err != nil {
		return "", nil, err
	}
	if !strings.HasPrefix(kind.APIVersion, v1alpha1.GroupVersion.Group+"/") {
		return "", nil, nil
	}
	switch kind.Kind {
	case namespaced:
		var template v1alpha1.AnalysisTemplate
		err = yaml.UnmarshalStrict(text, &template)
		return namespaced + "/" + template.Name, &template.Spec, err
	case clusterWide:
		var template v1alpha1.ClusterAnalysisTemplate
		err = yaml.UnmarshalStrict(text, &template)
		return clusterWide + "/" + template.Name, &template.Spec, err
	}
	return "", nil, nil
}

// plainError leaves out what a YAML library says about itself.
func plainError(err error) string {
	text := err.Error()
	for _, noise := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "yaml: ", "json: "} {
		text = strings.TrimPrefix(text, noise)
	}
	return strings.Join(strings.Fields(text), " ")
}

// reference is how a Rollout would name a template that a test names by its name, or by
// Kind/name.
func (l *library) reference(name string) (v1alpha1.TemplateReference, error) {
	if kind, rest, qualified := strings.Cut(name, "/"); qualified && l.templates[name] != nil {
		return v1alpha1.TemplateReference{TemplateName: rest, ClusterScope: kind == clusterWide}, nil
	}
	own, wide := l.templates[namespaced+"/"+name] != nil, l.templates[clusterWide+"/"+name] != nil
	switch {
	case own && wide:
		return v1alpha1.TemplateReference{}, fmt.Errorf("template: there are two of the name %s; write %s/%s or %s/%s", name, namespaced, name, clusterWide, name)
	case own || wide:
		return v1alpha1.TemplateReference{TemplateName: name, ClusterScope: wide}, nil
	}
	return v1alpha1.TemplateReference{}, fmt.Errorf("template: there is no %s in the files; there are %s", name, listed(slices.Sorted(maps.Keys(l.templates))))
}

// fetch is translate.Fetch.
func (l *library) fetch(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
	kind := namespaced
	if ref.ClusterScope {
		kind = clusterWide
	}
	if spec := l.templates[kind+"/"+ref.TemplateName]; spec != nil {
		return spec.DeepCopy(), nil
	}
	return nil, errors.New("it is in none of the files of the test; add its file to files")
}
