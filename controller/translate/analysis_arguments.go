package translate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// ArgumentValues finds the values that a Rollout gives to arguments: as they are
// written, the hash of one of the two versions, the label of the baseline, or a field
// of its metadata.
func ArgumentValues(release Release, args []v1alpha1.AnalysisArgument) (map[string]string, Problems) {
	values := make(map[string]string, len(args))
	var problems Problems
	for i, argument := range args {
		field := fmt.Sprintf("args[%d]", i)
		if _, twice := values[argument.Name]; twice {
			problems.add(field+".name", "argument %q is given twice; remove one", argument.Name)
			continue
		}
		value, err := argumentValue(release, argument)
		if err != nil {
			problems.add(field, "argument %q: %v", argument.Name, err)
		}
		values[argument.Name] = value
	}
	return values, problems.sorted()
}

// argumentValue is the value of one argument.
func argumentValue(release Release, argument v1alpha1.AnalysisArgument) (string, error) {
	from := argument.ValueFrom
	switch {
	case argument.Value != nil && from != nil:
		return "", fmt.Errorf("it has both value and valueFrom; remove one")
	case argument.Value != nil:
		return *argument.Value, nil
	case from == nil:
		return "", fmt.Errorf("it has no value; write value or valueFrom")
	default:
		return releaseValue(release, *from)
	}
}

// releaseValue is what an argument takes from the release.
func releaseValue(release Release, from v1alpha1.ArgumentValueFrom) (string, error) {
	var sources []string
	for _, source := range []struct {
		name string
		set  bool
	}{
		{"podTemplateHashValue", from.PodTemplateHashValue != nil}, {"baseline", from.Baseline != nil}, {"fieldRef", from.FieldRef != nil},
	} {
		if source.set {
			sources = append(sources, source.name)
		}
	}
	switch {
	case len(sources) == 0:
		return "", fmt.Errorf("it has no value; write value or valueFrom")
	case len(sources) > 1:
		return "", fmt.Errorf("valueFrom has both %s; remove one", strings.Join(sources, " and "))
	case from.FieldRef != nil:
		return fieldValue(release.Rollout, from.FieldRef.FieldPath)
	case from.Baseline != nil:
		return baselineValue(release, *from.Baseline)
	default:
		return hashValue(release, *from.PodTemplateHashValue)
	}
}

// hashValue is the hash of one of the two versions.
func hashValue(release Release, which v1alpha1.PodTemplateHashValue) (string, error) {
	switch which {
	case v1alpha1.HashStable:
		return knownHash(release.StableHash, "stable")
	case v1alpha1.HashLatest:
		return knownHash(release.LatestHash, "latest")
	default:
		return "", fmt.Errorf("podTemplateHashValue %q is unknown; write Stable or Latest", which)
	}
}

// baselineValue is the value of the label serin.dev/baseline on the pods that the canary
// is compared with. Empty selects, in PromQL, the pods without the label.
func baselineValue(release Release, what v1alpha1.BaselineValue) (string, error) {
	switch {
	case what != v1alpha1.BaselineLabelValue:
		return "", fmt.Errorf("baseline %q is unknown; write LabelValue", what)
	case release.FreshBaseline:
		return v1alpha1.BaselineFresh, nil
	default:
		return "", nil
	}
}

// SelectsBaseline says whether arguments tell the baseline's pods from the others of
// their version.
func SelectsBaseline(args []v1alpha1.AnalysisArgument) bool {
	return slices.ContainsFunc(args, func(argument v1alpha1.AnalysisArgument) bool {
		return argument.ValueFrom != nil && argument.ValueFrom.Baseline != nil
	})
}

// knownHash refuses an empty hash, which as a selector would match other things.
func knownHash(hash, which string) (string, error) {
	if hash == "" {
		return "", fmt.Errorf("there is no %s version yet", which)
	}
	return hash, nil
}

// fieldValue is a field of an object's metadata.
func fieldValue(object metav1.ObjectMeta, path string) (string, error) {
	switch path {
	case "metadata.name":
		return object.Name, nil
	case "metadata.namespace":
		return object.Namespace, nil
	case "metadata.uid":
		return string(object.UID), nil
	}
	entries := object.Labels
	key, found := strings.CutPrefix(path, "metadata.labels['")
	if !found {
		entries = object.Annotations
		key, found = strings.CutPrefix(path, "metadata.annotations['")
	}
	if key, closed := strings.CutSuffix(key, "']"); found && closed {
		value, exists := entries[key]
		if !exists {
			return "", fmt.Errorf("the Rollout has no %s; add it, or change fieldPath", path)
		}
		return value, nil
	}
	return "", fmt.Errorf("fieldPath %q is unknown; write metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'] or metadata.annotations['key']", path)
}

// Override gives declared arguments the values of a Rollout. What stays without a
// value is a problem, and so is a value that no template declares an argument for:
// dropping it would hide a typing error.
func (t Templates) Override(values map[string]string) ([]v1alpha1.Argument, Problems) {
	var problems Problems
	declared := make([]string, 0, len(t.Args))
	args := make([]v1alpha1.Argument, 0, len(t.Args))
	for _, argument := range t.Args {
		declared = append(declared, argument.Name)
		argument = *argument.DeepCopy()
		if value, given := values[argument.Name]; given {
			argument.Value, argument.ValueFrom = &value, nil
		}
		if argument.Value == nil && argument.ValueFrom == nil {
			problems.add("args", "argument %q was not supplied; give it a value in the Rollout, or a default in the template", argument.Name)
		}
		args = append(args, argument)
	}
	slices.Sort(declared)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(declared, name) {
			problems.add("args", "argument %q is declared by no template (declared: %s); correct its name, or remove it", name, listed(declared))
		}
	}
	return args, problems.sorted()
}

// listed writes names for people.
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
