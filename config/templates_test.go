package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

// example is how a Rollout names a template: the arguments that it must give, and no
// others, beside those that every template wants.
type example struct {
	template, args string
	// metrics are what it measures, with judge and weight.
	metrics []string
}

var examples = []example{
	{"saturation", "", []string{"saturation mean 1"}},
	{"golden-signals-app", "", []string{"errors proportion 12", "latency histogram 4", "saturation mean 1"}},
	{"golden-signals-istio", "", []string{"errors proportion 12", "unanswered proportion 1", "latency histogram 4", "saturation mean 1"}},
	{"golden-signals-nginx", `[{name: ingress, value: web}]`, []string{"errors proportion 12", "unanswered proportion 1", "latency histogram 4", "saturation mean 1"}},
	{"golden-signals-traefik", `[{name: canary-service, value: web-canary}, {name: stable-service, value: web}]`,
		[]string{"errors proportion 12", "unanswered proportion 1", "latency histogram 4", "saturation mean 1"}},
	{"golden-signals-envoy", `[{name: canary-cluster, value: shop_web-canary_80}, {name: stable-cluster, value: shop_web_80}]`,
		[]string{"errors proportion 12", "unanswered proportion 1", "latency histogram 4", "saturation mean 1"}},
}

// always are the arguments that every template wants.
const always = `
- {name: namespace, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: rollout, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: canary, valueFrom: {podTemplateHashValue: Latest}}
- {name: stable, valueFrom: {podTemplateHashValue: Stable}}
`

// release is the release that the examples are about.
var release = translate.Release{
	Rollout: metav1.ObjectMeta{Namespace: namespace, Name: "web"}, StableHash: "aaaa", LatestHash: "bbbb",
}

func TestTheAPIServerTakesTheTemplates(t *testing.T) {
	all := objects(t, []string{"templates/*.yaml"}, strings.NewReplacer())
	if len(all) != len(examples) {
		t.Errorf("there are %d templates, and examples of %d", len(all), len(examples))
	}
	for _, object := range all {
		if err := server.Create(t.Context(), object, client.DryRunAll); err != nil {
			t.Errorf("%s: %v", object.GetName(), err)
		}
	}
}

// TestTemplatesNeedTheirArgumentsAndNoMore resolves each template as a Rollout does, which
// parses its selectors and queries as PromQL, too.
func TestTemplatesNeedTheirArgumentsAndNoMore(t *testing.T) {
	for _, example := range examples {
		t.Run(example.template, func(t *testing.T) {
			given := example.given(t)
			spec := resolve(t, example, given, release)
			if diff := cmp.Diff(example.metrics, gist(spec)); diff != "" {
				t.Errorf("the metrics (-want +got):\n%s", diff)
			}
			if spec.FalseAlarmBudget != "1%" {
				t.Errorf("the budget is %s, want 1%%", spec.FalseAlarmBudget)
			}
			for i := range given {
				fewer := slices.Delete(slices.Clone(given), i, i+1)
				if _, problems := attempt(t, example, fewer, release); len(problems) == 0 {
					t.Errorf("%s is not needed, give it a default", given[i].Name)
				}
			}
		})
	}
}

// TestArgumentsAreExplained holds the comment of each template against its arguments.
func TestArgumentsAreExplained(t *testing.T) {
	for _, example := range examples {
		text, err := os.ReadFile(example.file())
		if err != nil {
			t.Fatal(err)
		}
		_, comment, _ := strings.Cut(string(text), "# Arguments:\n")
		comment, _, _ = strings.Cut(comment, "\napiVersion:")
		for _, argument := range template(t, example.template).Args {
			if !strings.Contains(strings.NewReplacer(",", " ", "\n", " ").Replace(comment), " "+argument.Name+" ") {
				t.Errorf("%s does not explain its argument %s", example.template, argument.Name)
			}
		}
		for _, heading := range []string{"# Needs:", "# Sees:", "# Does not see:"} {
			if !strings.Contains(string(text), heading) {
				t.Errorf("%s does not say %q", example.template, heading)
			}
		}
	}
}

func (e example) file() string { return filepath.Join("templates", e.template+".yaml") }

// given are the arguments of an example.
func (e example) given(t *testing.T) []v1alpha1.AnalysisArgument {
	t.Helper()
	var common, own []v1alpha1.AnalysisArgument
	for text, into := range map[string]*[]v1alpha1.AnalysisArgument{always: &common, e.args: &own} {
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	return append(common, own...)
}

// template is the spec of a shipped template, read strictly.
func template(t *testing.T, name string) *v1alpha1.AnalysisTemplateSpec {
	t.Helper()
	text, err := os.ReadFile(example{template: name}.file())
	if err != nil {
		t.Fatal(err)
	}
	read := &v1alpha1.ClusterAnalysisTemplate{}
	if err := yaml.UnmarshalStrict(text, read); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if read.Name != name || read.Kind != "ClusterAnalysisTemplate" {
		t.Fatalf("%s.yaml has the %s %s", name, read.Kind, read.Name)
	}
	return &read.Spec
}

// attempt makes the spec of a run of a template, or says what the problems are.
func attempt(t *testing.T, e example, args []v1alpha1.AnalysisArgument, release translate.Release) (v1alpha1.AnalysisRunSpec, translate.Problems) {
	t.Helper()
	fetch := func(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		if !ref.ClusterScope {
			return nil, fmt.Errorf("%s: %w", ref.TemplateName, translate.ErrTemplateNotFound)
		}
		return template(t, ref.TemplateName), nil
	}
	analysis := v1alpha1.RolloutAnalysis{Templates: []v1alpha1.TemplateReference{{TemplateName: e.template, ClusterScope: true}}, Args: args}
	checks := translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"}
	spec, problems, err := translate.ResolveAnalysis(fetch, analysis, translate.Background, release, checks)
	if err != nil {
		t.Fatal(err)
	}
	return spec, problems
}

// resolve is attempt without problems.
func resolve(t *testing.T, e example, args []v1alpha1.AnalysisArgument, release translate.Release) v1alpha1.AnalysisRunSpec {
	t.Helper()
	spec, problems := attempt(t, e, args, release)
	for _, problem := range problems {
		t.Errorf("%s: %v", e.template, problem)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return spec
}

// gist is the name, the judge and the weight of each metric.
func gist(spec v1alpha1.AnalysisRunSpec) []string {
	var all []string
	for _, metric := range spec.Metrics {
		judges := map[string]bool{
			"proportion": metric.Judge.Proportion != nil, "histogram": metric.Judge.Histogram != nil, "mean": metric.Judge.Mean != nil,
		}
		maps.DeleteFunc(judges, func(_ string, is bool) bool { return !is })
		all = append(all, fmt.Sprintf("%s %s %d", metric.Name, strings.Join(slices.Sorted(maps.Keys(judges)), "+"), *metric.Weight))
	}
	return all
}
