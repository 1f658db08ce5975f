package lint

import (
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// checkRollout checks a Rollout's own fields and steps. Its analyses are checked with
// their templates.
func (c *checker) checkRollout(uses []*use) {
	if c.rollout == nil {
		return
	}
	_, problems := translate.RolloutSpec(c.rollout.Spec)
	for _, problem := range problems {
		c.problem(c.root, problem.Field, problem.Message)
	}
	canary, node := c.rollout.Spec.Strategy.Canary, c.spec().path("strategy", "canary")
	if canary == nil || node == nil {
		return
	}
	var own []*use
	for _, u := range uses {
		if u.rollout == c.object {
			own = append(own, u)
		}
	}
	c.checkSteps(canary.Steps, node.get("steps"), own)
	for _, u := range own {
		c.checkPatience(u)
	}
	c.checkBackground(canary, own)
	c.checkFresh(canary, node, own)
}

// checkSteps looks at the steps in their order.
func (c *checker) checkSteps(steps []v1alpha1.CanaryStep, node *node, uses []*use) {
	if node == nil || len(node.items) != len(steps) {
		return
	}
	if len(steps) > 0 && len(uses) == 0 {
		c.report(node.key, "no-analysis", "nothing judges the new version on its way: only dead pods take it back; add strategy.canary.analysis with a template")
	}
	c.checkShares(steps, node)
	weight, known, waits := int32(0), false, false
	for i, step := range steps {
		item := node.items[i]
		if step.SetWeight != nil {
			if at := item.get("setWeight"); at != nil && known {
				c.checkWeight(at, weight, *step.SetWeight)
			}
			weight, known = *step.SetWeight, true
		}
		if step.Pause != nil {
			c.checkPause(item, weight, waits)
		}
		if at := item.get("analysis"); step.Analysis != nil && at != nil && weight == 0 {
			c.report(at.key, "no-traffic", "the new version gets no traffic yet, so what counts requests holds the release here; move the step behind a setWeight")
		}
		waits = step.Pause != nil
	}
}

// checkWeight compares a weight with the one before.
func (c *checker) checkWeight(at *node, before, weight int32) {
	switch {
	case weight < before:
		c.report(at.place(), "weight-down", "the weight falls from %d to %d: a good release has no reason to go back, and a bad one is taken back to 0; remove the step, or raise it", before, weight)
	case weight == before:
		c.report(at.place(), "weight-repeated", "the weight is %d already, so this step does nothing; remove it", weight)
	}
}

// checkShares compares weights with the shares of the pods that stand for them where there
// is no router. How many replicas an autoscaler wants is not known.
func (c *checker) checkShares(steps []v1alpha1.CanaryStep, node *node) {
	replicas := c.rollout.Spec.Replicas
	if c.rollout.Spec.Strategy.Canary.TrafficRouting != nil || replicas == nil || *replicas < 1 {
		return
	}
	for i, step := range steps {
		at := node.items[i].get("setWeight")
		if at == nil || step.SetWeight == nil || *step.SetWeight <= 0 || *step.SetWeight >= 100 {
			continue
		}
		// As the controller rounds: to whole pods, one of each version at least.
		canary := max(1, min((*replicas**step.SetWeight+50)/100, *replicas-1))
		share := 100 * canary / (canary + max(1, *replicas-canary))
		if share >= 2**step.SetWeight || 2*share <= *step.SetWeight {
			c.report(at.place(), "coarse-weight", "without a router the split is the ratio of the pods: %s of %d replicas gets %d %% of the traffic, and not %d; write setWeight: %d, more replicas, or trafficRouting", plural(int(canary), "new pod"), *replicas, share, *step.SetWeight, share)
			return
		}
	}
}

// checkPause reports a pause in which nothing happens.
func (c *checker) checkPause(item *node, weight int32, waits bool) {
	at := item.get("pause")
	switch {
	case at == nil:
	case waits:
		c.report(at.key, "useless-pause", "the step before is a pause, too; make one of the two")
	case weight == 0:
		c.report(at.key, "useless-pause", "the new version gets no traffic yet, so there is nothing to see while this waits; move it behind a setWeight, unless it is for the pods to warm up")
	}
}

// checkBackground looks at an analysis that does not guard what it should.
func (c *checker) checkBackground(canary *v1alpha1.CanaryStrategy, uses []*use) {
	for _, u := range uses {
		if u.step >= 0 || canary.Analysis == nil {
			continue
		}
		c.checkStart(canary, u)
		c.checkEnds(u)
	}
}

// checkPatience compares how long a release may be blind with how often is looked.
func (c *checker) checkPatience(u *use) {
	at := u.node.path("onBlind", "abortAfter")
	patience := duration(at)
	if patience == 0 {
		return
	}
	for _, o := range u.templates {
		for _, n := range o.metrics() {
			if interval := duration(n.get("interval")); patience < 2*interval {
				c.report(at.place(), "short-patience", "metric %s of %s is looked at every %s, so one look that sees nothing takes the release back after %s; write %s or more", quoted(n.get("name").string()), o.title(), short(interval), short(patience), short(max(10*time.Minute, 4*interval)))
				return
			}
		}
	}
}

// checkStart reports an analysis that begins when the weight has been raised already.
func (c *checker) checkStart(canary *v1alpha1.CanaryStrategy, u *use) {
	at := u.node.get("startingStep")
	if canary.Analysis.StartingStep == nil || at == nil {
		return
	}
	weight := int32(0)
	for i, step := range canary.Steps {
		if i >= int(*canary.Analysis.StartingStep) || step.Analysis != nil {
			return
		}
		if step.SetWeight == nil {
			continue
		}
		if weight > 0 && *step.SetWeight > weight {
			c.report(at.place(), "late-analysis", "the weight is raised from %d to %d in step %d, before the analysis begins, without a look at how the new version does; begin earlier", weight, *step.SetWeight, i+1)
			return
		}
		weight = *step.SetWeight
	}
}

// checkEnds reports a background analysis in which every metric ends: when it has passed
// once, it counts as passed at each later weight.
func (c *checker) checkEnds(u *use) {
	metrics, longest, unlimited := 0, time.Duration(0), len(u.missing) > 0
	for _, o := range u.templates {
		for _, n := range o.metrics() {
			metrics++
			interval, count, streak := duration(n.get("interval")), number(n.get("count")), number(n.get("consecutiveSuccessLimit"))
			switch {
			case interval == 0:
				count = 1
			case count == 0 && streak == 0:
				unlimited = true
			case count == 0 || streak > 0 && streak < count:
				count = streak
			}
			longest = max(longest, duration(n.get("initialDelay"))+interval*time.Duration(min(count, 1_000_000)))
		}
	}
	if metrics == 0 || unlimited {
		return
	}
	raised := laterWeight(c.rollout, u)
	if raised == 0 {
		return
	}
	c.report(u.node.key, "background-ends", "every metric of this analysis has an end, about %s after it begins, and it counts as passed from then on: weight %d is set without a look at the one before; remove count and consecutiveSuccessLimit from the templates", short(longest), raised)
}

// laterWeight is the last weight that is raised while a background analysis should guard
// it; 0 when there is one weight at most.
func laterWeight(rollout *v1alpha1.Rollout, u *use) int32 {
	start := 0
	if s := rollout.Spec.Strategy.Canary.Analysis.StartingStep; s != nil {
		start = int(*s)
	}
	var weights []int32
	for i, step := range rollout.Spec.Strategy.Canary.Steps {
		if step.SetWeight != nil && i >= start && *step.SetWeight > 0 {
			weights = append(weights, *step.SetWeight)
		}
	}
	if len(weights) < 2 {
		return 0
	}
	return weights[len(weights)-1]
}

// checkFresh looks for the argument that selects fresh baseline pods.
func (c *checker) checkFresh(canary *v1alpha1.CanaryStrategy, node *node, uses []*use) {
	at := node.get("baseline")
	if canary.Baseline == nil || canary.Baseline.Fresh == nil || at == nil || len(uses) == 0 {
		return
	}
	for _, u := range uses {
		if translate.SelectsBaseline(u.analysis.Args) {
			return
		}
	}
	c.report(at.key, "unused-baseline", "fresh baseline pods are started, and no argument selects them, so the canary is compared with all stable pods; give the templates an argument with valueFrom: {baseline: LabelValue}")
}

// shortestPause is the shortest time that a Rollout pauses for by itself; 0 when it does
// not.
func shortestPause(o *object) time.Duration {
	shortest := time.Duration(0)
	for _, step := range o.rollout.Spec.Strategy.Canary.Steps {
		if step.Pause == nil || step.Pause.Duration == nil {
			continue
		}
		if pause := pauseLength(*step.Pause.Duration); pause > 0 && (shortest == 0 || pause < shortest) {
			shortest = pause
		}
	}
	return shortest
}

// pauseLength is how long a pause is: seconds, or a duration.
func pauseLength(value intstr.IntOrString) time.Duration {
	if value.Type == intstr.Int {
		return time.Duration(value.IntVal) * time.Second
	}
	text := strings.TrimSpace(value.StrVal)
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return parsed
}
