package unittest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// The kinds of templates.
const (
	namespaced  = "AnalysisTemplate"
	clusterWide = "ClusterAnalysisTemplate"
)

// library is the templates and Rollouts of a suite's files.
type library struct {
	replay.Manifests
	// from is the file of each, by Kind/name.
	from map[string]string
}

func newLibrary() *library { return &library{from: map[string]string{}} }

// add reads the objects of a file of manifests. Those of other kinds are left out.
func (l *library) add(path string, content []byte) error {
	before := len(l.from)
	rollouts, templates, wide := len(l.Rollouts), len(l.Templates), len(l.ClusterTemplates)
	if err := l.Read(path, content); err != nil {
		return err
	}
	var keys []string
	for _, one := range l.Rollouts[rollouts:] {
		keys = append(keys, "Rollout/"+one.Name)
	}
	for _, one := range l.Templates[templates:] {
		keys = append(keys, namespaced+"/"+one.Name)
	}
	for _, one := range l.ClusterTemplates[wide:] {
		keys = append(keys, clusterWide+"/"+one.Name)
	}
	for _, key := range keys {
		if other, twice := l.from[key]; twice {
			return fmt.Errorf("reading %s: %s is in %s, too; name one of the files", path, key, other)
		}
		l.from[key] = path
	}
	if len(l.from) == before {
		return fmt.Errorf("reading %s: there is no AnalysisTemplate, ClusterAnalysisTemplate or Rollout of serin.dev in it; name the file of what is tested", path)
	}
	return nil
}

// reference is how a Rollout would name a template that a test names by its name, or by
// Kind/name.
func (l *library) reference(name string) (v1alpha1.TemplateReference, error) {
	var found []v1alpha1.TemplateReference
	var all []string
	see := func(kind, own string, wide bool) {
		all = append(all, kind+"/"+own)
		if name == own || name == kind+"/"+own {
			found = append(found, v1alpha1.TemplateReference{TemplateName: own, ClusterScope: wide})
		}
	}
	for _, one := range l.Templates {
		see(namespaced, one.Name, false)
	}
	for _, one := range l.ClusterTemplates {
		see(clusterWide, one.Name, true)
	}
	slices.Sort(all)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return v1alpha1.TemplateReference{}, fmt.Errorf("template: there are two of the name %s; write %s/%s or %s/%s", name, namespaced, name, clusterWide, name)
	case len(all) == 0:
		return v1alpha1.TemplateReference{}, fmt.Errorf("template: there is none in the files; add the file of %s to files", name)
	}
	return v1alpha1.TemplateReference{}, fmt.Errorf("template: there is no %s in the files; there are %s", name, listed(all))
}

// fetch is translate.Fetch for an object in a namespace.
func (l *library) fetch(namespace string) translate.Fetch {
	fetch := l.Fetch(namespace)
	return func(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		spec, err := fetch(ref)
		if errors.Is(err, translate.ErrTemplateNotFound) {
			return nil, errors.New("it is in none of the files of the test; add its file to files")
		}
		return spec, err
	}
}

// rollout is the Rollout of a name.
func (l *library) rollout(name string) (*v1alpha1.Rollout, error) {
	var names []string
	for i := range l.Rollouts {
		if l.Rollouts[i].Name == name {
			return l.Rollouts[i].DeepCopy(), nil
		}
		names = append(names, l.Rollouts[i].Name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("rollout: there is none in the files; add the file of %s to files", name)
	}
	return nil, fmt.Errorf("rollout: there is no %s in the files; there are %s", name, listed(names))
}
