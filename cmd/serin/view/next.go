package view

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// command is something to type, and what it does.
type command struct {
	line, effect string
}

// nextLines are the commands that make sense now. The explanation is a comment, so
// that a whole line can be pasted into a shell.
func nextLines(o Objects, s Settings) []string {
	var rows [][]cell
	for _, c := range nextCommands(o, s) {
		rows = append(rows, []cell{{c.line, ansiBold}, {"# " + c.effect, ansiDim}})
	}
	return table(s.Style, "  ", rows)
}

// nextCommands chooses them by the state of the release.
func nextCommands(o Objects, s Settings) []command {
	r := o.Rollout
	var commands []command
	if !Observed(r) || Pending(r) != nil {
		commands = append(commands, command{words("kubectl get pods -n serin-system", s.Connection), "is the controller running?"})
	}
	if wrong(r) {
		commands = append(commands, command{s.kubectl("edit", r), "correct what stalls it, or correct it where it is kept and apply that"})
	}
	release := r.Status.Release
	if release == nil {
		return commands
	}
	switch release.Phase {
	case v1alpha1.ReleaseProgressing:
		commands = append(commands, s.progressing(r, release)...)
	case v1alpha1.ReleasePromoting:
		commands = append(commands, s.serin("abort", r, "", "take the release back: all traffic to the stable version"))
	case v1alpha1.ReleaseAborted:
		commands = append(commands,
			s.serin("retry", r, "", "release the same version again, from the first step"),
			s.serin("undo", r, "", "go back to the template of the stable version"))
	case v1alpha1.ReleaseIdle:
		commands = append(commands, s.idle(o)...)
	}
	return commands
}

// wrong says whether the Rollout is stalled by something that its author has to
// correct, and not by a verdict or by its pods.
func wrong(r *v1alpha1.Rollout) bool {
	stalled := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionStalled)
	return stalled != nil && stalled.Status == metav1.ConditionTrue && stalled.Reason != v1alpha1.ReasonProgressDeadline &&
		(r.Status.Release == nil || r.Status.Release.Phase != v1alpha1.ReleaseAborted)
}

// progressing are the commands while a release is in progress.
func (s Settings) progressing(r *v1alpha1.Rollout, release *v1alpha1.ReleaseStatus) []command {
	var commands []command
	userPaused := waits(release, waitUser)
	if userPaused {
		commands = append(commands, s.serin("resume", r, "", "go on"))
	}
	if r.Spec.Paused {
		commands = append(commands, command{s.kubectl("patch", r) + ` --type=merge -p '{"spec":{"paused":false}}'`, "let releases go on"})
	}
	commands = append(commands,
		s.serin("promote", r, "", promoteEffect(r, release)),
		s.serin("promote", r, "--full", "skip all remaining steps and analyses"),
		s.serin("abort", r, "", "take the release back: all traffic to the stable version"))
	if !userPaused {
		commands = append(commands, s.serin("pause", r, "", "hold the release where it is"))
	}
	return commands
}

// promoteEffect says what a promote would do now.
func promoteEffect(r *v1alpha1.Rollout, release *v1alpha1.ReleaseStatus) string {
	steps := stepsOf(r)
	if int(release.Step) >= len(steps) {
		return "finish without the evidence that it waits for"
	}
	step := steps[release.Step]
	after := "finish the release"
	if int(release.Step)+1 < len(steps) {
		after = fmt.Sprintf("go on with step %d (%s)", release.Step+2, StepText(steps[release.Step+1]))
	}
	switch {
	case waits(release, waitInconclusive):
		return "call it good, and " + after
	case step.Pause != nil:
		return "end the pause, and " + after
	case step.Analysis != nil:
		return "end the analysis without its verdict, and " + after
	default:
		return "do step " + fmt.Sprint(release.Step+1) + " without the evidence that it waits for"
	}
}

// waits says whether the release waits for a person for a reason.
func waits(release *v1alpha1.ReleaseStatus, reason string) bool {
	for _, pause := range release.Pauses {
		if pause.Reason == reason {
			return true
		}
	}
	return false
}

// idle are the commands while no release is in progress.
func (s Settings) idle(o Objects) []command {
	target, err := UndoTarget(o, 0)
	if err != nil {
		return nil
	}
	effect := fmt.Sprintf("release revision %d (%s) again", Revision(*target), shorten(Images(target.Spec.Template), 40))
	if hash(target) == o.Rollout.Status.CurrentPodHash {
		effect = "take the change of the template back"
	}
	return []command{s.serin("undo", o.Rollout, "", effect)}
}

// serin writes a command of this program, with the flags that led here.
func (s Settings) serin(verb string, r *v1alpha1.Rollout, flag, effect string) command {
	return command{words(s.Command, verb, r.Name, flag, s.Namespace, s.Connection), effect}
}

// kubectl writes a command of kubectl about the Rollout.
func (s Settings) kubectl(verb string, r *v1alpha1.Rollout) string {
	return words("kubectl", verb, "rollouts.serin.dev", r.Name, s.Namespace, s.Connection)
}

// words puts the words of a command together, without the empty ones.
func words(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(word string) bool { return word == "" }), " ")
}
