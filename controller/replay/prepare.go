package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Options are what a person says about a replay, besides manifests and recording.
type Options struct {
	// Name chooses one of several Rollouts, AnalysisRuns or templates.
	Name string
	// Arguments are values for the templates' arguments, in the order as given.
	Arguments []Argument
	// Kind of the run when templates are played; empty: Step when each metric can end,
	// else Background.
	Kind translate.Kind
	// Schedule plays an exported AnalysisRun by its schedule, as a new run, also when the
	// journal in its status says when each look was taken.
	Schedule bool
	// Start and End of the window; zero: those of the object, or of the recording.
	Start, End time.Time
	// CanarySince is when the canary's first pods may have started, when templates are
	// played; zero when that is not known.
	CanarySince time.Time
	// Release is how a Rollout is played; its Rollout and Fetch are filled in.
	Release ReleaseInput
}

// Prepare finds out what is to be played: the Rollout of the manifests if there is one,
// else the AnalysisRun, else the templates. Errors are the user's to mend.
func (m *Manifests) Prepare(o Options, recording Recording, checks translate.Checks) (Input, error) {
	in := Input{Recording: recording, Checks: checks, Start: o.Start, End: o.End}
	var err error
	switch {
	case len(m.Rollouts) > 0:
		err = m.prepareRelease(o, &in)
	case len(m.Runs) > 0:
		err = m.prepareRun(o, &in)
	case len(m.Templates)+len(m.ClusterTemplates) > 0:
		err = m.prepareTemplates(o, &in)
	default:
		err = fmt.Errorf("there is nothing to play in %s: no Rollout, no AnalysisRun and no AnalysisTemplate of serin.dev", strings.Join(m.Files, ", "))
	}
	if err != nil {
		return Input{}, err
	}
	in.Subject.Files, in.Subject.Arguments = slices.Clone(m.Files), o.Arguments
	return in, in.window()
}

// window fills in what is left out, and refuses what cannot be played.
func (in *Input) window() error {
	first, last := in.Recording.Start, in.Recording.End
	if first.IsZero() || !first.Before(last) {
		return fmt.Errorf("the recording %s is empty, or has samples of one time only; there is nothing to play over", in.Recording.Path)
	}
	if in.Start.IsZero() {
		in.Start = first
	}
	if in.End.IsZero() {
		in.End = last
	}
	reach := fmt.Sprintf("the recording reaches from %s to %s", Clock(first), Clock(last))
	switch {
	case in.Start.Before(first) || !in.Start.Before(last):
		return fmt.Errorf("the start %s is outside of the recording: %s", Clock(in.Start), reach)
	case !in.Start.Before(in.End):
		return fmt.Errorf("the window from %s to %s is empty; %s", Clock(in.Start), Clock(in.End), reach)
	case in.End.After(last):
		in.End = last
	}
	return nil
}

// prepareTemplates makes one run of templates.
func (m *Manifests) prepareTemplates(o Options, in *Input) error {
	references := m.roots()
	if o.Name != "" {
		references = m.named(o.Name)
	}
	if len(references) == 0 {
		return fmt.Errorf("there is no template %q in %s", o.Name, strings.Join(m.Files, ", "))
	}
	analysis := v1alpha1.RolloutAnalysis{Templates: references}
	for _, argument := range o.Arguments {
		analysis.Args = append(analysis.Args, v1alpha1.AnalysisArgument{Name: argument.Name, Value: &argument.Value})
	}
	kind, spec, err := m.resolve(analysis, o.Kind, in.Checks)
	if err != nil {
		return err
	}
	if !o.CanarySince.IsZero() {
		since := metav1.NewMicroTime(o.CanarySince)
		spec.CanarySince = &since
	}
	names := make([]string, len(references))
	for i, reference := range references {
		names[i] = reference.TemplateName
	}
	in.Subject = Subject{Kind: "AnalysisTemplate", Name: strings.Join(names, ", ")}
	in.Run = &RunInput{Name: strings.Join(names, "-"), Kind: kind, Spec: spec}
	return nil
}

