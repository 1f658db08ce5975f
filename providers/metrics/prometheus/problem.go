package prometheus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"unicode"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/serin-dev/serin/providers/metrics"
)

// Bounds on what a server can make us say.
const (
	maxMessage  = 500
	maxWarnings = 16
	// minSecret is the length from which a secret is hidden in messages: to hide
	// a tenant "1" would garble every number.
	minSecret = 6
)

// problem is a failure of one of the kinds of package metrics.
type problem struct {
	kind    error
	message string
	// cause is the context's error, when that was it. Other causes are in the
	// message alone: their own texts could show secrets.
	cause error
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

func unavailable(format string, args ...any) *problem {
	return &problem{kind: metrics.ErrUnavailable, message: fmt.Sprintf(format, args...)}
}

func noData(format string, args ...any) *problem {
	return &problem{kind: metrics.ErrNoData, message: fmt.Sprintf(format, args...)}
}

// fault adds to a problem where it happened, and takes secrets out of it.
func (p *Provider) fault(err error) error {
	var found *problem
	if !errors.As(err, &found) {
		found = unavailable("%v", err)
	}
	return &problem{kind: found.kind, cause: found.cause, message: p.redact(fmt.Sprintf("querying %s: %s", p, found.message))}
}

// redact replaces secrets in a text. It comes before the text is cut: half a
// secret is one too.
func (p *Provider) redact(text string) string {
	secrets := p.secrets()
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	return text
}

// classify sorts what the API client returns. The caller's own context is told
// from the timeout of the query.
func (p *Provider) classify(caller context.Context, err error) error {
	var found *problem
	var refusal *v1.Error
	var oversized *oversizedError
	switch {
	case errors.As(err, &found):
		return found
	case caller.Err() != nil:
		gaveUp := unavailable("the caller gave up: %v", caller.Err())
		gaveUp.cause = caller.Err()
		return gaveUp
	case errors.Is(err, errToken) && errors.Is(err, context.DeadlineExceeded):
		late := unavailable("authentication: no OAuth2 token within %s; check the server of provider.prometheus.authentication.oauth2", p.timeout)
		late.cause = context.DeadlineExceeded
		return late
	case errors.Is(err, errToken):
		return unavailable("authentication: %s; check provider.prometheus.authentication.oauth2", shorten(p.redact(rootText(err)), maxMessage))
	case errors.Is(err, context.DeadlineExceeded):
		late := unavailable("no answer within %s; check that the server is not overloaded, or raise provider.prometheus.timeout", p.timeout)
		late.cause = context.DeadlineExceeded
		return late
	case errors.As(err, &oversized):
		return unavailable("%v; select fewer series or a shorter interval", oversized)
	case errors.As(err, &refusal) && refusal.Type == v1.ErrBadResponse && strings.Contains(refusal.Msg, `unexpected value type "string"`):
		// The API client decodes no strings, and has only words for that.
		return answersString()
	case errors.As(err, &refusal) && refusal.Type == v1.ErrBadResponse:
		return unavailable("the answer is not what the query API promises: %s; check that provider.prometheus.address names a Prometheus server",
			shorten(p.redact(refusal.Msg), maxMessage))
	case errors.As(err, &refusal):
		return refusedAs(v1.Error{Type: refusal.Type, Msg: p.redact(refusal.Msg)})
	}
	return p.classifyConnection(err)
}

// classifyConnection sorts the failures to connect and to read.
func (p *Provider) classifyConnection(err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return unavailable("connection refused; check provider.prometheus.address, and that the server is running")
	case errors.As(err, &name):
		return unavailable("the host cannot be resolved: %s; check provider.prometheus.address", shorten(name.Error(), maxMessage))
	case errors.As(err, &certificate):
		return unavailable("its certificate is not trusted: %s; check provider.prometheus.tls (ca, serverName)", shorten(certificate.Error(), maxMessage))
	case errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record):
		return unavailable("it does not speak TLS; check the scheme of provider.prometheus.address")
	}
	return unavailable("%s; check the network and the server's health", shorten(p.redact(rootText(err)), maxMessage))
}

// rootText is the text of an error without the method and the URL that net/http adds.
func rootText(err error) string { return unwrapURL(err).Error() }

// unwrapURL takes an error out of net/http's envelope, which shows the whole URL.
func unwrapURL(err error) error {
	var envelope *url.Error
	for errors.As(err, &envelope) {
		err = envelope.Err
	}
	return err
}

// shorten makes a text one line of printable characters, and cuts it.
func shorten(text string, limit int) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), 4*limit)], "\uFFFD"))
	runes := []rune(strings.Join(strings.Fields(printable), " "))
	if len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return string(runes)
}

// bounded keeps the first warnings, and of each the beginning.
func bounded(warnings []string) []string {
	if len(warnings) == 0 {
		return nil
	}
	kept := make([]string, 0, min(len(warnings), maxWarnings))
	for _, warning := range warnings[:min(len(warnings), maxWarnings)] {
		kept = append(kept, shorten(warning, maxMessage))
	}
	return kept
}
