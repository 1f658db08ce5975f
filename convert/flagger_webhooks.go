package convert

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// webhooks converts gates into pauses and says what becomes of the others.
func (k *canary) webhooks(key *yaml.Node) {
	for i, hook := range items(child(k.analysis, "webhooks")) {
		at := field{key: key, value: hook, path: k.analysisPath + ".webhooks[" + strconv.Itoa(i) + "]"}
		kind, name := text(child(hook, "type")), text(child(hook, "name"))
		gate := func(where string) {
			k.changed(at, "webhook %q (%s) becomes a pause %s, which serin promote ends: Serin asks no URL", name, kind, where)
			k.trace.mark(hook, Changed)
		}
		switch kind {
		case "confirm-rollout":
			k.hooks.start = true
			gate("before the first weight")
		case "confirm-traffic-increase":
			k.hooks.increase = true
			gate("before each further weight")
		case "confirm-promotion":
			k.hooks.end = true
			gate("at the end")
		default:
			why, instead := webhook(kind)
			k.refuse(at, fmt.Sprintf("webhook %q: %s", name, why), instead)
		}
	}
	if hooks := child(k.analysis, "webhooks"); hooks != nil && hooks.Kind != yaml.SequenceNode {
		k.refuse(field{key: key, value: hooks, path: k.analysisPath + ".webhooks"}, "this should be a list", "write it as one")
	}
}

// webhook says why a webhook is not converted.
func webhook(kind string) (why, instead string) {
	switch kind {
	case "pre-rollout":
		return "Serin calls no tests before a release", "run them in the pipeline that changes the image"
	case "rollout", "":
		return "Serin calls no URL while it judges", "it judges real requests; where there are too few, let a Deployment or CronJob of your own send some to the canary Service, and let checks export metrics"
	case "rollback":
		return "Serin asks nobody whether to roll back", "call serin abort, or let the check export a metric and judge that"
	case "post-rollout":
		return "Serin calls nobody after a release", "watch the Rollout's events or serin status"
	case "event":
		return "Serin posts no events to a URL", "read the events of the Rollout, for example with an event exporter"
	}
	return fmt.Sprintf("Flagger has no webhooks of type %q", kind), "check its spelling"
}
