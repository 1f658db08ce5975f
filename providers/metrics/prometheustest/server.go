// Package prometheustest is Prometheus' own storage and PromQL engine behind the path and
// in the format of its HTTP API, for tests of what speaks to a server.
//
// What may come in: what metricstest wants to be held.
package prometheustest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics/metricstest"
)

// engine is Prometheus' own storage and PromQL behind the path and in the
// format of its HTTP API.
type engine struct {
	storage *tsdb.DB
	promql  *promql.Engine
}

// Serve starts an engine that holds some series; it is stopped with the test.
func Serve(t testing.TB, held metricstest.Held) *httptest.Server {
	t.Helper()
	options := tsdb.DefaultOptions()
	options.WALSegmentSize, options.StripeSize = -1, 16
	// Series of a test come one after the other, not in the order of time.
	options.OutOfOrderTimeWindow = time.Hour.Milliseconds()
	storage, err := tsdb.Open(t.TempDir(), promslog.NewNopLogger(), nil, options, nil)
	if err != nil {
		t.Fatalf("opening a TSDB: %v", err)
	}
	storage.DisableCompactions()
	fill(t, storage, held)
	server := httptest.NewServer(engine{storage: storage, promql: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true, Parser: parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})})
	t.Cleanup(func() {
		server.Close()
		if err := storage.Close(); err != nil {
			t.Errorf("closing the TSDB: %v", err)
		}
	})
	return server
}

// fill appends samples as a scrape would.
func fill(t testing.TB, storage *tsdb.DB, held metricstest.Held) {
	t.Helper()
	appender := storage.Appender(context.Background())
	for _, one := range held.Series {
		for _, sample := range one.Samples {
			if _, err := appender.Append(0, Labels(t, one.Labels), sample.At.UnixMilli(), sample.Value); err != nil {
				t.Fatalf("appending to %s: %v", one.Labels, err)
			}
		}
	}
	for _, one := range held.Natives {
		for _, sample := range one.Samples {
			if _, err := appender.AppendHistogram(0, Labels(t, one.Labels), sample.At.UnixMilli(), nil, Stored(sample.Native)); err != nil {
				t.Fatalf("appending to %s: %v", one.Labels, err)
			}
		}
	}
	if err := appender.Commit(); err != nil {
		t.Fatalf("committing: %v", err)
	}
}

// Labels reads labels as the conformance suite writes them.
func Labels(t testing.TB, text string) labels.Labels {
	t.Helper()
	labels, err := parser.NewParser(parser.Options{}).ParseMetric(text)
	if err != nil {
		t.Fatalf("parsing the labels %s: %v", text, err)
	}
	return labels
}

// Stored is a histogram as the TSDB keeps it.
func Stored(native series.Native) *histogram.FloatHistogram {
	spans := func(all []series.Span) (made []histogram.Span) {
		for _, span := range all {
			made = append(made, histogram.Span{Offset: span.Offset, Length: span.Length})
		}
		return made
	}
	return &histogram.FloatHistogram{
		Schema: native.Schema, ZeroThreshold: native.ZeroThreshold, ZeroCount: native.ZeroCount, Count: native.Count, CustomValues: native.CustomBounds,
		PositiveSpans: spans(native.PositiveSpans), NegativeSpans: spans(native.NegativeSpans), PositiveBuckets: native.Positive, NegativeBuckets: native.Negative,
	}
}

// ServeHTTP answers /api/v1/query and /api/v1/query_range.
func (e engine) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	var query promql.Query
	var err error
	switch request.URL.Path {
	case "/api/v1/query":
		query, err = e.promql.NewInstantQuery(request.Context(), e.storage, nil, request.FormValue("query"), moment(request, "time"))
	case "/api/v1/query_range":
		step := time.Duration(moment(request, "step").UnixMilli()) * time.Millisecond
		query, err = e.promql.NewRangeQuery(request.Context(), e.storage, nil, request.FormValue("query"), moment(request, "start"), moment(request, "end"), step)
	default:
		http.NotFound(writer, request)
		return
	}
	if err != nil {
		refuse(writer, http.StatusBadRequest, "bad_data", err)
		return
	}
	defer query.Close()
	result := query.Exec(request.Context())
	if result.Err != nil {
		refuseEvaluation(writer, result.Err)
		return
	}
	warnings, _ := result.Warnings.AsStrings(request.FormValue("query"), 10, 10)
	respond(writer, http.StatusOK, map[string]any{
		"status": "success", "warnings": warnings,
		"data": map[string]any{"resultType": result.Value.Type(), "result": wire(result.Value)},
	})
}

