package convert

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lint"
	prometheusprovider "github.com/serin-dev/serin/providers/metrics/prometheus"
)

// checks are those of the live controller.
func checks() translate.Checks {
	return translate.Checks{
		Query: prometheusprovider.CheckQuery, Selector: prometheusprovider.CheckSelector,
		// Any: whether the controller has one is not known here.
		PrometheusAddress: "http://prometheus:9090",
	}
}

// strictly reads a node as one of Serin's types; a field that the type does not have is
// an error.
func strictly(node *yaml.Node, into any) error {
	text, err := yaml.Marshal(node)
	if err != nil {
		return err
	}
	return kyaml.UnmarshalStrict(text, into)
}

// metricProblem says what Serin's own reading finds wrong with a converted metric, with
// the arguments' defaults filled in; empty when it can be used.
func metricProblem(metric *yaml.Node, defaults map[string]string) string {
	filled := clone(metric)
	fillArguments(filled, defaults)
	var read v1alpha1.Metric
	if err := strictly(filled, &read); err != nil {
		return oneLine(err.Error())
	}
	_, problems := translate.ParseRun(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{read}}, translate.Background, checks())
	if len(problems) > 0 {
		return problemText(problems)
	}
	for _, check := range schemaLimits(read) {
		if check != "" {
			return check
		}
	}
	return ""
}

// schemaLimits are rules of the CRD that translate leaves to the API server.
func schemaLimits(metric v1alpha1.Metric) []string {
	var problems []string
	if len(metric.Name) > 63 || metric.Name == "" {
		problems = append(problems, "its name must have 1 to 63 characters")
	}
	for _, text := range []string{metric.Interval, metric.InitialDelay} {
		if text != "" && !plainDuration.MatchString(text) {
			problems = append(problems, fmt.Sprintf("%q is no duration such as 30s, 5m or 1h30m", text))
		}
	}
	return problems
}

// problemText is the first problem, without the path of a run.
func problemText(problems translate.Problems) string {
	first := problems[0].String()
	if more := len(problems) - 1; more > 0 {
		first += fmt.Sprintf(" (and %d more)", more)
	}
	return oneLine(strings.TrimPrefix(strings.TrimPrefix(first, "metrics[0]."), "metrics[0]: "))
}

// oneLine writes a text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// fillArguments puts defaults, or something that fits, in the place of arguments.
func fillArguments(node *yaml.Node, defaults map[string]string) {
	if node.Kind == yaml.ScalarNode && strings.Contains(node.Value, "{{") {
		node.Value = argumentUse.ReplaceAllStringFunc(node.Value, func(found string) string {
			if value, known := defaults[argumentUse.FindStringSubmatch(found)[1]]; known {
				return value
			}
			if strings.Contains(node.Value, "["+found) {
				return "1m"
			}
			return "1"
		})
	}
	for _, content := range node.Content {
		fillArguments(content, defaults)
	}
}

// lint holds what was made against what the API server and the controller would refuse,
// and says so. It cannot happen for inputs that their own system accepts, but for what
// is only in Serin, such as the longest name.
func (c *conversion) lint(result *Result, documents []*document) error {
	var files []lint.File
	for i, output := range result.Outputs {
		if !output.Kept {
			files = append(files, lint.File{Name: strconv.Itoa(i), Content: output.YAML})
		}
	}
	for _, diagnostic := range lint.Files(files, lint.Options{}).Diagnostics {
		i, err := strconv.Atoi(diagnostic.File)
		if diagnostic.Severity != lint.SeverityError || err != nil || i >= len(result.Outputs) {
			continue
		}
		output := &result.Outputs[i]
		c.current = documents[i]
		c.note(Refused, field{key: output.root, value: documents[i].root}, "what was converted cannot be used as it is: "+oneLine(diagnostic.Message), "")
		if output.YAML, err = write(output.root); err != nil {
			return err
		}
	}
	return nil
}
