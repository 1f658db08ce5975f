package measurement

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// past reads the baseline's gauge at the times before the first look that it asks for.
// That there is nothing so far back, or not always a number, is no fault: a service may be
// younger than its history.
func (q question) past(ctx context.Context, measurement *run.Measurement, query string) error {
	past := q.look.Past.Before(q.at)
	if past.Every <= 0 {
		return nil
	}
	read := q.oneByOne
	if ranger, can := q.provider.(metrics.Ranger); can {
		read = func(ctx context.Context, query string, past run.Past) (metrics.Samples, error) {
			return ranger.Range(ctx, query, past.From, past.To, past.Every)
		}
	}
	answer, err := read(ctx, query, past)
	if err != nil && !errors.Is(err, metrics.ErrNoData) {
		return fmt.Errorf("reading the baseline's history: %w", err)
	}
	measurement.Warnings = append(measurement.Warnings, answer.Warnings...)
	points, err := inOrder(answer.Series)
	measurement.Samples.BaselinePoints = append(measurement.Samples.BaselinePoints, points...)
	return err
}

// inOrder are the numbers of several series, which must not be there at the same time: the
// labels of a gauge may change from one pod to the next, and it is one gauge still.
func inOrder(all []series.Series) ([]series.Sample, error) {
	var points []series.Sample
	for _, one := range all {
		points = append(points, one.Samples...)
	}
	slices.SortFunc(points, func(a, b series.Sample) int { return a.At.Compare(b.At) })
	for i := 1; i < len(points); i++ {
		if points[i].At.Equal(points[i-1].At) {
			return nil, oneSeries("baseline", len(all))
		}
	}
	return slices.DeleteFunc(points, func(p series.Sample) bool { return math.IsNaN(p.Value) || math.IsInf(p.Value, 0) }), nil
}

// oneByOne asks for one time after another, of a source that cannot answer many at once.
func (q question) oneByOne(ctx context.Context, query string, past run.Past) (metrics.Samples, error) {
	var all series.Series
	for at := past.From; !at.After(past.To); at = at.Add(past.Every) {
		answer, err := q.provider.Query(ctx, query, at)
		if err != nil && !errors.Is(err, metrics.ErrNoData) {
			return metrics.Samples{}, err
		}
		if err := oneSeries("baseline", len(answer.Values)); err != nil {
			return metrics.Samples{}, err
		}
		for _, value := range answer.Values {
			all.Samples = append(all.Samples, series.Sample{At: at, Value: value})
		}
	}
	return metrics.Samples{Series: []series.Series{all}}, nil
}

// oneSeries refuses a gauge that is not one number. The mean of several would weigh a pod
// that serves nothing like one that serves all.
func oneSeries(version string, count int) error {
	if count <= 1 {
		return nil
	}
	return fmt.Errorf("%w: provider.prometheus.%s.query returns %d series, and a gauge is one number; aggregate it, such as avg(…) or max(…)", metrics.ErrInvalidQuery, version, count)
}
