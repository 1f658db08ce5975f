package translate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// RolloutSpec turns a Rollout's spec into the core's terms, with all that is wrong
// with it. Defaults are filled in, so that a spec read from a file means the same
// as one that came through the API server.
func RolloutSpec(spec v1alpha1.RolloutSpec) (progression.Spec, Problems) {
	var problems Problems
	out := progression.Spec{
		Replicas:              valueOr(spec.Replicas, 1),
		ProgressDeadline:      seconds(valueOr(spec.ProgressDeadlineSeconds, 600)),
		ProgressDeadlineAbort: spec.ProgressDeadlineAbort == nil || *spec.ProgressDeadlineAbort,
		Paused:                spec.Paused,
	}
	checkSelector(spec, &problems)
	canary := spec.Strategy.Canary
	if canary == nil {
		problems.add("spec.strategy", "it names no strategy; write canary: {}")
		return out, problems
	}
	out.Routed = canary.TrafficRouting != nil
	out.ScaleDownDelay = seconds(valueOr(canary.ScaleDownDelaySeconds, 30))
	out.AbortScaleDownDelay = seconds(valueOr(canary.AbortScaleDownDelaySeconds, 30))
	out.MaxSurge = podCount(canary.MaxSurge, out.Replicas, true, "spec.strategy.canary.maxSurge", &problems)
	out.MaxUnavailable = podCount(canary.MaxUnavailable, out.Replicas, false, "spec.strategy.canary.maxUnavailable", &problems)
	if out.MaxSurge == 0 && out.MaxUnavailable == 0 {
		// As a Deployment does: percentages may round to nothing, a release must not stop.
		out.MaxUnavailable = 1
	}
	out.Steps = canarySteps(canary.Steps, &problems)
	out.Background = background(canary, out.Steps, &problems)
	out.Baseline = freshBaseline(canary, &problems)
	return out, problems.sorted()
}

// freshBaseline turns the baseline into the core's; nil is the pods that serve anyway.
func freshBaseline(canary *v1alpha1.CanaryStrategy, problems *Problems) *progression.FreshBaseline {
	const field = "spec.strategy.canary.baseline"
	baseline := canary.Baseline
	switch {
	case baseline == nil:
		return nil
	case baseline.Fresh == nil:
		problems.add(field, "it names no pods; write fresh: {}, or remove it to compare with the pods that serve anyway")
		return nil
	case canary.TrafficRouting == nil:
		problems.add(field, "without a router the split is the ratio of the pods, which more pods of the stable version would change; add trafficRouting, or remove baseline")
		return nil
	}
	pods := valueOr(baseline.Fresh.Replicas, 0)
	if baseline.Fresh.Replicas != nil && pods < 1 {
		problems.add(field+".fresh.replicas", "%d is no number of pods; write at least 1, or remove it for as many as the canary has", pods)
	}
	return &progression.FreshBaseline{Pods: max(pods, 0)}
}

// checkSelector reports a selector that cannot find the template's pods.
func checkSelector(spec v1alpha1.RolloutSpec, problems *Problems) {
	selector, err := metav1.LabelSelectorAsSelector(spec.Selector)
	switch {
	case err != nil:
		problems.add("spec.selector", "%v; write matchLabels that the template's labels match", err)
	case spec.Selector == nil || selector.Empty():
		problems.add("spec.selector", "it is empty and would select every pod of the namespace; write matchLabels that the template's labels match")
	case !selector.Matches(labels.Set(spec.Template.Labels)):
		problems.add("spec.selector", "%s does not match the labels of spec.template (%s); make them agree", selector, labels.Set(spec.Template.Labels))
	}
}

// canarySteps turns the steps into the core's.
func canarySteps(steps []v1alpha1.CanaryStep, problems *Problems) []progression.Step {
	var out []progression.Step
	for i, step := range steps {
		field := fmt.Sprintf("spec.strategy.canary.steps[%d]", i)
		switch {
		case step.SetWeight != nil:
			if *step.SetWeight < 0 || *step.SetWeight > 100 {
				problems.add(field+".setWeight", "%d is not a percentage; write 0 to 100", *step.SetWeight)
			}
			out = append(out, progression.Step{SetWeight: step.SetWeight})
		case step.Pause != nil:
			out = append(out, progression.Step{Pause: &progression.Pause{Duration: pauseDuration(step.Pause.Duration, field+".pause.duration", problems)}})
		case step.Analysis != nil:
			out = append(out, progression.Step{Analysis: &progression.StepAnalysis{
				Templates:  fingerprint(step.Analysis),
				AbortAfter: abortAfter(step.Analysis.OnBlind, field+".analysis", problems),
			}})
		default:
			problems.add(field, "it is none of setWeight, pause and analysis; write one of them")
		}
	}
	return out
}

