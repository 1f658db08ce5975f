package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Request is what a person says about what is to be simulated.
type Request struct {
	// Manifests hold a Rollout and its templates, or templates alone, and Shipped the
	// templates that they may name without having them.
	Manifests, Shipped *replay.Manifests
	// Name chooses one of several Rollouts or templates; empty: the only Rollout, or all
	// templates that no other one includes.
	Name string
	// Arguments are values for templates' arguments.
	Arguments []replay.Argument
	// Steps and Pods are those of a Rollout that is made up around templates.
	Steps Steps
	Pods  int32
	// Checks are what the providers know of queries.
	Checks translate.Checks
}

// Subject finds out what is to be simulated. The error is the user's to mend.
func (q Request) Subject() (Subject, error) {
	if len(q.Manifests.Rollouts) == 0 {
		return q.around()
	}
	var names []string
	for i, rollout := range q.Manifests.Rollouts {
		if names = append(names, rollout.Name); q.Name == rollout.Name || q.Name == "" && len(q.Manifests.Rollouts) == 1 {
			return Subject{Rollout: q.Manifests.Rollouts[i].DeepCopy(), Fetch: q.fetch(rollout.Namespace), Checks: q.Checks}, nil
		}
	}
	if q.Name == "" {
		return Subject{}, fmt.Errorf("there are %d Rollouts; choose one with --name: %s", len(names), strings.Join(names, ", "))
	}
	return Subject{}, fmt.Errorf("there is no Rollout %q; there are: %s", q.Name, strings.Join(names, ", "))
}

// fetch finds templates among the manifests, and then among those that are shipped.
func (q Request) fetch(namespace string) translate.Fetch {
	own := q.Manifests.Fetch(namespace)
	return func(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		spec, err := own(ref)
		if err != nil && q.Shipped != nil {
			return q.Shipped.Fetch(namespace)(ref)
		}
		return spec, err
	}
}

// around is a Rollout around templates.
func (q Request) around() (Subject, error) {
	roots := rootsOf(q.Manifests)
	if q.Name != "" {
		roots = slices.DeleteFunc(allOf(q.Manifests), func(r v1alpha1.TemplateReference) bool { return r.TemplateName != q.Name })
		if len(roots) == 0 {
			return Subject{}, fmt.Errorf("there is no template %q in %s", q.Name, strings.Join(q.Manifests.Files, ", "))
		}
	}
	if len(roots) == 0 {
		return Subject{}, fmt.Errorf("there is nothing to simulate in %s: no Rollout and no AnalysisTemplate of serin.dev", strings.Join(q.Manifests.Files, ", "))
	}
	rollout, err := q.rollout(roots)
	return Subject{Rollout: rollout, Fetch: q.fetch(""), Checks: q.Checks}, err
}

// allOf are all templates of some manifests.
func allOf(m *replay.Manifests) []v1alpha1.TemplateReference {
	var all []v1alpha1.TemplateReference
	for _, template := range m.Templates {
		all = append(all, v1alpha1.TemplateReference{TemplateName: template.Name})
	}
	for _, template := range m.ClusterTemplates {
		all = append(all, v1alpha1.TemplateReference{TemplateName: template.Name, ClusterScope: true})
	}
	return all
}

// rootsOf are the templates that no other one includes.
func rootsOf(m *replay.Manifests) []v1alpha1.TemplateReference {
	var included []v1alpha1.TemplateReference
	for _, template := range m.Templates {
		included = append(included, template.Spec.Templates...)
	}
	for _, template := range m.ClusterTemplates {
		included = append(included, template.Spec.Templates...)
	}
	return slices.DeleteFunc(allOf(m), func(r v1alpha1.TemplateReference) bool { return slices.Contains(included, r) })
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

// rollout is a Rollout around templates, with values for all arguments that have none.
func (q Request) rollout(templates []v1alpha1.TemplateReference) (*v1alpha1.Rollout, error) {
	if len(q.Steps.Weights) == 0 || q.Steps.Pause <= 0 {
		return nil, mistake("steps", "templates alone say nothing of steps; write for example --steps 5,25,50 --pause 5m")
	}
	labels := map[string]string{"app": "web"}
	rollout := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}}
	rollout.Spec.Replicas, rollout.Spec.Selector = &q.Pods, &metav1.LabelSelector{MatchLabels: labels}
	rollout.Spec.Template.Labels = labels
	canary := &v1alpha1.CanaryStrategy{StableService: "web-stable", CanaryService: "web-canary", TrafficRouting: &v1alpha1.TrafficRouting{}, Analysis: &v1alpha1.BackgroundAnalysis{}}
	rollout.Spec.Strategy.Canary = canary
	for _, weight := range q.Steps.Weights {
		pause := intstr.FromString(q.Steps.Pause.String())
		canary.Steps = append(canary.Steps, v1alpha1.CanaryStep{SetWeight: &weight}, v1alpha1.CanaryStep{Pause: &v1alpha1.PauseStep{Duration: &pause}})
	}
	canary.Analysis.Templates = templates
	resolved, problems, err := translate.ResolveTemplates(q.fetch(""), templates)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	for _, argument := range q.Arguments {
		canary.Analysis.Args = append(canary.Analysis.Args, v1alpha1.AnalysisArgument{Name: argument.Name, Value: &argument.Value})
	}
	for _, argument := range resolved.Args {
		given := slices.ContainsFunc(q.Arguments, func(a replay.Argument) bool { return a.Name == argument.Name })
		if argument.Value == nil && argument.ValueFrom == nil && !given {
			canary.Analysis.Args = append(canary.Analysis.Args, guessed(argument.Name))
		}
	}
	return rollout, nil
}

// guessed is the value of an argument that nobody gave, by its name: the hash of the new
// version where it says canary or latest, that of the stable version where it says stable or
// baseline. What other arguments are matters little here: no server is asked.
func guessed(name string) v1alpha1.AnalysisArgument {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(strings.ToLower(name), word) })
	}
	latest, stable, value := v1alpha1.HashLatest, v1alpha1.HashStable, strings.ReplaceAll(name, "-", "_")
	from := &v1alpha1.ArgumentValueFrom{}
	switch {
	case says("canary", "latest"):
		from.PodTemplateHashValue = &latest
	case says("stable", "baseline"):
		from.PodTemplateHashValue = &stable
	case says("namespace") && !says("label"):
		from.FieldRef = &v1alpha1.FieldReference{FieldPath: "metadata.namespace"}
	case says("rollout", "service", "app"):
		from.FieldRef = &v1alpha1.FieldReference{FieldPath: "metadata.name"}
	case name == "port" || strings.HasSuffix(name, "-port"):
		value, from = "80", nil
	default:
		from = nil
	}
	if from == nil {
		return v1alpha1.AnalysisArgument{Name: name, Value: &value}
	}
	return v1alpha1.AnalysisArgument{Name: name, ValueFrom: from}
}
