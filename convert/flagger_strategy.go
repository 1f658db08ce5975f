package convert

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// gates are the webhooks that a person's word replaces.
type gates struct{ start, increase, end bool }

// strategy writes strategy.canary.
func (k *canary) strategy(spec *yaml.Node, judged bool) {
	out := mapping("stableService", str(k.service), "canaryService", str(k.service+"-canary"))
	put(spec, "strategy", mapping("canary", out))
	k.router(out)
	if k.analysis == nil || k.analysis.Kind != yaml.MappingNode {
		k.missing(field{key: out.Content[0], value: k.spec, path: "spec"}, "analysis", "the Canary has no analysis", "write spec.analysis, or steps here")
		return
	}
	if skip := child(k.spec, "skipAnalysis"); isTrue(skip) {
		key := put(out, "steps", list())
		k.changed(field{key: key, value: skip, path: "spec.skipAnalysis"}, "with skipAnalysis a new version is released at once, without steps and without analysis")
		k.trace.mark(skip, Changed)
		k.changed(field{key: key, value: k.analysis, path: k.analysisPath}, "analysis (line %d) is left out", k.analysis.Line)
		k.trace.mark(k.analysis, Changed)
		out.Content[len(out.Content)-1].Style |= yaml.FlowStyle
		return
	} else if skip != nil {
		k.omit(field{value: skip, path: "spec.skipAnalysis"}, "this is how Serin does it anyway")
	}
	hooks := &yaml.Node{}
	k.webhooks(hooks)
	key := put(out, "steps", list())
	key.HeadComment = hooks.HeadComment
	steps := k.steps(key)
	put(out, "steps", steps)
	k.restOfAnalysis(key)
	if !judged {
		why := "no metric could be converted"
		if len(items(child(k.analysis, "metrics"))) == 0 {
			why = "the Canary has no metrics"
		}
		k.note(Refused, field{key: key, value: k.analysis, path: k.analysisPath + ".metrics"}, why+", so nothing judges the release: it waits for serin promote after the first step", "write an AnalysisTemplate, and name it in analysis")
		k.guard(steps)
		return
	}
	put(out, "analysis", mapping(
		"templates", list(flow(mapping("templateName", str(k.templateName())))),
		"args", k.releaseArgs()))
}

// guard lets a release wait for a person after its first weight.
func (k *canary) guard(steps *yaml.Node) {
	wait := flow(mapping("pause", flow(mapping())))
	at := min(1, len(steps.Content))
	steps.Content = append(steps.Content[:at:at], append([]*yaml.Node{wait}, steps.Content[at:]...)...)
}

// router names the route; for another router than the Gateway API one that has to be
// made, so that no weight is raised before there is one.
func (k *canary) router(out *yaml.Node) {
	key := put(out, "trafficRouting", mapping("gatewayAPI", mapping("httpRoutes", list(flow(mapping("name", str(k.service)))))))
	provider := child(k.spec, "provider")
	at := field{key: key, value: provider, path: "spec.provider"}
	if provider == nil {
		at.value = k.spec
	}
	k.trace.move(provider, out)
	if strings.HasPrefix(k.provider, "gatewayapi") {
		return
	}
	said := "provider " + k.provider
	if provider == nil {
		said = "provider " + k.provider + " (by --mesh-provider, by the Canary's other fields, or Flagger's default)"
	}
	why, instead := said+": Serin splits traffic by the Gateway API alone", ""
	switch {
	case k.provider == "kubernetes":
		instead = "make an HTTPRoute with the Services below as backends; without a router remove trafficRouting and both Services: the split is then the ratio of the pods"
	default:
		instead = fmt.Sprintf("make an HTTPRoute %s with both Services as backends (most routers implement the Gateway API); until it exists, no weight is raised", k.service)
	}
	k.note(Refused, at, why, instead)
}

