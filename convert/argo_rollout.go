package convert

import (
	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// argoRolloutSpec is the rule of a Rollout's spec.
func argoRolloutSpec(c *conversion, f field) *yaml.Node {
	out := c.fields(f, table{
		"replicas": keep, "selector": keep, "template": podTemplate, "minReadySeconds": keep, "revisionHistoryLimit": keep,
		"paused": keep, "progressDeadlineSeconds": keep, "progressDeadlineAbort": keep,
		"analysis": object(table{"successfulRunHistoryLimit": keep, "unsuccessfulRunHistoryLimit": keep}),
		"strategy": object(table{
			"canary": argoCanary,
		}),
		"workloadRef":    func(*conversion, field) *yaml.Node { return &yaml.Node{} },
		"rollbackWindow": refused("in Serin going back to an older version is a release like any other, unless it is the stable one", "go back with serin undo, or by reverting the template"),
		"restartAt":      refused("Serin does not restart pods at a time", "change an annotation of the template; that is a release"),
	})
	if out == nil {
		return nil
	}
	if child(f.value, "progressDeadlineAbort") == nil {
		c.changed(field{key: out, value: f.value, path: "spec.progressDeadlineAbort"},
			"a release whose pods make no progress for progressDeadlineSeconds is taken back (Argo Rollouts only reports it, by default); progressDeadlineAbort: false keeps that")
	}
	c.workload(f, out)
	if child(out, "strategy", "canary") == nil {
		c.missing(field{key: out, value: f.value, path: f.path}, "strategy.canary", "the Rollout names no strategy", "write strategy.canary; without steps a new version is released at once")
		put(out, "strategy", mapping("canary", flow(mapping())))
	}
	return out
}

// podTemplate is the rule of a pod template.
func podTemplate(c *conversion, f field) *yaml.Node {
	out := c.trace.keep(f.value)
	if stamp := child(f.value, "metadata", "creationTimestamp"); stamp != nil && isNull(stamp) {
		remove(child(out, "metadata"), "creationTimestamp")
		c.omit(field{value: stamp, path: f.path + ".metadata.creationTimestamp"}, "tools write it into templates, where it says nothing")
	}
	if renameHash(out) {
		c.changed(f, "the label rollouts-pod-template-hash is %s here", v1alpha1.LabelPodTemplateHash)
	}
	return out
}

// renameHash renames the label that tells versions apart, where it is a value of its own.
func renameHash(node *yaml.Node) bool {
	renamed := false
	if node.Value == "rollouts-pod-template-hash" {
		node.Value, renamed = v1alpha1.LabelPodTemplateHash, true
	}
	for _, content := range node.Content {
		renamed = renameHash(content) || renamed
	}
	return renamed
}

// argoCanary is the rule of strategy.canary.
func argoCanary(c *conversion, f field) *yaml.Node {
	s := newSteps(c, f.value)
	noMetadata := refused("Serin labels pods only with serin.dev/pod-template-hash", "tell the versions apart by that label, in queries by arguments with valueFrom.podTemplateHashValue")
	out := c.fields(f, table{
		"canaryService": keepText, "stableService": keepText, "maxSurge": keep, "maxUnavailable": keep,
		"scaleDownDelaySeconds": keep, "abortScaleDownDelaySeconds": keep,
		"steps": s.steps, "analysis": s.background, "trafficRouting": argoRouting,
		"canaryMetadata": noMetadata, "stableMetadata": noMetadata,
		"antiAffinity":                refused("Serin adds no affinity", "write spec.template.spec.affinity"),
		"scaleDownDelayRevisionLimit": refused("Serin keeps the pods of one old version for scaleDownDelaySeconds", "there is nothing to write instead"),
		"dynamicStableScale":          unless("false", refused("Serin never scales the stable version below what it needs to take all traffic back", "a release takes up to twice the pods")),
		"pingPong":                    refused("Serin's stableService always points at the stable version", "write pingService and pongService as stableService and canaryService"),
		"minPodsPerReplicaSet":        refused("Serin sizes the canary by its weight, with one pod at least", "choose a first setWeight that makes enough pods"),
		"replicaProgressThreshold":    unless("", refused("Serin waits for all pods that a weight needs", "there is nothing to write instead")),
	})
	if out == nil {
		return nil
	}
	s.traffic(c, f, out)
	s.guard(field{key: f.key, value: f.value, path: f.path}, out)
	if isZero(child(out, "maxSurge")) && isZero(child(out, "maxUnavailable")) {
		c.missing(field{key: f.key, value: f.value, path: f.path}, "maxUnavailable", "maxSurge and maxUnavailable are both 0, so no pod could ever be replaced", "raise one of them; the default of 25% is taken")
		remove(out, "maxUnavailable")
	}
	if routing := child(out, "trafficRouting"); routing != nil && (child(out, "stableService") == nil || child(out, "canaryService") == nil) {
		c.missing(field{key: f.key, value: f.value, path: f.path}, "stableService", "a router splits the traffic between two Services, and they are not named: without them the split is the ratio of the pods",
			"write stableService and canaryService, and trafficRouting.gatewayAPI")
		remove(out, "trafficRouting")
	}
	return out
}

// isZero says whether a number of pods is none.
func isZero(node *yaml.Node) bool { return oneOf(text(node), "0", "0%") }

// remove removes a field. What is said above it moves to its neighbour.
func remove(node *yaml.Node, name string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value != name {
			continue
		}
		comment := node.Content[i].HeadComment
		node.Content = append(node.Content[:i:i], node.Content[i+2:]...)
		switch {
		case comment == "":
		case i < len(node.Content):
			node.Content[i].HeadComment = joinComments(comment, node.Content[i].HeadComment)
		case i > 0:
			node.Content[i-2].HeadComment = joinComments(node.Content[i-2].HeadComment, comment)
		default:
			node.HeadComment = joinComments(node.HeadComment, comment)
		}
		return
	}
}

// last moves a field to the end.
func last(node *yaml.Node, name string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			pair := []*yaml.Node{node.Content[i], node.Content[i+1]}
			node.Content = append(append(node.Content[:i:i], node.Content[i+2:]...), pair...)
			return
		}
	}
}
