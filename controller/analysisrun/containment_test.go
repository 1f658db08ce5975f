package analysisrun

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	dto "github.com/prometheus/client_model/go"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

func requestOf(key client.ObjectKey) ctrl.Request { return ctrl.Request{NamespacedName: key} }

func TestASourceThatHangsKeepsNobodyElseWaiting(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	b.source.set(func(_ context.Context, address, _ string, _ time.Time) (metrics.Answer, error) {
		if address == "http://hangs" {
			<-release // It does not even obey its context.
		}
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{1}}, nil
	})
	// More than the slots of one address.
	for i := range 20 {
		name := fmt.Sprintf("hangs-%d", i)
		b.create(name, specOf(at(threshold("a"), "http://hangs", 1)))
		b.reconcile(name)
	}
	b.create("other", specOf(counted(threshold("a"), 3, 0)))
	for range 3 {
		result := b.reconcile("other")
		for b.await() != "other" {
		}
		result = b.reconcile("other")
		b.clock.Step(result.RequeueAfter)
	}
	if object := b.get("other"); object.Status.Phase != v1alpha1.AnalysisSuccessful {
		t.Errorf("the other run is %s: %s", object.Status.Phase, object.Status.Message)
	}
	// The runs that hang are given up after their timeout: blind, not bad.
	b.reconcile("hangs-0")
	for b.underway("hangs-0") > 0 {
		b.await()
	}
	b.reconcile("hangs-0")
	object := b.get("hangs-0")
	if m := object.Status.MetricResults[0]; object.Status.Phase != v1alpha1.AnalysisRunning || m.Blind != 1 || m.Measurements[0].Reason != "Unavailable" {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
}

func TestAProviderThatPanicsHurtsOnlyItsMetric(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.source.set(func(_ context.Context, _, expression string, _ time.Time) (metrics.Answer, error) {
		if expression == "panics" {
			panic("index out of range")
		}
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{1}}, nil
	})
	b.create("r", specOf(threshold("panics"), threshold("fine")))
	b.settle("r")
	results := b.get("r").Status.MetricResults
	if m := results[0].Measurements[0]; m.Phase != v1alpha1.AnalysisError || m.Reason != "Unavailable" || !strings.Contains(m.Message, "the provider panicked: index out of range") {
		t.Errorf("the metric that panics: %+v", m)
	}
	if results[1].Successful != 1 {
		t.Errorf("the other one: %+v", results[1])
	}
}

