package sequential

import "math"

const (
	// tailShare is a share of events below which an edge is in the tail: what shows
	// there was not there before, such as requests that wait for a timeout.
	tailShare = 1e-3
	// tailStake is the part of the stake for all edges of the tail together.
	tailStake = 0.3
	// leastStake is what each kind gets beside its part.
	leastStake = 1e-3
)

// kindWeight is what is staked on a kind, before it is scaled to a sum of 1. It
// depends on the baseline's past alone; while nothing is known of that, all kinds are
// alike.
//
// It is a prior over the quantile that moves, not over the edges: each kind stands for
// the shares of events between halfway to its neighbours', so that a layout with many
// fine buckets has no cost, and edges that everything or nothing exceeds take little.
func (s *ExceedanceState) kindWeight(j int) float64 {
	if len(s.Kinds) == 1 || !s.known() {
		return 1
	}
	above, below := 1.0, 0.0
	if j > 0 {
		above = (s.share(j-1) + s.share(j)) / 2
	}
	if j+1 < len(s.Kinds) {
		below = (s.share(j) + s.share(j+1)) / 2
	}
	weight := leastStake + (1-tailStake)*max(quantileMass(above)-quantileMass(below), 0)
	if s.share(j) >= tailShare {
		return weight
	}
	tail := 0
	for i := range s.Kinds {
		if s.share(i) < tailShare {
			tail++
		}
	}
	return weight + tailStake/float64(tail)
}

// share is the baseline's share of events of a kind, as far as it is known.
func (s *ExceedanceState) share(j int) float64 {
	return (s.Kinds[j].Past + 0.5) / (s.Past + 1)
}

// quantileMass is the prior's mass of quantiles that a smaller share than this one
// exceeds: one half uniform in the share, one half in its logarithm down to the tail.
func quantileMass(share float64) float64 {
	share = min(max(share, 0), 1)
	return share/2 + (1-math.Log(max(share, tailShare))/math.Log(tailShare))/2
}
