package view

import (
	"slices"
	"strings"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// run is an AnalysisRun that counts for the release, as far as it is known.
type run struct {
	name, kind string
	phase      v1alpha1.AnalysisPhase
	message    string
	// object is nil when only the Rollout's status tells of the run.
	object *v1alpha1.AnalysisRun
}

// maxRuns bounds how many runs of a release that is over are shown.
const maxRuns = 2

// runsOf lists the runs that count: those in progress, or, after an abort, those
// that ended badly, the newest first.
func runsOf(o Objects) []run {
	release := o.Rollout.Status.Release
	if release == nil || release.Phase == v1alpha1.ReleaseIdle {
		return nil
	}
	runs := liveRuns(o, release)
	if len(runs) == 0 && release.Phase == v1alpha1.ReleaseAborted {
		runs = badRuns(o, release)
	}
	return runs
}

// liveRuns are the runs that the release names.
func liveRuns(o Objects, release *v1alpha1.ReleaseStatus) []run {
	var background, step *v1alpha1.RunReference
	if canary := o.Rollout.Status.Canary; canary != nil {
		background, step = canary.BackgroundAnalysis, canary.StepAnalysis
	}
	var runs []run
	for _, named := range []struct {
		key, kind string
		reference *v1alpha1.RunReference
	}{{release.BackgroundRun, "background", background}, {release.StepRun, "step", step}} {
		if named.key == "" {
			continue
		}
		found := run{name: named.key, kind: named.kind}
		if named.reference != nil {
			found.name, found.phase, found.message = named.reference.Name, named.reference.Status, named.reference.Message
		}
		for i := range o.Runs {
			if name := o.Runs[i].Name; name == found.name || strings.HasSuffix(name, "-"+named.key) {
				found = newRun(&o.Runs[i], named.kind)
			}
		}
		runs = append(runs, found)
	}
	return runs
}

// badRuns are the runs of a release that was taken back which did not succeed.
func badRuns(o Objects, release *v1alpha1.ReleaseStatus) []run {
	var runs []run
	for i := range o.Runs {
		object := &o.Runs[i]
		began := object.Status.StartedAt
		if began.IsZero() || release.StartedAt.IsZero() || began.Time.Before(release.StartedAt.Time) {
			continue
		}
		switch object.Status.Phase {
		case v1alpha1.AnalysisFailed, v1alpha1.AnalysisInconclusive, v1alpha1.AnalysisError:
			runs = append(runs, newRun(object, strings.ToLower(object.Labels[v1alpha1.LabelRunType])))
		}
	}
	slices.SortFunc(runs, func(a, b run) int {
		if failed := order(b) - order(a); failed != 0 {
			return failed
		}
		return b.object.Status.StartedAt.Time.Compare(a.object.Status.StartedAt.Time)
	})
	return runs[:min(len(runs), maxRuns)]
}

// order puts failed runs first.
func order(r run) int {
	if r.phase == v1alpha1.AnalysisFailed {
		return 1
	}
	return 0
}

// newRun describes an AnalysisRun that was read.
func newRun(object *v1alpha1.AnalysisRun, kind string) run {
	phase := object.Status.Phase
	if phase == "" {
		phase = v1alpha1.AnalysisPending
	}
	return run{name: object.Name, kind: kind, phase: phase, message: object.Status.Message, object: object}
}
