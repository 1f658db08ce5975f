package simulation

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/progression"
)

// laws are the laws of ../../docs/architecture.md, as far as the core can break
// them. They look at the World itself, not at what the core believes of it.
type laws struct {
	world *World
	// downSince is since when the metrics are down; zero when they are not.
	downSince time.Time
	// steps are those of the round before.
	steps []progression.Step
}

// newLaws watch over a world.
func newLaws(world *World) *laws {
	return &laws{world: world}
}

// earlier is what the laws remember from before a round.
type earlier struct {
	weight int32
}

// metricsTurned notes that the metrics went down or came back.
func (l *laws) metricsTurned() {
	l.downSince = time.Time{}
	if l.world.MetricsDown {
		l.downSince = l.world.Now
	}
}

// before looks at the world before a round.
func (l *laws) before() earlier {
	return earlier{weight: l.world.weight}
}

// check says which law a round has broken; empty when none. fresh says that the
// round saw the world as it is.
func (l *laws) check(before earlier, round Round, fresh bool) string {
	for _, law := range []struct {
		name   string
		broken func() string
	}{
		{"1 authorised weight", func() string { return l.authorised(before, round) }},
		{"2 capacity first", func() string { return l.capacity(round, fresh) }},
		{"2 fresh pods are no capacity", func() string { return l.freshPods(round, fresh) }},
		{"3 no promotion without a pass", func() string { return l.promotion(round) }},
		{"4 blind is not bad", func() string { return l.blind(before, round) }},
		{"5 bad is acted on", func() string { return l.bad(round, fresh) }},
		{"7 same inputs, same decision", func() string { return same(round) }},
		{"8 an edit never jumps", func() string { return l.edited(round) }},
		{"9 every decision is explained", func() string { return explained(round) }},
	} {
		if broken := law.broken(); broken != "" {
			return fmt.Sprintf("law %s: %s", law.name, broken)
		}
	}
	return ""
}

// raised is the weight that a round has raised the canary to; 0 when it has not.
func raised(before earlier, round Round) int32 {
	for _, effect := range round.Done {
		if set, ok := effect.(progression.SetWeight); ok && set.Weight > before.weight {
			return set.Weight
		}
	}
	return 0
}

// authorised: the canary never gets more than what has been persisted, and that is
// a weight of a step, or everything once all steps are done.
func (l *laws) authorised(before earlier, round Round) string {
	after := round.After
	if weight := raised(before, round); weight > 0 && (!after.Releasing() || weight > after.Weight) {
		return fmt.Sprintf("weight %d was set, %d is authorised in phase %s", weight, after.Weight, after.Phase)
	}
	if after.Phase == progression.Progressing && after.Weight > round.Before.Weight {
		step := int(after.Step)
		for i := range round.Observation.Spec.Steps {
			set := round.Observation.Spec.Steps[i].SetWeight
			if i <= step && set != nil && *set == after.Weight {
				return ""
			}
		}
		return fmt.Sprintf("weight %d is authorised, which no step up to %d asks for", after.Weight, step)
	}
	return l.stranger(round)
}

// stranger: no version but the stable and the current one gets traffic; unless no
// stable pod can serve, when even a superseded version is better than none.
func (l *laws) stranger(round Round) string {
	w, after := l.world, round.After
	if round.Crashed || !w.Spec.Routed || w.weight == 0 || w.Available(after.Stable) == 0 {
		return ""
	}
	if w.canary == after.Stable || w.canary == after.Current {
		return ""
	}
	return fmt.Sprintf("version %s gets %d %%, and is neither the stable nor the current version", w.canary, w.weight)
}

// capacity: traffic moves to enough pods, and the stable version keeps its own.
func (l *laws) capacity(round Round, fresh bool) string {
	if round.Crashed || !fresh {
		return ""
	}
	if !l.world.Spec.Routed {
		return l.ratioCapacity(round)
	}
	for _, effect := range round.Done {
		if set, ok := effect.(progression.SetWeight); ok && set.Weight > round.Observation.Route.Weight {
			if broken := l.enoughFor(set.Weight, round.After.Current); broken != "" {
				return broken
			}
		}
	}
	return l.nobodyStarves(round)
}

// enoughFor says whether the version that gets a weight has the pods for it.
func (l *laws) enoughFor(weight int32, current string) string {
	w := l.world
	needed := max(1, (w.Spec.Replicas*weight+99)/100)
	if available := w.Available(w.canary); available < needed || w.canary != current {
		return fmt.Sprintf("weight %d was set with %d of %d pods of %s available", weight, available, needed, w.canary)
	}
	return ""
}

