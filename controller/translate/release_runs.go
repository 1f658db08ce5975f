package translate

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// ReleaseRuns makes the AnalysisRuns of a release: for the live controller, and for
// replay.
type ReleaseRuns struct {
	Rollout *v1alpha1.Rollout
	// StableHash and LatestHash are the two versions, as in Release.
	StableHash, LatestHash string
	Fetch                  Fetch
	Checks                 Checks
}

// Problems resolves every analysis that the spec names, so that a mistake in a template
// is found before a release begins. Fresh says that the spec asks for fresh baseline
// pods. The error is a template that could not be read just now.
func (r ReleaseRuns) Problems(fresh bool) (Problems, error) {
	canary := r.Rollout.Spec.Strategy.Canary
	if canary == nil {
		return nil, nil
	}
	var problems Problems
	check := func(analysis v1alpha1.RolloutAnalysis, kind Kind, alone bool, field string) error {
		_, found, err := r.resolve(analysis, kind, fresh, alone)
		for _, problem := range found {
			problems = append(problems, Problem{Field: field + ": " + problem.Field, Message: problem.Message})
		}
		return err
	}
	if canary.Analysis != nil {
		if err := check(canary.Analysis.RolloutAnalysis, Background, false, "spec.strategy.canary.analysis"); err != nil {
			return problems, err
		}
	}
	alone := false
	for i, step := range canary.Steps {
		if step.SetWeight != nil {
			alone = *step.SetWeight >= 100
		}
		if step.Analysis == nil {
			continue
		}
		if err := check(*step.Analysis, Step, alone, fmt.Sprintf("spec.strategy.canary.steps[%d].analysis", i)); err != nil {
			return problems, err
		}
	}
	return problems, nil
}

// Start makes the AnalysisRun that a release starts; nil when its analysis was taken
// out of the spec. The Rollout's status says since when the release and the weight are.
func (r ReleaseRuns) Start(start progression.StartRun) (*v1alpha1.AnalysisRun, error) {
	analysis, kind := r.analysisOf(start)
	if analysis == nil {
		return nil, nil
	}
	fresh := start.Baseline != ""
	spec, problems, err := r.resolve(*analysis, kind, fresh, false)
	if err == nil && len(problems) > 0 {
		err = problems
	}
	if err != nil {
		return nil, fmt.Errorf("starting AnalysisRun %s: %w", start.Key, err)
	}
	release := r.Rollout.Status.Release
	spec.CanarySince = release.StartedAt
	if fresh && SelectsBaseline(analysis.Args) {
		// Without the label the baseline is all pods of the stable version, old ones too.
		spec.BaselineSince = release.StartedAt
	}
	spec.WeightSince, spec.Weight = release.WeightSince, heldWeight(start.Weight)
	return NewRun(r.Rollout, start.Key, kind, r.LatestHash, spec), nil
}

// resolve turns an analysis into the spec of an AnalysisRun; alone says that the canary
// has all of the traffic in it.
func (r ReleaseRuns) resolve(analysis v1alpha1.RolloutAnalysis, kind Kind, fresh, alone bool) (v1alpha1.AnalysisRunSpec, Problems, error) {
	stable := r.StableHash
	if stable == "" {
		stable = r.LatestHash
	}
	release := Release{Rollout: r.Rollout.ObjectMeta, StableHash: stable, LatestHash: r.LatestHash, FreshBaseline: fresh, Alone: alone}
	return ResolveAnalysis(r.Fetch, analysis, kind, release, r.Checks)
}

// analysisOf finds the analysis that a run is for; nil when the spec has it no more.
func (r ReleaseRuns) analysisOf(start progression.StartRun) (*v1alpha1.RolloutAnalysis, Kind) {
	canary := r.Rollout.Spec.Strategy.Canary
	switch {
	case canary == nil:
		return nil, ""
	case start.Kind == progression.BackgroundRun && canary.Analysis != nil:
		return &canary.Analysis.RolloutAnalysis, Background
	case start.Kind == progression.StepRun && int(start.Step) < len(canary.Steps):
		return canary.Steps[start.Step].Analysis, Step
	default:
		return nil, ""
	}
}

// SeenRun is what an AnalysisRun shows to its release, at a time.
func SeenRun(object *v1alpha1.AnalysisRun, now time.Time) progression.Run {
	seen := progression.Run{View: ViewRun(object, now), Stopping: object.Spec.Terminate}
	if object.Spec.WeightSince != nil {
		seen.WeightSince = object.Spec.WeightSince.UTC()
	}
	if object.Spec.Weight != nil {
		seen.Weight = *object.Spec.Weight
	}
	return seen
}

// MarkWeight tells a run since when the weight in force is, and which one that is.
func MarkWeight(spec *v1alpha1.AnalysisRunSpec, mark progression.MarkWeight) {
	spec.WeightSince, spec.Weight = nil, heldWeight(mark.Weight)
	if !mark.Since.IsZero() {
		stamp := metav1.NewMicroTime(mark.Since)
		spec.WeightSince = &stamp
	}
}

// heldWeight is the share that a router holds a run's versions to; nil when none does.
func heldWeight(weight int32) *int32 {
	if weight == 0 {
		return nil
	}
	return &weight
}