// steps writes the steps: a weight and a wait of one interval, as often as Flagger would.
func (k *canary) steps(key *yaml.Node) *yaml.Node {
	interval := k.interval(key)
	weights, pauses := k.weights(key, interval)
	steps := list()
	add := func(step *yaml.Node) { steps.Content = append(steps.Content, step) }
	forPerson := func() *yaml.Node { return flow(mapping("pause", flow(mapping()))) }
	if k.hooks.start {
		add(forPerson())
	}
	short := 2*len(weights)+2 > mostSteps
	if short {
		k.changed(field{key: key, value: k.analysis, path: k.analysisPath}, "%d weights: the pauses are left out, because a Rollout has at most %d steps; the analysis still has to pass at each weight", len(weights), mostSteps)
	}
	for i, weight := range weights {
		if k.hooks.increase && i > 0 {
			add(forPerson())
		}
		add(flow(mapping("setWeight", integer(weight))))
		if last := i == len(weights)-1; !short && (!k.hooks.increase || last) && (!k.hooks.end || !last) {
			add(flow(mapping("pause", flow(mapping("duration", str(pauses))))))
		}
	}
	if k.hooks.end {
		add(forPerson())
	}
	if len(steps.Content) > mostSteps {
		k.note(Refused, field{key: key, value: k.analysis, path: k.analysisPath}, fmt.Sprintf("%d steps are more than the %d that a Rollout may have; the last ones are left out", len(steps.Content), mostSteps), "raise stepWeight")
		steps.Content = steps.Content[:mostSteps]
	}
	return steps
}

// interval is analysis.interval.
func (k *canary) interval(key *yaml.Node) string {
	value := child(k.analysis, "interval")
	interval := text(value)
	switch {
	case value == nil:
		return "1m"
	case !plainDuration.MatchString(interval):
		k.refuse(field{key: key, value: value, path: k.analysisPath + ".interval"}, fmt.Sprintf("%q is no duration; Flagger takes it for 60s in silence, and so does this", interval), "write it as 30s or 1m")
		return "1m"
	}
	return interval
}

// weights are the weights of Flagger's strategy, and the time at each.
func (k *canary) weights(key *yaml.Node, interval string) (weights []int, pause string) {
	at := func(name string) field {
		return field{key: key, value: child(k.analysis, name), path: k.analysisPath + "." + name}
	}
	k.trace.move(child(k.analysis, "interval"), key)
	switch {
	case at("iterations").value != nil:
		return k.iterations(at("iterations"), interval)
	case at("stepWeights").value != nil:
		if most := at("maxWeight"); most.value != nil {
			k.changed(most, "maxWeight is left out: stepWeights say it all")
			k.trace.mark(most.value, Changed)
		}
		return k.listedWeights(at("stepWeights")), interval
	}
	step, ok := number(at("stepWeight").value)
	k.trace.move(at("stepWeight").value, key)
	k.trace.move(at("maxWeight").value, key)
	if !ok || step < 1 {
		k.missing(field{key: key, value: k.analysis, path: k.analysisPath}, "stepWeight", "it names no strategy: neither iterations nor stepWeight nor stepWeights", "write setWeight steps")
		return []int{firstShare}, interval
	}
	weights, most := steppedWeights(step, at("maxWeight").value)
	if last := weights[len(weights)-1]; float64(last) > most {
		k.changed(at("maxWeight"), "the last weight is %d: as in Flagger, the step that passes maxWeight is made", last)
	}
	return weights, interval
}

// steppedWeights are the multiples of stepWeight, up to the first one that reaches
// maxWeight.
func steppedWeights(step float64, limit *yaml.Node) (weights []int, most float64) {
	most, limited := number(limit)
	if !limited || most <= 0 || most > 100 {
		most = 100
	}
	for weight := step; ; weight += step {
		weights = append(weights, int(min(weight, 100)))
		if weight >= most || weight >= 100 {
			return weights, most
		}
	}
}

