package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitNotFound    = 4
	exitUnfinished  = 5
)

// exitCodesHelp is what `serin help exit-codes` prints.
const exitCodesHelp = `The exit codes of serin:

  0  Done. For status: the Rollout is Healthy. For replay: promoted, or
     Successful. For lint, test, backtest: nothing to complain about.
  1  Refused, failed, or a negative answer: the controller refused what was asked
     for or did not answer in time, or the API server did not allow it. For
     status: the Rollout is Degraded. For replay: taken back, or Failed. For
     lint: errors were found; for test: a test failed; for backtest: a bar of
     --fail-under was missed; for convert: something could not be converted.
  2  Usage: an unknown command or flag, a wrong argument, or input that cannot be
     read.
  3  The cluster, or the source of metrics, cannot be reached, or does not accept
     the credentials.
  4  Not found: the Rollout, or the kind itself, does not exist.
  5  Not decided. For status: the release is not over (Progressing or Paused),
     even after --timeout. For replay: Inconclusive, or the recording ended first.

Ctrl-C ends get rollout --watch with 0, and status --watch with 5.`

// failure is an error with its exit code and what can be typed next.
type failure struct {
	code int
	// what happened, and where.
	what string
	// next is what to do or to type; empty when there is nothing to add.
	next string
	// cause is the error behind it, if any.
	cause error
}

// Error is what happened and where.
func (f *failure) Error() string { return f.what }

// Unwrap gives the error behind it.
func (f *failure) Unwrap() error { return f.cause }

// usage is a mistake on the command line.
func usage(next, format string, args ...any) error {
	return &failure{code: exitUsage, what: fmt.Sprintf(format, args...), next: next}
}

// refuse is something that cannot be done as things are.
func refuse(next, format string, args ...any) error {
	return &failure{code: exitFailed, what: fmt.Sprintf(format, args...), next: next}
}

// asFailure gives any error its exit code.
func asFailure(err error) *failure {
	var found *failure
	if errors.As(err, &found) {
		return found
	}
	return &failure{code: exitFailed, what: err.Error(), cause: err}
}

// explain turns an error of the API into one that says what to type next.
// Doing says what was being done. Example: reading rollout shop/web.
func (s *session) explain(doing string, err error) error {
	var network *url.Error
	f := &failure{code: exitFailed, what: doing + ": " + oneLine(err), cause: err}
	switch {
	case errors.Is(err, context.Canceled):
		f.what, f.next = doing+": interrupted", ""
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded), unavailable(err):
		f.code = exitUnreachable
		f.next = "is this the right cluster, and is its API server up? See: " + s.kubectl("cluster-info")
	case apierrors.IsUnauthorized(err):
		f.code = exitUnreachable
		f.next = "log in again, or choose other credentials with --context or --kubeconfig; see: " + s.kubectl("config current-context")
	case kindMissing(err):
		f.code = exitNotFound
		f.what = doing + ": this cluster does not know the kinds of serin.dev"
		f.next = "install the CRDs (make install), or choose another cluster with --context"
	case apierrors.IsNotFound(err):
		f.code = exitNotFound
		f.what = doing + ": not found"
		f.next = s.serin("list rollouts -A")
	case apierrors.IsInternalError(err), !isStatus(err):
		f.next = "is that an API server? See: " + s.kubectl("cluster-info")
	case apierrors.IsForbidden(err):
		f.next = "ask for the permission, or use another identity; see: " + s.kubectl("auth can-i --list") + s.namespaceFlag()
	}
	return f
}

// unavailable says whether the API server answered that it cannot answer now.
func unavailable(err error) bool {
	return apierrors.IsServiceUnavailable(err) || apierrors.IsServerTimeout(err) ||
		apierrors.IsTooManyRequests(err) || apierrors.IsTimeout(err)
}

// isStatus says whether the API server itself has answered.
func isStatus(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status)
}

// kindMissing tells a missing kind from a missing object: for a path that it does
// not know, the API server answers without a status of its own.
func kindMissing(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			return true
		}
	}
	return false
}

// oneLine writes an error without line breaks.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// rootCause is the innermost error. Example: connection refused.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
