package translate

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Release is what an analysis needs to know of a release.
type Release struct {
	// Rollout is the Rollout's metadata.
	Rollout metav1.ObjectMeta
	// StableHash and LatestHash are the two versions. For the first release, which
	// has no stable version, both are the latest.
	StableHash, LatestHash string
	// FreshBaseline says that the canary is compared with fresh pods of the stable
	// version.
	FreshBaseline bool
	// Alone says that the canary has all of the traffic while the analysis runs.
	Alone bool
}

// ResolveAnalysis turns what a Rollout says of an analysis into the spec of an
// AnalysisRun: templates gathered, arguments filled in, everything checked. Call it
// before a release begins, so that a mistake is found before a pod is started, and
// again to make the run. Problems are the user's to mend; the error is a template
// that could not be read just now.
func ResolveAnalysis(fetch Fetch, analysis v1alpha1.RolloutAnalysis, kind Kind, release Release, checks Checks) (v1alpha1.AnalysisRunSpec, Problems, error) {
	templates, problems, err := ResolveTemplates(fetch, analysis.Templates)
	if err != nil || len(problems) > 0 {
		return v1alpha1.AnalysisRunSpec{}, problems, err
	}
	values, problems := ArgumentValues(release, analysis.Args)
	spec, more := templates.runSpec(values)
	problems = append(problems, more...)
	if len(problems) == 0 {
		_, problems = parseRun(spec, templates.Origins, kind, checks)
		problems = append(problems, nothingToCompare(spec, templates.Origins, kind, release)...)
	}
	return spec, problems.sorted(), nil
}

// nothingToCompare refuses a step that would wait for ever: at a weight of 100 the
// baseline gets no requests, and what compares passes nothing.
func nothingToCompare(spec v1alpha1.AnalysisRunSpec, fields []string, kind Kind, release Release) Problems {
	var problems Problems
	for i, metric := range spec.Metrics {
		if kind != Step || !release.Alone {
			continue
		}
		const why = "at a weight of 100 the stable version gets no traffic, and there is nothing to compare with; move the step before setWeight: 100, or judge by an objective or by conditions"
		switch {
		case metric.Judge != nil && metric.Judge.Objective == nil:
			problems.add(fields[i]+".judge", why)
		case comparesConditions(metric):
			problems.add(fields[i]+".provider.prometheus", why+" on a query")
		}
	}
	return problems
}

// runSpec fills in the arguments.
func (t Templates) runSpec(values map[string]string) (v1alpha1.AnalysisRunSpec, Problems) {
	args, problems := t.Override(values)
	spec := v1alpha1.AnalysisRunSpec{Args: args, FalseAlarmBudget: t.FalseAlarmBudget, Score: t.Score.DeepCopy()}
	for i, metric := range t.Metrics {
		metric = *metric.DeepCopy()
		substitute(&metric, args, t.Origins[i], &problems)
		spec.Metrics = append(spec.Metrics, metric)
	}
	return spec, problems
}

// NewRun makes the AnalysisRun of a release. key tells the runs of a Rollout
// apart, so that making one twice makes it once; it becomes the end of the name.
// Set CanarySince, BaselineSince and WeightSince in the spec first.
func NewRun(rollout *v1alpha1.Rollout, key string, kind Kind, latestHash string, spec v1alpha1.AnalysisRunSpec) *v1alpha1.AnalysisRun {
	return &v1alpha1.AnalysisRun{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "AnalysisRun"},
		ObjectMeta: metav1.ObjectMeta{
			Name:      fmt.Sprintf("%s-%s-%s", rollout.Name, latestHash, key),
			Namespace: rollout.Namespace,
			Labels: map[string]string{
				v1alpha1.LabelRollout:         rollout.Name,
				v1alpha1.LabelPodTemplateHash: latestHash,
				v1alpha1.LabelRunType:         string(kind),
			},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rollout, v1alpha1.GroupVersion.WithKind("Rollout"))},
		},
		Spec: spec,
	}
}
