package translate

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// release is a release of the Rollout web.
var release = Release{
	Rollout: metav1.ObjectMeta{
		Name: "web", Namespace: "shop", UID: "u-1",
		Labels: map[string]string{"team": "a", "example.com/x": "y"}, Annotations: map[string]string{"note": "n"},
	},
	StableHash: "aaaa", LatestHash: "bbbb",
}

// TestValuesComeFromTheRelease has a row for every source of a value.
//
// Long: it is a table.
func TestValuesComeFromTheRelease(t *testing.T) {
	path := func(path string) *v1alpha1.ArgumentValueFrom {
		return &v1alpha1.ArgumentValueFrom{FieldRef: &v1alpha1.FieldReference{FieldPath: path}}
	}
	hash := func(which v1alpha1.PodTemplateHashValue) *v1alpha1.ArgumentValueFrom {
		return &v1alpha1.ArgumentValueFrom{PodTemplateHashValue: &which}
	}
	baseline := func(what v1alpha1.BaselineValue) *v1alpha1.ArgumentValueFrom {
		return &v1alpha1.ArgumentValueFrom{Baseline: &what}
	}
	for _, test := range []struct {
		reason   string
		value    *string
		from     *v1alpha1.ArgumentValueFrom
		want     string
		problems string
		fresh    bool
	}{
		{reason: "as it is written", value: ptr("v"), want: "v"},
		{reason: "the stable version", from: hash("Stable"), want: "aaaa"},
		{reason: "the new version", from: hash("Latest"), want: "bbbb"},
		{reason: "another version", from: hash("Other"), problems: `args[0]: argument "x": podTemplateHashValue "Other" is unknown; write Stable or Latest`},
		{reason: "fresh baseline pods", from: baseline("LabelValue"), fresh: true, want: "fresh"},
		{reason: "the pods without the label", from: baseline("LabelValue"), want: ""},
		{reason: "another thing of the baseline", from: baseline("Pods"), problems: `args[0]: argument "x": baseline "Pods" is unknown; write LabelValue`},
		{reason: "two sources", from: &v1alpha1.ArgumentValueFrom{PodTemplateHashValue: hash("Stable").PodTemplateHashValue, Baseline: baseline("LabelValue").Baseline},
			problems: `args[0]: argument "x": valueFrom has both podTemplateHashValue and baseline; remove one`},
		{reason: "the name", from: path("metadata.name"), want: "web"},
		{reason: "the namespace", from: path("metadata.namespace"), want: "shop"},
		{reason: "the uid", from: path("metadata.uid"), want: "u-1"},
		{reason: "a label", from: path("metadata.labels['example.com/x']"), want: "y"},
		{reason: "an annotation", from: path("metadata.annotations['note']"), want: "n"},
		{reason: "a label that is not there", from: path("metadata.labels['gone']"), problems: `args[0]: argument "x": the Rollout has no metadata.labels['gone']; add it, or change fieldPath`},
		{reason: "another field", from: path("spec.replicas"), problems: `args[0]: argument "x": fieldPath "spec.replicas" is unknown; write metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'] or metadata.annotations['key']`},
		{reason: "nothing", problems: `args[0]: argument "x": it has no value; write value or valueFrom`},
		{reason: "nothing in valueFrom", from: &v1alpha1.ArgumentValueFrom{}, problems: `args[0]: argument "x": it has no value; write value or valueFrom`},
		{reason: "both", value: ptr("v"), from: hash("Stable"), problems: `args[0]: argument "x": it has both value and valueFrom; remove one`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			args := []v1alpha1.AnalysisArgument{{Name: "x", Value: test.value, ValueFrom: test.from}}
			release := release
			release.FreshBaseline = test.fresh
			values, problems := ArgumentValues(release, args)
			if diff := cmp.Diff(test.problems, problems.Error()); diff != "" {
				t.Fatalf("problems (-want +got):\n%s", diff)
			}
			if values["x"] != test.want {
				t.Errorf("got %q, want %q", values["x"], test.want)
			}
		})
	}
	t.Run("no stable version", func(t *testing.T) {
		_, problems := ArgumentValues(Release{Rollout: release.Rollout, LatestHash: "bbbb"}, []v1alpha1.AnalysisArgument{{Name: "x", ValueFrom: hash("Stable")}})
		if want := `args[0]: argument "x": there is no stable version yet`; problems.Error() != want {
			t.Errorf("got %q, want %q", problems.Error(), want)
		}
	})
	t.Run("given twice", func(t *testing.T) {
		_, problems := ArgumentValues(Release{Rollout: release.Rollout}, []v1alpha1.AnalysisArgument{{Name: "x", Value: ptr("1")}, {Name: "x", Value: ptr("2")}})
		if want := `args[1].name: argument "x" is given twice; remove one`; problems.Error() != want {
			t.Errorf("got %q, want %q", problems.Error(), want)
		}
	})
}

