package monitoring_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	client "github.com/prometheus/client_golang/api"
	apiv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/serin-dev/serin/lab/app"
	"github.com/serin-dev/serin/lab/monitoring"
)

const interval = 100 * time.Millisecond

func TestTargetsAreScrapedAndQueried(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	target, settings := httptest.NewUnstartedServer(nil), app.Settings{Version: "v1", ErrorShare: 500_000}
	application, err := app.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	target.Config.Handler = application
	target.Start()
	for range 10 {
		get(t, target.URL)
	}
	server, err := monitoring.Start(interval)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(target.URL, "http://")
	server.SetTargets([]monitoring.Target{{Address: address, Labels: map[string]string{"pod": "web-1", "namespace": "demo"}}})
	api := newAPI(t, server)

	t.Run("an instant query gives a vector", func(t *testing.T) { vector(t, api, address) })
	t.Run("a range selector gives the raw samples", func(t *testing.T) { matrix(t, api) })
	t.Run("a target that is gone is stale at once", func(t *testing.T) {
		server.SetTargets(nil)
		waitUntil(t, "the series has ended", func() bool {
			return len(query(t, api, `http_requests_total`).(model.Vector)) == 0
		})
	})
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	server.SetTargets(nil) // It must not wait for a server that is gone.
	target.Close()
	http.DefaultClient.CloseIdleConnections()
	waitUntil(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("%v (%v) is left in the folder for temporary files", left, err)
	}
}

// vector checks the values and the labels of an instant query.
func vector(t *testing.T, api apiv1.API, address string) {
	const expression = `http_requests_total{pod="web-1"}`
	waitUntil(t, "the target is scraped", func() bool { return len(query(t, api, expression).(model.Vector)) == 2 })
	got := map[string]float64{}
	for _, sample := range query(t, api, expression).(model.Vector) {
		got[sample.Metric.String()] = float64(sample.Value)
	}
	want := map[string]float64{
		`http_requests_total{code="200", instance="` + address + `", job="pods", namespace="demo", pod="web-1"}`: 5,
		`http_requests_total{code="500", instance="` + address + `", job="pods", namespace="demo", pod="web-1"}`: 5,
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("the vector differs (-want +got):\n%s", difference)
	}
	if up := query(t, api, `up{pod="web-1"}`).(model.Vector); len(up) != 1 || up[0].Value != 1 {
		t.Errorf("up is %v, want 1", up)
	}
}

// matrix checks the raw samples of a range selector.
func matrix(t *testing.T, api apiv1.API) {
	waitUntil(t, "there are five samples", func() bool {
		streams := query(t, api, `http_requests_total{code="500"}[1m]`).(model.Matrix)
		return len(streams) == 1 && len(streams[0].Values) >= 5
	})
	samples := query(t, api, `http_requests_total{code="500"}[1m]`).(model.Matrix)[0].Values
	for i, sample := range samples {
		if sample.Value != 5 {
			t.Errorf("sample %d is %v, want 5", i, sample.Value)
		}
		if i > 0 && !sample.Timestamp.After(samples[i-1].Timestamp) {
			t.Errorf("sample %d is not after the one before", i)
		}
	}
}

func TestAnswersAreInPrometheusFormat(t *testing.T) {
	server, err := monitoring.Start(interval)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, test := range []struct {
		query  url.Values
		code   int
		body   string
		reason string
	}{
		{url.Values{"query": {"vector(1.5)"}, "time": {"12.25"}}, 200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[12.25,"1.5"]}]}}`, "a vector"},
		{url.Values{"query": {"nothing"}, "time": {"12"}}, 200, `{"status":"success","data":{"resultType":"vector","result":[]}}`, "an empty vector is not null"},
		{url.Values{"query": {"nothing[5m]"}}, 200, `{"status":"success","data":{"resultType":"matrix","result":[]}}`, "an empty matrix is not null"},
		{url.Values{"query": {"1 / 0"}, "time": {"1970-01-01T00:00:02Z"}}, 200, `{"status":"success","data":{"resultType":"scalar","result":[2,"+Inf"]}}`, "a scalar that no JSON number can be"},
		{url.Values{"query": {`"text"`}, "time": {"1"}}, 200, `{"status":"success","data":{"resultType":"string","result":[1,"text"]}}`, "a string"},
		{url.Values{"query": {"rate(nothing)"}}, 400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"}`, "a query that makes no sense"},
		{url.Values{"query": {""}}, 400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": unknown position: parse error: no expression found in input"}`, "no query"},
		{url.Values{"query": {"1"}, "time": {"noon"}}, 400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": cannot parse \"noon\" to a valid timestamp"}`, "a time that makes no sense"},
		{url.Values{"query": {"1"}, "timeout": {"soon"}}, 400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"timeout\": cannot parse \"soon\" to a valid duration"}`, "a timeout that makes no sense"},
		{url.Values{"query": {"vector(1) + on() (label_replace(vector(1), \"a\", \"1\", \"\", \"\") or vector(2))"}}, 422, `{"status":"error","errorType":"execution","error":"found duplicate series for the match group {} on the right hand-side of the operation: [{a=\"1\"}, {}];many-to-many matching not allowed: matching labels must be unique on one side"}`, "a query that fails"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			for name, answer := range map[string]func() (*http.Response, error){
				"GET":  func() (*http.Response, error) { return http.Get(server.URL + "/api/v1/query?" + test.query.Encode()) },
				"POST": func() (*http.Response, error) { return http.PostForm(server.URL+"/api/v1/query", test.query) },
			} {
				code, body := read(t, answer)
				if code != test.code {
					t.Errorf("%s: the status is %d, want %d", name, code, test.code)
				}
				if difference := cmp.Diff(test.body, body); difference != "" {
					t.Errorf("%s: the body differs (-want +got):\n%s", name, difference)
				}
			}
		})
	}
}

func TestATimeoutHasItsOwnError(t *testing.T) {
	server, err := monitoring.Start(interval)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	code, body := read(t, func() (*http.Response, error) {
		return http.Get(server.URL + "/api/v1/query?" + url.Values{"query": {"1"}, "timeout": {"1e-9"}}.Encode())
	})
	if code != http.StatusServiceUnavailable || !strings.Contains(body, `"errorType":"timeout"`) {
		t.Errorf("the answer is %d %s, want 503 and a timeout", code, body)
	}
}

func TestStartRefusesAnIntervalOfNothing(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	if _, err := monitoring.Start(0); err == nil || !strings.Contains(err.Error(), "starting Prometheus: the scrape interval 0s") {
		t.Errorf("Start(0) says %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("%v (%v) is left in the folder for temporary files", left, err)
	}
}

func newAPI(t *testing.T, server *monitoring.Server) apiv1.API {
	t.Helper()
	c, err := client.NewClient(client.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return apiv1.NewAPI(c)
}

// query asks Prometheus' own client.
func query(t *testing.T, api apiv1.API, expression string) model.Value {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	value, warnings, infos, err := api.Query(ctx, expression, time.Now())
	if err != nil || len(warnings)+len(infos) > 0 {
		t.Fatalf("querying %s: %v %v %v", expression, err, warnings, infos)
	}
	return value
}

func get(t *testing.T, url string) {
	t.Helper()
	read(t, func() (*http.Response, error) { return http.Get(url) })
}

func read(t *testing.T, ask func() (*http.Response, error)) (code int, body string) {
	t.Helper()
	answer, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// waitUntil polls a condition for at most twenty seconds.
func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
