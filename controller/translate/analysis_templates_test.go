package translate

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// library is the templates of a test, by name; a name that begins with "cluster-"
// is a ClusterAnalysisTemplate.
type library map[string]v1alpha1.AnalysisTemplateSpec

var errOutage = errors.New("the API server is away")

func (l library) fetch(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
	if ref.TemplateName == "outage" {
		return nil, errOutage
	}
	spec, exists := l[ref.TemplateName]
	if !exists || ref.ClusterScope != strings.HasPrefix(ref.TemplateName, "cluster-") {
		return nil, fmt.Errorf("reading it: %w", ErrTemplateNotFound)
	}
	return &spec, nil
}

// named are references to templates.
func named(names ...string) []v1alpha1.TemplateReference {
	var refs []v1alpha1.TemplateReference
	for _, name := range names {
		refs = append(refs, v1alpha1.TemplateReference{TemplateName: name, ClusterScope: strings.HasPrefix(name, "cluster-")})
	}
	return refs
}

// threshold is a valid metric.
func threshold(name string) v1alpha1.Metric {
	return v1alpha1.Metric{
		Name: name, Interval: "30s", SuccessCondition: "result[0] >= 0.95",
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Address: "http://prometheus:9090", Query: "vector(1)"}},
	}
}

// compared is a valid metric with a judge.
func compared(name string) v1alpha1.Metric {
	counters := func(version string) *v1alpha1.VersionMetrics {
		return &v1alpha1.VersionMetrics{Bad: `requests_total{v="` + version + `",code="500"}`, Total: `requests_total{v="` + version + `"}`}
	}
	return v1alpha1.Metric{
		Name: name, Interval: "15s", Judge: &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{}},
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{
			Address: "http://prometheus:9090", Canary: counters("canary"), Baseline: counters("stable"),
		}},
	}
}

func metrics(names ...string) []v1alpha1.Metric {
	var list []v1alpha1.Metric
	for _, name := range names {
		list = append(list, threshold(name))
	}
	return list
}

func ptr[T any](value T) *T { return &value }

