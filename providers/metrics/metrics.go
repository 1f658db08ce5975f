// Package metrics says what Serin needs of a source of metrics. Each source has
// a folder of its own below this one and passes the conformance suite in
// metricstest.
//
// What may come in: analysis/series and client libraries; never Kubernetes.
package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// The kinds of failure that a driver tells apart. A provider's error wraps
// exactly one of them and says what happened, where, and what to do next.
var (
	// ErrNoData: the source answered, and has nothing that matches.
	ErrNoData = errors.New("no data")
	// ErrUnavailable: the source did not answer, or not usably; asking again may help.
	ErrUnavailable = errors.New("source unavailable")
	// ErrInvalidQuery: the source refused the query; asking again will not help.
	ErrInvalidQuery = errors.New("invalid query")
)

// Kind is the shape of an answer.
type Kind string

// The shapes of answers.
const (
	Scalar Kind = "scalar"
	Vector Kind = "vector"
)

// Answer is the answer to an instant query.
type Answer struct {
	Kind Kind
	// Values are the scalar's one value, or the vector's, in the source's order.
	Values []float64
	// Warnings are the source's doubts about its own answer.
	Warnings []string
}

// Provider is a source of metrics. It is safe for concurrent use.
type Provider interface {
	// Query evaluates an expression at a time. An empty vector is ErrNoData,
	// together with an Answer of Kind Vector and no values.
	Query(ctx context.Context, expression string, at time.Time) (Answer, error)

	// Samples returns the raw samples of a selector (no range, no function) in
	// the half-open interval (from, to], one Series for each label set that has
	// floats, and one HistogramSeries for each that has native histograms, both
	// ordered by Labels. None at all is ErrNoData. Staleness markers are left out.
	Samples(ctx context.Context, selector string, from, to time.Time) (Samples, error)
}

// Ranger is a Provider that evaluates an expression at many times in one request.
type Ranger interface {
	// Range evaluates an expression at from, from+step, and so on, not after to. Times
	// and step are cut to milliseconds; a step is at least one, and there are at most
	// MaxSteps of them. It returns one Series for each label set that has a value, ordered
	// by Labels; a scalar's are {}. The time of a sample is that of its step, and its
	// value what Query returns for that time. No value at all is ErrNoData; a native
	// histogram is ErrInvalidQuery.
	Range(ctx context.Context, expression string, from, to time.Time, step time.Duration) (Samples, error)
}

// MaxSteps is the most steps of one Range: Prometheus' limit.
const MaxSteps = 11_000

// Samples is the answer to a request for raw samples.
type Samples struct {
	Series []series.Series
	// Histograms are the native ones. The bounds of their buckets are those that the
	// source gives; buckets without observations may be left out.
	Histograms []series.HistogramSeries
	Warnings   []string
}
