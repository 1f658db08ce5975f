// Package gatewayapi splits requests by the weights of HTTPRoutes, for any data
// plane that speaks the Gateway API.
//
// What may come in: a Kubernetes client and names. Routes are read and written
// as unstructured objects, so that fields which this program does not know
// survive. Of a route only the weights of the two Services are changed, in the
// rules that have both of them as backends, and the annotation that says whose
// the route is.
//
// Other backends of such a rule keep their weights. The percentage is then the
// canary's share of what the two Services get together, whose weights always
// add up to 100.
//
// The Gateway API makes the rules of a route one value with one owner. The
// first write takes it over from whoever applied the route: a tool that applies
// it again, GitOps for one, must be told to leave the weights alone.
package gatewayapi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/providers/traffic"
)

// FieldManager owns the rules of the routes that Serin has written.
const FieldManager = "serin-controller"

// Config says which routes split between which Services, for whom.
type Config struct {
	// Namespace of the routes and of the Services.
	Namespace string
	// Routes are the names of the HTTPRoutes; at least one.
	Routes []string
	// StableService gets what the canary does not.
	StableService string
	// CanaryService gets the canary's share.
	CanaryService string
	// Owner is the Rollout, as namespace/name.
	Owner string
}

// Router splits by the weights of HTTPRoutes. It remembers nothing: each call
// reads the routes anew.
type Router struct {
	client client.Client
	config Config
}

var _ traffic.Router = (*Router)(nil)

// New makes a router. A Config that cannot work shows as traffic.ErrInvalid at
// the first use. The client reads HTTPRoutes from the API server and not from a
// cache, which a manager's client does by default for unstructured objects: a
// decision must not be older than the last write.
func New(reader client.Client, config Config) *Router {
	return &Router{client: reader, config: config}
}

// Split reads all routes. If one of them is missing, cannot split, or belongs to
// another Rollout, the error says so, and the Split is that of the others: the
// canary may still get requests through them.
func (r *Router) Split(ctx context.Context) (traffic.Split, error) {
	if err := r.config.check(0); err != nil {
		return traffic.Split{}, err
	}
	routes, problems := r.read(ctx)
	result := traffic.Split{Uniform: len(problems) == 0, Verified: len(problems) == 0}
	var missing []string
	for _, one := range routes {
		result.CanaryWeight = max(result.CanaryWeight, one.canaryPercent())
		for _, found := range one.pairs {
			result.Uniform = result.Uniform && found.addUp() && found.canaryWeight == routes[0].pairs[0].canaryWeight
		}
		if message := one.unverified(); message != "" {
			result.Verified = false
			missing = append(missing, message)
		}
	}
	result.Message = strings.Join(missing, "; ")
	return result, errors.Join(problems...)
}

// SetWeight writes the routes whose weights differ. To raise the canary's share
// every route must be in order. To lower it, those that can be written are: one
// broken route must not keep the canary's requests coming through the others.
//
// A route that somebody edits at the same moment is not overwritten; the error
// is then a conflict of the API server, which the next try cures.
func (r *Router) SetWeight(ctx context.Context, canary int32) error {
	if err := r.config.check(canary); err != nil {
		return err
	}
	routes, problems := r.read(ctx)
	for _, one := range routes {
		if len(problems) > 0 && one.canaryPercent() <= canary {
			continue
		}
		if err := r.write(ctx, one, canary); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// check refuses what no route could do.
func (c Config) check(canary int32) error {
	switch {
	case canary < 0 || canary > 100:
		return fmt.Errorf("setting the canary's weight: %w: %d is no percentage; give 0 to 100", traffic.ErrInvalid, canary)
	case len(c.Routes) == 0:
		return fmt.Errorf("splitting by HTTPRoutes: %w: none is named; name one in trafficRouting.gatewayAPI.httpRoutes", traffic.ErrInvalid)
	case c.StableService == "" || c.CanaryService == "":
		return fmt.Errorf("splitting by HTTPRoutes: %w: stableService and canaryService must both be named", traffic.ErrInvalid)
	case c.StableService == c.CanaryService:
		return fmt.Errorf("splitting by HTTPRoutes: %w: stableService and canaryService are both %s; name two Services", traffic.ErrInvalid, c.StableService)
	case c.Owner == "" || c.Namespace == "":
		return fmt.Errorf("splitting by HTTPRoutes: %w: the Rollout that owns them must be named", traffic.ErrInvalid)
	}
	return nil
}
