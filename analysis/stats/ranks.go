package stats

import (
	"cmp"
	"slices"
)

// ranking is the joint order of two samples.
type ranking struct {
	// canary and baseline are the mid-ranks, doubled so that they are whole, in the
	// order of the samples: 2 is the smallest of all when it has no tie.
	canary, baseline []int
	// blocks are the sizes of the groups of equal values, in ascending order.
	blocks []int
	// ties is the sum of t³-t over the blocks.
	ties float64
}

// rank orders both samples together; equal values share the mean of their ranks.
func rank(canary, baseline []float64) ranking {
	type entry struct {
		value float64
		from  int
	}
	n := len(canary)
	all := make([]entry, 0, n+len(baseline))
	for i, v := range canary {
		all = append(all, entry{v, i})
	}
	for i, v := range baseline {
		all = append(all, entry{v, n + i})
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.value, b.value), a.from-b.from)
	})
	r := ranking{canary: make([]int, n), baseline: make([]int, len(baseline))}
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && all[end].value == all[start].value {
			end++
		}
		for _, e := range all[start:end] {
			if doubled := start + 1 + end; e.from < n {
				r.canary[e.from] = doubled
			} else {
				r.baseline[e.from-n] = doubled
			}
		}
		size := end - start
		r.blocks = append(r.blocks, size)
		r.ties += float64(size) * float64(size-1) * float64(size+1)
		start = end
	}
	return r
}

// doubledU is 2·(#{x > y} + ½#{x = y}).
func (r ranking) doubledU() int {
	n := len(r.canary)
	return sum(r.canary) - n*(n+1)
}

func sum(values []int) int {
	total := 0
	for _, v := range values {
		total += v
	}
	return total
}

// Superiority is A12 = (#{x > y} + ½#{x = y}) / (n1·n2), the probability that a random
// value of the canary is greater than one of the baseline, ties counted half: the
// common language effect size (Vargha & Delaney 2000). ½ is no effect. Empty samples
// and values that are not finite are an error.
func Superiority(canary, baseline []float64) (float64, error) {
	if err := checkSamples(canary, baseline, 1); err != nil {
		return 0, err
	}
	return rank(canary, baseline).superiority(), nil
}

func (r ranking) superiority() float64 {
	return float64(r.doubledU()) / 2 / float64(len(r.canary)) / float64(len(r.baseline))
}
