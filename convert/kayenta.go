package convert

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// isKayenta tells a canary config, alone or together with an execution request, and a
// pipeline of Spinnaker that runs one.
func isKayenta(root *yaml.Node) bool {
	if child(root, "canaryConfig") != nil || isPipeline(root) {
		return true
	}
	metrics := child(root, "metrics")
	return metrics != nil && metrics.Kind == yaml.SequenceNode && (child(root, "judge") != nil || child(root, "classifier") != nil)
}

// isPipeline tells a pipeline of Spinnaker with a canary.
func isPipeline(root *yaml.Node) bool {
	for _, stage := range items(child(root, "stages")) {
		if kind := text(child(stage, "type")); strings.Contains(strings.ToLower(kind), "canary") || strings.HasSuffix(kind, "Fetch") {
			return true
		}
	}
	return text(child(root, "type")) == "kayentaCanary"
}

// kayentaName is the name of a canary config.
func kayentaName(root *yaml.Node) string {
	if name := text(child(root, "canaryConfig", "name")); name != "" {
		return name
	}
	return text(child(root, "name"))
}

// objectName is a name that an object of Kubernetes may have.
func objectName(name string) string {
	name = strings.Trim(notInName.ReplaceAllString(strings.ToLower(camel.ReplaceAllString(name, "$1-$2")), "-"), "-.")
	if len(name) > 200 {
		name = strings.Trim(name[:200], "-.")
	}
	return name
}

