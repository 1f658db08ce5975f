package prometheus

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// interval is (from, to] in milliseconds of Unix time.
type interval struct{ from, to int64 }

func (i interval) holds(at model.Time) bool { return int64(at) > i.from && int64(at) <= i.to }

// decodeAnswer reads the answer to a query: a scalar, or a vector of floats.
func decodeAnswer(value model.Value) (metrics.Answer, error) {
	switch value := value.(type) {
	case *model.Scalar:
		return metrics.Answer{Kind: metrics.Scalar, Values: []float64{float64(value.Value)}}, nil
	case model.Vector:
		return decodeVector(value)
	case model.Matrix:
		return metrics.Answer{}, invalid("the query answers a range of samples, and a scalar or an instant vector is wanted; apply a function such as rate() or drop the range")
	case *model.String:
		return metrics.Answer{}, answersString()
	}
	return metrics.Answer{}, malformed("it holds no result")
}

func answersString() *problem {
	return invalid("the query answers a string, and a scalar or an instant vector is wanted; ask for a number")
}

// decodeVector keeps the server's order. A histogram is not a number, and to
// leave it out would shift the others.
func decodeVector(vector model.Vector) (metrics.Answer, error) {
	answer := metrics.Answer{Kind: metrics.Vector}
	for _, sample := range vector {
		if sample == nil {
			return answer, malformed("it holds an empty element")
		}
		if sample.Histogram != nil {
			return answer, invalid("the query answers native histograms (%s), and numbers are wanted; apply histogram_quantile(), histogram_count() or the like",
				shorten(sample.Metric.String(), maxMessage))
		}
	}
	if len(vector) == 0 {
		return answer, noData("the query matches no series at that time; check its labels, and that the target is scraped")
	}
	answer.Values = make([]float64, len(vector))
	for i, sample := range vector {
		answer.Values[i] = float64(sample.Value)
	}
	return answer, nil
}

// decodeSamples reads the answer to a range selector: series in the order of
// their labels, each with the samples of the interval in the order of time.
func decodeSamples(value model.Value, window interval) (metrics.Samples, error) {
	matrix, ok := value.(model.Matrix)
	if !ok {
		return metrics.Samples{}, malformed("it is not the range that was asked for")
	}
	var all []series.Series
	var histograms []string
	for _, stream := range matrix {
		if stream == nil {
			return metrics.Samples{}, malformed("it holds an empty element")
		}
		labels := stream.Metric.String()
		samples, err := decodeStream(stream, window)
		if err != nil {
			return metrics.Samples{}, err
		}
		if len(stream.Histograms) > 0 {
			histograms = append(histograms, labels)
		}
		if len(samples) > 0 {
			all = append(all, series.Series{Labels: labels, Samples: samples})
		}
	}
	warnings := histogramWarning(histograms)
	if err := finish(all, len(histograms) > 0); err != nil {
		return metrics.Samples{Warnings: warnings}, err
	}
	return metrics.Samples{Series: all, Warnings: warnings}, nil
}

// decodeStream keeps the float samples of the interval.
func decodeStream(stream *model.SampleStream, window interval) ([]series.Sample, error) {
	var samples []series.Sample
	for i, pair := range stream.Values {
		if i > 0 && pair.Timestamp <= stream.Values[i-1].Timestamp {
			return nil, malformed("the samples of %s are not in the order of time", shorten(stream.Metric.String(), 200))
		}
		if window.holds(pair.Timestamp) {
			samples = append(samples, series.Sample{At: time.UnixMilli(int64(pair.Timestamp)).UTC(), Value: float64(pair.Value)})
		}
	}
	return samples, nil
}

// finish sorts the series, and refuses an answer that holds one twice or none.
func finish(all []series.Series, histograms bool) error {
	slices.SortFunc(all, func(a, b series.Series) int { return strings.Compare(a.Labels, b.Labels) })
	for i := 1; i < len(all); i++ {
		if all[i].Labels == all[i-1].Labels {
			return malformed("it holds %s twice", shorten(all[i].Labels, 200))
		}
	}
	switch {
	case len(all) > 0:
		return nil
	case histograms:
		return noData("the selector matches native histograms only, and counters are wanted; select a counter of floats")
	}
	return noData("the selector matches no sample in the interval; check its labels, and that the target is scraped")
}

// histogramWarning names the first of the series whose histograms are left out.
func histogramWarning(labels []string) []string {
	if len(labels) == 0 {
		return nil
	}
	first := shorten(slices.Min(labels), 200)
	return []string{fmt.Sprintf("native histogram samples are left out of %d series, the first being %s: only floats can be counted", len(labels), first)}
}

// malformed is an answer that breaks the API's promises.
func malformed(format string, args ...any) *problem {
	return unavailable("the answer is not what the query API promises: %s; check that provider.prometheus.address names a Prometheus server", fmt.Sprintf(format, args...))
}
