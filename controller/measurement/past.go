package measurement

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// past reads the baseline's gauge at the times before the first look that it asks for.
// That there is nothing so far back, or not always a number, is no fault: a service may be
// younger than its history.
func (q question) past(ctx context.Context, measurement *run.Measurement, query string) error {
	past := q.look.Past
	if past.Every <= 0 {
		return nil
	}
	for at := past.From; !at.After(past.To); at = at.Add(past.Every) {
		answer, err := q.provider.Query(ctx, query, at)
		if err != nil && !errors.Is(err, metrics.ErrNoData) {
			return err
		}
		if err := oneSeries("baseline", len(answer.Values)); err != nil {
			return err
		}
		for _, value := range answer.Values {
			if !math.IsNaN(value) && !math.IsInf(value, 0) {
				measurement.Samples.BaselinePoints = append(measurement.Samples.BaselinePoints, series.Sample{At: at, Value: value})
			}
		}
	}
	return nil
}

// oneSeries refuses a gauge that is not one number. The mean of several would weigh a pod
// that serves nothing like one that serves all.
func oneSeries(version string, count int) error {
	if count <= 1 {
		return nil
	}
	return fmt.Errorf("%w: provider.prometheus.%s.query returns %d series, and a gauge is one number; aggregate it, such as avg(…) or max(…)", metrics.ErrInvalidQuery, version, count)
}
