package prometheus

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// endpoint looks at each response before the API client decodes it, because
// only here the status and the headers can be seen.
type endpoint struct {
	api.Client
	// redact takes secrets out of a body that is about to be quoted.
	redact func(string) string
}

// Do sends a request. What is not an answer of the query API is a problem.
func (e endpoint) Do(ctx context.Context, request *http.Request) (*http.Response, []byte, error) {
	response, body, err := e.Client.Do(ctx, request)
	if err != nil {
		return response, nil, err
	}
	if inspect(response, body) != nil {
		return response, nil, inspect(response, []byte(e.redact(string(body))))
	}
	return response, body, nil
}

// inspect tells why a response is no answer; nil if it seems to be one.
func inspect(response *http.Response, body []byte) *problem {
	status := response.StatusCode
	switch {
	case status/100 == 2:
		return inspectContent(response, body)
	case status/100 == 3:
		return unavailable("it redirects (HTTP %d) to %s, and redirects are not followed, because they could carry secrets elsewhere; set provider.prometheus.address to the final place",
			status, displayLocation(response))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return unavailable("it refuses our authentication (HTTP %d%s); check provider.prometheus.authentication and headers", status, said(body))
	case status == http.StatusNotFound:
		return unavailable("it has no query API there (HTTP 404%s); check that provider.prometheus.address ends where /api/v1 begins", said(body))
	case status == http.StatusTooManyRequests:
		return unavailable("it is asked too often (HTTP 429%s); raise the interval of the metrics, or the server's limit", said(body))
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return inspectRefusal(status, body)
	}
	return unavailable("it answers HTTP %d%s; check the server's health and log", status, said(body))
}

// inspectContent wants the body of a success to be a JSON object. What it says
// about itself does not matter: proxies get that wrong.
func inspectContent(response *http.Response, body []byte) *problem {
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return nil
	}
	content := response.Header.Get("Content-Type")
	if content == "" {
		content = "something of no type"
	}
	return unavailable("it answers %s instead of JSON%s; check that provider.prometheus.address names a Prometheus server, and not a login page or another program",
		shorten(content, 100), said(body))
}

// inspectRefusal reads what the API says of a query that it refuses. The status
// counts, not the errorType: VictoriaMetrics writes the status in its place.
func inspectRefusal(status int, body []byte) *problem {
	refusal, ok := parseRefusal(body)
	if !ok {
		return unavailable("it answers HTTP %d%s; check that provider.prometheus.address has the right scheme and port", status, said(body))
	}
	return refusedAs(refusal)
}

// refusedAs sorts an API error: a query that cannot work, or a server that
// could not work this time.
func refusedAs(refusal v1.Error) *problem {
	message := shorten(refusal.Msg, maxMessage)
	switch refusal.Type {
	case v1.ErrTimeout, v1.ErrCanceled, "internal", "unavailable", v1.ErrServer:
		return unavailable("it gave up (%s): %s; check the server's health, or make the query cheaper", shorten(string(refusal.Type), 40), message)
	}
	return invalid("it refuses the query (%s): %s; correct the query", shorten(string(refusal.Type), 40), message)
}

// parseRefusal reads the API's form of an error.
func parseRefusal(body []byte) (v1.Error, bool) {
	var refusal struct {
		Status    string       `json:"status"`
		ErrorType v1.ErrorType `json:"errorType"`
		Error     string       `json:"error"`
	}
	if err := json.Unmarshal(body, &refusal); err != nil || refusal.Status != "error" {
		return v1.Error{}, false
	}
	return v1.Error{Type: refusal.ErrorType, Msg: refusal.Error}, true
}

// said is what a body says, as the end of a phrase; empty if it says nothing.
func said(body []byte) string {
	text := string(body)
	if refusal, ok := parseRefusal(body); ok {
		text = refusal.Msg
	}
	if text = shorten(text, 200); text == "" {
		return ""
	}
	return ": " + text
}

// displayLocation is where a redirect leads, without what may be secret.
func displayLocation(response *http.Response) string {
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil || location.String() == "" {
		return "an unnamed place"
	}
	return shorten(displayAddress(location.String()), 200)
}
