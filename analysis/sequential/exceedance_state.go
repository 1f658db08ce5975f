package sequential

import (
	"fmt"
	"math"
)

// most is beyond all sums of counts and of their squares, and far from where
// arithmetic ends.
const most = 1e100

// mostWealth is beyond all logarithms of evidence.
const mostWealth = 1e20

// Validate returns an error that says which part of a state that was read cannot have
// been written by Observe of a test with so many tilts: ErrorTilts or LatencyTilts.
func (s *ExceedanceState) Validate(tilts int) error {
	if !(s.Reserve >= 0 && s.Reserve <= 1) || !isSum(s.Past) {
		return fmt.Errorf("the state has a reserve of %v and %v requests in the past", s.Reserve, s.Past)
	}
	for j := range s.Kinds {
		k := &s.Kinds[j]
		if err := k.validate(tilts); err != nil {
			return fmt.Errorf("the state of kind %d: %w", j, err)
		}
		if k.Past > s.Past {
			return fmt.Errorf("the state of kind %d: %v events among %v requests", j, k.Past, s.Past)
		}
		if bet := k.Wealth != nil; bet != (s.Reserve < 1) {
			return fmt.Errorf("the state of kind %d: it has %d likelihood ratios, and %v of the stake is in reserve", j, len(k.Wealth), s.Reserve)
		}
	}
	return s.Spread.validate(len(s.Kinds))
}

// validate is ExceedanceState.Validate for one kind.
func (k *KindState) validate(tilts int) error {
	for _, values := range [][]float64{k.Wealth, k.Rank} {
		for _, v := range values {
			if !(v >= nothing && v <= mostWealth) {
				return fmt.Errorf("it holds %v", v)
			}
		}
	}
	for _, v := range []float64{k.Past, k.Pods.Squares, k.Pods.Freedom} {
		if !isSum(v) {
			return fmt.Errorf("it holds %v", v)
		}
	}
	for _, d := range []*Dispersion{&k.Dispersion, k.Paired} {
		if err := d.validate(); err != nil {
			return err
		}
	}
	n, ranks := len(k.Wealth), len(k.Rank)
	if n != 0 && n != tilts || ranks != 0 && ranks != len(rankTilts) || (n > 0) != (ranks > 0) {
		return fmt.Errorf("it has %d likelihood ratios of %d, and %d of the ranks", n, tilts, ranks)
	}
	return nil
}

func (d *Dispersion) validate() error {
	if d == nil {
		return nil
	}
	for s := range dispersionScales {
		if !(math.Abs(d.Excess[s]) <= most) || !isSum(d.Variance[s]) || !isSum(d.Square[s]) || !isSum(d.Count[s]) {
			return fmt.Errorf("its dispersion holds %v, %v, %v and %v", d.Excess[s], d.Variance[s], d.Square[s], d.Count[s])
		}
	}
	return nil
}

// isSum reports whether a number may be a count, or a sum of counts or squares.
func isSum(v float64) bool { return v >= 0 && v <= most }

// validate is ExceedanceState.Validate for the unfinished measurement.
func (s *spread) validate(kinds int) error {
	for i := range s.Pods {
		if i > 0 && s.Pods[i].Pod <= s.Pods[i-1].Pod {
			return fmt.Errorf("the state's pods are out of order at %q", s.Pods[i].Pod)
		}
		for _, w := range s.Pods[i].Windows {
			if err := validateEvents(PodEvents{Total: w.Total, Events: w.Events}, kinds); err != nil {
				return fmt.Errorf("the state of pod %q: %w", s.Pods[i].Pod, err)
			}
		}
	}
	for _, last := range []*PodEvents{s.Last, s.Canary, s.Paired} {
		if last == nil {
			continue
		}
		if err := validateEvents(*last, kinds); err != nil {
			return fmt.Errorf("the state's last window: %w", err)
		}
	}
	if paired := s.Canary != nil; paired != (s.Paired != nil) || paired && !(s.Canary.Total > 0 && s.Paired.Total > 0) {
		return fmt.Errorf("the state's last pair of windows is none")
	}
	return nil
}

func validateEvents(p PodEvents, kinds int) error {
	if n := len(p.Events); n != kinds && (n != 0 || p.Total > 0) {
		return fmt.Errorf("%d kinds of events, and there are %d", n, kinds)
	}
	if !isSum(p.Total) {
		return fmt.Errorf("%v requests", p.Total)
	}
	for _, events := range p.Events {
		if !(events >= 0 && events <= p.Total) {
			return fmt.Errorf("%v events among %v requests", events, p.Total)
		}
	}
	return nil
}

// Keep leaves of a state the kinds of events with these indices, ascending: the others
// can be observed no more. What was staked on them is staked on those that are left, as it
// is worth now, so that LogE does not change.
func (t *Exceedance) Keep(s *ExceedanceState, kinds []int) {
	if s.Kinds == nil || len(kinds) == 0 {
		return
	}
	kept := make([]KindState, 0, len(kinds))
	lost := math.Inf(-1)
	for j := range s.Kinds {
		k := &s.Kinds[j]
		switch {
		case len(kept) < len(kinds) && kinds[len(kept)] == j:
			kept = append(kept, *k)
		case k.Wealth != nil:
			top := k.top()
			lost = logAdd(lost, top+math.Log(k.sum(top)))
		}
	}
	s.Kinds = kept
	if !math.IsInf(lost, -1) {
		for j := range s.Kinds {
			t.stakeOn(&s.Kinds[j], lost-math.Log(float64(len(kept))), false)
		}
	}
	s.Spread.keep(kinds)
}

// keep is Keep for the unfinished measurement.
func (s *spread) keep(kinds []int) {
	for i := range s.Pods {
		for w := range s.Pods[i].Windows {
			s.Pods[i].Windows[w].Events = pick(s.Pods[i].Windows[w].Events, kinds)
		}
	}
	for _, last := range []**PodEvents{&s.Last, &s.Canary, &s.Paired} {
		if *last != nil {
			*last = &PodEvents{Total: (*last).Total, Events: pick((*last).Events, kinds)}
		}
	}
}

// pick are the values with these indices; none of none.
func pick(values []float64, indices []int) []float64 {
	if len(values) == 0 {
		return nil
	}
	picked := make([]float64, len(indices))
	for i, j := range indices {
		picked[i] = values[j]
	}
	return picked
}
