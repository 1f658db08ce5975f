package analysisrun

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
)

// TestUnderAManager runs the controller as it is run in a cluster: with a cache
// that lags, a queue and the real clock.
func TestUnderAManager(t *testing.T) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	manager, err := ctrl.NewManager(apiServer, ctrl.Options{
		Scheme: newScheme(), Metrics: metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{DefaultNamespaces: map[string]cache.Config{namespace.Name: {}}},
		// So that the test can be repeated within one process.
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	source := newFakeSource()
	options := Options{
		Constructors: map[string]Constructor{"prometheus": source.construct},
		Checks:       translate.Checks{PrometheusAddress: "http://default"},
		Registry:     prometheus.NewRegistry(),
	}
	if err := SetupWithManager(manager, options); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- manager.Start(ctx) }()

	metric := counted(threshold("a"), 3, 0)
	metric.Interval = "1s"
	object := &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Name: "r", Namespace: namespace.Name}, Spec: specOf(metric)}
	if err := admin.Create(ctx, object); err != nil {
		t.Fatal(err)
	}
	limited, cancelWait := context.WithTimeout(ctx, time.Minute)
	defer cancelWait()
	if err := controlplane.WaitFor(limited, "the run to end", func(ctx context.Context) (bool, error) {
		err := admin.Get(ctx, client.ObjectKeyFromObject(object), object)
		return object.Status.CompletedAt != nil, err
	}); err != nil {
		t.Fatal(err)
	}
	if object.Status.Phase != v1alpha1.AnalysisSuccessful || object.Status.MetricResults[0].Count != 3 || source.count() != 3 {
		t.Errorf("%s after %d measurements and %d queries", object.Status.Phase, object.Status.MetricResults[0].Count, source.count())
	}
	if took := object.Status.CompletedAt.Sub(object.Status.StartedAt.Time); took < 2*time.Second {
		t.Errorf("three measurements every second took only %s", took)
	}
	cancel()
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the manager does not stop")
	}
	if source.closed == 0 {
		t.Error("the provider was not closed")
	}
}

func TestWithoutWhatItNeedsItIsNotMade(t *testing.T) {
	if _, err := New(admin, admin, nil, Options{}); err == nil {
		t.Error("a controller without constructors and registry was made")
	}
	registry := prometheus.NewRegistry()
	options := Options{Constructors: map[string]Constructor{"prometheus": Prometheus}, Registry: registry}
	if _, err := New(admin, admin, nil, options); err != nil {
		t.Fatal(err)
	}
	if _, err := New(admin, admin, nil, options); err == nil {
		t.Error("its metrics were registered twice")
	}
}
