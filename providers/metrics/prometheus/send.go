package prometheus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// StatusError is an answer with a status that is no success.
type StatusError struct {
	// Status is that of HTTP. Example: 503.
	Status int
	// RetryAfter is what the server asks for, or 0.
	RetryAfter time.Duration
	// Said is the beginning of the answer, without secrets.
	Said string
}

func (e *StatusError) Error() string { return fmt.Sprintf("HTTP %d: %s", e.Status, e.Said) }

// maxSaid is how much is read of an answer that is no success, in bytes.
const maxSaid = 64 << 10

// Send sends a request to the server, to a path below its address, with its headers and
// authentication: POST if there is a body, else GET. It answers successes alone; the
// caller reads and closes the body, within the Config's ResponseLimit. There is no
// timeout but the context's. An error wraps one of the kinds of package metrics, and a
// StatusError if the server answered.
func (p *Provider) Send(ctx context.Context, path string, header http.Header, body []byte) (*http.Response, error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, p.locate(path), bytes.NewReader(body))
	if err != nil {
		return nil, p.fault(invalid("%v", err))
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := p.http.Do(request)
	if err != nil {
		return nil, p.fault(p.classify(ctx, err))
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxSaid)) // What could be read has to do.
	_ = response.Body.Close()
	found := inspect(response, []byte(p.redact(string(text))))
	status := &StatusError{Status: response.StatusCode, Said: shorten(p.redact(string(text)), maxMessage), RetryAfter: retryAfter(response)}
	return nil, &problem{kind: found.kind, cause: status, message: p.redact(fmt.Sprintf("asking %s for %s: %s", p, path, found.message))}
}

// retryAfter is what a server that is asked too often asks for.
func retryAfter(response *http.Response) time.Duration {
	after, err := time.ParseDuration(response.Header.Get("Retry-After") + "s")
	if err != nil || after < 0 {
		return 0
	}
	return after
}

// Broken words an error of reading an answer that Send began: what is none of package
// metrics' kinds is ErrUnavailable.
func (p *Provider) Broken(ctx context.Context, err error) error {
	var known *problem
	if err == nil || errors.As(err, &known) {
		return err
	}
	return p.fault(p.classify(ctx, err))
}
