package analysisrun

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/measurement"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

const (
	// usualTimeout is the timeout of a measurement that names none.
	usualTimeout = 30 * time.Second
	// patience is how long after its deadline a provider may take to return.
	patience = time.Second
)

// measurer asks providers, as many at a time as is good for them.
type measurer struct {
	secrets client.Reader
	options Options
	sources *sources
	slots   *slots
	metrics *controllerMetrics
}

func newMeasurer(secrets client.Reader, options Options, metrics *controllerMetrics) *measurer {
	return &measurer{
		secrets: secrets, options: options, metrics: metrics,
		sources: newSources(options.Constructors),
		slots:   newSlots(options.MaxMeasurements, options.MaxMeasurementsPerAddress),
	}
}

// close closes the providers.
func (m *measurer) close() {
	m.sources.close()
}

// measure looks at one metric. It returns when there is an answer, when the
// timeout is over, whatever the provider does, or when ctx ends.
func (m *measurer) measure(ctx context.Context, namespace string, metric v1alpha1.Metric, args []v1alpha1.Argument, look run.Look) run.Measurement {
	source := sourceOf(metric.Provider, m.options.Checks.PrometheusAddress)
	release, err := m.slots.take(ctx, source.Address())
	if err != nil {
		return m.failed(run.Measurement{Metric: look.Metric, Number: look.Number, From: look.From, StartedAt: m.now()}, err)
	}
	ask := question{measurer: m, namespace: namespace, source: source, args: args, look: look, startedAt: m.now(), redact: &redactor{}}
	limited, cancel := context.WithTimeout(ctx, source.Timeout())
	defer cancel()
	answers := make(chan run.Measurement, 1)
	go func() {
		// The slot is kept for as long as the provider is at work, even when nobody
		// waits for it any more: otherwise goroutines would pile up.
		defer release()
		answers <- ask.answer(limited)
	}()
	waiting, giveUp := context.WithTimeout(ctx, source.Timeout()+patience)
	defer giveUp()
	defer func() { m.metrics.measured(source.Kind, m.options.Clock.Since(ask.startedAt)) }()
	select {
	case answer := <-answers:
		return answer
	case <-waiting.Done():
		if ctx.Err() != nil {
			return ask.failed(&unavailable{what: "measuring", cause: ctx.Err()})
		}
		return ask.failed(fmt.Errorf("%w: no answer within %s, and the provider does not give up", metrics.ErrUnavailable, source.Timeout()))
	}
}

// now is the time as a status and a journal keep it, so that a replay asks for the very
// same times.
func (m *measurer) now() time.Time { return m.options.Clock.Now().UTC().Truncate(time.Microsecond) }

// failed is a measurement that has no result.
func (m *measurer) failed(taken run.Measurement, err error) run.Measurement {
	failed := measurement.Failed(taken, err)
	failed.FinishedAt = m.now()
	return failed
}

// question is one measurement.
type question struct {
	*measurer
	namespace string
	source    Source
	args      []v1alpha1.Argument
	look      run.Look
	startedAt time.Time
	redact    *redactor
}

// answer asks the provider. A panic of it is an answer too.
func (q question) answer(ctx context.Context) (taken run.Measurement) {
	defer func() {
		if fault := recover(); fault != nil {
			text := q.redact.text(fmt.Sprint(fault))
			ctrl.Log.WithName(name).Error(fmt.Errorf("panic: %s", text), "measuring", "namespace", q.namespace, "metric", q.look.Metric, "stack", string(debug.Stack()))
			taken = q.failed(fmt.Errorf("%w: the provider panicked: %s", metrics.ErrUnavailable, text))
		}
	}()
	secrets, err := readSecrets(ctx, q.secrets, q.namespace, q.source, q.args)
	if err != nil {
		return q.failed(err)
	}
	q.redact.hide(secrets)
	complete, err := q.source.withSecrets(secrets)
	if err != nil {
		return q.failed(err)
	}
	provider, release, err := q.sources.open(complete)
	if err != nil {
		return q.failed(err)
	}
	defer release()
	taken, err = measurement.Take(ctx, provider, complete.Prometheus, q.look, q.startedAt)
	if err != nil {
		return q.failed(err)
	}
	for i, warning := range taken.Warnings {
		taken.Warnings[i] = q.redact.text(warning)
	}
	taken.FinishedAt = q.now()
	return taken
}

// failed is this measurement without a result, and without secrets.
func (q question) failed(err error) run.Measurement {
	failed := q.measurer.failed(run.Measurement{Metric: q.look.Metric, Number: q.look.Number, From: q.look.From, StartedAt: q.startedAt}, err)
	failed.Failure.Message = q.redact.text(failed.Failure.Message)
	return failed
}
