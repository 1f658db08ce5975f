package analysisrun

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

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
