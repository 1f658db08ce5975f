package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

var asked = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// answering makes a handler that gives one answer.
func answering(status int, content, body string) http.HandlerFunc {
	return func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", content)
		writer.WriteHeader(status)
		fmt.Fprint(writer, body)
	}
}

// responseCase is one response of a server, and what must be made of it.
type responseCase struct {
	name, reason string
	serve        http.HandlerFunc
	wantErr      error
	wantText     []string
}

const jsonType = "application/json"

func responseCases() []responseCase {
	refused := func(status int, kind, message string) http.HandlerFunc {
		return answering(status, jsonType, fmt.Sprintf(`{"status":"error","errorType":%q,"error":%q}`, kind, message))
	}
	return []responseCase{
		{"bad data", "the server's words help to correct the query", refused(400, "bad_data", `1:5: parse error: unclosed left parenthesis`), metrics.ErrInvalidQuery, []string{"1:5: parse error", "correct the query"}},
		{"execution", "so do those of the evaluation", refused(422, "execution", "many-to-many matching not allowed"), metrics.ErrInvalidQuery, []string{"many-to-many"}},
		{"VictoriaMetrics' refusal", "its errorType is the status", refused(422, "422", "unknown func"), metrics.ErrInvalidQuery, []string{"unknown func"}},
		{"timeout of the server", "the query was not to blame", refused(503, "timeout", "query timed out in expression evaluation"), metrics.ErrUnavailable, []string{"503", "query timed out"}},
		{"timeout as a refusal", "the type says that the server gave up", refused(422, "timeout", "context deadline exceeded"), metrics.ErrUnavailable, []string{"gave up", "deadline"}},
		{"canceled", "a server that shuts down cancels its queries", refused(499, "canceled", "query was canceled"), metrics.ErrUnavailable, []string{"499"}},
		{"error as a success", "an error is an error, whatever the status", refused(200, "bad_data", "no such thing"), metrics.ErrInvalidQuery, []string{"no such thing"}},
		{"internal error as a success", "and its type counts", refused(200, "internal", "storage is down"), metrics.ErrUnavailable, []string{"storage is down"}},
		{"success as a refusal", "contradictions are no answer", answering(400, jsonType, `{"status":"success","data":{"resultType":"vector","result":[]}}`), metrics.ErrUnavailable, []string{"400"}},
		{"plain 400", "a TLS port answers plain HTTP so", answering(400, "text/plain", "Client sent an HTTP request to an HTTPS server."), metrics.ErrUnavailable, []string{"HTTPS server", "scheme"}},
		{"401", "who we are is not known there", answering(401, "text/plain", "no credentials"), metrics.ErrUnavailable, []string{"401", "authentication"}},
		{"403", "what we may is too little", answering(403, "text/plain", ""), metrics.ErrUnavailable, []string{"403", "authentication"}},
		{"404", "the address is wrong", answering(404, "text/plain", "404 page not found"), metrics.ErrUnavailable, []string{"404", "address"}},
		{"405", "no method helps", answering(405, "text/plain", ""), metrics.ErrUnavailable, []string{"405"}},
		{"429", "too many queries pass by themselves", answering(429, "text/plain", "slow down"), metrics.ErrUnavailable, []string{"429", "slow down", "interval"}},
		{"500", "the server is ill", answering(500, "text/html", "<h1>Internal Error</h1>"), metrics.ErrUnavailable, []string{"500", "Internal Error"}},
		{"502", "so is the proxy's view of it", answering(502, "text/html", ""), metrics.ErrUnavailable, []string{"502"}},
		{"redirect", "secrets stay with the host that they are for", func(writer http.ResponseWriter, request *http.Request) {
			http.Redirect(writer, request, "https://login.example.com/sso?state=abcdef123456", http.StatusFound)
		}, metrics.ErrUnavailable, []string{"302", "https://login.example.com/sso", "address"}},
		{"redirect to nowhere", "a Location may be missing", answering(307, "text/plain", ""), metrics.ErrUnavailable, []string{"307", "unnamed"}},
		{"login page", "a success in HTML is no answer", answering(200, "text/html; charset=utf-8", "<html><title>Sign in</title></html>"), metrics.ErrUnavailable, []string{"text/html", "JSON", "Sign in"}},
		{"nothing", "an empty success is no answer", answering(200, jsonType, ""), metrics.ErrUnavailable, []string{"JSON"}},
		{"no content", "neither is this", answering(204, "", ""), metrics.ErrUnavailable, []string{"JSON"}},
		{"garbage", "half an answer is none", answering(200, jsonType, `{"status":"success","data":{"resultType":"vector","res`), metrics.ErrUnavailable, []string{"not what the query API promises"}},
		{"empty object", "an answer without a result is none", answering(200, jsonType, `{}`), metrics.ErrUnavailable, []string{"no result"}},
		{"null element", "an element must be something", answering(200, jsonType, `{"status":"success","data":{"resultType":"vector","result":[null]}}`), metrics.ErrUnavailable, []string{"empty element"}},
		{"unknown type", "a type of the future cannot be read", answering(200, jsonType, `{"status":"success","data":{"resultType":"tensor","result":[]}}`), metrics.ErrUnavailable, []string{"tensor"}},
		{"native histogram", "a histogram is no number, and to leave it out would shift the others",
			answering(200, jsonType, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"latency"},"histogram":[1,{"count":"12","sum":"18.4","buckets":[[0,"0.5","1","2"]]}]}]}}`),
			metrics.ErrInvalidQuery, []string{"latency", "histogram_quantile()"}},
		{"JSON under another name", "what an answer says about itself does not matter", answering(200, "text/plain", ` {"status":"success","data":{"resultType":"scalar","result":[1,"42"]}}`), nil, nil},
	}
}

func TestResponses(t *testing.T) {
	for _, test := range responseCases() {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.serve)
			defer server.Close()
			source := provider(t, prometheus.Config{Address: server.URL})
			answer, err := source.Query(t.Context(), "up", asked)
			wantFault(t, err, test.wantErr, test.wantText...)
			if test.wantErr != nil && !strings.Contains(err.Error(), server.URL) {
				t.Errorf("%q does not say where (%s): %s", err, server.URL, test.reason)
			}
			if test.wantErr == nil && (len(answer.Values) != 1 || answer.Values[0] != 42) {
				t.Errorf("answer %v, want 42: %s", answer, test.reason)
			}
		})
	}
}

// wantFault checks kind and words of an error.
func wantFault(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	if err == nil {
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r\t") || len(err.Error()) > 2000 {
		t.Errorf("error %q is more than one line", err)
	}
}

func TestConnections(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := closed.Addr().String()
	closed.Close()
	secure := httptest.NewUnstartedServer(answering(200, jsonType, ""))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(answering(200, jsonType, ""))
	defer plain.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer silent.Close()

	for _, test := range []struct {
		name, address string
		wantText      []string
	}{
		{"refused", "http://" + address, []string{"connection refused", "provider.prometheus.address"}},
		{"no such host", "http://prometheus.invalid:9090", []string{"resolved", "prometheus.invalid"}},
		{"unknown certificate", secure.URL, []string{"certificate", "provider.prometheus.tls"}},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), []string{"TLS", "scheme"}},
		{"hung up", silent.URL, []string{"EOF"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := provider(t, prometheus.Config{Address: test.address}).Query(t.Context(), "up", asked)
			wantFault(t, err, metrics.ErrUnavailable, append(test.wantText, test.address)...)
		})
	}
}

// slow makes a server that sends what is given, and then nothing until the end
// of the test.
func slow(t *testing.T, sent string) *httptest.Server {
	t.Helper()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if sent != "" {
			writer.Header().Set("Content-Type", jsonType)
			fmt.Fprint(writer, sent)
			writer.(http.Flusher).Flush()
		}
		select {
		case <-done:
		case <-request.Context().Done():
		}
	}))
	t.Cleanup(func() { close(done); server.Close() })
	return server
}

func TestTimeout(t *testing.T) {
	for _, test := range []struct{ name, sent string }{
		{"the server hangs", ""},
		{"the body hangs", `{"status":"success","data":`},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := provider(t, prometheus.Config{Address: slow(t, test.sent).URL, Timeout: 50 * time.Millisecond})
			_, err := source.Query(t.Context(), "up", asked)
			wantFault(t, err, metrics.ErrUnavailable, "no answer within 50ms", "timeout")
			_, err = source.Samples(t.Context(), "up", asked.Add(-time.Minute), asked)
			wantFault(t, err, metrics.ErrUnavailable, "no answer within 50ms", "timeout")
		})
		t.Run(test.name+", and the caller gives up", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := provider(t, prometheus.Config{Address: slow(t, test.sent).URL}).Query(ctx, "up", asked)
			wantFault(t, err, metrics.ErrUnavailable, "the caller gave up")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v does not wrap the context's", err)
			}
		})
	}
}

func TestResponseLimit(t *testing.T) {
	const answer = `{"status":"success","data":{"resultType":"scalar","result":[1,"42"]}}`
	for _, test := range []struct {
		name    string
		limit   int64
		chunked bool
		wantErr error
	}{
		{"exactly the limit", int64(len(answer)), false, nil},
		{"exactly the limit, of unknown length", int64(len(answer)), true, nil},
		{"one more, announced", int64(len(answer)) - 1, false, metrics.ErrUnavailable},
		{"one more, of unknown length", int64(len(answer)) - 1, true, metrics.ErrUnavailable},
		{"a limit of one byte", 1, true, metrics.ErrUnavailable},
		{"the largest limit", 1<<63 - 1, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(writer, answer[:10])
				if test.chunked {
					writer.(http.Flusher).Flush()
				}
				fmt.Fprint(writer, answer[10:])
			}))
			defer server.Close()
			_, err := provider(t, prometheus.Config{Address: server.URL, ResponseLimit: test.limit}).Query(t.Context(), "up", asked)
			wantFault(t, err, test.wantErr)
			if test.wantErr != nil {
				wantFault(t, err, test.wantErr, fmt.Sprintf("larger than the limit of %d bytes", test.limit))
			}
		})
	}
}

// TestEndlessAnswer sends zeros for ever: without the limit it would not end.
func TestEndlessAnswer(t *testing.T) {
	zeros := []byte(strings.Repeat(`[1,"0"],`, 1<<13))
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(writer, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[`)
		for {
			if _, err := writer.Write(zeros); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	_, err := provider(t, prometheus.Config{Address: server.URL}).Samples(t.Context(), "up", asked.Add(-time.Minute), asked)
	wantFault(t, err, metrics.ErrUnavailable, "larger than the limit of 32 MiB")
}
