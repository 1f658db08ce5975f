package convert

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	kyaml "sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// TestWeightsAreFlaggers holds the weights against Flagger's loop: each passing check
// raises by stepWeight while the weight is below maxWeight, and what is above 100 is 100.
func TestWeightsAreFlaggers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step, most := rapid.IntRange(1, 120).Draw(t, "step"), rapid.IntRange(1, 100).Draw(t, "most")
		var want []int
		for weight := 0; weight < most && weight < 100; {
			weight = min(weight+step, 100)
			want = append(want, weight)
		}
		got, _ := steppedWeights(float64(step), integer(most))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("steps of %d up to %d differ (-Flagger +converted):\n%s", step, most, diff)
		}
	})
}

// TestAnyCanaryBecomesAReadableRollout: whatever the numbers, the Rollout has the weights
// in order and can be read by the controller.
func TestAnyCanaryBecomesAReadableRollout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		manifest := fmt.Sprintf("apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web}\nspec:\n  provider: gatewayapi:v1\n"+
			"  targetRef: {kind: Deployment, name: web}\n  service: {port: 80}\n  analysis: {interval: %s, threshold: %d, stepWeight: %d, maxWeight: %d,\n"+
			"    metrics: [{name: request-success-rate, thresholdRange: {min: %g}}, {name: request-duration, thresholdRange: {max: %d}}]}\n",
			rapid.SampledFrom([]string{"10s", "1m", "90s", "1h30m"}).Draw(t, "interval"), rapid.IntRange(0, 20).Draw(t, "threshold"),
			rapid.IntRange(1, 100).Draw(t, "step"), rapid.IntRange(1, 100).Draw(t, "most"),
			rapid.Float64Range(1, 100).Draw(t, "min"), rapid.IntRange(1, 5000).Draw(t, "max"))
		_, result := traced(t, Input{Name: "canary.yaml", Text: []byte(manifest)})
		var rollout v1alpha1.Rollout
		if err := kyaml.UnmarshalStrict(result.Outputs[0].YAML, &rollout); err != nil {
			t.Fatalf("%v\n%s", err, result.Outputs[0].YAML)
		}
		spec, problems := translate.RolloutSpec(rollout.Spec)
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, result.Stream())
		}
		last := int32(0)
		for _, step := range spec.Steps {
			if step.SetWeight != nil && *step.SetWeight <= last {
				t.Fatalf("weight %d after %d", *step.SetWeight, last)
			} else if step.SetWeight != nil {
				last = *step.SetWeight
			}
		}
		var template v1alpha1.AnalysisTemplate
		if err := kyaml.UnmarshalStrict(result.Outputs[1].YAML, &template); err != nil {
			t.Fatalf("%v\n%s", err, result.Outputs[1].YAML)
		}
		fetch := func(v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) { return &template.Spec, nil }
		release := translate.Release{Rollout: rollout.ObjectMeta, StableHash: "aaaa", LatestHash: "bbbb"}
		release.Rollout.Namespace = "shop"
		run, problems, err := translate.ResolveAnalysis(fetch, rollout.Spec.Strategy.Canary.Analysis.RolloutAnalysis, translate.Background, release, checks())
		if err != nil || len(problems) > 0 {
			t.Fatalf("%v %v\n%s", problems, err, result.Stream())
		}
		if len(run.Metrics) != 2 {
			t.Fatalf("%d metrics, want 2\n%s", len(run.Metrics), result.Stream())
		}
	})
}

// TestQueriesOfFlagger shows what becomes of templates.
func TestQueriesOfFlagger(t *testing.T) {
	values := map[string]string{"interval": "2m", "service": "web", "variables.queue": "orders", "ingress": ""}
	for _, test := range []struct {
		query, want, problem string
		diluted              bool
	}{
		{query: `up{ns="{{ namespace }}"}[{{interval}}]`, want: `up{ns="{{args.namespace}}"}[{{args.interval}}]`},
		{query: `up{s="{{- service -}}",q="{{ variables.queue }}"}`, want: `up{s="{{args.service}}",q="{{args.queue}}"}`},
		{query: `up{pod=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"}`, want: `up{pod=~"{{args.target}}-{{args.canary-hash}}-[0-9a-z]+"}`},
		{query: `up{pod=~"{{ target }}-primary-[0-9a-z]+(-[0-9a-z]+)"}`, want: `up{pod=~"{{args.target}}-{{args.stable-hash}}-[0-9a-z]+"}`},
		{query: `up{pod=~"{{ target }}-.*"}`, want: `up{pod=~"{{args.target}}-{{args.canary-hash}}-[0-9a-z]+"}`},
		{query: `up{destination_workload=~"{{ target }}"}`, want: `up{destination_workload="{{args.target}}-{{args.canary-hash}}"}`},
		{query: `up{workload="{{ target }}-primary"}`, want: `up{workload="{{args.target}}-{{args.stable-hash}}"}`},
		{query: `up{service="{{ target }}-canary"}`, want: `up{service="{{args.target}}-canary"}`},
		{query: `up{app="{{ target }}"}`, want: `up{app="{{args.target}}"}`, diluted: true},
		{query: `up{q="{{ variables.other }}"}`, problem: `templateVariables has no "other"`},
		{query: `up{q="{{ ingress }}"}`, problem: `{{ ingress }} has no value: the Canary has none`},
		{query: `{{ if true }}up{{ end }}`, problem: `{{ end }} is an action of Go's templates that has no counterpart`},
		{query: ` `, problem: "it has no query"},
	} {
		t.Run(test.query, func(t *testing.T) {
			var args arguments
			got, problem, diluted := translateQuery(test.query, "metric", values, &args)
			if problem != test.problem || diluted != test.diluted {
				t.Errorf("problem %q, diluted %v; want %q, %v", problem, diluted, test.problem, test.diluted)
			}
			if problem == "" && got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			for _, name := range args.names {
				if problem == "" && !strings.Contains(got, "{{args."+name+"}}") {
					t.Errorf("argument %q is declared and not used", name)
				}
			}
		})
	}
}

// TestObjectives: what is left of 100 %, exactly.
func TestObjectives(t *testing.T) {
	for limit, want := range map[string]string{"99": "1%", "99.9": "0.1%", "99.995": "0.005%", "50": "50%", "0.5": "99.5%", "100": "", "101": "", "0": "", "x": "", "99.99999999": ""} {
		got, ok := objective(limit)
		if ok != (want != "") || ok && got != want {
			t.Errorf("objective(%s) = %q, %v; want %q", limit, got, ok, want)
		}
	}
}

// TestNames: of objects and files.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{"goldenSignals": "golden-signals", "My App: v2 ": "my-app-v2", "..": "", "Ünï": "n", strings.Repeat("a", 300): strings.Repeat("a", 200)} {
		if got := objectName(name); got != want {
			t.Errorf("objectName(%q) = %q, want %q", name, got, want)
		}
	}
	for _, test := range []struct{ kind, name, want string }{
		{"Rollout", "web", "rollout-web"}, {"Service", "../../etc/passwd", "service-..-..-etc-passwd"}, {"", "..", "object"},
	} {
		if got := (Output{Kind: test.kind, Name: test.name}).FileName(); got != test.want || strings.Contains(got, "/") {
			t.Errorf("FileName(%s, %s) = %q, want %q", test.kind, test.name, got, test.want)
		}
	}
}
