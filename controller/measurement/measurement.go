// Package measurement is one look at one metric: what a source is asked, and what its
// answer is to analysis/run. The live controller and replay share it, so that the same
// metric is measured by the same questions.
//
// What may come in: crds, analysis/run and the contract of the providers. No clock, no
// Kubernetes client: the time of a look is an argument.
package measurement

import (
	"context"
	"errors"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// Take asks a provider for what a look wants to know, at a time. FinishedAt is the
// caller's to set. An error wraps one of the kinds of package metrics, or is the
// context's; Failed makes a measurement of it.
func Take(ctx context.Context, provider metrics.Provider, source *v1alpha1.PrometheusMetric, look run.Look, at time.Time) (run.Measurement, error) {
	q := question{provider: provider, source: source, look: look, at: at}
	measurement := run.Measurement{Metric: look.Metric, Number: look.Number, From: look.From, StartedAt: at}
	if source.Query != "" {
		return measurement, q.query(ctx, &measurement)
	}
	measurement.Samples = &run.Samples{}
	return measurement, q.samples(ctx, &measurement)
}

// Failed is a measurement that has no result, because of an error.
func Failed(measurement run.Measurement, err error) run.Measurement {
	measurement.Result, measurement.Samples = nil, nil
	measurement.Failure = &run.Failure{Reason: reasonOf(err), Message: err.Error()}
	return measurement
}

// reasonOf is why nothing was seen.
func reasonOf(err error) run.Reason {
	switch {
	case errors.Is(err, metrics.ErrInvalidQuery):
		return run.InvalidQuery
	case errors.Is(err, metrics.ErrNoData):
		return run.NoData
	default:
		return run.Unavailable
	}
}

// question is one look.
type question struct {
	provider metrics.Provider
	source   *v1alpha1.PrometheusMetric
	look     run.Look
	at       time.Time
}

// query measures a metric with conditions on the result of a query. That there is no
// series is an answer: a condition may ask for it.
func (q question) query(ctx context.Context, measurement *run.Measurement) error {
	answer, err := q.provider.Query(ctx, q.source.Query, q.at)
	if err != nil && !errors.Is(err, metrics.ErrNoData) {
		return err
	}
	measurement.Result = &criteria.Result{Scalar: answer.Kind == metrics.Scalar, Values: answer.Values}
	measurement.Warnings = answer.Warnings
	return nil
}
