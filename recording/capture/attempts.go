package capture

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
)

// How often a question is asked, and how long to wait before it is asked again: twice as
// long each time.
const (
	attempts  = 6
	firstWait = time.Second
	longest   = time.Minute
)

// errSmaller says that the slice must be smaller.
var errSmaller = errors.New("the answer is too large")

// smaller is an error because of which a slice must be smaller.
type smaller struct{ error }

func (s smaller) Unwrap() []error { return []error{errSmaller, s.error} }

// ask asks for a slice until it is answered. Where the server cannot answer as much, or
// fails again and again, the error is errSmaller.
func (c *capture) ask(ctx context.Context, of slice) (*batch, error) {
	var got *batch
	err := c.patiently(ctx, func(ctx context.Context) (err error) {
		if c.result.Transport == remoteRead {
			got, err = c.readRemotely(ctx, of)
		} else {
			got, err = c.readRange(ctx, of)
		}
		if tooMuch(err) {
			return smaller{err}
		}
		return err
	})
	if late(err) {
		return nil, smaller{err}
	}
	if err != nil {
		return nil, err
	}
	for _, note := range got.notes {
		c.note(note)
	}
	return got, nil
}

// late tells that a server needs longer than it has, again and again.
func late(err error) bool {
	var status *prometheus.StatusError
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &status) && status.Status == http.StatusGatewayTimeout
}

// tooMuch tells that a server, or our limit, refuses the size of an answer.
func tooMuch(err error) bool {
	if errors.Is(err, recording.ErrTooMany) {
		return true
	}
	var status *prometheus.StatusError
	if !errors.As(err, &status) {
		return false
	}
	for _, words := range []string{"too many samples", "exceeded sample limit", "query timed out", "limit exceeded", "-search.max", "maxSamplesPerQuery", "err-mimir-max"} {
		if strings.Contains(status.Said, words) {
			return true
		}
	}
	return false
}

// patiently asks again, after a pause, when a server is down, busy, or cuts the
// connection. What it refuses for good, such as credentials, ends it at once.
func (c *capture) patiently(ctx context.Context, question func(context.Context) error) error {
	wait := firstWait
	for attempt := 1; ; attempt++ {
		limited, cancel := context.WithTimeout(ctx, c.Timeout)
		err := question(limited)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil || !passing(err):
			return err
		case attempt == attempts:
			return err
		}
		c.tell(err.Error() + "; asking again in " + max(wait, asked(err)).String())
		c.Sleep(ctx, max(wait, asked(err)))
		wait = min(2*wait, longest)
	}
}

// asked is how long the server asks to wait, within reason.
func asked(err error) time.Duration {
	var status *prometheus.StatusError
	if errors.As(err, &status) {
		return min(status.RetryAfter, longest)
	}
	return 0
}

// passing tells an error that may go away by itself.
func passing(err error) bool {
	var status *prometheus.StatusError
	switch {
	case errors.Is(err, errSmaller), errors.Is(err, recording.ErrTooMany), errors.Is(err, errNoRemoteRead):
		return false
	case errors.As(err, &status):
		return status.Status == http.StatusTooManyRequests || status.Status/100 == 5 && status.Status != http.StatusNotImplemented
	}
	return errors.Is(err, metrics.ErrUnavailable)
}

// broken words an error of reading an answer.
func (c *capture) broken(ctx context.Context, err error) error {
	if errors.Is(err, recording.ErrTooMany) {
		return err
	}
	return c.Server.Broken(ctx, err)
}