// Long: a table, one library of templates a row.
func TestTemplatesAreGathered(t *testing.T) {
	chain := library{}
	for i := range 20 {
		chain[fmt.Sprintf("c%d", i)] = v1alpha1.AnalysisTemplateSpec{Metrics: metrics(fmt.Sprintf("m%d", i)), Templates: named(fmt.Sprintf("c%d", i+1))}
	}
	wide := library{}
	for i := range 80 {
		wide[fmt.Sprintf("w%d", i)] = v1alpha1.AnalysisTemplateSpec{Metrics: metrics(fmt.Sprintf("m%d", i))}
	}
	var all []string
	for i := range 80 {
		all = append(all, fmt.Sprintf("w%d", i))
	}
	for _, test := range []struct {
		reason   string
		library  library
		refs     []string
		metrics  string
		budget   string
		problems string
	}{
		{
			reason:  "a template's own metrics come before those that it includes, depth first",
			library: library{"a": {Metrics: metrics("a1", "a2"), Templates: named("b", "c")}, "b": {Metrics: metrics("b1"), Templates: named("d")}, "c": {Metrics: metrics("c1")}, "d": {Metrics: metrics("d1")}},
			refs:    []string{"a"}, metrics: "a1 a2 b1 d1 c1", budget: "1%",
		},
		{
			reason:  "a template that is reached twice is included once",
			library: library{"a": {Metrics: metrics("a1"), Templates: named("c")}, "b": {Metrics: metrics("b1"), Templates: named("c")}, "c": {Metrics: metrics("c1")}},
			refs:    []string{"a", "b", "a"}, metrics: "a1 c1 b1", budget: "1%",
		},
		{
			reason:  "a namespaced and a cluster template of different scope are told apart",
			library: library{"a": {Metrics: metrics("a1"), Templates: named("cluster-a")}, "cluster-a": {Metrics: metrics("x1")}},
			refs:    []string{"a"}, metrics: "a1 x1", budget: "1%",
		},
		{
			reason:  "the smallest falseAlarmBudget wins",
			library: library{"a": {Metrics: metrics("a1"), FalseAlarmBudget: "2%", Templates: named("b")}, "b": {Metrics: metrics("b1"), FalseAlarmBudget: "0.5%"}, "c": {Metrics: metrics("c1"), FalseAlarmBudget: "3%"}},
			refs:    []string{"a", "c"}, metrics: "a1 b1 c1", budget: "0.5%",
		},
		{
			reason:   "a cycle names its chain and nothing else",
			library:  library{"x": {Templates: named("a")}, "a": {Metrics: metrics("a1"), Templates: named("b")}, "b": {Metrics: metrics("b1"), Templates: named("a")}},
			refs:     []string{"x"},
			problems: "AnalysisTemplate/b templates[0]: templates include each other: a -> b -> a; remove one of the includes",
		},
		{
			reason:   "a template that includes itself",
			library:  library{"a": {Metrics: metrics("a1"), Templates: named("a")}},
			refs:     []string{"a"},
			problems: "AnalysisTemplate/a templates[0]: templates include each other: a -> a; remove one of the includes",
		},
		{
			reason:  "missing templates are named with their kind, and by whom they are included",
			library: library{"a": {Metrics: metrics("a1"), Templates: named("gone", "cluster-gone")}},
			refs:    []string{"a", "lost"},
			problems: `AnalysisTemplate/a templates[0]: AnalysisTemplate "gone" does not exist (included by a); create it, or correct the name
AnalysisTemplate/a templates[1]: ClusterAnalysisTemplate "cluster-gone" does not exist (included by a); create it, or correct the name
templates[1]: AnalysisTemplate "lost" does not exist; create it, or correct the name`,
		},
		{
			reason:   "two metrics of one name are refused, with both places",
			library:  library{"a": {Metrics: metrics("m", "n")}, "b": {Metrics: metrics("n")}},
			refs:     []string{"a", "b"},
			problems: `AnalysisTemplate/b metrics[0]: duplicate name "n", as in AnalysisTemplate/a metrics[1]; rename one of them`,
		},
		{
			reason:   "a budget of nothing would never let the judge speak",
			library:  library{"a": {Metrics: metrics("m"), FalseAlarmBudget: "0%"}},
			refs:     []string{"a"},
			problems: `AnalysisTemplate/a falseAlarmBudget: "0%" is not a percentage of more than 0% and less than 100%; write it as 1% or 0.5%`,
		},
		{
			reason:   "nothing to measure",
			library:  library{"a": {}},
			refs:     []string{"a"},
			problems: "templates: no metrics specified; name a template that has metrics",
		},
		{
			reason:   "includes are bounded in depth",
			library:  chain,
			refs:     []string{"c0"},
			problems: "AnalysisTemplate/c15 templates[0]: templates include each other more than 16 deep: c0 -> c1 -> c2 -> c3 -> c4 -> c5 -> c6 -> c7 -> c8 -> c9 -> c10 -> c11 -> c12 -> c13 -> c14 -> c15 -> c16; include them directly",
		},
		{
			reason:   "and in number",
			library:  wide,
			refs:     all[:65],
			problems: "templates[64]: more than 64 templates are included; use fewer",
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			templates, problems, err := ResolveTemplates(test.library.fetch, named(test.refs...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.problems, problems.Error()); diff != "" {
				t.Fatalf("problems (-want +got):\n%s", diff)
			}
			if test.problems != "" {
				return
			}
			var names []string
			for _, metric := range templates.Metrics {
				names = append(names, metric.Name)
			}
			if got := strings.Join(names, " "); got != test.metrics || templates.FalseAlarmBudget != test.budget || len(templates.Origins) != len(names) {
				t.Errorf("metrics %q, budget %s, want %q, %s", got, templates.FalseAlarmBudget, test.metrics, test.budget)
			}
		})
	}
}

func TestATemplateThatCannotBeReadIsNotTheUsersMistake(t *testing.T) {
	_, problems, err := ResolveTemplates(library{"a": {Templates: named("outage")}}.fetch, named("a"))
	if !errors.Is(err, errOutage) || len(problems) > 0 {
		t.Errorf("got %v and problems %v", err, problems)
	}
}

