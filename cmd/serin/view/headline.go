package view

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// headline says in one line what the Rollout is doing, and in a second one which
// release that is. What stands in the way follows.
func headline(o Objects, s Settings) []string {
	r := o.Rollout
	name := r.Namespace + "/" + r.Name
	phase, message := Phase(r), Message(r)
	taken := len(name) + len(phase) + 4
	lines := wrap(message, "", s.Width-taken)
	if s.Width-taken < 30 {
		lines = []string{message}
	}
	lines[0] = fmt.Sprintf("%s  %s  %s", s.Style.bold(name), s.Style.phase(phase), lines[0])
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.Repeat(" ", taken) + lines[i]
	}
	if facts := releaseFacts(r, s); facts != "" {
		lines = append(lines, s.Style.dim(facts))
	}
	for _, trouble := range troubles(r) {
		lines = append(lines, s.Style.warning("! "+trouble))
	}
	return lines
}

// Phase is the phase that a Rollout is in: the one of its status, or Progressing
// while no controller has seen its latest change.
func Phase(r *v1alpha1.Rollout) string {
	if !Observed(r) || r.Status.Phase == "" {
		return string(v1alpha1.PhaseProgressing)
	}
	return string(r.Status.Phase)
}

// Message is what the Rollout says of itself, or what it waits for while no
// controller has seen its latest change.
func Message(r *v1alpha1.Rollout) string {
	switch {
	case r.Status.ObservedGeneration == 0:
		return "no controller has seen this Rollout yet; is serin-controller running?"
	case !Observed(r):
		return fmt.Sprintf("no controller has seen the latest change of the spec yet (generation %d, seen %d); is serin-controller running?",
			r.Generation, r.Status.ObservedGeneration)
	case Clean(r.Status.Message) == "":
		return "no message"
	default:
		return Clean(r.Status.Message)
	}
}

// Observed says whether the status is about the current spec.
func Observed(r *v1alpha1.Rollout) bool {
	return r.Status.ObservedGeneration >= r.Generation && r.Status.ObservedGeneration > 0
}

// releaseFacts say which release it is, when it began and how it ended.
func releaseFacts(r *v1alpha1.Rollout, s Settings) string {
	release := r.Status.Release
	if release == nil {
		return ""
	}
	facts := []string{fmt.Sprintf("revision %d", release.Revision)}
	if release.Attempt > 0 {
		facts = append(facts, fmt.Sprintf("retry %d", release.Attempt))
	}
	if began := s.since(release.StartedAt); began != "" {
		facts = append(facts, "began "+began+" ago")
	}
	if held := s.since(release.WeightSince); held != "" && release.Outcome == "" {
		facts = append(facts, fmt.Sprintf("at %d%% for %s", release.Weight, held))
	}
	if ended := outcome(release); ended != "" {
		if ago := s.since(release.FinishedAt); ago != "" {
			ended += " " + ago + " ago"
		}
		facts = append(facts, ended)
	}
	return strings.Join(facts, ", ")
}

// outcome says how a release ended, in words.
func outcome(release *v1alpha1.ReleaseStatus) string {
	switch release.Outcome {
	case "Promoted":
		return "promoted"
	case "PromotedByUser":
		return "promoted by " + orUnknown(release.PromotedBy)
	case "Aborted":
		return "taken back"
	case "Reverted":
		return "over by going back to the stable version"
	default:
		return release.Outcome
	}
}

// troubles are what stands in the way of the whole Rollout.
func troubles(r *v1alpha1.Rollout) []string {
	var found []string
	stalled := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled != nil && stalled.Status == metav1.ConditionTrue && !strings.Contains(r.Status.Message, stalled.Message) {
		found = append(found, fmt.Sprintf("stalled: %s: %s", stalled.Reason, stalled.Message))
	}
	if r.DeletionTimestamp != nil {
		found = append(found, "it is being deleted")
	}
	return found
}
