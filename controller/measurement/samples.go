package measurement

import (
	"context"
	"errors"
	"fmt"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// versions are what is read of each version; empty fields are not asked for.
type versions struct{ canary, baseline v1alpha1.VersionMetrics }

// samples measures a metric with a judge, or with conditions on canary and baseline, by
// what its versions name: a gauge, a histogram or counters. Only an objective has no baseline.
func (q question) samples(ctx context.Context, measurement *run.Measurement) error {
	canary, baseline := q.source.Canary, q.source.Baseline
	if canary == nil {
		return fmt.Errorf("%w: provider.prometheus has neither query nor canary; write one", metrics.ErrInvalidQuery)
	}
	if baseline == nil {
		baseline = &v1alpha1.VersionMetrics{}
	}
	for _, read := range []func(context.Context, *run.Measurement, versions) error{q.points, q.histograms, q.counters} {
		if err := read(ctx, measurement, versions{*canary, *baseline}); err != nil {
			return err
		}
	}
	return nil
}

// counters reads the four counters over the same time. The bad ones come first, so that
// a request that is counted meanwhile is never bad without being there at all.
func (q question) counters(ctx context.Context, measurement *run.Measurement, of versions) error {
	samples := measurement.Samples
	for _, part := range []struct {
		selector string
		into     *[]series.Series
	}{
		{of.canary.Bad, &samples.CanaryBad}, {of.baseline.Bad, &samples.BaselineBad},
		{of.canary.Total, &samples.CanaryTotal}, {of.baseline.Total, &samples.BaselineTotal},
	} {
		answer, err := q.raw(ctx, measurement, part.selector)
		if err != nil {
			return err
		}
		*part.into = answer.Series
		if n := len(answer.Histograms); n > 0 {
			measurement.Warnings = append(measurement.Warnings,
				fmt.Sprintf("native histograms are left out of %d series, the first being %s: only floats are counters", n, answer.Histograms[0].Labels))
		}
	}
	return nil
}

// histograms reads the buckets of both versions, classic and native ones: series move
// from one to the other, and both may be there meanwhile.
func (q question) histograms(ctx context.Context, measurement *run.Measurement, of versions) error {
	for _, part := range []struct {
		selector string
		into     *series.Histograms
	}{{of.canary.Histogram, &measurement.Samples.CanaryHistogram}, {of.baseline.Histogram, &measurement.Samples.BaselineHistogram}} {
		answer, err := q.raw(ctx, measurement, part.selector)
		if err != nil {
			return err
		}
		*part.into = series.Histograms{Classic: answer.Series, Native: answer.Histograms}
	}
	return nil
}

// raw reads the samples of a selector since the last look; that there are none is an
// answer, and so is that nobody asked.
func (q question) raw(ctx context.Context, measurement *run.Measurement, selector string) (metrics.Samples, error) {
	if selector == "" {
		return metrics.Samples{}, nil
	}
	answer, err := q.provider.Samples(ctx, selector, q.look.From, q.at)
	if err != nil && !errors.Is(err, metrics.ErrNoData) {
		return metrics.Samples{}, err
	}
	measurement.Warnings = append(measurement.Warnings, answer.Warnings...)
	return answer, nil
}

// points reads a gauge of both versions at the time of the look. That a version has
// none is for the judge to say.
func (q question) points(ctx context.Context, measurement *run.Measurement, of versions) error {
	for _, part := range []struct {
		name, query string
		into        *[]series.Sample
	}{{"canary", of.canary.Query, &measurement.Samples.CanaryPoints}, {"baseline", of.baseline.Query, &measurement.Samples.BaselinePoints}} {
		if part.query == "" {
			continue
		}
		answer, err := q.provider.Query(ctx, part.query, q.at)
		if err != nil && !errors.Is(err, metrics.ErrNoData) {
			return err
		}
		measurement.Warnings = append(measurement.Warnings, answer.Warnings...)
		if err := oneSeries(part.name, len(answer.Values)); err != nil {
			return err
		}
		if part.name == "baseline" {
			if err := q.past(ctx, measurement, part.query); err != nil {
				return err
			}
		}
		for _, value := range answer.Values {
			*part.into = append(*part.into, series.Sample{At: q.at, Value: value})
		}
	}
	return nil
}