// listedWeights are those of stepWeights.
func (k *canary) listedWeights(f field) []int {
	var weights []int
	for _, item := range items(f.value) {
		weight, ok := number(item)
		if !ok || weight < 0 || weight > 100 || len(weights) > 0 && int(weight) < weights[len(weights)-1] {
			k.refuse(field{key: f.key, value: item, path: f.path}, fmt.Sprintf("weight %q is no percentage, or lower than the one before", item.Value), "write rising percentages")
			continue
		}
		k.trace.move(item, f.key)
		weights = append(weights, int(weight))
	}
	return weights
}

// firstShare is the share of real requests of a strategy that has none in Flagger.
const firstShare = 5

// iterations writes one weight for a strategy without weights.
func (k *canary) iterations(f field, interval string) ([]int, string) {
	k.trace.move(f.value, f.key)
	count, ok := number(f.value)
	if !ok || count < 1 || count > 10_000 {
		count = 1
	}
	k.changed(f, "Flagger tests the new version %g times (every %s) without real requests, with copies of them, or with those that match; Serin judges real requests by weight, here %d %% of them for as long, and then gives it all", count, interval, firstShare)
	total, err := parseDuration(interval)
	if err != nil {
		return []int{firstShare}, interval
	}
	return []int{firstShare}, formatDuration(total * int64(count))
}

// restOfAnalysis says what becomes of the other fields of analysis.
func (k *canary) restOfAnalysis(key *yaml.Node) {
	refuse := map[string][2]string{
		"match":                 {"A/B testing: Serin decides by weight, not by headers or cookies, who gets the new version", "let a rule of the HTTPRoute send testers to the canary Service; Serin leaves rules alone that do not have both Services"},
		"mirror":                {"Serin mirrors no requests", "a RequestMirror filter in the HTTPRoute is left alone by Serin"},
		"mirrorWeight":          {"Serin mirrors no requests", "see mirror"},
		"sessionAffinity":       {"Serin keeps no user at a version", "write sessionPersistence in the HTTPRoute, where the router supports it"},
		"primaryReadyThreshold": {"Serin waits for all pods that a weight needs", "there is nothing to write instead"},
		"canaryReadyThreshold":  {"Serin waits for all pods that a weight needs", "there is nothing to write instead"},
	}
	for _, name := range []string{"match", "mirror", "mirrorWeight", "sessionAffinity", "primaryReadyThreshold", "canaryReadyThreshold"} {
		f := field{key: key, value: child(k.analysis, name), path: k.analysisPath + "." + name}
		switch {
		case f.value == nil:
		case name == "mirror" && !isTrue(f.value), (name == "primaryReadyThreshold" || name == "canaryReadyThreshold") && text(f.value) == "100":
			k.omit(f, "this is how Serin does it anyway")
		default:
			k.refuse(f, refuse[name][0], refuse[name][1])
		}
	}
	if f := (field{key: key, value: child(k.analysis, "stepWeightPromotion"), path: k.analysisPath + ".stepWeightPromotion"}); f.value != nil {
		k.changed(f, "stepWeightPromotion is left out: no second set of pods has to be replaced at the promotion, so the pods that were judged get all traffic; write more setWeight steps for a slower end")
		k.trace.mark(f.value, Changed)
	}
	for i, alert := range items(child(k.analysis, "alerts")) {
		k.refuse(field{key: key, value: alert, path: fmt.Sprintf("%s.alerts[%d]", k.analysisPath, i)}, "Serin sends no alerts itself", "alert on its events and metrics, for example with Alertmanager")
	}
	k.threshold(key)
}

// threshold says what counts as a failure in each.
func (k *canary) threshold(key *yaml.Node) {
	value := child(k.analysis, "threshold")
	f := field{key: key, value: value, path: k.analysisPath + ".threshold"}
	k.trace.move(value, key)
	if value == nil {
		f.value = k.analysis
	}
	k.changed(f, "Flagger rolls back at threshold failed checks in all, whichever metric they are of, and missing data, failed queries and webhooks count; "+
		"Serin counts the failures of each metric by itself (failureLimit), and holds while it cannot see. "+
		"Each weight needs a look that began after it was set")
}
