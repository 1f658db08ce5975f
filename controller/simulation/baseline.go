package simulation

import "github.com/serin-dev/serin/controller/progression"

// baseline is a set of fresh baseline pods: pods of a version beside its own.
type baseline struct {
	version
	hash string
}

// scaleBaseline gives a set of fresh pods a number of them.
func (c *Cluster) scaleBaseline(scale progression.ScaleBaseline) {
	set := c.baselines[scale.Name]
	if set == nil {
		set = &baseline{hash: scale.Hash}
		set.startedAt = c.Now
		c.baselines[scale.Name] = set
	}
	set.wanted = scale.Pods
	c.settlePods(set.hash, &set.version)
}

// KillBaseline ends a number of fresh pods of every release; they are replaced.
func (c *Cluster) KillBaseline(number int) {
	for _, name := range sortedKeys(c.baselines) {
		set := c.baselines[name]
		for i := range min(number, len(set.pods)) {
			set.pods[i].diedAt = c.Now
		}
		c.settlePods(set.hash, &set.version)
	}
}
