package convert

import (
	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// isArgoKind says whether Argo Rollouts owns a kind; the group is shared with Argo CD
// and Argo Workflows.
func isArgoKind(kind string) bool {
	switch kind {
	case "Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun", "Experiment", "RolloutPlugin":
		return true
	}
	return false
}

// isReferrer says whether an object refers to workloads that it takes over.
func isReferrer(d *document) bool { return d.source == Argo && d.kind == "Rollout" }

// writtenByController is why a status is left out.
const writtenByController = "a status is what a controller writes; Serin writes its own"

// argo converts an object of Argo Rollouts.
func (c *conversion) argo(d *document) {
	whole := field{key: &yaml.Node{}, value: d.root}
	t := table{
		"apiVersion": apiVersion, "kind": keep, "metadata": metadata, "status": omitted(writtenByController),
	}
	switch d.kind {
	case "Rollout":
		if blueGreen := child(d.root, "spec", "strategy", "blueGreen"); blueGreen != nil {
			c.refuseBlueGreen(d, blueGreen)
			return
		}
		t["spec"] = argoRolloutSpec
	case "AnalysisTemplate", "ClusterAnalysisTemplate":
		t["spec"] = argoTemplateSpec
	case "AnalysisRun":
		t["spec"] = argoRunSpec
	case "Experiment":
		c.refuse(whole, "Serin has no Experiments: it compares canary and stable version while they serve, with as many fresh pods of the stable version as wanted",
			"write strategy.canary.baseline: {fresh: {}} in the Rollout, and its analyses as spec.strategy.canary.analysis")
		return
	case "":
		c.refuse(whole, "it does not say what it is: kind is missing", "write apiVersion and kind")
		return
	default:
		c.refuse(whole, "Serin has no "+d.kind, "write a Rollout of serin.dev/v1alpha1")
		return
	}
	if d.kind != "Rollout" && c.dead[keyOfTemplate(d)] {
		c.refuseDead(d)
		return
	}
	out := c.fields(whole, t)
	if child(out, "spec") == nil {
		c.refuse(whole, "there is nothing to convert: it has no spec, or nothing of it is left", "write it")
		return
	}
	if child(out, "apiVersion") == nil {
		out.Content = append([]*yaml.Node{str("apiVersion"), str(v1alpha1.GroupVersion.String())}, out.Content...)
	}
	if child(out, "metadata") == nil {
		c.missing(whole, "metadata.name", "an object without a name cannot be applied", "replace the name below")
		out.Content = append(out.Content, str("metadata"), mapping("name", str(noName)))
	}
	out.HeadComment = joinComments(out.HeadComment, whole.key.HeadComment)
	c.emit(out)
}

// apiVersion is the rule of apiVersion.
func apiVersion(c *conversion, f field) *yaml.Node {
	out := str(v1alpha1.GroupVersion.String())
	out.LineComment = f.value.LineComment
	c.trace.move(f.value, out)
	return out
}

// refuseBlueGreen says what there is instead.
func (c *conversion) refuseBlueGreen(d *document, blueGreen *yaml.Node) {
	c.note(Refused, field{value: blueGreen},
		"Serin has no strategy.blueGreen: it judges a new version by the requests of some users, and a preview has none",
		"write strategy.canary with activeService as stableService, previewService as canaryService, a router (trafficRouting.gatewayAPI), "+
			"steps such as setWeight: 5 followed by prePromotionAnalysis as an analysis step (pause: {} for autoPromotionEnabled: false), and postPromotionAnalysis as background analysis")
	c.trace.mark(d.root, Refused)
}

// refuseDead is a template of which nothing can be converted.
func (c *conversion) refuseDead(d *document) {
	spec := child(d.root, "spec")
	if spec != nil {
		// For what it says of each metric.
		argoTemplateSpec(c, field{key: &yaml.Node{}, value: spec, path: "spec"})
	}
	c.note(Refused, field{value: d.root}, "none of its metrics can be converted, so there is no template",
		"write its metrics for Prometheus; what referred to it waits for a person instead")
	c.trace.mark(d.root, Refused)
}
