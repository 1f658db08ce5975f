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
	var all metrics.Samples
	for _, stream := range matrix {
		if stream == nil {
			return metrics.Samples{}, malformed("it holds an empty element")
		}
		labels := stream.Metric.String()
		samples, err := decodeStream(stream, window)
		if err != nil {
			return metrics.Samples{}, err
		}
		if len(samples) > 0 {
			all.Series = append(all.Series, series.Series{Labels: labels, Samples: samples})
		}
		histograms, err := decodeHistograms(stream, window)
		if err != nil {
			return metrics.Samples{}, err
		}
		if len(histograms) > 0 {
			all.Histograms = append(all.Histograms, series.HistogramSeries{Labels: labels, Samples: histograms})
		}
	}
	if err := finish(all); err != nil {
		return metrics.Samples{}, err
	}
	return all, nil
}

// decodeStream keeps the float samples of the interval.
func decodeStream(stream *model.SampleStream, window interval) ([]series.Sample, error) {
	var samples []series.Sample
	for i, pair := range stream.Values {
		if i > 0 && pair.Timestamp <= stream.Values[i-1].Timestamp {
			return nil, outOfOrder(stream)
		}
		if window.holds(pair.Timestamp) {
			samples = append(samples, series.Sample{At: time.UnixMilli(int64(pair.Timestamp)).UTC(), Value: float64(pair.Value)})
		}
	}
	return samples, nil
}

// decodeHistograms keeps the native histograms of the interval.
func decodeHistograms(stream *model.SampleStream, window interval) ([]series.Histogram, error) {
	var histograms []series.Histogram
	for i, pair := range stream.Histograms {
		if pair.Histogram == nil {
			return nil, malformed("it holds an empty histogram")
		}
		if i > 0 && pair.Timestamp <= stream.Histograms[i-1].Timestamp {
			return nil, outOfOrder(stream)
		}
		if !window.holds(pair.Timestamp) {
			continue
		}
		one := series.Histogram{At: time.UnixMilli(int64(pair.Timestamp)).UTC(), Count: float64(pair.Histogram.Count)}
		for _, bucket := range pair.Histogram.Buckets {
			if bucket == nil {
				return nil, malformed("it holds an empty bucket")
			}
			one.Buckets = append(one.Buckets, series.Bucket{Lower: float64(bucket.Lower), Upper: float64(bucket.Upper), Count: float64(bucket.Count)})
		}
		histograms = append(histograms, one)
	}
	return histograms, nil
}

func outOfOrder(stream *model.SampleStream) *problem {
	return malformed("the samples of %s are not in the order of time", shorten(stream.Metric.String(), 200))
}

// finish sorts the series, and refuses an answer that holds one twice or none.
func finish(all metrics.Samples) error {
	slices.SortFunc(all.Series, func(a, b series.Series) int { return strings.Compare(a.Labels, b.Labels) })
	slices.SortFunc(all.Histograms, func(a, b series.HistogramSeries) int { return strings.Compare(a.Labels, b.Labels) })
	for i := 1; i < len(all.Series); i++ {
		if all.Series[i].Labels == all.Series[i-1].Labels {
			return malformed("it holds %s twice", shorten(all.Series[i].Labels, 200))
		}
	}
	for i := 1; i < len(all.Histograms); i++ {
		if all.Histograms[i].Labels == all.Histograms[i-1].Labels {
			return malformed("it holds %s twice", shorten(all.Histograms[i].Labels, 200))
		}
	}
	if len(all.Series)+len(all.Histograms) > 0 {
		return nil
	}
	return noData("the selector matches no sample in the interval; check its labels, and that the target is scraped")
}

// malformed is an answer that breaks the API's promises.
func malformed(format string, args ...any) *problem {
	return unavailable("the answer is not what the query API promises: %s; check that provider.prometheus.address names a Prometheus server", fmt.Sprintf(format, args...))
}
