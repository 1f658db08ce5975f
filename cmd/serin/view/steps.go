package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// stepLines are the steps of the release, with a mark at the one in progress. A
// Rollout without a release has no step in progress, and they are left out.
func stepLines(o Objects, s Settings) []string {
	release, steps := o.Rollout.Status.Release, stepsOf(o.Rollout)
	if release == nil || len(steps) == 0 || release.Phase == v1alpha1.ReleaseIdle {
		return nil
	}
	var rows [][]cell
	for i, step := range steps {
		mark, note := signNone, overrideNote(release, int32(i), s)
		switch {
		case int32(i) < release.Step:
			mark = signDone
		case int32(i) == release.Step && release.Phase == v1alpha1.ReleaseAborted:
			mark = signBad
		case int32(i) == release.Step:
			mark, note = signNow, join(stepNote(step, release, s), note)
		}
		rows = append(rows, stepRow(mark, strconv.Itoa(i+1), StepText(step), note, s))
	}
	if release.Phase == v1alpha1.ReleasePromoting {
		rows = append(rows, stepRow(signNow, "", "the new version takes over", "since "+s.since(release.StepStartedAt), s))
	}
	if release.Phase == v1alpha1.ReleaseProgressing && release.Step >= int32(len(steps)) {
		rows = append(rows, stepRow(signNow, "", "all steps are done; the new version takes over when the analysis allows it", "", s))
	}
	return marked(rows, s)
}

// stepRow is one line: the sign is written apart, because it has a colour.
func stepRow(mark sign, index, text, note string, s Settings) []cell {
	color := ""
	if mark == signNow {
		color = ansiBold
	}
	return []cell{{text: s.Style.mark(mark)}, {text: index}, {text: text, ansi: color}, {text: note, ansi: ansiDim}}
}

// marked aligns rows whose first cell is a sign.
func marked(rows [][]cell, s Settings) []string {
	rest := make([][]cell, len(rows))
	for i, row := range rows {
		rest[i] = row[1:]
	}
	lines := table(s.Style, "", rest)
	for i := range lines {
		lines[i] = strings.TrimRight("  "+rows[i][0].text+" "+lines[i], " ")
	}
	return lines
}

// stepsOf are the steps of a Rollout.
func stepsOf(r *v1alpha1.Rollout) []v1alpha1.CanaryStep {
	if r.Spec.Strategy.Canary == nil {
		return nil
	}
	return r.Spec.Strategy.Canary.Steps
}

// StepText names a step as its author wrote it. Example: pause 5m.
func StepText(step v1alpha1.CanaryStep) string {
	switch {
	case step.SetWeight != nil:
		return fmt.Sprintf("setWeight %d", *step.SetWeight)
	case step.Pause != nil && step.Pause.Duration != nil:
		duration, ok := pauseDuration(*step.Pause.Duration)
		if !ok || duration%time.Second != 0 {
			return "pause " + step.Pause.Duration.String()
		}
		return "pause " + span(duration)
	case step.Pause != nil:
		return "pause until promoted"
	case step.Analysis != nil:
		return "analysis " + templateNames(step.Analysis.Templates)
	default:
		return "empty step"
	}
}

// pauseDuration reads the duration of a pause: seconds, or a text such as 10m.
func pauseDuration(value intstr.IntOrString) (time.Duration, bool) {
	if value.Type == intstr.Int {
		return time.Duration(value.IntVal) * time.Second, true
	}
	if seconds, err := strconv.ParseInt(value.StrVal, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	duration, err := time.ParseDuration(value.StrVal)
	return duration, err == nil
}

// templateNames lists the templates of an analysis.
func templateNames(templates []v1alpha1.TemplateReference) string {
	names := make([]string, len(templates))
	for i, template := range templates {
		names[i] = template.TemplateName
	}
	return strings.Join(names, ", ")
}

// stepNote says how long the step in progress has lasted, or has yet to last.
func stepNote(step v1alpha1.CanaryStep, release *v1alpha1.ReleaseStatus, s Settings) string {
	if release.StepStartedAt.IsZero() {
		return ""
	}
	if step.Pause != nil && step.Pause.Duration != nil {
		if duration, ok := pauseDuration(*step.Pause.Duration); ok {
			return span(release.StepStartedAt.Add(duration).Sub(s.Now)) + " left"
		}
	}
	return "for " + s.since(release.StepStartedAt)
}

// overrideNote says who ended a step by name.
func overrideNote(release *v1alpha1.ReleaseStatus, index int32, s Settings) string {
	for _, override := range release.Overrides {
		if override.Step == index {
			return fmt.Sprintf("ended by %s %s ago", override.By, s.since(&override.At))
		}
	}
	return ""
}

// join puts parts together with a comma, without the empty ones.
func join(parts ...string) string {
	var full []string
	for _, part := range parts {
		if part != "" {
			full = append(full, part)
		}
	}
	return strings.Join(full, ", ")
}
