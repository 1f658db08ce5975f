package convert

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// mostSteps is how many steps a Rollout may have.
const mostSteps = 64

// steps converts the steps of a canary, and what depends on where they are.
type steps struct {
	// heaviest is the weight that is all traffic.
	heaviest float64
	// position is the new index of each old step, and of the end.
	position []int
	// unguarded says that an analysis could not be converted at all.
	unguarded bool
}

func newSteps(c *conversion, canary *yaml.Node) *steps {
	s := &steps{heaviest: 100}
	if most, ok := number(child(canary, "trafficRouting", "maxTrafficWeight")); ok && most > 0 {
		s.heaviest = most
	}
	// startingStep may stand before the steps: where each of them goes is found first.
	trial := newConversion(c.options)
	trial.current, trial.dead = c.current, c.dead
	next := 0
	for _, item := range items(child(canary, "steps")) {
		s.position = append(s.position, next)
		if s.step(trial, field{key: &yaml.Node{}, value: item, path: "steps"}) != nil {
			next++
		}
	}
	s.position = append(s.position, next)
	return s
}

// metadataPath is what an argument can take from a Rollout.
var metadataPath = regexp.MustCompile(`^metadata[.](name|namespace|uid|(labels|annotations)[[]'[^']+'[]])$`)

// steps is the rule of steps.
func (s *steps) steps(c *conversion, f field) *yaml.Node {
	out := c.each(f, s.step)
	if out != nil && len(out.Content) > mostSteps {
		c.missing(f, "", fmt.Sprintf("a Rollout has at most %d steps, and these are %d", mostSteps, len(out.Content)), "join some of them")
	}
	return out
}

// step is the rule of one step. What blocked a release and cannot be converted becomes
// a pause that waits for a person.
func (s *steps) step(c *conversion, f field) *yaml.Node {
	waits := false
	wait := func(why, instead string) rule {
		return func(c *conversion, f field) *yaml.Node {
			waits = true
			c.refuse(f, why, instead+"; until then the release waits here for serin promote")
			return nil
		}
	}
	out := c.fields(f, table{
		"setWeight": s.weight,
		"pause":     pause,
		"analysis": func(c *conversion, f field) *yaml.Node {
			analysis := c.analysis(f, nil)
			if analysis == nil {
				waits = true
			}
			return analysis
		},
		"setCanaryScale": refused("Serin sizes the canary by its weight", "there is nothing to write instead"),
		"experiment":     wait("Serin has no experiments", "write its analyses as an analysis step after a setWeight, and strategy.canary.baseline: {fresh: {}}"),
		"plugin":         wait("Serin has no plugins for steps", "do it in the pipeline"),
		"setHeaderRoute": refused("Serin routes no headers: who gets the new version is decided by the weight", "let a rule of the HTTPRoute send testers to canaryService; Serin leaves rules alone that do not have both Services"),
		"setMirrorRoute": refused("Serin mirrors no requests", "a RequestMirror filter in the HTTPRoute is left alone by Serin"),
	})
	switch {
	case out != nil && len(out.Content) == 2:
		return out
	case out != nil && len(out.Content) > 2:
		c.missing(f, "", "a step does one thing, and this one does several", "make a step of each; the first one is kept")
		for i := 2; i < len(out.Content); i += 2 {
			c.trace.mark(child(f.value, out.Content[i].Value), Refused)
		}
		out.Content = out.Content[:2]
		return out
	case waits:
		return flow(mapping("pause", flow(mapping())))
	case out != nil && len(f.value.Content) == 0:
		c.refuse(f, "this step does nothing", "there is nothing to write instead")
	}
	return nil
}

// weight is the rule of setWeight.
func (s *steps) weight(c *conversion, f field) *yaml.Node {
	out := c.trace.keep(f.value)
	weight, ok := number(f.value)
	if !ok || s.heaviest == 100 {
		return out
	}
	percent := math.Round(weight * 100 / s.heaviest)
	c.changed(f, "%s of maxTrafficWeight %g is %g %%", f.value.Value, s.heaviest, percent)
	if percent != weight*100/s.heaviest {
		c.missing(f, "", "weights are whole percentages in Serin, so it is rounded", "choose another one")
	}
	out.Value = strconv.Itoa(int(percent))
	return out
}

// pause is the rule of pause.
func pause(c *conversion, f field) *yaml.Node {
	if isNull(f.value) {
		c.changed(f, "an empty pause waits for serin promote")
		out := flow(mapping())
		c.trace.move(f.value, out)
		return out
	}
	return c.fields(f, table{"duration": keep})
}

// background is the rule of strategy.canary.analysis.
func (s *steps) background(c *conversion, f field) *yaml.Node {
	out := c.analysis(f, table{"startingStep": s.startingStep})
	if out == nil {
		s.unguarded = true
	}
	return out
}

// startingStep is the rule of startingStep: steps before it may be gone.
func (s *steps) startingStep(c *conversion, f field) *yaml.Node {
	out := c.trace.keep(f.value)
	index, err := strconv.Atoi(text(f.value))
	if err == nil && index >= 0 && index < len(s.position) && s.position[index] != index {
		c.changed(f, "step %d is step %d here, because steps before it are gone", index, s.position[index])
		out.Value = strconv.Itoa(s.position[index])
	}
	return out
}

// traffic gives a background analysis something to judge: without a weight above 0 the
// pods are replaced before anybody has looked.
func (s *steps) traffic(c *conversion, f field, canary *yaml.Node) {
	if child(canary, "analysis") == nil {
		return
	}
	for _, step := range items(child(canary, "steps")) {
		if weight, ok := number(child(step, "setWeight")); ok && weight > 0 {
			return
		}
	}
	first := flow(mapping("setWeight", integer(firstShare)))
	c.changed(field{key: first, value: f.value, path: join(f.path, "steps")}, "without a setWeight Argo Rollouts replaces all pods while the background analysis begins; in Serin it needs traffic to judge, and must pass before there is more: %d %% to begin with", firstShare)
	if child(canary, "steps") == nil {
		put(canary, "steps", &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"})
	}
	steps := child(canary, "steps")
	steps.Content = append([]*yaml.Node{first}, steps.Content...)
	if start := child(canary, "analysis", "startingStep"); start != nil {
		if index, err := strconv.Atoi(start.Value); err == nil && index > 0 {
			start.Value = strconv.Itoa(index + 1)
		}
	}
}

// guard lets a release wait for a person where its analysis could not be converted.
func (s *steps) guard(f field, canary *yaml.Node) {
	if !s.unguarded {
		return
	}
	list := child(canary, "steps")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		put(canary, "steps", list)
	}
	wait := flow(mapping("pause", flow(mapping())))
	wait.HeadComment = asComment("nothing judges the release, because its background analysis could not be converted: it waits here for serin promote")
	at := len(list.Content)
	for i, step := range list.Content {
		if weight, ok := number(child(step, "setWeight")); ok && weight > 0 {
			at = i + 1
			break
		}
	}
	list.Content = append(list.Content[:at:at], append([]*yaml.Node{wait}, list.Content[at:]...)...)
}
