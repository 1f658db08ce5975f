package replay

import (
	"errors"
	"fmt"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// override gives the arguments of all analyses of a Rollout other values.
func override(rollout *v1alpha1.Rollout, arguments []Argument) error {
	var analyses []*v1alpha1.RolloutAnalysis
	if canary := rollout.Spec.Strategy.Canary; canary != nil {
		if canary.Analysis != nil {
			analyses = append(analyses, &canary.Analysis.RolloutAnalysis)
		}
		for _, step := range canary.Steps {
			if step.Analysis != nil {
				analyses = append(analyses, step.Analysis)
			}
		}
	}
	for _, argument := range arguments {
		found := false
		for _, analysis := range analyses {
			for i := range analysis.Args {
				if analysis.Args[i].Name == argument.Name {
					analysis.Args[i].Value, analysis.Args[i].ValueFrom, found = &argument.Value, nil, true
				}
			}
		}
		if !found {
			return fmt.Errorf("no analysis of Rollout %q has an argument %q; correct its name, or add it to the Rollout", rollout.Name, argument.Name)
		}
	}
	return nil
}

// ErrHashes is wrapped by the error that says that the hashes of the versions are missing.
var ErrHashes = errors.New("the file does not say which versions the recording is about")

// hashes finds the two versions: as given, or as the status of an exported Rollout
// remembers them. Where no argument asks for a hash, any two will do.
func hashes(rollout *v1alpha1.Rollout, release *ReleaseInput) error {
	status := rollout.Status
	if status.StableRS != status.CurrentPodHash {
		release.StableHash, release.CanaryHash = or(release.StableHash, status.StableRS), or(release.CanaryHash, status.CurrentPodHash)
	}
	if release.StableHash != "" && release.CanaryHash != "" {
		return nil
	}
	if name := hashArgument(rollout); name != "" {
		return fmt.Errorf("argument %q of Rollout %q is the pod-template hash of a version, and %w; give both with --stable-hash and --canary-hash", name, rollout.Name, ErrHashes)
	}
	release.StableHash, release.CanaryHash = or(release.StableHash, "stable"), or(release.CanaryHash, "canary")
	return nil
}

// hashArgument is the name of an argument that takes the hash of a version; empty when
// none does.
func hashArgument(rollout *v1alpha1.Rollout) string {
	canary := rollout.Spec.Strategy.Canary
	if canary == nil {
		return ""
	}
	var all []v1alpha1.AnalysisArgument
	if canary.Analysis != nil {
		all = append(all, canary.Analysis.Args...)
	}
	for _, step := range canary.Steps {
		if step.Analysis != nil {
			all = append(all, step.Analysis.Args...)
		}
	}
	for _, argument := range all {
		if argument.ValueFrom != nil && argument.ValueFrom.PodTemplateHashValue != nil {
			return argument.Name
		}
	}
	return ""
}