// moment is a time in seconds; what is no number is the beginning of time.
func moment(request *http.Request, name string) time.Time {
	seconds, _ := strconv.ParseFloat(request.FormValue(name), 64)
	return time.UnixMilli(int64(math.Round(seconds * 1000)))
}

// refuseEvaluation gives an error of the engine the status that Prometheus gives it.
func refuseEvaluation(writer http.ResponseWriter, err error) {
	var canceled promql.ErrQueryCanceled
	var late promql.ErrQueryTimeout
	var internal promql.ErrStorage
	switch {
	case errors.As(err, &canceled):
		refuse(writer, 499, "canceled", err)
	case errors.As(err, &late):
		refuse(writer, http.StatusServiceUnavailable, "timeout", err)
	case errors.As(err, &internal):
		refuse(writer, http.StatusInternalServerError, "internal", err)
	default:
		refuse(writer, http.StatusUnprocessableEntity, "execution", err)
	}
}

func refuse(writer http.ResponseWriter, status int, kind string, err error) {
	respond(writer, status, map[string]any{"status": "error", "errorType": kind, "error": err.Error()})
}

func respond(writer http.ResponseWriter, status int, body any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	// A client that has gone is no fault of this server.
	_ = json.NewEncoder(writer).Encode(body)
}

// wire is a result in the types that marshal as the API does.
func wire(value parser.Value) model.Value {
	switch value := value.(type) {
	case promql.Scalar:
		return &model.Scalar{Timestamp: model.Time(value.T), Value: model.SampleValue(value.V)}
	case promql.String:
		return &model.String{Timestamp: model.Time(value.T), Value: value.V}
	case promql.Vector:
		vector := model.Vector{}
		for _, sample := range value {
			made := &model.Sample{Metric: metric(sample.Metric.Map()), Timestamp: model.Time(sample.T), Value: model.SampleValue(sample.F)}
			if sample.H != nil {
				made.Histogram = wireHistogram(sample.H)
			}
			vector = append(vector, made)
		}
		return vector
	case promql.Matrix:
		matrix := model.Matrix{}
		for _, one := range value {
			stream := &model.SampleStream{Metric: metric(one.Metric.Map())}
			for _, point := range one.Floats {
				stream.Values = append(stream.Values, model.SamplePair{Timestamp: model.Time(point.T), Value: model.SampleValue(point.F)})
			}
			for _, point := range one.Histograms {
				stream.Histograms = append(stream.Histograms, model.SampleHistogramPair{Timestamp: model.Time(point.T), Histogram: wireHistogram(point.H)})
			}
			matrix = append(matrix, stream)
		}
		return matrix
	}
	return nil
}

// wireHistogram is a histogram as the API tells it: the buckets that hold something.
func wireHistogram(held *histogram.FloatHistogram) *model.SampleHistogram {
	made := &model.SampleHistogram{Count: model.FloatString(held.Count), Sum: model.FloatString(held.Sum)}
	for buckets := held.AllBucketIterator(); buckets.Next(); {
		bucket := buckets.At()
		if bucket.Count == 0 {
			continue
		}
		rule := int32(2)
		switch {
		case bucket.LowerInclusive && bucket.UpperInclusive:
			rule = 3
		case bucket.LowerInclusive:
			rule = 1
		case bucket.UpperInclusive:
			rule = 0
		}
		made.Buckets = append(made.Buckets, &model.HistogramBucket{Boundaries: rule, Lower: model.FloatString(bucket.Lower), Upper: model.FloatString(bucket.Upper), Count: model.FloatString(bucket.Count)})
	}
	return made
}

func metric(labels map[string]string) model.Metric {
	made := model.Metric{}
	for name, value := range labels {
		made[model.LabelName(name)] = model.LabelValue(value)
	}
	return made
}