// resolve fills in the arguments; a run in which each metric can end is a Step.
func (m *Manifests) resolve(analysis v1alpha1.RolloutAnalysis, kind translate.Kind, checks translate.Checks) (translate.Kind, v1alpha1.AnalysisRunSpec, error) {
	kinds := []translate.Kind{translate.Step, translate.Background}
	if kind != "" {
		kinds = []translate.Kind{kind}
	}
	var problems translate.Problems
	for _, kind := range kinds {
		spec, found, err := translate.ResolveAnalysis(m.Fetch(""), analysis, kind, translate.Release{}, checks)
		if err != nil {
			return "", spec, err
		}
		if len(found) == 0 {
			return kind, spec, nil
		}
		problems = found
	}
	return "", v1alpha1.AnalysisRunSpec{}, problems
}

// Run is the AnalysisRun of that name, or the only one.
func (m *Manifests) Run(name string) (*v1alpha1.AnalysisRun, error) {
	if len(m.Runs) == 0 {
		return nil, fmt.Errorf("there is no AnalysisRun in %s", strings.Join(m.Files, ", "))
	}
	index, err := choose("AnalysisRun", name, m.Runs, func(run v1alpha1.AnalysisRun) string { return run.Name })
	if err != nil {
		return nil, err
	}
	return &m.Runs[index], nil
}

// prepareRun plays an AnalysisRun as it was exported.
func (m *Manifests) prepareRun(o Options, in *Input) error {
	run, err := m.Run(o.Name)
	if err != nil {
		return err
	}
	if len(o.Arguments) > 0 {
		return fmt.Errorf("the arguments of AnalysisRun %q are filled in already; play its template to try others", run.Name)
	}
	in.Subject = Subject{Kind: "AnalysisRun", Name: run.Name, Namespace: run.Namespace}
	in.Run = &RunInput{Name: run.Name, Kind: translate.KindOf(run.ObjectMeta), Spec: *run.Spec.DeepCopy()}
	if run.Status.Journal != "" && run.Status.StartedAt != nil && !o.Schedule && o.Start.IsZero() {
		in.Run.Live = run.DeepCopy()
	}
	if in.Start.IsZero() {
		in.Start = timeOf(run.Status.StartedAt)
	}
	if run.Spec.Terminate {
		in.Run.TerminateAt = timeOf(run.Status.CompletedAt)
	}
	return nil
}

// prepareRelease plays a release of a Rollout.
func (m *Manifests) prepareRelease(o Options, in *Input) error {
	index, err := choose("Rollout", o.Name, m.Rollouts, func(rollout v1alpha1.Rollout) string { return rollout.Name })
	if err != nil {
		return err
	}
	rollout := m.Rollouts[index].DeepCopy()
	if err := override(rollout, o.Arguments); err != nil {
		return err
	}
	in.Subject = Subject{Kind: "Rollout", Name: rollout.Name, Namespace: rollout.Namespace}
	release := o.Release
	release.Rollout, release.Fetch = rollout, m.Fetch(rollout.Namespace)
	if err := hashes(rollout, &release); err != nil {
		return err
	}
	in.Release = &release
	if status := rollout.Status.Release; in.Start.IsZero() && status != nil && status.Revision > 1 {
		if began := timeOf(status.StartedAt); !began.Before(in.Recording.Start) && began.Before(in.Recording.End) {
			in.Start = began
		}
	}
	return nil
}

// choose finds one object by its name; without a name there must be one only.
func choose[T any](kind, name string, all []T, nameOf func(T) string) (int, error) {
	names := make([]string, len(all))
	for i, object := range all {
		names[i] = nameOf(object)
	}
	if name == "" && len(all) == 1 {
		return 0, nil
	}
	if name == "" {
		return 0, fmt.Errorf("there are %d objects of kind %s (%s), and one is played at a time; choose it with --name", len(all), kind, strings.Join(names, ", "))
	}
	if index := slices.Index(names, name); index >= 0 {
		return index, nil
	}
	return 0, fmt.Errorf("there is no %s %q; there is %s", kind, name, strings.Join(names, ", "))
}

// or is a text, or else another one.
func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
