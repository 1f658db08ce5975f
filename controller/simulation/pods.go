package simulation

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/controller/progression"
)

// Behaviour is what a version does.
type Behaviour struct {
	// ErrorShare is the share of its requests that it answers badly.
	ErrorShare float64
	// Crash: its pods never become available and keep ending.
	Crash bool
	// Stuck: its pods never become available.
	Stuck bool
	// ColdErrors is the share of its requests that a pod answers badly in the first
	// Warmup of its life, as long as its caches are empty.
	ColdErrors float64
	Warmup     time.Duration
}

// version is the pods of one template.
type version struct {
	wanted int32
	pods   []pod
	// startedAt is when it got pods after it had none.
	startedAt time.Time
}

// pod is one pod.
type pod struct {
	number   int
	bornAt   time.Time
	diedAt   time.Time
	crashing bool
}

// available says whether a pod can serve.
func (c *Cluster) available(hash string, p pod) bool {
	behaviour := c.Behaviours[hash]
	if behaviour.Crash || behaviour.Stuck || p.crashing || !p.diedAt.IsZero() {
		return false
	}
	return !c.Now.Before(p.bornAt.Add(c.Startup))
}

// Available is the number of pods of a version that can serve, without fresh baseline
// pods.
func (c *Cluster) Available(hash string) int32 {
	if v := c.versions[hash]; v != nil {
		return int32(len(c.serving(hash, hash, v)))
	}
	return 0
}

// scale gives a version a number of pods; those that cannot serve go first.
func (c *Cluster) scale(hash string, pods int32) {
	v := c.versions[hash]
	if v == nil {
		v = &version{}
		c.versions[hash] = v
	}
	if v.wanted == 0 {
		v.startedAt = c.Now
	}
	v.wanted = pods
	c.settlePods(hash, v)
}

// settlePods makes the pods of a version as many as are wanted.
func (c *Cluster) settlePods(hash string, v *version) {
	v.pods = slices.DeleteFunc(v.pods, func(p pod) bool { return !p.diedAt.IsZero() })
	for int32(len(v.pods)) < v.wanted {
		c.pods++
		v.pods = append(v.pods, pod{number: c.pods, bornAt: c.Now})
	}
	slices.SortStableFunc(v.pods, func(a, b pod) int {
		rank := func(p pod) int {
			if c.available(hash, p) {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	if int32(len(v.pods)) > v.wanted {
		v.pods = v.pods[:v.wanted]
	}
}

// KillPods ends a number of pods of a version; they are replaced.
func (c *Cluster) KillPods(hash string, number int) {
	v := c.versions[hash]
	if v == nil {
		return
	}
	for i := range v.pods {
		if i < number {
			v.pods[i].diedAt = c.Now
		}
	}
	c.settlePods(hash, v)
}

// serving are the pods that can serve, of a version or of a set of fresh ones.
func (c *Cluster) serving(name, hash string, v *version) []pod {
	var pods []pod
	for _, p := range v.pods {
		if c.available(hash, p) && (name == hash || !c.BaselineStuck) {
			pods = append(pods, p)
		}
	}
	return pods
}

// observeVersion is the pods of a version, or of a set of fresh ones, as a driver sees
// them.
func (c *Cluster) observeVersion(name, hash string, v *version) progression.Version {
	seen := progression.Version{Wanted: v.wanted, Existing: int32(len(v.pods)), Available: int32(len(c.serving(name, hash, v)))}
	for _, p := range v.pods {
		if c.Behaviours[hash].Crash && !c.Now.Before(p.bornAt.Add(c.Startup)) || p.crashing {
			seen.Crashing++
			seen.Trouble = "CrashLoopBackOff"
		}
	}
	return seen
}
