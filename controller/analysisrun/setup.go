package analysisrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// name of this controller, in events, logs and controller-runtime's metrics.
const name = "serin-analysisrun"

// Options of the controller. Constructors and Registry are required.
type Options struct {
	// Constructors make providers, by the field of MetricProvider that they stand
	// for: {"prometheus": Prometheus}.
	Constructors map[string]Constructor
	// Checks are what the providers know of queries, and the default address.
	Checks translate.Checks
	// Registry takes this controller's metrics.
	Registry prometheus.Registerer
	// Clock is the real one by default.
	Clock clock.PassiveClock
	// Measurements at the same time, and of these at one address. Default: 64, 16.
	MaxMeasurements, MaxMeasurementsPerAddress int
	// MaxConcurrentReconciles is 4 by default: a reconcile waits for nothing but
	// the API server.
	MaxConcurrentReconciles int
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	for _, number := range []struct {
		value *int
		usual int
	}{{&o.MaxMeasurements, 64}, {&o.MaxMeasurementsPerAddress, 16}, {&o.MaxConcurrentReconciles, 4}} {
		if *number.value <= 0 {
			*number.value = number.usual
		}
	}
	return o
}

// Reconciler drives AnalysisRuns.
type Reconciler struct {
	client   client.Client
	recorder events.EventRecorder
	options  Options
	jobs     *jobs
	measurer *measurer
	metrics  *controllerMetrics
	wakeups  chan event.GenericEvent
}

// New makes a Reconciler. secrets reads Secrets past any cache.
func New(writer client.Client, secrets client.Reader, recorder events.EventRecorder, options Options) (*Reconciler, error) {
	options = options.withDefaults()
	if len(options.Constructors) == 0 || options.Registry == nil {
		return nil, errors.New("making the AnalysisRun controller: Options.Constructors and Options.Registry are required")
	}
	metrics, err := newControllerMetrics(options.Registry)
	if err != nil {
		return nil, fmt.Errorf("making the AnalysisRun controller: registering its metrics: %w", err)
	}
	r := &Reconciler{
		client: writer, recorder: recorder, options: options, metrics: metrics,
		jobs:    newJobs(),
		wakeups: make(chan event.GenericEvent),
	}
	r.measurer = newMeasurer(secrets, options, metrics)
	return r, nil
}

// SetupWithManager adds the controller to a manager.
func SetupWithManager(mgr ctrl.Manager, options Options) error {
	r, err := New(mgr.GetClient(), mgr.GetAPIReader(), mgr.GetEventRecorder(name), options)
	if err != nil {
		return err
	}
	if err := mgr.Add(manager.RunnableFunc(r.closeAtEnd)); err != nil {
		return fmt.Errorf("adding the AnalysisRun controller: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named(name).
		For(&v1alpha1.AnalysisRun{}).
		WatchesRawSource(source.Channel(r.wakeups, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: r.options.MaxConcurrentReconciles}).
		Complete(r)
}

// closeAtEnd ends what is under way when the manager does.
func (r *Reconciler) closeAtEnd(ctx context.Context) error {
	<-ctx.Done()
	r.Close()
	return nil
}

// Close cancels all measurements, waits for them and closes the providers.
func (r *Reconciler) Close() {
	r.jobs.close()
	r.measurer.close()
}
