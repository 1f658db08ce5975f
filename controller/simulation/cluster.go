package simulation

import (
	"time"

	"github.com/serin-dev/serin/controller/progression"
)

// Cluster is made-up pods, Services and a router: what a release acts on. Traffic and
// analyses are not part of it, so that replay can use it with recorded ones.
type Cluster struct {
	// Now is the virtual time.
	Now time.Time
	// Spec and Template are what the users say.
	Spec     progression.Spec
	Template string

	// Startup is from a pod's creation to its being available.
	Startup time.Duration
	// RouterLag is from a write of the weight to its being in force.
	RouterLag time.Duration
	// Behaviours of versions, by hash; the zero value is a good version.
	Behaviours map[string]Behaviour
	// BaselineStuck says that fresh baseline pods never become available.
	BaselineStuck bool

	versions       map[string]*version
	baselines      map[string]*baseline
	stable, canary string
	weight         int32
	weightAt       time.Time
	inForce        int32
	pods           int
}

// NewCluster is an empty one, in which everything happens at once.
func NewCluster(spec progression.Spec, now time.Time) Cluster {
	return Cluster{Now: now, Spec: spec, Behaviours: map[string]Behaviour{}, versions: map[string]*version{}, baselines: map[string]*baseline{}}
}

// Adopt makes a version the stable one of a cluster that nothing runs in: all of its
// pods can serve, and both Services select it.
func (c *Cluster) Adopt(hash string) {
	c.Template, c.stable, c.canary = hash, hash, hash
	c.scale(hash, c.Spec.Replicas)
	for i := range c.versions[hash].pods {
		c.versions[hash].pods[i].bornAt = c.Now.Add(-c.Startup)
	}
}

// InForce is the share of the requests that the router gives the canary, in percent.
func (c *Cluster) InForce() int32 { return c.inForce }

// Follow lets the router follow what it was told long enough ago.
func (c *Cluster) Follow() {
	if c.inForce != c.weight && !c.Now.Before(c.weightAt.Add(c.RouterLag)) {
		c.inForce = c.weight
	}
}

// NextChange is when a pod becomes available or the router follows; zero when neither
// will happen by itself.
func (c *Cluster) NextChange() time.Time {
	var next time.Time
	sooner := func(at time.Time) {
		if at.After(c.Now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if c.inForce != c.weight {
		sooner(c.weightAt.Add(c.RouterLag))
	}
	for _, v := range c.versions {
		for _, p := range v.pods {
			sooner(p.bornAt.Add(c.Startup))
		}
	}
	for _, set := range c.baselines {
		for _, p := range set.pods {
			sooner(p.bornAt.Add(c.Startup))
		}
	}
	return next
}

// Observe is the cluster as a driver sees it: without runs, problems and intents.
func (c *Cluster) Observe() progression.Observation {
	o := progression.Observation{
		Now: c.Now, Spec: c.Spec, Template: c.Template,
		Versions: map[string]progression.Version{}, Baselines: map[string]progression.Baseline{},
		Services: progression.Services{StableNamed: true, CanaryNamed: true, Stable: c.stable, Canary: c.canary},
	}
	if c.Spec.Routed {
		o.Route = progression.Route{Weight: c.weight, Uniform: true, Verified: c.inForce == c.weight}
		if !o.Route.Verified {
			o.Route.Message = "the data plane has not accepted it yet"
		}
	}
	for hash, v := range c.versions {
		o.Versions[hash] = c.observeVersion(hash, hash, v)
	}
	for name, set := range c.baselines {
		o.Baselines[name] = progression.Baseline{Hash: set.hash, Version: c.observeVersion(name, set.hash, &set.version)}
	}
	return o
}

// Apply carries out one effect, and says whether it was one on the cluster.
func (c *Cluster) Apply(effect progression.Effect) bool {
	switch e := effect.(type) {
	case progression.ScaleVersion:
		c.scale(e.Hash, e.Pods)
	case progression.ScaleBaseline:
		c.scaleBaseline(e)
	case progression.RemoveBaseline:
		delete(c.baselines, e.Name)
	case progression.PointService:
		if e.Role == progression.StableService {
			c.stable = e.Hash
		} else {
			c.canary = e.Hash
		}
	case progression.SetWeight:
		c.weight, c.weightAt = e.Weight, c.Now
	default:
		return false
	}
	return true
}
