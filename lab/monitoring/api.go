package monitoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// api answers instant queries in the words of Prometheus' HTTP API:
// https://prometheus.io/docs/prometheus/latest/querying/api/.
type api struct {
	engine *promql.Engine
	data   storage.Queryable
}

func newAPI(engine *promql.Engine, data storage.Queryable) http.Handler {
	mux := http.NewServeMux()
	a := api{engine: engine, data: data}
	mux.HandleFunc("GET /api/v1/query", a.query)
	mux.HandleFunc("POST /api/v1/query", a.query)
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Prometheus Server is Ready.") })
	return mux
}

// response is the body of every answer.
type response struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Infos     []string `json:"infos,omitempty"`
}

// data is the answer to a query.
type data struct {
	ResultType parser.ValueType `json:"resultType"`
	Result     parser.Value     `json:"result"`
}

// query answers an instant query.
func (a api) query(w http.ResponseWriter, r *http.Request) {
	at, err := timeOf(r.FormValue("time"), time.Now())
	if err != nil {
		badParameter(w, "time", err)
		return
	}
	ctx := r.Context()
	if text := r.FormValue("timeout"); text != "" {
		timeout, err := durationOf(text)
		if err != nil {
			badParameter(w, "timeout", err)
			return
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	expression := r.FormValue("query")
	query, err := a.engine.NewInstantQuery(ctx, a.data, nil, expression, at)
	if err != nil {
		badParameter(w, "query", err)
		return
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		fail(w, result.Err)
		return
	}
	warnings, infos := result.Warnings.AsStrings(expression, 10, 10)
	answer(w, http.StatusOK, response{
		Status: "success", Data: data{ResultType: result.Value.Type(), Result: notNil(result.Value)}, Warnings: warnings, Infos: infos,
	})
}

// notNil makes an empty result [] and not null in JSON.
func notNil(value parser.Value) parser.Value {
	switch value := value.(type) {
	case promql.Vector:
		if value == nil {
			return promql.Vector{}
		}
	case promql.Matrix:
		if value == nil {
			return promql.Matrix{}
		}
	}
	return value
}

// fail answers with the kind of an error of the engine.
func fail(w http.ResponseWriter, err error) {
	var timeout promql.ErrQueryTimeout
	var cancelled promql.ErrQueryCanceled
	var broken promql.ErrStorage
	switch {
	case errors.As(err, &timeout):
		answer(w, http.StatusServiceUnavailable, response{Status: "error", ErrorType: "timeout", Error: err.Error()})
	case errors.As(err, &cancelled), errors.Is(err, context.Canceled):
		const clientClosedConnection = 499
		answer(w, clientClosedConnection, response{Status: "error", ErrorType: "canceled", Error: err.Error()})
	case errors.As(err, &broken):
		answer(w, http.StatusInternalServerError, response{Status: "error", ErrorType: "internal", Error: err.Error()})
	default:
		answer(w, http.StatusUnprocessableEntity, response{Status: "error", ErrorType: "execution", Error: err.Error()})
	}
}

// badParameter answers that a parameter of the request makes no sense.
func badParameter(w http.ResponseWriter, name string, err error) {
	answer(w, http.StatusBadRequest, response{
		Status: "error", ErrorType: "bad_data", Error: fmt.Sprintf("invalid parameter %q: %v", name, err),
	})
}

func answer(w http.ResponseWriter, code int, body response) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(text)
}

// timeOf reads a time: seconds since 1970, or RFC 3339.
func timeOf(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < 1e11 {
		return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", text)
}

// durationOf reads a duration: seconds, or Prometheus' notation.
func durationOf(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < 1e9 {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	if duration, err := model.ParseDuration(text); err == nil {
		return time.Duration(duration), nil
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", text)
}