// nobodyStarves: the stable version has its pods during a release, and no traffic
// goes to a version that has none while another one could serve it.
func (l *laws) nobodyStarves(round Round) string {
	w := l.world
	if stable := w.versions[round.After.Stable]; round.After.Releasing() && stable != nil && stable.wanted < w.Spec.Replicas {
		return fmt.Sprintf("the stable version has %d pods of %d during a release", stable.wanted, w.Spec.Replicas)
	}
	for _, hash := range sortedKeys(w.versions) {
		if share := w.Shares()[hash]; share > 0 && w.versions[hash].wanted == 0 && round.Observation.Versions[hash].Wanted > 0 {
			return fmt.Sprintf("the pods of %s were taken away while it gets %.0f %% of the traffic", hash, 100*share)
		}
	}
	if w.weight > 0 && w.Available(w.canary) == 0 && w.Available(w.stable) > 0 && round.Observation.Versions[w.canary].Available == 0 {
		return fmt.Sprintf("%d %% of the traffic go to %s, which has no pod that can serve", w.weight, w.canary)
	}
	return ""
}

// ratioCapacity: pods are taken away only as far as others can serve.
func (l *laws) ratioCapacity(round Round) string {
	var before, after int32
	for hash, version := range round.Observation.Versions {
		available := min(version.Available, version.Wanted)
		before += available
		after += min(available, l.world.versions[hash].wanted)
	}
	if least := l.world.Spec.Replicas - l.world.Spec.MaxUnavailable; after < before && after < least {
		return fmt.Sprintf("%d available pods were left of %d, at least %d are needed", after, before, least)
	}
	return ""
}

// promotion: all steps done is not enough, the analysis must have passed.
func (l *laws) promotion(round Round) string {
	after := round.After
	if round.Before.Phase != progression.Progressing || after.Phase != progression.Promoting || l.world.Spec.Background == nil || after.PromotedBy != "" {
		return ""
	}
	steps := int32(len(round.Observation.Spec.Steps))
	for _, override := range after.Overrides {
		if override.Step == steps {
			return ""
		}
	}
	return l.unproven(after)
}

// unproven says why the background analysis of a release has not passed, from its
// measurements; empty when it has.
func (l *laws) unproven(state progression.State) string {
	live := l.world.runs[state.BackgroundRun]
	if live == nil {
		return "the background analysis does not exist"
	}
	if live.state.Phase == run.Successful {
		return ""
	}
	for _, metric := range live.state.Metrics {
		if metric.Successful == 0 {
			return "metric " + metric.Name + " has never passed"
		}
		if state.Weight >= 100 && state.WeightReached {
			continue // Nothing is left to compare with.
		}
		last := metric.Measurements[len(metric.Measurements)-1]
		if last.Phase != run.Successful || last.StartedAt.Before(state.WeightSince) {
			return fmt.Sprintf("the last measurement of metric %s was %s (%s) at %s, the weight is in force since %s", metric.Name, last.Phase, last.Reason,
				last.StartedAt.Sub(Origin), state.WeightSince.Sub(Origin))
		}
	}
	return ""
}

// blind: without sight nothing is raised and nothing is found to be bad.
func (l *laws) blind(before earlier, round Round) string {
	if broken := l.raisedBlindly(before, round); broken != "" {
		return broken
	}
	if broken := l.raisedAlone(before, round); broken != "" {
		return broken
	}
	after := round.After
	if after.Phase != progression.Aborted || round.Before.Phase == progression.Aborted {
		return ""
	}
	switch {
	case after.Abort.Reason == "AnalysisFailed" && l.world.Behaviours[after.Current].ErrorShare == 0:
		return "a version without a single error was found to be bad: " + after.Abort.Message
	case after.Abort.Reason == "ProgressDeadlineExceeded" && canaryComplete(round):
		return "a release was taken back for what is not the new version's: " + after.Abort.Message
	case after.Abort.Reason == "BlindTooLong" && l.world.Spec.Background.AbortAfter == 0:
		return "a release was taken back for being blind, without a policy that says so"
	}
	return ""
}

// blindness is for how long the metrics must be down before every look is overdue.
const blindness = 15 * time.Second

// raisedBlindly says whether a round has raised the weight, at nobody's word, while
// the metrics were down.
func (l *laws) raisedBlindly(before earlier, round Round) string {
	after := round.After
	if raised(before, round) == 0 || before.weight == 0 || after.PromotedBy != "" || len(after.Overrides) > 0 {
		return ""
	}
	live := l.world.runs[after.BackgroundRun]
	if live == nil || !live.state.Phase.Live() || l.downSince.IsZero() || l.world.Now.Sub(l.downSince) <= blindness {
		return ""
	}
	return fmt.Sprintf("the weight was raised while the metrics were down for %s", l.world.Now.Sub(l.downSince))
}

