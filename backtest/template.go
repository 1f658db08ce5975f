package backtest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// DatasetsAnnotation says which datasets a template is for: names, or patterns with * in
// them, with commas between them.
const DatasetsAnnotation = "backtest.serin.dev/datasets"

// Templates are AnalysisTemplates, and which of them judges which dataset.
type Templates struct {
	specs map[v1alpha1.TemplateReference]v1alpha1.AnalysisTemplateSpec
	// patterns are those of the templates that name datasets.
	patterns map[v1alpha1.TemplateReference][]string
	// chosen are templates by dataset, as the command line says.
	chosen map[string][]v1alpha1.TemplateReference
	sum    []string
}

// NewTemplates begins with none.
func NewTemplates() *Templates {
	return &Templates{
		specs:    map[v1alpha1.TemplateReference]v1alpha1.AnalysisTemplateSpec{},
		patterns: map[v1alpha1.TemplateReference][]string{},
		chosen:   map[string][]v1alpha1.TemplateReference{},
	}
}

// manifest is either kind of template.
type manifest struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec v1alpha1.AnalysisTemplateSpec `json:"spec"`
}

// Add reads the templates of a file; other kinds are left out. Several documents are
// separated by lines of ---.
func (t *Templates) Add(file string, text []byte) error {
	for i, document := range strings.Split("\n"+string(text), "\n---") {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			return fmt.Errorf("%s: document %d is no YAML: %w", file, i+1, err)
		}
		if kind.Kind != "AnalysisTemplate" && kind.Kind != "ClusterAnalysisTemplate" {
			continue
		}
		if kind.APIVersion != v1alpha1.GroupVersion.String() {
			return fmt.Errorf("%s: document %d is an %s of %s, not of %s; convert it with serin convert", file, i+1, kind.Kind, kind.APIVersion, v1alpha1.GroupVersion)
		}
		var m manifest
		if err := yaml.UnmarshalStrict([]byte(document), &m); err != nil {
			return fmt.Errorf("%s: document %d: %w", file, i+1, err)
		}
		ref := v1alpha1.TemplateReference{TemplateName: m.Name, ClusterScope: m.Kind == "ClusterAnalysisTemplate"}
		if m.Name == "" {
			return fmt.Errorf("%s: document %d has no metadata.name", file, i+1)
		}
		if _, twice := t.specs[ref]; twice {
			return fmt.Errorf("%s: %s %s is there twice", file, m.Kind, m.Name)
		}
		t.specs[ref] = m.Spec
		t.sum = append(t.sum, document)
		for _, pattern := range strings.Split(m.Annotations[DatasetsAnnotation], ",") {
			if pattern = strings.TrimSpace(pattern); pattern == "" {
				continue
			}
			if _, err := path.Match(pattern, ""); err != nil {
				return fmt.Errorf("%s: %s %s: %q in %s is no pattern", file, m.Kind, m.Name, pattern, DatasetsAnnotation)
			}
			t.patterns[ref] = append(t.patterns[ref], pattern)
		}
	}
	return nil
}

// Choose says that a template judges a dataset, whatever annotations say. Several
// judge it together.
func (t *Templates) Choose(dataset, template string) error {
	for ref := range t.specs {
		if ref.TemplateName == template {
			t.chosen[dataset] = append(t.chosen[dataset], ref)
			t.sum = append(t.sum, dataset+"="+template)
			return nil
		}
	}
	return fmt.Errorf("there is no template %q (there are: %s)", template, strings.Join(t.names(), ", "))
}

// names are the templates' names, sorted.
func (t *Templates) names() []string {
	var names []string
	for ref := range t.specs {
		names = append(names, ref.TemplateName)
	}
	slices.Sort(names)
	return names
}

