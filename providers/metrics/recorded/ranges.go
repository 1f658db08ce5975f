package recorded

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

var _ metrics.Ranger = (*Provider)(nil)

// Range evaluates an expression at many times, by one range query of the engine. No
// step sees samples after the last one.
func (p *Provider) Range(ctx context.Context, expression string, from, to time.Time, step time.Duration) (metrics.Samples, error) {
	if err := ctx.Err(); err != nil {
		return metrics.Samples{}, p.fault(gaveUp(err))
	}
	if err := checkRange(from, to, step); err != nil {
		return metrics.Samples{}, p.fault(err)
	}
	asked, err := p.question(expression)
	if err != nil {
		return metrics.Samples{}, p.fault(err)
	}
	answer, err := asked.ranged(ctx, p, from.UnixMilli(), to.UnixMilli(), step.Milliseconds())
	if err != nil {
		return answer, p.fault(err)
	}
	return answer, nil
}

func checkRange(from, to time.Time, step time.Duration) error {
	every, start, end := step.Milliseconds(), from.UnixMilli(), to.UnixMilli()
	switch {
	case from.IsZero() || to.IsZero():
		return invalid("evaluating a range: no times are given; pass the first and the last time to evaluate at")
	case end < start:
		return invalid("evaluating a range: it ends at %s, before it begins at %s; swap them", to.Format(time.RFC3339Nano), from.Format(time.RFC3339Nano))
	case every < 1:
		return invalid("evaluating a range: the step %s is shorter than a millisecond; make it longer", step)
	case (end-start)/every >= metrics.MaxSteps:
		return invalid("evaluating a range: from %s to %s by %s there are more than %d steps; make the steps longer, or the range shorter",
			from.Format(time.RFC3339), to.Format(time.RFC3339), step, metrics.MaxSteps)
	}
	return nil
}

// ranged asks the engine for all steps.
func (q *question) ranged(ctx context.Context, p *Provider, start, end, step int64) (metrics.Samples, error) {
	end = start + (end-start)/step*step
	query, err := p.engine().NewRangeQuery(ctx, view{p.memory, end}, nil, q.text, time.UnixMilli(start), time.UnixMilli(end), time.Duration(step)*time.Millisecond)
	if err != nil {
		return metrics.Samples{}, p.classify(ctx, err)
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return metrics.Samples{}, p.classify(ctx, result.Err)
	}
	all := metrics.Samples{Warnings: q.warnings(result.Warnings)}
	matrix, _ := result.Value.(promql.Matrix)
	for _, one := range matrix {
		if len(one.Histograms) > 0 {
			return metrics.Samples{Warnings: all.Warnings}, invalid("the query answers native histograms (%s), and numbers are wanted; apply histogram_quantile(), histogram_count() or the like", shorten(textOf(one.Metric)))
		}
		if len(one.Floats) > 0 {
			all.Series = append(all.Series, series.Series{Labels: textOf(one.Metric), Samples: appendSamples(nil, one.Floats)})
		}
	}
	if len(all.Series) == 0 {
		return all, noData("the query matches no series at any of those times; check its labels, and that the target is scraped")
	}
	slices.SortFunc(all.Series, func(a, b series.Series) int { return strings.Compare(a.Labels, b.Labels) })
	return all, nil
}
