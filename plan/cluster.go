package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/serin-dev/serin/controller/progression"
)

// The two versions of every simulated release. They look like hashes, because queries may
// ask for such.
const (
	stableHash = "57ab1e57ab"
	canaryHash = "cafe51cafe"
)

// origin is when every simulated release begins.
var origin = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// past is for how long the stable version has been scraped before: longer than an
// analysis looks back.
const past = 5 * time.Minute

// cluster is the made-up cluster of one release: pods, a router, and what is scraped.
type cluster struct {
	setup *Setup
	seed  seed
	now   time.Time
	// groups are the pods by version, or by name for fresh baseline pods.
	groups map[string]*group
	// routers are a router's views of the versions, if any metric reads them.
	routers        map[string]*target
	stable, canary string
	// weight was set at weightAt; inForce is what the router does.
	weight, inForce int32
	weightAt        time.Time
	worse           behaviour
	// served is how many requests the new version got so far, in expectation, since firstAt.
	served  float64
	firstAt time.Time
}

// group is pods that are alike.
type group struct {
	hash      string
	wanted    int32
	pods      []*target
	gone      []*target
	born      int
	startedAt time.Time
}

// newCluster is a cluster in which the stable version has served for a while.
func newCluster(setup *Setup, seed seed, worse behaviour) *cluster {
	c := &cluster{setup: setup, seed: seed, now: origin.Add(-past), worse: worse, stable: stableHash, canary: stableHash,
		groups: map[string]*group{}, routers: map[string]*target{}}
	stable := &group{hash: stableHash, startedAt: c.now}
	c.groups[stableHash] = stable
	c.grow(stableHash, stable, setup.spec.Replicas, c.now)
	if setup.signals.routers {
		c.routers[stableHash] = c.newTarget("router-"+stableHash, setup.good, c.now)
		c.routers[canaryHash] = c.newTarget("router-"+canaryHash, worse, c.now)
	}
	c.share()
	c.advance(origin)
	return c
}

// behaviourOf is what a version does.
func (c *cluster) behaviourOf(hash string) behaviour {
	if hash == canaryHash {
		return c.worse
	}
	return c.setup.good
}

// grow makes the pods of a group as many as are wanted; the youngest go first.
func (c *cluster) grow(name string, g *group, wanted int32, available time.Time) {
	if g.wanted == 0 {
		g.startedAt = c.now
	}
	g.wanted = wanted
	for int32(len(g.pods)) < wanted {
		g.born++
		g.pods = append(g.pods, c.newTarget(fmt.Sprintf("%s-%s-%d", c.setup.name, name, g.born), c.behaviourOf(g.hash), available))
	}
	for int32(len(g.pods)) > wanted {
		last := len(g.pods) - 1
		g.gone, g.pods = append(g.gone, g.pods[last]), g.pods[:last]
	}
}

// availableOf is how many pods of a group can serve.
func (c *cluster) availableOf(g *group) int32 {
	count := int32(0)
	for _, pod := range g.pods {
		if !pod.available.After(c.now) {
			count++
		}
	}
	return count
}

// advance lets time pass, while nothing changes but the counters.
func (c *cluster) advance(to time.Time) {
	if !to.After(c.now) {
		return
	}
	share := c.shareOf(canaryHash)
	if share > 0 && c.firstAt.IsZero() {
		c.firstAt = c.now
	}
	c.served += share * c.setup.assumed.Traffic * to.Sub(c.now).Seconds()
	for _, name := range sorted(c.groups) {
		for _, pod := range c.groups[name].pods {
			if !pod.available.After(to) {
				pod.advance(to, c.setup.assumed.Scrape, c.setup.assumed.Jitter)
			}
		}
	}
	for _, router := range c.routers {
		router.advance(to, c.setup.assumed.Scrape, c.setup.assumed.Jitter)
	}
	c.now = to
	if c.inForce != c.weight && !c.now.Before(c.weightAt.Add(routerLag)) {
		c.inForce = c.weight
	}
	c.share()
}