// For are the templates that judge a dataset together: those that were chosen; else those
// whose annotation names it; else the only one that no other includes.
func (t *Templates) For(dataset string) ([]v1alpha1.TemplateReference, error) {
	if refs := t.chosen[dataset]; len(refs) > 0 {
		return refs, nil
	}
	var refs []v1alpha1.TemplateReference
	for ref, patterns := range t.patterns {
		if slices.ContainsFunc(patterns, func(pattern string) bool {
			found, err := path.Match(pattern, dataset)
			return found && err == nil
		}) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 && len(t.patterns) == 0 {
		refs = t.roots()
	}
	switch {
	case len(refs) == 0:
		return nil, fmt.Errorf("no template is for dataset %s; annotate one with %s, or say --template %s=NAME (there are: %s)", dataset, DatasetsAnnotation, dataset, strings.Join(t.names(), ", "))
	case len(refs) > 1 && len(t.patterns) == 0:
		return nil, fmt.Errorf("dataset %s has %d templates to choose from; annotate them with %s, or say --template %s=NAME (there are: %s)", dataset, len(refs), DatasetsAnnotation, dataset, strings.Join(t.names(), ", "))
	}
	slices.SortFunc(refs, func(a, b v1alpha1.TemplateReference) int { return strings.Compare(a.TemplateName, b.TemplateName) })
	return refs, nil
}

// roots are the templates that no other one includes.
func (t *Templates) roots() []v1alpha1.TemplateReference {
	included := map[v1alpha1.TemplateReference]bool{}
	for _, spec := range t.specs {
		for _, ref := range spec.Templates {
			included[ref] = true
		}
	}
	var roots []v1alpha1.TemplateReference
	for ref := range t.specs {
		if !included[ref] {
			roots = append(roots, ref)
		}
	}
	return roots
}

// fetch reads a template.
func (t *Templates) fetch(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
	spec, known := t.specs[ref]
	if !known {
		return nil, translate.ErrTemplateNotFound
	}
	return spec.DeepCopy(), nil
}

// digest identifies the templates, and what else decides.
func (t *Templates) digest(also ...string) string {
	sum := sha256.New()
	for _, text := range slices.Concat(t.sum, also) {
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// plan is what judges a dataset.
type plan struct {
	refs     []v1alpha1.TemplateReference
	declared []v1alpha1.Argument
}

// prepare gathers the templates of a dataset and checks what does not depend on a case.
func (t *Templates) prepare(dataset string) (plan, error) {
	refs, err := t.For(dataset)
	if err != nil {
		return plan{}, err
	}
	gathered, problems, err := translate.ResolveTemplates(t.fetch, refs)
	if err != nil {
		return plan{}, err
	}
	if len(problems) > 0 {
		return plan{}, fmt.Errorf("the templates of dataset %s: %w", dataset, problems)
	}
	return plan{refs, gathered.Args}, nil
}

// resolve fills in the arguments of a case: those of the command line, else the case's.
func (t *Templates) resolve(p plan, c Case, given map[string]string, checks translate.Checks) (v1alpha1.AnalysisRunSpec, error) {
	analysis := v1alpha1.RolloutAnalysis{Templates: p.refs}
	for _, argument := range p.declared {
		value, known := given[argument.Name]
		if !known {
			value, known = c.argument(argument.Name)
		}
		if known {
			analysis.Args = append(analysis.Args, v1alpha1.AnalysisArgument{Name: argument.Name, Value: &value})
		}
	}
	spec, problems, err := translate.ResolveAnalysis(t.fetch, analysis, translate.Background, translate.Release{StableHash: stableTrack, LatestHash: canaryTrack}, checks)
	if err == nil && len(problems) > 0 {
		err = problems
	}
	return spec, err
}

// checkArgs refuses values of arguments that no template declares.
func (t *Templates) checkArgs(given map[string]string) error {
	var declared []string
	for _, spec := range t.specs {
		for _, argument := range spec.Args {
			declared = append(declared, argument.Name)
		}
	}
	slices.Sort(declared)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(declared, name) {
			return fmt.Errorf("no template declares argument %q (declared: %s)", name, strings.Join(slices.Compact(declared), ", "))
		}
	}
	return nil
}

// errNoTemplates: there is nothing to judge by.
var errNoTemplates = errors.New("there is no AnalysisTemplate in the files")
