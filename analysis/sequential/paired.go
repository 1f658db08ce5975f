package sequential

import (
	"math"
	"slices"
)

// Where pods cannot be told apart, two things bound how much the arms differ by
// chance, and neither is exact: how much the baseline changes from window to window,
// which includes what moves both arms; and how much the difference of the arms changes,
// which includes what a bad canary does now and then. The smaller one is used. Both
// look at the past alone.

// dispersion is φ of a kind for a pod that is expected to have so many events.
func (k *KindState) dispersion(mean float64) float64 {
	phi := k.Dispersion.At(mean)
	if k.Paired != nil && k.Paired.Count[0] >= enoughPairs {
		phi = min(phi, k.Paired.atMost(mean))
	}
	return phi
}

// atMost is φ in one window and its standard error twice: what few windows did not show
// must not be taken for absent where it has been seen in the baseline.
func (d *Dispersion) atMost(mean float64) float64 {
	seen := d.Variance[0] + priorVariance
	quadratic := 0.0
	if mean > 0 {
		quadratic = mean * d.Excess[0] / (d.Square[0] + priorVariance*mean)
	}
	phi := max(1, 1+max(d.Excess[0]/seen, quadratic))
	return phi * (1 + 2*math.Sqrt(2/d.Count[0]+1/seen))
}

// enoughPairs is how many changes of the difference must be known to be believed.
const enoughPairs = 3

// pair adds the change of the difference from the block before: with the shares D of
// canary less baseline, and h = n1·n2/(n1+n2) requests that a difference is worth,
//
//	R = (D - D before) · h̄,  1/h̄ = 1/h + 1/h before
//
// has the variance h̄·q(1-q) for independent events, like the events of h̄ requests.
func (s *ExceedanceState) pair(b EventBlock) {
	if s.Spread.Last == nil || !b.comparable() {
		s.Spread.Canary, s.Spread.Paired = nil, nil
		return
	}
	canary, baseline := s.Spread.Canary, s.Spread.Paired
	if canary != nil && len(canary.Events) == len(b.Canary.Events) {
		s.addPair(*canary, *baseline, b)
	}
	s.Spread.Canary = &PodEvents{Total: b.Canary.Total, Events: slices.Clone(b.Canary.Events)}
	s.Spread.Paired = &PodEvents{Total: b.Baseline.Total, Events: slices.Clone(b.Baseline.Events)}
}

func (s *ExceedanceState) addPair(canary, baseline PodEvents, b EventBlock) {
	worth := func(n1, n2 float64) float64 { return n1 * n2 / (n1 + n2) }
	before, now := worth(canary.Total, baseline.Total), worth(b.Canary.Total, b.Baseline.Total)
	both := worth(before, now)
	for j := range s.Kinds {
		k := &s.Kinds[j]
		if k.Paired == nil {
			k.Paired = &Dispersion{}
		}
		share := (baseline.Events[j] + b.Baseline.Events[j]) / (baseline.Total + b.Baseline.Total)
		change := b.Canary.Events[j]/b.Canary.Total - b.Baseline.Events[j]/b.Baseline.Total -
			canary.Events[j]/canary.Total + baseline.Events[j]/baseline.Total
		k.Paired.add(0, both*share+change*both, both, share, 1)
	}
}