// shareOf is a version's share of the requests: by the router, or by the pods.
func (c *cluster) shareOf(hash string) float64 {
	share := 0.0
	switch {
	case c.setup.spec.Routed:
		if c.canary == hash {
			share += float64(c.inForce) / 100
		}
		if c.stable == hash {
			share += float64(100-c.inForce) / 100
		}
	default:
		all := int32(0)
		for _, g := range c.groups {
			all += c.availableOf(g)
		}
		if g := c.groups[hash]; g != nil && all > 0 {
			share = float64(c.availableOf(g)) / float64(all)
		}
	}
	return share
}

// share splits the requests among the pods that can serve.
func (c *cluster) share() {
	for _, hash := range []string{stableHash, canaryHash} {
		requests, pods := c.setup.assumed.Traffic*c.shareOf(hash), int32(0)
		for _, g := range c.groups {
			if g.hash == hash {
				pods += c.availableOf(g)
			}
		}
		for _, g := range c.groups {
			if g.hash == hash {
				g.serve(requests/float64(max(pods, 1)), c.now)
			}
		}
		if router := c.routers[hash]; router != nil {
			router.rate = requests
		}
	}
}

// serve gives each pod that can serve a number of requests per second.
func (g *group) serve(rate float64, now time.Time) {
	for _, pod := range g.pods {
		pod.rate = 0
		if !pod.available.After(now) {
			pod.rate = rate
		}
	}
}

// nextChange is when something changes by itself; zero when nothing does.
func (c *cluster) nextChange() time.Time {
	var next time.Time
	if c.inForce != c.weight {
		next = c.weightAt.Add(routerLag)
	}
	for _, g := range c.groups {
		for _, pod := range g.pods {
			if pod.available.After(c.now) && (next.IsZero() || pod.available.Before(next)) {
				next = pod.available
			}
		}
	}
	return next
}

// observe is the cluster as the core sees it, without runs.
func (c *cluster) observe() progression.Observation {
	o := progression.Observation{
		Now: c.now, Spec: c.setup.spec, Template: canaryHash,
		Versions: map[string]progression.Version{}, Baselines: map[string]progression.Baseline{},
		Services: progression.Services{StableNamed: true, CanaryNamed: true, Stable: c.stable, Canary: c.canary},
		Runs:     map[string]progression.Run{},
	}
	if c.setup.spec.Routed {
		o.Route = progression.Route{Weight: c.weight, Uniform: true, Verified: c.inForce == c.weight}
	}
	for name, g := range c.groups {
		seen := progression.Version{Wanted: g.wanted, Existing: int32(len(g.pods)), Available: c.availableOf(g)}
		if name == g.hash {
			o.Versions[name] = seen
			continue
		}
		o.Baselines[name] = progression.Baseline{Hash: g.hash, Version: seen}
	}
	return o
}

// scale gives a group a number of pods.
func (c *cluster) scale(name, hash string, pods int32) {
	g := c.groups[name]
	if g == nil {
		g = &group{hash: hash}
		c.groups[name] = g
	}
	c.grow(name, g, pods, c.now.Add(c.setup.assumed.Startup))
}

// apply carries out an effect on the cluster.
func (c *cluster) apply(effect progression.Effect) {
	switch e := effect.(type) {
	case progression.ScaleVersion:
		c.scale(e.Hash, e.Hash, e.Pods)
	case progression.ScaleBaseline:
		c.scale(e.Name, e.Hash, e.Pods)
	case progression.RemoveBaseline:
		delete(c.groups, e.Name)
	case progression.PointService:
		if e.Role == progression.StableService {
			c.stable = e.Hash
		} else {
			c.canary = e.Hash
		}
	case progression.SetWeight:
		c.weight, c.weightAt = e.Weight, c.now
	}
	c.share()
}

// sortedSteps are the keys of analyses of steps.
func sortedSteps(m map[int32]*analysis) []int32 { return slices.Sorted(maps.Keys(m)) }

// sorted are the keys of a map in a fixed order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
