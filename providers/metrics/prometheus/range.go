package prometheus

import (
	"context"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

var _ metrics.Ranger = (*Provider)(nil)

// Range evaluates an expression at many times, by a range query.
func (p *Provider) Range(ctx context.Context, expression string, from, to time.Time, step time.Duration) (metrics.Samples, error) {
	grid, err := gridOf(from, to, step)
	if err != nil {
		return metrics.Samples{}, p.fault(err)
	}
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	value, warnings, _, err := p.api.QueryRange(limited, expression, grid)
	warnings = bounded(warnings)
	if err != nil {
		return metrics.Samples{Warnings: warnings}, p.fault(p.classify(ctx, err))
	}
	all, err := decodeRange(value, interval{from: grid.Start.UnixMilli() - 1, to: grid.End.UnixMilli()})
	all.Warnings = warnings
	if err != nil {
		return all, p.fault(err)
	}
	return all, nil
}

// gridOf is the range in milliseconds, and ends at its last step.
func gridOf(from, to time.Time, step time.Duration) (v1.Range, error) {
	every, start, end := step.Milliseconds(), from.UnixMilli(), to.UnixMilli()
	switch {
	case from.IsZero() || to.IsZero():
		return v1.Range{}, invalid("evaluating a range: no times are given; pass the first and the last time to evaluate at")
	case end < start:
		return v1.Range{}, invalid("evaluating a range: it ends at %s, before it begins at %s; swap them", to.Format(time.RFC3339Nano), from.Format(time.RFC3339Nano))
	case every < 1:
		return v1.Range{}, invalid("evaluating a range: the step %s is shorter than a millisecond; make it longer", step)
	case (end-start)/every >= metrics.MaxSteps:
		return v1.Range{}, invalid("evaluating a range: from %s to %s by %s there are more than %d steps; make the steps longer, or the range shorter",
			from.Format(time.RFC3339), to.Format(time.RFC3339), step, metrics.MaxSteps)
	}
	return v1.Range{
		Start: time.UnixMilli(start), End: time.UnixMilli(start + (end-start)/every*every), Step: time.Duration(every) * time.Millisecond,
	}, nil
}

// decodeRange reads the answer to a range query: series of floats.
func decodeRange(value model.Value, window interval) (metrics.Samples, error) {
	matrix, ok := value.(model.Matrix)
	if !ok {
		return metrics.Samples{}, malformed("it is not the range that was asked for")
	}
	var all metrics.Samples
	for _, stream := range matrix {
		if stream == nil {
			return metrics.Samples{}, malformed("it holds an empty element")
		}
		if len(stream.Histograms) > 0 {
			return metrics.Samples{}, invalid("the query answers native histograms (%s), and numbers are wanted; apply histogram_quantile(), histogram_count() or the like",
				shorten(stream.Metric.String(), maxMessage))
		}
		samples, err := decodeStream(stream, window)
		if err != nil {
			return metrics.Samples{}, err
		}
		if len(samples) > 0 {
			all.Series = append(all.Series, series.Series{Labels: stream.Metric.String(), Samples: samples})
		}
	}
	if len(all.Series) == 0 {
		return all, noData("the query matches no series at any of those times; check its labels, and that the target is scraped")
	}
	if err := finish(all); err != nil {
		return metrics.Samples{}, err
	}
	return all, nil
}