// background turns the background analysis into the core's.
func background(canary *v1alpha1.CanaryStrategy, steps []progression.Step, problems *Problems) *progression.Background {
	const field = "spec.strategy.canary.analysis"
	if canary.Analysis == nil {
		return nil
	}
	traffic := false
	for _, step := range steps {
		traffic = traffic || step.SetWeight != nil && *step.SetWeight > 0
	}
	if !traffic {
		problems.add(field, "without a setWeight step the new version gets no traffic to analyse; add steps, such as setWeight: 5")
	}
	start := valueOr(canary.Analysis.StartingStep, 0)
	if start < 0 || int(start) > len(steps) {
		problems.add(field+".startingStep", "%d is not a step; write 0 to %d", start, len(steps))
	}
	return &progression.Background{StartingStep: start, AbortAfter: abortAfter(canary.Analysis.OnBlind, field, problems)}
}

// abortAfter reads the policy for a long blindness; 0 when there is none.
func abortAfter(policy *v1alpha1.OnBlind, field string, problems *Problems) time.Duration {
	if policy == nil {
		return 0
	}
	duration, err := time.ParseDuration(policy.AbortAfter)
	if err != nil || duration <= 0 {
		problems.add(field+".onBlind.abortAfter", "%q is not a positive duration; write for example 30m", policy.AbortAfter)
		return 0
	}
	return duration
}

// pauseDuration reads for how long a step pauses; nil is until a person says so.
func pauseDuration(value *intstr.IntOrString, field string, problems *Problems) *time.Duration {
	if value == nil {
		return nil
	}
	duration := seconds(value.IntVal)
	if value.Type == intstr.String {
		number, err := strconv.ParseInt(value.StrVal, 10, 32)
		duration = seconds(int32(number))
		if err != nil {
			duration, err = time.ParseDuration(value.StrVal)
		}
		if err != nil {
			problems.add(field, "%q is neither a number of seconds nor a duration; write for example 30, 30s or 10m", value.StrVal)
			return nil
		}
	}
	if duration < 0 {
		problems.add(field, "%s is negative; write for example 30s", duration)
		return nil
	}
	return &duration
}

// podCount reads a number of pods or a percentage of replicas; 25% without a value.
func podCount(value *intstr.IntOrString, replicas int32, up bool, field string, problems *Problems) int32 {
	if value == nil {
		quarter := intstr.FromString("25%")
		value = &quarter
	}
	count, err := intstr.GetScaledValueFromIntOrPercent(value, int(replicas), up)
	if err != nil || count < 0 {
		problems.add(field, "%s is neither a number of pods nor a percentage; write for example 1 or 25%%", value.String())
		return 0
	}
	return int32(count)
}

// fingerprint tells one analysis from another.
func fingerprint(analysis *v1alpha1.RolloutAnalysis) string {
	text, err := json.Marshal(analysis)
	if err != nil {
		return fmt.Sprintf("%v", analysis)
	}
	return string(text)
}

// Intent reads what a user asks for; nil when nobody does. Text that is no intent
// comes back as one that no release obeys, so that its writer hears of it.
func Intent(annotations map[string]string, revision int64) *progression.Intent {
	text := strings.TrimSpace(annotations[v1alpha1.AnnotationIntent])
	if text == "" {
		return nil
	}
	var intent v1alpha1.Intent
	if err := json.Unmarshal([]byte(text), &intent); err != nil || intent.ID == "" {
		sum := sha256.Sum256([]byte(text))
		return &progression.Intent{ID: "malformed-" + hex.EncodeToString(sum[:8]), Action: "(malformed)", Revision: revision, By: "whoever wrote the annotation " + v1alpha1.AnnotationIntent}
	}
	return &progression.Intent{
		ID: intent.ID, Action: progression.Action(intent.Action), Revision: intent.Revision, By: intent.By, At: intent.At.UTC(), Reason: intent.Reason,
	}
}

// seconds is a number of seconds as a duration.
func seconds(number int32) time.Duration {
	return time.Duration(number) * time.Second
}

// valueOr is a value, or what stands for its absence.
func valueOr[T any](value *T, absent T) T {
	if value == nil {
		return absent
	}
	return *value
}
