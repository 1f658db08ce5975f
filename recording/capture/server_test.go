package capture_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
)

// begin is the first millisecond of what tests make up; all of it is two hours long.
const (
	begin = 1_767_312_000_000
	end   = begin + 7_200_000
)

// database is Prometheus' own, with counters that end by a stale marker, a gauge and
// native histograms.
func database(t *testing.T) *tsdb.DB {
	t.Helper()
	options := tsdb.DefaultOptions()
	options.RetentionDuration = 0
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, options, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	appender := db.Appender(context.Background())
	add := func(of labels.Labels, at int64, v float64) {
		if _, err := appender.Append(0, of, at, v); err != nil {
			t.Fatal(err)
		}
	}
	histograms := tsdbutil.GenerateTestHistograms(481)
	for i := range int64(481) {
		at := begin + i*15_000
		for pod := range 5 {
			of := labels.FromStrings("__name__", "requests_total", "pod", fmt.Sprint("web-", pod), "code", "200")
			switch {
			case pod == 4 && i == 200:
				add(of, at, math.Float64frombits(value.StaleNaN))
			case pod == 4 && i > 200:
			default:
				add(of, at+int64(pod), float64(i)*(0.1+float64(pod)))
			}
		}
		add(labels.FromStrings("__name__", "up", "env", "own"), at, float64(i%2))
		if _, err := appender.AppendHistogram(0, labels.FromStrings("__name__", "latency_seconds", "pod", "web-0"), at, histograms[i], nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

// server speaks the three paths that are used, by Prometheus' own code, and counts.
type server struct {
	*httptest.Server
	mutex sync.Mutex
	// asked are the paths of all requests; fault may answer one instead.
	asked []string
	fault func(number int, w http.ResponseWriter, r *http.Request) bool
	// without are paths that the server does not have.
	without []string
	// plain answers remote read in one piece.
	plain bool
}

func (s *server) count(path string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := 0
	for _, asked := range s.asked {
		if asked == path {
			n++
		}
	}
	return n
}

func serve(t *testing.T, db *tsdb.DB) *server {
	t.Helper()
	s := &server{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/read", func(w http.ResponseWriter, r *http.Request) {
		if err := remoteRead(w, r, db, s.plain); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /api/v1/status/config", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"yaml": "global:\n  external_labels:\n    cluster: one\n    env: prod\n"}})
	})
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1000, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	t.Cleanup(func() { _ = engine.Close() })
	mux.HandleFunc("POST /api/v1/query", func(w http.ResponseWriter, r *http.Request) { query(w, r, engine, db) })
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mutex.Lock()
		s.asked = append(s.asked, r.URL.Path)
		number := len(s.asked)
		s.mutex.Unlock()
		switch {
		case slices.Contains(s.without, r.URL.Path):
			http.NotFound(w, r)
		case s.fault != nil && s.fault(number, w, r):
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// query answers an instant query by the engine of Prometheus.
func query(w http.ResponseWriter, r *http.Request, engine *promql.Engine, db storage.Queryable) {
	var seconds model.Time
	if err := json.Unmarshal([]byte(r.FormValue("time")), &seconds); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	asked, err := engine.NewInstantQuery(r.Context(), db, nil, r.FormValue("query"), seconds.Time())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer asked.Close()
	result := asked.Exec(r.Context())
	if result.Err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "error", "errorType": "execution", "error": result.Err.Error()})
		return
	}
	matrix, _ := result.Matrix()
	var list []map[string]any
	for _, series := range matrix {
		one := map[string]any{"metric": series.Metric}
		var values [][2]any
		for _, point := range series.Floats {
			values = append(values, [2]any{float64(point.T) / 1000, fmt.Sprint(point.F)})
		}
		if values != nil {
			one["values"] = values
		}
		if len(series.Histograms) > 0 {
			one["histograms"] = []any{[2]any{1, map[string]any{}}}
		}
		list = append(list, one)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": list}})
}

// inside is what the database itself holds: each sample in a line, exact to the bit.
func inside(t *testing.T, db *tsdb.DB, from, to int64, matchers ...*labels.Matcher) []string {
	t.Helper()
	querier, err := db.Querier(from, to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = querier.Close() }()
	var lines []string
	set := querier.Select(context.Background(), true, nil, matchers...)
	for set.Next() {
		lines = append(lines, samplesOf(t, set.At())...)
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	slices.Sort(lines)
	return lines
}

// samplesOf writes the samples of a series, whole counts of histograms as such.
func samplesOf(t *testing.T, series storage.Series) []string {
	t.Helper()
	var lines []string
	samples := series.Iterator(nil)
	for kind := samples.Next(); kind != chunkenc.ValNone; kind = samples.Next() {
		switch kind {
		case chunkenc.ValFloat:
			at, v := samples.At()
			lines = append(lines, fmt.Sprintf("%s %d %016x", series.Labels(), at, math.Float64bits(v)))
		case chunkenc.ValHistogram:
			at, h := samples.AtHistogram(nil)
			lines = append(lines, fmt.Sprintf("%s %d whole %v %v %v %v %d %d %x", series.Labels(), at, h.PositiveSpans, h.PositiveBuckets, h.NegativeSpans, h.NegativeBuckets, h.Count, h.ZeroCount, math.Float64bits(h.Sum)))
		default:
			at, h := samples.AtFloatHistogram(nil)
			lines = append(lines, fmt.Sprintf("%s %d %v", series.Labels(), at, h))
		}
	}
	if samples.Err() != nil {
		t.Fatal(samples.Err())
	}
	return lines
}

// recorded is the same of a recording's block, by Prometheus' own reader.
func recorded(t *testing.T, folder string) []string {
	t.Helper()
	block, err := tsdb.OpenBlock(slog.New(slog.DiscardHandler), folder, chunkenc.NewPool(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = block.Close() }()
	querier, err := tsdb.NewBlockQuerier(block, math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = querier.Close() }()
	var lines []string
	set := querier.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+"))
	for set.Next() {
		lines = append(lines, samplesOf(t, set.At())...)
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	slices.Sort(lines)
	return lines
}

// cutting answers a request and cuts the connection in the middle of the answer.
func cutting(w http.ResponseWriter, from http.Handler, r *http.Request) {
	answer := httptest.NewRecorder()
	from.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	body := answer.Body.Bytes()
	_, _ = w.Write(body[:len(body)/2])
	if flusher, is := w.(http.Flusher); is {
		flusher.Flush()
	}
	panic(http.ErrAbortHandler)
}