func TestSecretsAreReadWhenMeasuredAndNeverShown(t *testing.T) {
	const token, password = "t0p/s3cret+token==", "hunter2 is \"quoted\""
	var logged bytes.Buffer
	log := funcr.New(func(prefix, args string) { fmt.Fprintln(&logged, prefix, args) }, funcr.Options{Verbosity: 10})
	ctrl.SetLogger(log)
	b := newBench(t, interceptor.Funcs{})
	key := client.ObjectKey{Namespace: b.namespace, Name: "r"}
	reconcile := func() {
		if _, err := b.reconciler.Reconcile(logf.IntoContext(t.Context(), log), requestOf(key)); err != nil {
			t.Fatal(err)
		}
	}
	from := func(key string) *v1alpha1.SecretValueFrom {
		return &v1alpha1.SecretValueFrom{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "monitoring", Key: key}}
	}
	metric := threshold("a")
	metric.Provider.Prometheus.Headers = []v1alpha1.Header{{Key: "X-Token", Value: "{{args.token}}"}}
	metric.Provider.Prometheus.Authentication = &v1alpha1.PrometheusAuthentication{BasicAuth: &v1alpha1.BasicAuth{Username: "serin", Password: "{{args.password}}"}}
	spec := specOf(metric)
	spec.Args = []v1alpha1.Argument{{Name: "token", ValueFrom: from("token")}, {Name: "password", ValueFrom: from("password")}}
	b.create("r", spec)

	measured := func() v1alpha1.Measurement {
		t.Helper()
		reconcile()
		b.await()
		reconcile()
		b.clock.Step(time.Minute)
		list := b.get("r").Status.MetricResults[0].Measurements
		return list[len(list)-1]
	}
	if m := measured(); m.Reason != "Unavailable" || !strings.Contains(m.Message, "Secret "+b.namespace+"/monitoring, which does not exist; create it") {
		t.Errorf("without the Secret: %+v", m)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "monitoring"}, StringData: map[string]string{"token": token + "\n"}}
	if err := admin.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if m := measured(); m.Reason != "Unavailable" || !strings.Contains(m.Message, `key "password"`) {
		t.Errorf("without the key: %+v", m)
	}
	secret.StringData = map[string]string{"password": password}
	if err := admin.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	// The server shows what it was sent, in all forms, in an error, a warning and a panic.
	shown := fmt.Sprintf("%s %s %q dDBwL3MzY3JldCt0b2tlbj09 t0p%%2Fs3cret%%2Btoken%%3D%%3D", token, password, password)
	b.source.fail(fmt.Errorf("server says %s: %w", shown, metrics.ErrInvalidQuery))
	if m := measured(); m.Reason != "InvalidQuery" || !strings.Contains(m.Message, "server says [secret] [secret]") {
		t.Errorf("an error: %+v", m)
	}
	b.source.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) { panic(shown) })
	if m := measured(); m.Reason != "Unavailable" {
		t.Errorf("a panic: %+v", m)
	}
	b.source.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) {
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{1}, Warnings: []string{"careful with " + shown}}, nil
	})
	if m := measured(); m.Phase != v1alpha1.AnalysisSuccessful || !strings.Contains(m.Message, "careful with [secret]") {
		t.Errorf("a warning: %+v", m)
	}
	if opened := b.source.opened[len(b.source.opened)-1].Prometheus; opened.Headers[0].Value != token+"\n" || opened.Authentication.BasicAuth.Password != password {
		t.Errorf("the provider did not get the secrets: %+v", opened)
	}
	everything := whole(t, b.get("r")) + strings.Join(b.events(), "\n") + logged.String()
	if !strings.Contains(logged.String(), "the provider panicked") && !strings.Contains(logged.String(), "panic") {
		t.Error("the log is not caught, so nothing is known of it")
	}
	for _, leak := range []string{"s3cret", "hunter2", "dDBwL3MzY3JldCt0b2tlbj09"} {
		if strings.Contains(everything, leak) {
			t.Errorf("%q is shown in:\n%s", leak, everything)
		}
	}
}

func TestMetricsHaveBoundedLabels(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("good", specOf(counted(threshold("a"), 1, 0)))
	b.play("good", 3)
	b.source.fail(fmt.Errorf("away: %w", metrics.ErrUnavailable))
	b.create("blind", specOf(threshold("a")))
	b.settle("blind")
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.Metric {
			got[family.GetName()+labelsText(metric)] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	for series, want := range map[string]float64{
		`serin_measurements_total{phase=Successful,reason=}`:       1,
		`serin_measurements_total{phase=Error,reason=Unavailable}`: 1,
		`serin_measurement_duration_seconds{provider=prometheus}`:  2,
		`serin_analysis_runs{phase=Successful}`:                    1,
		`serin_analysis_runs{phase=Running}`:                       1,
		`serin_analysis_runs{phase=Pending}`:                       0,
	} {
		if got[series] != want {
			t.Errorf("%s is %g, want %g (all: %v)", series, got[series], want, got)
		}
	}
	for series := range got {
		if strings.Contains(series, "good") || strings.Contains(series, b.namespace) {
			t.Errorf("%s has the name of a run", series)
		}
	}
}

func labelsText(metric *dto.Metric) string {
	var parts []string
	for _, label := range metric.Label {
		parts = append(parts, label.GetName()+"="+label.GetValue())
	}
	return "{" + strings.Join(parts, ",") + "}"
}
