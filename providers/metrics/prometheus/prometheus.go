// Package prometheus reads metrics from a Prometheus server, or from whatever
// speaks its HTTP API: Thanos, Mimir, VictoriaMetrics.
//
// What may come in: a Config of plain values. What goes out: answers and raw
// samples as plain data, and errors that wrap exactly one of the kinds of
// package metrics. Nothing is retried here: when to ask again is the caller's
// decision. Secrets appear in no error and in no String.
package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/serin-dev/serin/providers/metrics"
)

// Provider is one long-lived connection to one server. It is safe for
// concurrent use. Callers keep one for each Config, by Config.Key.
type Provider struct {
	// name is the address as people may see it: without its query.
	name    string
	timeout time.Duration
	http    *http.Client
	api     v1.API
	secrets func() []string
	// locate is the URL of a path below the address.
	locate func(path string) string
}

var _ metrics.Provider = (*Provider)(nil)

// New connects a provider to the server of a Config. It sends nothing: a server
// that is down shows at the first query.
func New(config Config) (*Provider, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	provider := &Provider{name: displayAddress(config.Address), timeout: config.Timeout}
	client, secrets, err := connect(config)
	provider.secrets = secrets
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %s; check provider.prometheus.tls", provider, provider.redact(err.Error()))
	}
	inner, err := api.NewClient(api.Config{Address: config.Address, Client: client})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %s", provider, provider.redact(err.Error()))
	}
	provider.http = client
	provider.locate = func(path string) string { return inner.URL(path, nil).String() }
	provider.api = v1.NewAPI(endpoint{Client: inner, redact: provider.redact})
	return provider, nil
}

// Close closes the idle connections. Queries that are under way go on.
func (p *Provider) Close() { p.http.CloseIdleConnections() }

// String names the server, without secrets.
func (p *Provider) String() string { return "prometheus at " + p.name }

// GoString is String, so that no format shows more.
func (p *Provider) GoString() string { return p.String() }

// Query evaluates an expression at a time, which is cut to milliseconds, the
// precision of Prometheus. The answer must be a scalar or an instant vector of
// floats; any other shape is ErrInvalidQuery.
func (p *Provider) Query(ctx context.Context, expression string, at time.Time) (metrics.Answer, error) {
	value, warnings, err := p.ask(ctx, expression, at)
	if err != nil {
		return metrics.Answer{Warnings: warnings}, err
	}
	answer, err := decodeAnswer(value)
	answer.Warnings = warnings
	if err != nil {
		return answer, p.fault(err)
	}
	return answer, nil
}

// Samples reads raw samples by an instant query on a range selector, which is
// the only request that returns them unchanged. Both bounds are cut to
// milliseconds; no sample is lost by that, for theirs are milliseconds too.
//
// Staleness markers never arrive: the server leaves them out of ranges. Of native
// histograms the server tells the buckets that hold something, by their bounds, and
// not the schema.
func (p *Provider) Samples(ctx context.Context, selector string, from, to time.Time) (metrics.Samples, error) {
	canonical, err := parseSelector(selector)
	if err != nil {
		return metrics.Samples{}, err
	}
	window := interval{from: from.UnixMilli(), to: to.UnixMilli()}
	if to.Before(from) {
		return metrics.Samples{}, p.fault(invalid("reading %s: the interval ends at %s, before it begins at %s; swap them",
			selector, to.Format(time.RFC3339Nano), from.Format(time.RFC3339Nano)))
	}
	if window.from == window.to {
		return metrics.Samples{}, p.fault(noData("reading %s: the interval is shorter than a millisecond", selector))
	}
	value, warnings, err := p.ask(ctx, fmt.Sprintf("%s[%dms]", canonical, window.to-window.from), to)
	if err != nil {
		return metrics.Samples{Warnings: warnings}, err
	}
	samples, err := decodeSamples(value, window)
	samples.Warnings = append(warnings, samples.Warnings...)
	if err != nil {
		return samples, p.fault(err)
	}
	return samples, nil
}

// ask sends one instant query, within the timeout.
func (p *Provider) ask(ctx context.Context, expression string, at time.Time) (model.Value, []string, error) {
	if at.IsZero() {
		return nil, nil, p.fault(invalid("evaluating %s: no time is given; pass the time to evaluate at", expression))
	}
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	value, warnings, _, err := p.api.Query(limited, expression, time.UnixMilli(at.UnixMilli()))
	if err != nil {
		return nil, bounded(warnings), p.fault(p.classify(ctx, err))
	}
	return value, bounded(warnings), nil
}
