package prometheus_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

// matrix is an answer to a range selector, with what is given for its series.
func matrix(streams ...string) string {
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"matrix","result":[%s]}}`, strings.Join(streams, ","))
}

// TestDecodeSamples reads answers of all kinds.
//
// Long: it is a table.
func TestDecodeSamples(t *testing.T) {
	const histogram = `"histograms":[[1772366395,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}]]`
	at := func(millisecond int64, value float64) series.Sample {
		return series.Sample{At: asked.Add(time.Duration(millisecond) * time.Millisecond), Value: value}
	}
	one := func(labels string) series.HistogramSeries {
		return series.HistogramSeries{Labels: labels, Samples: []series.Histogram{{At: asked.Add(-5 * time.Second), Count: 1, Buckets: []series.Bucket{{Lower: 0, Upper: 1, Count: 1}}}}}
	}
	for _, test := range []struct {
		name, reason, body string
		want               metrics.Samples
		wantErr            error
		wantText           string
	}{{
		name: "order", reason: "the order of the source is not the order of the labels",
		body: matrix(`{"metric":{"__name__":"m","b":"1"},"values":[[1772366395,"1"]]}`, `{"metric":{"a":"1","__name__":"m"},"values":[[1772366395.5,"2"]]}`),
		want: metrics.Samples{Series: []series.Series{{Labels: `m{a="1"}`, Samples: []series.Sample{at(-4500, 2)}}, {Labels: `m{b="1"}`, Samples: []series.Sample{at(-5000, 1)}}}},
	}, {
		name: "left bound", reason: "Prometheus 2 returns the sample at the left bound too, which belongs to the window before",
		body: matrix(`{"metric":{"__name__":"m"},"values":[[1772366390,"1"],[1772366390.001,"2"],[1772366400,"3"],[1772366400.001,"4"]]}`),
		want: metrics.Samples{Series: []series.Series{{Labels: "m", Samples: []series.Sample{at(-9999, 2), at(0, 3)}}}},
	}, {
		name: "histograms among floats", reason: "each kind is told apart, also of one series",
		body: matrix(`{"metric":{"__name__":"n"},`+histogram+`}`, `{"metric":{"__name__":"m"},"values":[[1772366395,"1"]],`+histogram+`}`),
		want: metrics.Samples{Series: []series.Series{{Labels: "m", Samples: []series.Sample{at(-5000, 1)}}}, Histograms: []series.HistogramSeries{one("m"), one("n")}},
	}, {
		name: "histograms outside of the interval", reason: "a sample belongs to one window",
		body: matrix(`{"metric":{"__name__":"m"},"histograms":[[1772366390,{"count":"1","sum":"1"}],[1772366395,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}],[1772366400.001,{"count":"1","sum":"1"}]]}`),
		want: metrics.Samples{Histograms: []series.HistogramSeries{one("m")}},
	}, {
		name: "histograms alone, none of the interval", reason: "there is nothing",
		body: matrix(`{"metric":{"__name__":"m"},"histograms":[[1772366390,{"count":"1","sum":"1"}]]}`), wantErr: metrics.ErrNoData, wantText: "no sample in the interval",
	}, {
		name: "histograms twice", reason: "they would be counted twice",
		body: matrix(`{"metric":{"__name__":"m"},`+histogram+`}`, `{"metric":{"__name__":"m"},`+histogram+`}`), wantErr: metrics.ErrUnavailable, wantText: "m twice",
	}, {
		name: "histograms back in time", reason: "differences would be wrong",
		body: matrix(`{"metric":{"__name__":"m"},"histograms":[[1772366395,{"count":"1","sum":"1"}],[1772366395,{"count":"1","sum":"1"}]]}`), wantErr: metrics.ErrUnavailable, wantText: "order of time",
	}, {
		name: "a bucket of nothing", reason: "it cannot be read",
		body: matrix(`{"metric":{"__name__":"m"},"histograms":[[1772366395,{"count":"1","sum":"1","buckets":[null]}]]}`), wantErr: metrics.ErrUnavailable, wantText: "not what the query API promises",
	}, {
		name: "warnings", reason: "the source's doubts reach the reader, but not without bound",
		body: strings.Replace(matrix(`{"metric":{},"values":[[1772366395,"1"]]}`), "{", `{"warnings":["partial\nresponse"`+strings.Repeat(`,"again"`, 40)+`],`, 1),
		want: metrics.Samples{Series: []series.Series{{Labels: "{}", Samples: []series.Sample{at(-5000, 1)}}}, Warnings: append([]string{"partial response"}, repeat("again", 15)...)},
	}, {
		name: "twice", reason: "two series of the same labels would be counted twice",
		body: matrix(`{"metric":{"__name__":"m"},"values":[[1772366395,"1"]]}`, `{"metric":{"__name__":"m"},"values":[[1772366396,"1"]]}`), wantErr: metrics.ErrUnavailable, wantText: "m twice",
	}, {
		name: "back in time", reason: "differences would be wrong",
		body: matrix(`{"metric":{"__name__":"m"},"values":[[1772366395,"1"],[1772366394,"2"]]}`), wantErr: metrics.ErrUnavailable, wantText: "order of time",
	}, {
		name: "one time twice", reason: "so they would", body: matrix(`{"metric":{"__name__":"m"},"values":[[1772366395,"1"],[1772366395,"2"]]}`), wantErr: metrics.ErrUnavailable, wantText: "order of time",
	}, {
		name: "vector", reason: "it is not what was asked for", body: `{"status":"success","data":{"resultType":"vector","result":[]}}`, wantErr: metrics.ErrUnavailable, wantText: "not the range",
	}, {
		name: "null", reason: "it is nothing", body: matrix("null"), wantErr: metrics.ErrUnavailable, wantText: "empty element",
	}, {
		name: "no number", reason: "it cannot be read", body: matrix(`{"metric":{"__name__":"m"},"values":[[1772366395,"many"]]}`), wantErr: metrics.ErrUnavailable, wantText: "not what the query API promises",
	}} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(answering(200, jsonType, test.body))
			defer server.Close()
			got, err := provider(t, prometheus.Config{Address: server.URL}).Samples(t.Context(), "m", asked.Add(-10*time.Second), asked)
			wantFault(t, err, test.wantErr, test.wantText)
			if difference := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); difference != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, difference)
			}
		})
	}
}

func repeat(text string, times int) []string {
	var all []string
	for range times {
		all = append(all, text)
	}
	return all
}

// FuzzAnswers has a server send anything: whatever it is, the answer keeps the
// contract's promises, or the error is of one kind and one line.
func FuzzAnswers(f *testing.F) {
	f.Add(200, matrix(`{"metric":{"__name__":"m","a":"\""},"values":[[1772366395,"1"],[1772366396.001,"NaN"]]}`))
	f.Add(200, matrix(`{"metric":{"a=\"1\", b":"2"},"values":[[1772366395,"1"]]}`, `{"metric":{"a":"1","b":"2"},"values":[[1772366395,"1"]]}`))
	f.Add(200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"+Inf"]}]},"warnings":["w"]}`)
	f.Add(200, matrix(`{"metric":{"__name__":"m"},"histograms":[[1772366395,{"count":"3","sum":"1","buckets":[[3,"-0.001","0.001","1"],[0,"1","2","2"]]}]]}`))
	f.Add(200, `{"status":"success","data":{"resultType":"string","result":[1,"x"]}}`)
	for _, test := range responseCases() {
		recorder := httptest.NewRecorder()
		test.serve(recorder, httptest.NewRequest(http.MethodPost, "/api/v1/query", nil))
		f.Add(recorder.Code, recorder.Body.String())
	}
	type answer struct {
		status int
		body   string
	}
	var next atomic.Pointer[answer]
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.WriteHeader(next.Load().status)
		// Some statuses allow no body.
		_, _ = writer.Write([]byte(next.Load().body))
	}))
	f.Cleanup(server.Close)
	source := provider(f, prometheus.Config{Address: server.URL, ResponseLimit: 1 << 20})
	from := asked.Add(-10 * time.Second)

	f.Fuzz(func(t *testing.T, status int, body string) {
		next.Store(&answer{status: 200 + ((status-200)%400+400)%400, body: body})
		samples, err := source.Samples(t.Context(), "m", from, asked)
		wantOneKind(t, err)
		if err != nil && len(samples.Series)+len(samples.Histograms) > 0 {
			t.Errorf("error %v comes with %d series", err, len(samples.Series)+len(samples.Histograms))
		}
		if err == nil && len(samples.Series)+len(samples.Histograms) == 0 {
			t.Error("nothing came without an error")
		}
		for i, one := range samples.Series {
			if i > 0 && one.Labels <= samples.Series[i-1].Labels {
				t.Errorf("%q comes after %q", one.Labels, samples.Series[i-1].Labels)
			}
			wantOrder(t, one.Samples, from, asked)
		}
		answer, err := source.Query(t.Context(), "m", asked)
		wantOneKind(t, err)
		if err == nil && (len(answer.Values) == 0 || answer.Kind == metrics.Scalar && len(answer.Values) != 1) {
			t.Errorf("an answer without values: %v", answer)
		}
	})
}

// wantOrder checks the samples of one series.
func wantOrder(t *testing.T, samples []series.Sample, from, to time.Time) {
	t.Helper()
	if len(samples) == 0 {
		t.Error("a series has no samples")
	}
	for i, sample := range samples {
		if !sample.At.After(from) || sample.At.After(to) || i > 0 && !sample.At.After(samples[i-1].At) {
			t.Errorf("sample %d at %s is out of place", i, sample.At)
		}
	}
}

// wantOneKind checks that an error, if there is one, is of one kind.
func wantOneKind(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	kinds := 0
	for _, kind := range []error{metrics.ErrNoData, metrics.ErrUnavailable, metrics.ErrInvalidQuery} {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q is more than one line", err)
		}
		if isKind(err, kind) {
			kinds++
		}
	}
	if kinds != 1 {
		t.Errorf("error %q is of %d kinds", err, kinds)
	}
}