func TestArgumentsAreMergedOverTemplates(t *testing.T) {
	secret := func(name string) *v1alpha1.SecretValueFrom {
		return &v1alpha1.SecretValueFrom{SecretKeyRef: v1alpha1.SecretKeyReference{Name: name, Key: "k"}}
	}
	for _, test := range []struct {
		reason       string
		first, other v1alpha1.Argument
		values       map[string]string
		want         string
		problems     string
	}{
		{reason: "whoever gives no value takes the other's", first: v1alpha1.Argument{Name: "x"}, other: v1alpha1.Argument{Name: "x", Value: ptr("1")}, want: "x=1"},
		{reason: "in both directions", first: v1alpha1.Argument{Name: "x", Value: ptr("1")}, other: v1alpha1.Argument{Name: "x"}, want: "x=1"},
		{reason: "the same value twice is one", first: v1alpha1.Argument{Name: "x", Value: ptr("1")}, other: v1alpha1.Argument{Name: "x", Value: ptr("1")}, want: "x=1"},
		{reason: "two values are refused", first: v1alpha1.Argument{Name: "x", Value: ptr("1")}, other: v1alpha1.Argument{Name: "x", Value: ptr("2")},
			problems: `AnalysisTemplate/b args[0]: argument "x" is specified multiple times with different values; give it one value, or give the arguments different names`},
		{reason: "a value and a Secret are two values", first: v1alpha1.Argument{Name: "x", Value: ptr("1")}, other: v1alpha1.Argument{Name: "x", ValueFrom: secret("s")},
			problems: `AnalysisTemplate/b args[0]: argument "x" is specified multiple times with different values; give it one value, or give the arguments different names`},
		{reason: "the same Secret twice is one", first: v1alpha1.Argument{Name: "x", ValueFrom: secret("s")}, other: v1alpha1.Argument{Name: "x", ValueFrom: secret("s")}, want: "x<-s"},
		{reason: "a Rollout overrides the default", first: v1alpha1.Argument{Name: "x", Value: ptr("1")}, other: v1alpha1.Argument{Name: "y", Value: ptr("2")}, values: map[string]string{"x": "9"}, want: "x=9 y=2"},
		{reason: "even with nothing", first: v1alpha1.Argument{Name: "x", Value: ptr("1")}, other: v1alpha1.Argument{Name: "y", Value: ptr("2")}, values: map[string]string{"x": ""}, want: "x= y=2"},
		{reason: "and overrides a Secret", first: v1alpha1.Argument{Name: "x", ValueFrom: secret("s")}, other: v1alpha1.Argument{Name: "x"}, values: map[string]string{"x": "9"}, want: "x=9"},
		{reason: "what has no value is named, used or not", first: v1alpha1.Argument{Name: "x"}, other: v1alpha1.Argument{Name: "y", Value: ptr("2")},
			problems: `args: argument "x" was not supplied; give it a value in the Rollout, or a default in the template`},
		{reason: "what nobody declares is a typing error", first: v1alpha1.Argument{Name: "service", Value: ptr("1")}, other: v1alpha1.Argument{Name: "y", Value: ptr("2")}, values: map[string]string{"servcie": "web"},
			problems: `args: argument "servcie" is declared by no template (declared: service, y); correct its name, or remove it`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			library := library{"a": {Metrics: metrics("a1"), Args: []v1alpha1.Argument{test.first}}, "b": {Metrics: metrics("b1"), Args: []v1alpha1.Argument{test.other}}}
			templates, problems, err := ResolveTemplates(library.fetch, named("a", "b"))
			if err != nil {
				t.Fatal(err)
			}
			var args []v1alpha1.Argument
			if len(problems) == 0 {
				args, problems = templates.Override(test.values)
			}
			if diff := cmp.Diff(test.problems, problems.Error()); diff != "" {
				t.Fatalf("problems (-want +got):\n%s", diff)
			}
			if got := argumentsText(args); test.problems == "" && got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// argumentsText writes arguments as name=value or name<-Secret.
func argumentsText(args []v1alpha1.Argument) string {
	var parts []string
	for _, argument := range args {
		switch {
		case argument.Value != nil:
			parts = append(parts, argument.Name+"="+*argument.Value)
		case argument.ValueFrom != nil:
			parts = append(parts, argument.Name+"<-"+argument.ValueFrom.SecretKeyRef.Name)
		}
	}
	return strings.Join(parts, " ")
}