func TestArgumentsAreFilledInEverywhere(t *testing.T) {
	library := library{"t": {
		Args: []v1alpha1.Argument{
			{Name: "service"}, {Name: "hash"}, {Name: "limit", Value: ptr("0.95")},
			{Name: "token", ValueFrom: &v1alpha1.SecretValueFrom{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "s", Key: "k"}}},
		},
		Metrics: []v1alpha1.Metric{{
			Name: "{{args.service}}-rate", Interval: "30s", SuccessCondition: "result[0] >= {{ args.limit }}",
			Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{
				Address: "http://{{args.service}}.monitoring", Query: `sum(x{service="{{args.service}}",hash="{{args.hash}}"})`,
				Authentication: &v1alpha1.PrometheusAuthentication{BearerToken: "{{args.token}}"},
				Headers:        []v1alpha1.Header{{Key: "X-Scope", Value: "{{args.service}}/{{args.token}}"}},
			}},
		}},
	}}
	latest := v1alpha1.HashLatest
	analysis := v1alpha1.RolloutAnalysis{Templates: named("t"), Args: []v1alpha1.AnalysisArgument{
		// Values that would end a string, begin a field or name another argument.
		{Name: "service", Value: ptr("we\"b\\\n{{args.limit}}\x07")},
		{Name: "hash", ValueFrom: &v1alpha1.ArgumentValueFrom{PodTemplateHashValue: &latest}},
	}}
	spec, problems, err := ResolveAnalysis(library.fetch, analysis, Background, release, Checks{})
	if err != nil {
		t.Fatal(err)
	}
	metric := spec.Metrics[0]
	service := "we\"b\\\n{{args.limit}}\x07"
	for _, text := range []struct{ what, got, want string }{
		{"name", metric.Name, service + "-rate"},
		{"condition", metric.SuccessCondition, "result[0] >= 0.95"},
		{"address", metric.Provider.Prometheus.Address, "http://" + service + ".monitoring"},
		{"query", metric.Provider.Prometheus.Query, `sum(x{service="` + service + `",hash="bbbb"})`},
		{"header", metric.Provider.Prometheus.Headers[0].Value, service + "/{{args.token}}"},
		{"token", metric.Provider.Prometheus.Authentication.BearerToken, "{{args.token}}"},
		{"args", argumentsText(spec.Args), "service=" + service + " hash=bbbb limit=0.95 token<-s"},
		{"budget", spec.FalseAlarmBudget, "1%"},
		{"problems", problems.Error(), ""},
	} {
		if text.got != text.want {
			t.Errorf("%s: got %q, want %q", text.what, text.got, text.want)
		}
	}
	if library["t"].Metrics[0].Name != "{{args.service}}-rate" {
		t.Error("the template itself was changed")
	}
}

