package unittest

import (
	"context"
	"fmt"
	"time"

	"github.com/serin-dev/serin/providers/metrics"
)

// faulty is a provider that does not answer in some times.
type faulty struct {
	metrics.Provider
	begin   time.Time
	outages []Outage
}

// Query is that of metrics.Provider.
func (f faulty) Query(ctx context.Context, expression string, at time.Time) (metrics.Answer, error) {
	if err := f.fails(at); err != nil {
		return metrics.Answer{}, err
	}
	return f.Provider.Query(ctx, expression, at)
}

// Samples is that of metrics.Provider.
func (f faulty) Samples(ctx context.Context, selector string, from, to time.Time) (metrics.Samples, error) {
	if err := f.fails(to); err != nil {
		return metrics.Samples{}, err
	}
	return f.Provider.Samples(ctx, selector, from, to)
}

func (f faulty) fails(at time.Time) error {
	for _, o := range f.outages {
		if after := at.Sub(f.begin); after >= o.From && after < o.From+o.For {
			return fmt.Errorf("%w: the test says so, from %s for %s", metrics.ErrUnavailable, short(o.From), short(o.For))
		}
	}
	return nil
}
