package translate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// FuzzParseRun reads any AnalysisRun spec: it never panics, and what it accepts
// without problems has what a run needs.
//
// Complex: one property after the other, each with its own message.
func FuzzParseRun(f *testing.F) {
	for _, metric := range []v1alpha1.Metric{threshold("a"), compared("b"), bucketed("b"), averaged("b"), ranked("b"), limited("b"), {}} {
		text, err := json.Marshal(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{metric, threshold("c")}, FalseAlarmBudget: "1%"})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, true)
	}
	f.Add([]byte(`{"score":{"pass":90,"groupWeights":{"g":50}},"weight":20,"metrics":[{"name":"x","interval":"1s","weight":3,"groups":["g"],"judge":{"proportion":{"proof":{"ratio":"2"},"warmUp":"1m","tolerance":{"absolute":"1%"}}},"provider":{"prometheus":{"address":"http://x","canary":{"bad":"a","total":"b"},"baseline":{"bad":"a","total":"b"}}}}]}`), false)
	f.Add([]byte(`{"metrics":[{"name":"x","count":"3","failureLimit":-1,"consecutiveSuccessLimit":"2","interval":"1h","successCondition":"len(result) > 0","provider":{"prometheus":{"query":"up","address":"http://x"}}}]}`), false)
	f.Fuzz(func(t *testing.T, text []byte, step bool) {
		var spec v1alpha1.AnalysisRunSpec
		if json.Unmarshal(text, &spec) != nil {
			return
		}
		kind := Background
		if step {
			kind = Step
		}
		parsed, problems := ParseRun(spec, kind, strict)
		if len(parsed.Metrics) != len(spec.Metrics) {
			t.Fatalf("%d metrics parsed of %d", len(parsed.Metrics), len(spec.Metrics))
		}
		for _, problem := range problems {
			if problem.Field == "" || problem.Message == "" {
				t.Fatalf("a problem without field or message: %+v", problem)
			}
		}
		if len(problems) > 0 {
			return
		}
		for _, metric := range parsed.Metrics {
			if ways(metric) != 1 || metric.Count == 0 && metric.Interval == 0 {
				t.Fatalf("accepted, and cannot be run: %+v", metric)
			}
			if err := validate(metric); err != nil {
				t.Fatalf("accepted, and the judge refuses it: %v", err)
			}
			if step && metric.Count == 0 && metric.ConsecutiveSuccessLimit == 0 {
				t.Fatalf("accepted in a step, and never ends: %+v", metric)
			}
		}
	})
}

// ways counts how a metric is decided.
func ways(metric run.Metric) int {
	count := 0
	for _, set := range []bool{metric.Conditions != nil, metric.Proportion != nil, metric.Histogram != nil, metric.Mean != nil, metric.MannWhitney != nil, metric.Objective != nil} {
		if set {
			count++
		}
	}
	return count
}

// validate asks the judge of a metric.
func validate(metric run.Metric) error {
	switch {
	case metric.Proportion != nil:
		return metric.Proportion.Validate()
	case metric.Histogram != nil:
		return metric.Histogram.Validate()
	case metric.Mean != nil:
		return metric.Mean.Validate()
	case metric.MannWhitney != nil:
		return metric.MannWhitney.Validate()
	case metric.Objective != nil:
		return metric.Objective.Validate()
	default:
		return nil
	}
}

// FuzzExpand fills in any text: what is not a reference stays as it is, and what
// was filled in is not looked through again.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"", "a{{args.x}}b", "{{ args.x }}{{args.y}}", "{{", "}}{{", "{{{{args.x}}}}", "{{args.x", "{{}}"} {
		f.Add(seed, "{{args.x}}")
	}
	f.Fuzz(func(t *testing.T, template, value string) {
		if same, fits := expand(template, func(string) (string, bool) { return "", false }); fits && same != template {
			t.Fatalf("%q became %q with nothing to fill in", template, same)
		}
		calls := 0
		filled, fits := expand(template, func(string) (string, bool) { calls++; return value, true })
		if calls > strings.Count(template, "{{") {
			t.Fatalf("%q: %d references", template, calls)
		}
		if len(filled) > maxText+len(value)+len(template) {
			t.Fatalf("%d bytes filled in", len(filled))
		}
		if fits && calls == 0 && filled != template {
			t.Fatalf("%q became %q without a reference", template, filled)
		}
	})
}

// FuzzResolveTemplates resolves any template: it never panics and always ends.
func FuzzResolveTemplates(f *testing.F) {
	f.Add([]byte(`{"args":[{"name":"x"}],"templates":[{"templateName":"self"}],"metrics":[{"name":"{{args.x}}"}]}`), "x", "v")
	f.Fuzz(func(t *testing.T, text []byte, name, value string) {
		var spec v1alpha1.AnalysisTemplateSpec
		if json.Unmarshal(text, &spec) != nil {
			return
		}
		fetch := func(v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) { return &spec, nil }
		analysis := v1alpha1.RolloutAnalysis{Templates: named("self"), Args: []v1alpha1.AnalysisArgument{{Name: name, Value: &value}}}
		if _, _, err := ResolveAnalysis(fetch, analysis, Background, release, strict); err != nil {
			t.Fatal(err)
		}
	})
}
