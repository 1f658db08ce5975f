// Package traffic says what Serin needs of a router. Each router has a folder of
// its own below this one and passes the conformance suite in traffictest.
//
// What may come in: the Kubernetes client and crds.
package traffic

import (
	"context"
	"errors"
)

// The kinds of failure that the controller tells apart. A router's error wraps
// one of them, or is a passing fault that another try may cure.
var (
	// ErrNotFound: a named route, or a Service in it, does not exist.
	ErrNotFound = errors.New("route not found")
	// ErrInvalid: a named route cannot split between the two Services.
	ErrInvalid = errors.New("route cannot split")
	// ErrConflict: a named route belongs to another Rollout.
	ErrConflict = errors.New("route belongs to another rollout")
)

// Split is how a router splits the requests, as the API server shows it.
type Split struct {
	// CanaryWeight is the percentage of requests at the canary, from 0 to 100:
	// the largest over all named routes, so that it never says too little.
	CanaryWeight int32
	// Uniform says that all named routes give the canary the same weight, and
	// that canary and stable together get 100.
	Uniform bool
	// Verified says that the data plane has accepted the split as it stands.
	Verified bool
	// Message says what is missing, when it is not Verified.
	Message string
}

// Router splits the requests of one Rollout between its stable and its canary
// Service.
type Router interface {
	// Split reads the split that is in force, without any write. With an error it
	// is the split of the routes that could be read: the canary may still get
	// requests through them.
	Split(ctx context.Context) (Split, error)
	// SetWeight gives the canary a percentage of the requests, from 0 to 100,
	// and the stable Service the rest. It writes only what differs, and may be
	// repeated. Whether the data plane has followed is for Split to say. While a
	// route is broken no other is raised, but the others are lowered all the same.
	SetWeight(ctx context.Context, canary int32) error
}
