package convert

import (
	"fmt"
	"math"

	"go.yaml.in/yaml/v3"
)

// score converts the classifier.
func (k *canaryConfig) score(metrics *yaml.Node) *yaml.Node {
	out := mapping("pass", integer(95), "marginal", integer(75))
	classifier := child(k.config, "classifier")
	thresholds, path := child(classifier, "scoreThresholds"), join(k.path, "classifier.scoreThresholds")
	if requested := child(k.request, "thresholds"); requested != nil {
		if thresholds != nil {
			k.omit(field{value: thresholds, path: path}, "the thresholds of the execution request are used instead")
		}
		thresholds, path = requested, k.requestPath+".thresholds"
	}
	for i := 0; thresholds != nil && i+1 < len(thresholds.Content); i += 2 {
		name, value := thresholds.Content[i].Value, thresholds.Content[i+1]
		score, ok := number(value)
		if !oneOf(name, "pass", "marginal") || !ok || score < 0 || score > 100 {
			continue
		}
		whole := integer(int(math.Ceil(score)))
		key := put(out, name, whole)
		k.trace.move(value, whole)
		if math.Ceil(score) != score {
			k.changed(field{key: key, value: value, path: path + "." + name}, "scores are whole here; %s is rounded up", value.Value)
		}
	}
	k.groupWeights(child(classifier, "groupWeights"), metrics, out)
	return out
}

// groupWeights converts the weights of the groups that there are.
func (k *canaryConfig) groupWeights(weights, metrics, out *yaml.Node) {
	if weights == nil || weights.Kind != yaml.MappingNode {
		return
	}
	present := map[string]bool{}
	for _, metric := range metrics.Content {
		for _, group := range items(child(metric, "groups")) {
			present[group.Value] = true
		}
	}
	converted, key := mapping(), str("groupWeights")
	for i := 0; i+1 < len(weights.Content); i += 2 {
		name, value := weights.Content[i].Value, weights.Content[i+1]
		at := field{key: key, value: value, path: join(k.path, "classifier.groupWeights."+name)}
		weight, ok := number(value)
		switch {
		case !ok || weight < 0 || weight > 100:
			k.refuse(at, fmt.Sprintf("weight %q is no percentage", value.Value), "write 0 to 100")
		case !present[name]:
			k.changed(at, "group %q is left out: no metric is in it, and the other weights are scaled to 100 (Kayenta: its weight is lost from every score)", name)
			k.trace.mark(value, Changed)
		default:
			whole := integer(int(math.Round(weight)))
			put(converted, name, whole)
			k.trace.move(value, whole)
			if math.Round(weight) != weight {
				k.changed(at, "weights are whole percentages here; %s is rounded", value.Value)
			}
		}
	}
	if len(converted.Content) > 0 {
		out.Content = append(out.Content, key, converted)
	}
}
