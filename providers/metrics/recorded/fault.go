package recorded

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/prometheus/prometheus/promql"

	"github.com/serin-dev/serin/providers/metrics"
)

// maxMessage bounds what of a query, a label or a message is repeated.
const maxMessage = 500

// problem is a failure of one of the kinds of package metrics.
type problem struct {
	kind, cause error
	message     string
}

func (p *problem) Error() string { return p.message }

func (p *problem) Unwrap() []error {
	if p.cause != nil {
		return []error{p.kind, p.cause}
	}
	return []error{p.kind}
}

func invalid(format string, args ...any) *problem {
	return &problem{kind: metrics.ErrInvalidQuery, message: fmt.Sprintf(format, args...)}
}

func unavailable(cause error, format string, args ...any) *problem {
	return &problem{kind: metrics.ErrUnavailable, cause: cause, message: fmt.Sprintf(format, args...)}
}

func noData(format string, args ...any) *problem {
	return &problem{kind: metrics.ErrNoData, message: fmt.Sprintf(format, args...)}
}

func gaveUp(cause error) *problem { return unavailable(cause, "the caller gave up: %v", cause) }

// fault adds to a problem where it happened.
func (p *Provider) fault(err error) error {
	var found *problem
	if !errors.As(err, &found) {
		found = unavailable(err, "%v", err)
	}
	return &problem{kind: found.kind, cause: found.cause, message: fmt.Sprintf("querying %s: %s", p, found.message)}
}

// classify sorts what the engine returns, as a server does for its clients.
func (p *Provider) classify(caller context.Context, err error) error {
	var found *problem
	var late promql.ErrQueryTimeout
	var reading promql.ErrStorage
	switch {
	case caller.Err() != nil:
		return gaveUp(caller.Err())
	case errors.As(err, &found):
		return found
	case errors.As(err, &late):
		return unavailable(context.DeadlineExceeded, "no answer within %s; make the query cheaper", p.config.Timeout)
	case errors.As(err, &reading):
		return unavailable(err, "%s", shorten(err.Error()))
	}
	return invalid("it refuses the query: %s; correct the query", shorten(err.Error()))
}

// shorten makes a text one line of printable characters, and cuts it.
func shorten(text string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), 4*maxMessage)], "\uFFFD"))
	runes := []rune(strings.Join(strings.Fields(printable), " "))
	if len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return string(runes)
}