func TestWhatCannotBeFilledInIsNamed(t *testing.T) {
	library := library{"t": {
		Args: []v1alpha1.Argument{
			{Name: "token", ValueFrom: &v1alpha1.SecretValueFrom{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "s", Key: "k"}}},
		},
		Metrics: []v1alpha1.Metric{changed(threshold("m"), func(m *v1alpha1.Metric) {
			m.SuccessCondition = "result[0] >= {{args.limit}}"
			m.Provider.Prometheus.Query = `x{a="{{args.token}}",b="{{templates.stable}}"}`
		})},
	}}
	_, problems, err := ResolveAnalysis(library.fetch, v1alpha1.RolloutAnalysis{Templates: named("t")}, Background, release, Checks{})
	if err != nil {
		t.Fatal(err)
	}
	want := `AnalysisTemplate/t metrics[0].provider.prometheus.query: failed to resolve {{templates.stable}}: only arguments can be used; write {{args.name}}
AnalysisTemplate/t metrics[0].provider.prometheus.query: {{args.token}} comes from a Secret and would be shown here; use it in address, headers, authentication or tls only
AnalysisTemplate/t metrics[0].successCondition: failed to resolve {{args.limit}}: no template declares argument "limit"; add it to args`
	if diff := cmp.Diff(want, problems.Error()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestProblemsOfAMetricNameItsTemplate(t *testing.T) {
	library := library{
		"a":         {Metrics: metrics("x"), Templates: named("cluster-b")},
		"cluster-b": {Metrics: []v1alpha1.Metric{threshold("y"), changed(threshold("z"), func(m *v1alpha1.Metric) { m.Interval = "soon" })}},
	}
	_, problems, err := ResolveAnalysis(library.fetch, v1alpha1.RolloutAnalysis{Templates: named("a")}, Background, release, Checks{})
	want := `ClusterAnalysisTemplate/cluster-b metrics[1].interval: "soon" is not a duration; write it as 30s, 5m or 1h30m`
	if err != nil || problems.Error() != want {
		t.Errorf("got %q, %v; want %q", problems.Error(), err, want)
	}
}

// TestEveryTextOfAMetricIsFound fails when a new field of a metric would be
// overlooked by the substitution.
func TestEveryTextOfAMetricIsFound(t *testing.T) {
	metric := v1alpha1.Metric{}
	want := fillTexts(reflect.ValueOf(&metric).Elem())
	found := texts(reflect.ValueOf(&metric).Elem(), "")
	if len(found) != want || want < 30 {
		t.Errorf("%d texts found, want %d", len(found), want)
	}
	seen := map[string]bool{}
	for _, text := range found {
		if seen[text.path] || text.path == "" {
			t.Errorf("path %q is not unique", text.path)
		}
		seen[text.path] = true
	}
	for _, path := range []string{"interval", "count", "failureLimit", "judge.proportion.tolerance.relative", "provider.prometheus.headers[0].value", "provider.prometheus.authentication.oauth2.scopes[0]", "provider.prometheus.canary.bad"} {
		if !seen[path] {
			t.Errorf("%s is missing in %v", path, seen)
		}
	}
}

// fillTexts sets every pointer, slice and text of a value, and counts the texts.
func fillTexts(value reflect.Value) int {
	switch value.Kind() {
	case reflect.String:
		value.SetString("text")
		return 1
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		return fillTexts(value.Elem())
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		return fillTexts(value.Index(0))
	case reflect.Struct:
		count := 0
		for i := range value.NumField() {
			count += fillTexts(value.Field(i))
		}
		return count
	default:
		return 0
	}
}

func TestSecretsAreFilledInLast(t *testing.T) {
	source := &v1alpha1.PrometheusMetric{
		Address: "https://{{args.host}}/{{ args.path }}", Query: "up",
		Authentication: &v1alpha1.PrometheusAuthentication{BasicAuth: &v1alpha1.BasicAuth{Username: "u", Password: "{{args.password}}"}},
	}
	from := func(name string) *v1alpha1.SecretValueFrom {
		return &v1alpha1.SecretValueFrom{SecretKeyRef: v1alpha1.SecretKeyReference{Name: name, Key: "k"}}
	}
	args := []v1alpha1.Argument{{Name: "password", ValueFrom: from("p")}, {Name: "host", ValueFrom: from("h")}, {Name: "unused", ValueFrom: from("u")}, {Name: "path", Value: ptr("x")}}
	want := map[string]v1alpha1.SecretKeyReference{"password": {Name: "p", Key: "k"}, "host": {Name: "h", Key: "k"}}
	if diff := cmp.Diff(want, SecretReferences(source, args)); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if err := FillSecrets(source, map[string]string{"password": "{{args.host}}", "host": "prometheus"}); err != nil {
		t.Fatal(err)
	}
	if got := source.Address + " " + source.Authentication.BasicAuth.Password; got != "https://prometheus/{{ args.path }} {{args.host}}" {
		t.Errorf("got %q", got)
	}
}

func TestFillingInDoesNotFillTheMemory(t *testing.T) {
	long := strings.Repeat("x", 4096)
	library := library{"t": {
		Args: []v1alpha1.Argument{{Name: "x", Value: &long}},
		Metrics: []v1alpha1.Metric{changed(threshold("m"), func(m *v1alpha1.Metric) {
			m.Provider.Prometheus.Query = strings.Repeat("{{args.x}}", 800)
		})},
	}}
	_, problems, err := ResolveAnalysis(library.fetch, v1alpha1.RolloutAnalysis{Templates: named("t")}, Background, release, Checks{})
	if want := "AnalysisTemplate/t metrics[0].provider.prometheus.query: is longer than 65536 bytes with its arguments filled in; shorten it, or them"; err != nil || problems.Error() != want {
		t.Errorf("got %q, %v", problems.Error(), err)
	}
	source := &v1alpha1.PrometheusMetric{Address: strings.Repeat("{{args.token}}", 100)}
	if err := FillSecrets(source, map[string]string{"token": long}); err == nil || strings.Contains(err.Error(), "xxx") {
		t.Errorf("got %v", err)
	}
}

func TestARunBelongsToItsRollout(t *testing.T) {
	rollout := &v1alpha1.Rollout{ObjectMeta: release.Rollout}
	run := NewRun(rollout, "3-0-1-background", Background, "bbbb", v1alpha1.AnalysisRunSpec{Metrics: metrics("m")})
	got := fmt.Sprintf("%s/%s %v owner %s/%s controller %t, kind %s", run.Namespace, run.Name, run.Labels, run.OwnerReferences[0].Kind, run.OwnerReferences[0].UID, *run.OwnerReferences[0].Controller, KindOf(run.ObjectMeta))
	want := "shop/web-bbbb-3-0-1-background map[serin.dev/pod-template-hash:bbbb serin.dev/rollout:web serin.dev/run-type:Background] owner Rollout/u-1 controller true, kind Background"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if longest := NewRun(&v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: strings.Repeat("x", 52)}}, "3-0-1-background", Step, strings.Repeat("h", 10), v1alpha1.AnalysisRunSpec{}); len(longest.Name) > 253 || KindOf(longest.ObjectMeta) != Step {
		t.Errorf("name of %d bytes, kind %s", len(longest.Name), KindOf(longest.ObjectMeta))
	}
}
