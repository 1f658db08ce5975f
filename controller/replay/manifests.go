package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Manifests are the objects that can be played, and the templates that they name.
type Manifests struct {
	Rollouts         []v1alpha1.Rollout
	Runs             []v1alpha1.AnalysisRun
	Templates        []v1alpha1.AnalysisTemplate
	ClusterTemplates []v1alpha1.ClusterAnalysisTemplate
	// Files are what was read, and Skipped the objects in them that cannot be played.
	Files   []string
	Skipped []string
}

// maxDocument is the longest YAML document that is read, in bytes; an object of the API
// is not longer.
const maxDocument = 3 << 20

// Read adds the objects of a file: YAML or JSON, one or several documents, also as a
// List. An error names the file, the document's first line, and the field.
func (m *Manifests) Read(name string, content []byte) error {
	m.Files = append(m.Files, name)
	reader := kyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	line, found := 1, false
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading %s, from line %d: %w; it must be YAML or JSON", name, line, err)
		}
		if len(document) > maxDocument {
			return fmt.Errorf("reading %s, from line %d: a document of %d bytes is no object of Kubernetes; is it the recording?", name, line, len(document))
		}
		if len(bytes.TrimSpace(document)) > 0 && !onlyComments(document) {
			found = true
			if err := m.add(document); err != nil {
				return fmt.Errorf("reading %s, from line %d: %w", name, line, err)
			}
		}
		line += bytes.Count(document, []byte("\n")) + 1
	}
	if !found {
		return fmt.Errorf("reading %s: it is empty; write a Rollout, an AnalysisTemplate or an AnalysisRun into it", name)
	}
	return nil
}

// onlyComments says that a document has nothing in it.
func onlyComments(document []byte) bool {
	for _, line := range strings.Split(string(document), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && line != "---" {
			return false
		}
	}
	return true
}

// add adds the object of a document.
func (m *Manifests) add(document []byte) error {
	var kind struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return fmt.Errorf("%s; it must be an object of Kubernetes as YAML or JSON", oneLine(err))
	}
	group, version, _ := strings.Cut(kind.APIVersion, "/")
	switch {
	case kind.Kind == "":
		return errors.New("it has no kind; write a Rollout, an AnalysisTemplate or an AnalysisRun of serin.dev/v1alpha1")
	case kind.Items != nil && strings.HasSuffix(kind.Kind, "List"):
		for i, item := range kind.Items {
			if err := m.add(item); err != nil {
				return fmt.Errorf("items[%d]: %w", i, err)
			}
		}
		return nil
	case group == v1alpha1.GroupVersion.Group && version == v1alpha1.GroupVersion.Version:
		return m.addOurs(kind.Kind, document)
	case group == v1alpha1.GroupVersion.Group:
		return fmt.Errorf("%s %q is of %s; write apiVersion: %s", kind.Kind, kind.Metadata.Name, kind.APIVersion, v1alpha1.GroupVersion)
	case group == "argoproj.io" || group == "flagger.app":
		return fmt.Errorf("%s %q is of %s; convert it first: serin convert", kind.Kind, kind.Metadata.Name, kind.APIVersion)
	default:
		m.Skipped = append(m.Skipped, kind.Kind+"/"+kind.Metadata.Name)
		return nil
	}
}

// addOurs adds an object of Serin.
func (m *Manifests) addOurs(kind string, document []byte) error {
	switch kind {
	case "Rollout":
		return decode(document, kind, &m.Rollouts, func(o *v1alpha1.Rollout) runtime.Object { return o })
	case "AnalysisRun":
		return decode(document, kind, &m.Runs, func(o *v1alpha1.AnalysisRun) runtime.Object { return o })
	case "AnalysisTemplate":
		return decode(document, kind, &m.Templates, func(o *v1alpha1.AnalysisTemplate) runtime.Object { return o })
	case "ClusterAnalysisTemplate":
		return decode(document, kind, &m.ClusterTemplates, func(o *v1alpha1.ClusterAnalysisTemplate) runtime.Object { return o })
	default:
		return fmt.Errorf("serin.dev has no kind %s; write Rollout, AnalysisRun, AnalysisTemplate or ClusterAnalysisTemplate", kind)
	}
}

// decode reads an object, and refuses fields that its kind does not have: a field that
// is misspelt must not be taken for one that is left out.
func decode[T any](document []byte, kind string, into *[]T, asObject func(*T) runtime.Object) error {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return fmt.Errorf("registering the kinds of Serin: %w", err)
	}
	reader := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, serializer.SerializerOptions{Yaml: true, Strict: true})
	var object T
	if _, _, err := reader.Decode(document, nil, asObject(&object)); err != nil {
		return fmt.Errorf("%s: %s; correct it, or see what the field is called with: kubectl explain %s", kind, oneLine(err), strings.ToLower(kind))
	}
	*into = append(*into, object)
	return nil
}

// oneLine writes an error of the YAML reader without its prefixes and line breaks.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	for _, prefix := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: while decoding JSON: ", "json: ", "strict decoding error: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// Fetch reads templates from the manifests, for an object in a namespace. Files often
// leave the namespace out; then it fits any.
func (m *Manifests) Fetch(namespace string) translate.Fetch {
	return func(reference v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		if reference.ClusterScope {
			for i := range m.ClusterTemplates {
				if m.ClusterTemplates[i].Name == reference.TemplateName {
					return &m.ClusterTemplates[i].Spec, nil
				}
			}
			return nil, translate.ErrTemplateNotFound
		}
		for i := range m.Templates {
			template := &m.Templates[i]
			if template.Name == reference.TemplateName && (template.Namespace == namespace || template.Namespace == "" || namespace == "") {
				return &template.Spec, nil
			}
		}
		return nil, translate.ErrTemplateNotFound
	}
}

// named are the templates of a name: one, or one of each kind.
func (m *Manifests) named(name string) []v1alpha1.TemplateReference {
	var found []v1alpha1.TemplateReference
	for _, template := range m.Templates {
		if template.Name == name {
			found = append(found, v1alpha1.TemplateReference{TemplateName: name})
		}
	}
	for _, template := range m.ClusterTemplates {
		if template.Name == name {
			found = append(found, v1alpha1.TemplateReference{TemplateName: name, ClusterScope: true})
		}
	}
	return found
}

// roots are the templates that no other one includes: those that are played when no
// Rollout says which. A circle of includes has none; then it is all of them.
func (m *Manifests) roots() []v1alpha1.TemplateReference {
	included := map[v1alpha1.TemplateReference]bool{}
	var all, roots []v1alpha1.TemplateReference
	see := func(name string, cluster bool, spec v1alpha1.AnalysisTemplateSpec) {
		all = append(all, v1alpha1.TemplateReference{TemplateName: name, ClusterScope: cluster})
		for _, reference := range spec.Templates {
			included[reference] = true
		}
	}
	for _, template := range m.Templates {
		see(template.Name, false, template.Spec)
	}
	for _, template := range m.ClusterTemplates {
		see(template.Name, true, template.Spec)
	}
	for _, reference := range all {
		if !included[reference] {
			roots = append(roots, reference)
		}
	}
	if len(roots) == 0 {
		return all
	}
	return roots
}