var (
	notInName = regexp.MustCompile(`[^a-z0-9]+`)
	camel     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// canaryConfig is a canary config on its way to an AnalysisTemplate.
type canaryConfig struct {
	*conversion
	d *document
	// config is the canary config, at path, and request the execution request, if there
	// is one.
	config, request   *yaml.Node
	path, requestPath string
	args              arguments
	interval, count   *yaml.Node
	// delay is before the first look; nil for none.
	delay *yaml.Node
	// top is where comments on the whole stand.
	top *yaml.Node
}

// kayenta converts a canary config.
func (c *conversion) kayenta(d *document) {
	k := &canaryConfig{conversion: c, d: d, config: d.root, top: &yaml.Node{}}
	if isPipeline(d.root) {
		c.refuse(field{value: d.root}, "this is a pipeline of Spinnaker: the metrics are in the canary config that it names",
			"fetch that from Kayenta (GET /canaryConfig/<id>), and convert it")
		return
	}
	if wrapped := child(d.root, "canaryConfig"); wrapped != nil {
		k.config, k.path, k.request, k.requestPath = wrapped, "canaryConfig", child(d.root, "executionRequest"), "executionRequest"
		if k.request == nil {
			k.request, k.requestPath = child(wrapped, "executionRequest"), "canaryConfig.executionRequest"
		}
	}
	k.schedule()
	metrics := k.metrics()
	k.trace.move(child(k.request, "lifetimeDurationMins"), metrics)
	if k.delay != nil {
		k.trace.move(child(k.request, "beginAfterMins"), metrics)
	}
	meta := k.metadata()
	score := k.score(metrics)
	k.restOfRequest()
	if len(metrics.Content) == 0 {
		k.refuse(field{value: d.root}, "none of its metrics can be converted, so there is no template", "write its metrics for Prometheus")
		return
	}
	spec := mapping("args", k.args.declare())
	key := put(spec, "metrics", metrics)
	key.HeadComment = asComment("changed: missing data, and what cannot be judged, is inconclusive and holds the release (Kayenta: such a metric passes, or is left out); " +
		"points are judged at each look, up to the last 120 of each version (Kayenta: at its own intervals, over a growing window); the test is for one look, so that more of them are more false alarms: judge.mean is made for many")
	put(spec, "score", score)
	out := mapping("apiVersion", str(v1alpha1.GroupVersion.String()), "kind", str("AnalysisTemplate"), "metadata", meta, "spec", spec)
	k.explainArguments()
	out.HeadComment = joinComments(d.root.HeadComment, k.top.HeadComment)
	c.emit(out)
}

// metadata is the name and the description.
func (k *canaryConfig) metadata() *yaml.Node {
	in := child(k.config, "name")
	name := str(objectName(text(in)))
	if name.Value == "" {
		name = str("canary-config")
		k.missing(field{key: k.top, value: k.config, path: k.path}, "name", "it has no name that an object may have", "write metadata.name")
	}
	k.trace.move(in, name)
	out := mapping("name", name)
	if description := child(k.config, "description"); text(description) != "" {
		put(out, "annotations", mapping("kubernetes.io/description", k.trace.keep(description)))
	}
	for _, field := range []string{"id", "configVersion", "createdTimestamp", "createdTimestampIso", "updatedTimestamp", "updatedTimestampIso", "applications", "description", "isNew"} {
		if value := child(k.config, field); value != nil {
			k.omitQuietly(value, field)
		}
	}
	k.judgeOf()
	return out
}

// omitQuietly leaves out what Kayenta's store writes, or what says nothing of the
// judgement.
func (k *canaryConfig) omitQuietly(value *yaml.Node, name string) {
	if _, moved := k.trace.moved[value]; !moved {
		k.omit(field{value: value, path: join(k.path, name)}, "it says nothing of the judgement")
	}
}

// judgeOf checks which judge is asked for.
func (k *canaryConfig) judgeOf() {
	judge := child(k.config, "judge")
	if judge == nil {
		return
	}
	path := join(k.path, "judge")
	if name := child(judge, "name"); name != nil {
		switch {
		case strings.HasPrefix(name.Value, "NetflixACAJudge"):
			k.omit(field{value: name, path: path + ".name"}, "its tests are judge.mannWhitney's")
		default:
			k.changed(field{key: k.top, value: name, path: path + ".name"}, "judge %s is not Kayenta's statistical one; Serin judges as NetflixACAJudge-v1.0 does", name.Value)
			k.trace.mark(name, Changed)
		}
	}
	if settings := child(judge, "judgeConfigurations"); settings != nil {
		if len(settings.Content) == 0 {
			k.omit(field{value: settings, path: path + ".judgeConfigurations"}, "it is empty")
		} else {
			k.refuse(field{key: k.top, value: settings, path: path + ".judgeConfigurations"}, "Kayenta's judge takes no settings, nor does this", "there is nothing to write instead")
		}
	}
}

// schedule finds how often points are taken, and how many.
func (k *canaryConfig) schedule() {
	k.interval, k.count = str("1m"), integer(60)
	scopes := child(k.request, "scopes")
	step := child(scopes, "default", "experimentScope", "step")
	if step == nil && len(items(scopes)) > 0 {
		step = child(scopes.Content[0], "step")
	}
	at := field{key: k.top, value: step, path: k.requestPath + ".scopes"}
	if seconds, ok := number(step); ok && seconds >= 1 {
		k.interval = str(formatDuration(int64(seconds * 1000)))
		k.trace.move(step, k.interval)
	} else if step != nil {
		k.refuse(at, fmt.Sprintf("step %q is no number of seconds", step.Value), "correct interval; it is 1m")
	}
	if wait, ok := number(child(k.request, "beginAfterMins")); ok && wait > 0 {
		k.delay = str(formatDuration(int64(wait * 60_000)))
	}
	lifetime := child(k.request, "lifetimeDurationMins")
	minutes, ok := number(lifetime)
	milliseconds, _ := parseDuration(k.interval.Value)
	if ok && minutes > 0 && milliseconds > 0 {
		k.count = integer(min(max(1, int(minutes*60_000)/int(milliseconds)), 1_000_000))
		return
	}
	k.changed(field{key: k.top, value: k.config, path: k.path}, "how long is looked stands in the execution request: here %s points, %s apart (count and interval of each metric); Kayenta's advice is at least 50", k.count.Value, k.interval.Value)
}

// restOfRequest says what becomes of the rest of an execution request.
func (k *canaryConfig) restOfRequest() {
	if k.request == nil {
		return
	}
	for i := 0; i+1 < len(k.request.Content) && k.request.Kind == yaml.MappingNode; i += 2 {
		name, value := k.request.Content[i].Value, k.request.Content[i+1]
		f := field{key: k.top, value: value, path: k.requestPath + "." + name}
		switch name {
		case "scopes":
			k.changed(f, "where the two versions are looked for is said by the arguments that a Rollout gives, and when by the release; values of the request became their defaults")
			k.trace.mark(value, Changed)
		case "analysisIntervalMins", "lookbackMins":
			k.changed(f, "%s is left out: Serin judges at each look", name)
			k.trace.mark(value, Changed)
		case "beginAfterMins":
			if k.delay == nil {
				k.omit(f, "it is no wait")
			}
		case "siteLocal":
			k.omit(f, "it has no effect on the judgement")
		}
	}
}

// explainArguments says what a Rollout has to give.
func (k *canaryConfig) explainArguments() {
	if len(k.args.names) == 0 {
		return
	}
	k.top.HeadComment = joinComments(k.top.HeadComment, asComment(fmt.Sprintf(
		"changed: ${…} became arguments (%s). A Rollout gives them; what names the pods of a version: args: [{name: canary-…, valueFrom: {podTemplateHashValue: Latest}}, {name: baseline-…, valueFrom: {podTemplateHashValue: Stable}}]",
		strings.Join(k.args.names, ", "))))
}

// decimal writes a number as the CRDs take it.
func decimal(value float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(value, 'f', 6, 64), "0"), ".")
}
