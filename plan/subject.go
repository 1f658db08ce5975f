package plan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	yamlreader "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Manifests are the objects of some files: Rollouts and templates. Others are left alone.
type Manifests struct {
	Rollouts  []*v1alpha1.Rollout
	Templates []Template
}

// Template is an AnalysisTemplate or a ClusterAnalysisTemplate.
type Template struct {
	Name    string
	Cluster bool
	Spec    v1alpha1.AnalysisTemplateSpec
}

// Read adds the objects of a YAML or JSON stream. The name is for messages. A field that
// does not exist is an error: a template with a typing error would be simulated as
// something else than what was meant.
func (m *Manifests) Read(name string, content io.Reader) error {
	documents := yamlreader.NewYAMLReader(bufio.NewReader(content))
	for number := 1; ; number++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = m.add(document)
		}
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", name, number, err)
		}
	}
}

// add adds one object.
func (m *Manifests) add(document []byte) error {
	if len(bytes.TrimSpace(document)) == 0 {
		return nil
	}
	var head metav1.TypeMeta
	if err := yaml.Unmarshal(document, &head); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	if head.GroupVersionKind().Group != v1alpha1.GroupVersion.Group {
		return nil
	}
	switch head.Kind {
	case "Rollout":
		var rollout v1alpha1.Rollout
		if err := yaml.UnmarshalStrict(document, &rollout); err != nil {
			return err
		}
		m.Rollouts = append(m.Rollouts, &rollout)
	case "AnalysisTemplate", "ClusterAnalysisTemplate":
		var template v1alpha1.ClusterAnalysisTemplate // Both have the same fields.
		if err := yaml.UnmarshalStrict(document, &template); err != nil {
			return err
		}
		m.Templates = append(m.Templates, Template{Name: template.Name, Cluster: head.Kind == "ClusterAnalysisTemplate", Spec: template.Spec})
	}
	return nil
}

// Fetch finds templates among those that were read, and then among the others.
func (m Manifests) Fetch(others []Template) translate.Fetch {
	all := slices.Concat(m.Templates, others)
	return func(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		at := slices.IndexFunc(all, func(t Template) bool { return t.Name == ref.TemplateName && t.Cluster == ref.ClusterScope })
		if at < 0 {
			return nil, translate.ErrTemplateNotFound
		}
		return &all[at].Spec, nil
	}
}

// Roots are the templates that no other one includes.
func (m Manifests) Roots() []Template {
	return slices.DeleteFunc(slices.Clone(m.Templates), func(t Template) bool {
		return slices.ContainsFunc(m.Templates, func(other Template) bool {
			return slices.Contains(other.Spec.Templates, v1alpha1.TemplateReference{TemplateName: t.Name, ClusterScope: t.Cluster})
		})
	})
}

// Steps are those of a Rollout that is made up around templates.
type Steps struct {
	// Weights are in percent.
	Weights []int32
	// Pause follows each of them.
	Pause time.Duration
}

// ParseWeights reads 5,25,50.
func ParseWeights(text string) ([]int32, error) {
	var weights []int32
	for part := range strings.SplitSeq(text, ",") {
		weight, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(part), "%"), 10, 32)
		if err != nil || weight < 1 || weight > 100 {
			return nil, mistake("steps", "%q is no weight; write percentages such as 5,25,50", part)
		}
		if n := len(weights); n > 0 && int32(weight) <= weights[n-1] {
			return nil, mistake("steps", "%d comes after %d; write the weights in ascending order", weight, weights[n-1])
		}
		weights = append(weights, int32(weight))
	}
	return weights, nil
}

// Around is a Rollout around templates, with values for all arguments that have none: the
// hash of the new version for one that says canary or latest, that of the stable version for
// one that says stable or baseline, and its own name for others.
func Around(fetch translate.Fetch, templates []Template, steps Steps, pods int32) (*v1alpha1.Rollout, error) {
	labels := map[string]string{"app": "web"}
	rollout := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}}
	rollout.Spec.Replicas, rollout.Spec.Selector = &pods, &metav1.LabelSelector{MatchLabels: labels}
	rollout.Spec.Template.Labels = labels
	canary := &v1alpha1.CanaryStrategy{StableService: "web-stable", CanaryService: "web-canary", TrafficRouting: &v1alpha1.TrafficRouting{}, Analysis: &v1alpha1.BackgroundAnalysis{}}
	rollout.Spec.Strategy.Canary = canary
	for _, weight := range steps.Weights {
		pause := intstr.FromString(steps.Pause.String())
		canary.Steps = append(canary.Steps, v1alpha1.CanaryStep{SetWeight: &weight}, v1alpha1.CanaryStep{Pause: &v1alpha1.PauseStep{Duration: &pause}})
	}
	for _, template := range templates {
		canary.Analysis.Templates = append(canary.Analysis.Templates, v1alpha1.TemplateReference{TemplateName: template.Name, ClusterScope: template.Cluster})
	}
	resolved, problems, err := translate.ResolveTemplates(fetch, canary.Analysis.Templates)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	for _, argument := range resolved.Args {
		if argument.Value == nil && argument.ValueFrom == nil {
			canary.Analysis.Args = append(canary.Analysis.Args, valueOf(argument.Name))
		}
	}
	return rollout, nil
}

// valueOf is the value of an argument, guessed by its name.
func valueOf(name string) v1alpha1.AnalysisArgument {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(strings.ToLower(name), word) })
	}
	latest, stable := v1alpha1.HashLatest, v1alpha1.HashStable
	switch {
	case says("canary", "latest"):
		return v1alpha1.AnalysisArgument{Name: name, ValueFrom: &v1alpha1.ArgumentValueFrom{PodTemplateHashValue: &latest}}
	case says("stable", "baseline"):
		return v1alpha1.AnalysisArgument{Name: name, ValueFrom: &v1alpha1.ArgumentValueFrom{PodTemplateHashValue: &stable}}
	case says("namespace") && !says("label"):
		return v1alpha1.AnalysisArgument{Name: name, ValueFrom: &v1alpha1.ArgumentValueFrom{FieldRef: &v1alpha1.FieldReference{FieldPath: "metadata.namespace"}}}
	case says("rollout", "name", "service", "app"):
		return v1alpha1.AnalysisArgument{Name: name, ValueFrom: &v1alpha1.ArgumentValueFrom{FieldRef: &v1alpha1.FieldReference{FieldPath: "metadata.name"}}}
	case says("port"):
		return v1alpha1.AnalysisArgument{Name: name, Value: text("80")}
	default:
		return v1alpha1.AnalysisArgument{Name: name, Value: text(strings.ReplaceAll(name, "-", "_"))}
	}
}

func text(value string) *string { return &value }