// bad: a verdict or dead pods end the release in this very round.
func (l *laws) bad(round Round, fresh bool) string {
	if round.Crashed || !fresh || !round.Before.Releasing() || round.After.Revision != round.Before.Revision || round.After.Attempt != round.Before.Attempt {
		return ""
	}
	failed := round.Observation.Runs[round.Before.BackgroundRun].Phase == run.Failed && round.After.PromotedBy == "" ||
		round.Observation.Runs[round.Before.StepRun].Phase == run.Failed && round.After.Step == round.Before.Step
	if !failed {
		return ""
	}
	if round.After.Phase != progression.Aborted {
		return fmt.Sprintf("a verdict stands, and the release is %s", round.After.Phase)
	}
	if l.world.Spec.Routed && l.world.weight > 0 && l.world.Available(round.After.Stable) > 0 && l.world.stable == round.After.Stable {
		return fmt.Sprintf("a verdict stands, and the weight is %d", l.world.weight)
	}
	return ""
}

// edited: after an edit of what is done or in progress, the release is at a step
// that it has entered in this very round, beginning with the first.
func (l *laws) edited(round Round) string {
	before, after, steps := round.Before, round.After, round.Observation.Spec.Steps
	known := l.steps
	l.steps = steps
	if before.Phase != progression.Progressing || after.Phase != progression.Progressing || before.Revision != after.Revision || before.Attempt != after.Attempt {
		return ""
	}
	upTo := int(before.Step) + 1
	if reflect.DeepEqual(known[:min(upTo, len(known))], steps[:min(upTo, len(steps))]) || after.StepStartedAt.Equal(round.Observation.Now) {
		return ""
	}
	return fmt.Sprintf("the steps up to %d were edited, and the release goes on at step %d", upTo, after.Step+1)
}

// same: the decision is a function of its inputs.
func same(round Round) string {
	next, effects := progression.Decide(round.Before, round.Observation)
	if !reflect.DeepEqual(next, round.After) || !reflect.DeepEqual(effects, round.Effects) {
		return "the same state and observation gave another decision"
	}
	return ""
}

// explained: whoever looks finds a reason.
func explained(round Round) string {
	summary := progression.Summarize(round.After, round.Observation)
	if summary.Health == "" || summary.Reason == "" || strings.TrimSpace(summary.Message) == "" {
		return fmt.Sprintf("phase %s has no explanation", round.After.Phase)
	}
	if round.After.Phase == progression.Aborted && round.After.Abort.Message == "" {
		return "an abort has no message"
	}
	return ""
}

// rest says which law is broken by what the world has come to after the faults.
func (l *laws) rest(driver *Driver) string {
	state, w := driver.State, l.world
	if state.Current != w.Template {
		return fmt.Sprintf("law 8 no revision is lost: the template is %s, the current version %s", w.Template, state.Current)
	}
	broken := ""
	switch {
	case state.Releasing():
		broken = l.restRelease(state)
	case w.Available(state.Stable) > 0: // One that cannot serve takes nothing back.
		broken = l.restWorld(state)
	}
	if broken != "" {
		return "law 6 crash-only: at rest " + broken
	}
	return ""
}

// restRelease: a release that has not ended waits for a person, or is bad.
func (l *laws) restRelease(state progression.State) string {
	summary := progression.Summarize(state, l.world.Observe())
	held := summary.Health == progression.Paused || summary.Health == progression.Degraded
	if held || l.world.Behaviours[state.Current].ErrorShare > 0 {
		return ""
	}
	if l.world.Available(state.Stable) == 0 || state.Weight >= 100 {
		return "" // Where the stable version serves nothing, an analysis has nothing to compare with.
	}
	return "the release of a good version has not ended: " + summary.Message
}

// restWorld: all traffic is at the stable version, which alone has pods.
func (l *laws) restWorld(state progression.State) string {
	w := l.world
	if w.Spec.Routed && (w.weight != 0 || w.stable != state.Stable) {
		return fmt.Sprintf("the weight is %d and the stable Service selects %s", w.weight, w.stable)
	}
	if len(w.baselines) > 0 {
		return fmt.Sprintf("there are fresh baseline pods: %v", sortedKeys(w.baselines))
	}
	for hash, version := range w.versions {
		kept := state.Phase == progression.Aborted && hash == state.Current && w.Spec.AbortScaleDownDelay == 0
		if hash != state.Stable && version.wanted != 0 && !kept {
			return fmt.Sprintf("version %s still has %d pods", hash, version.wanted)
		}
	}
	if stable := w.versions[state.Stable]; stable == nil || stable.wanted != w.Spec.Replicas {
		return "the stable version does not have its pods"
	}
	return ""
}
