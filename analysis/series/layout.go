package series

import (
	"cmp"
	"math"
	"slices"
)

// MaxEdges is how many edges a histogram is merged down to.
const MaxEdges = 64

const (
	// tailEdges are how many of them halve the baseline's highest share again and
	// again: a regression of a few requests is in the tail.
	tailEdges = 10
	// spreadEdges are how many lie around the middle of exponential histograms at equal
	// ratios, at most spreadOctaves away: what is observed later may be far off.
	spreadOctaves = 6
	spreadStep    = octave / 2
	spreadEdges   = 2*spreadOctaves*octave/spreadStep + 1
)

// layout are the edges that some readings have in common.
type layout struct {
	edges []float64
	// dropped is how many were in some of them only.
	dropped int
}

// commonEdges finds the edges that all readings tell of: of classic histograms those
// that are in all of them; of native ones the bounds of the buckets that hold
// something, at the lowest resolution. None may be inside of a bucket. newest are the
// newest readings of both arms; mass are those of the baseline (of the canary where it
// has none), and say where most requests are.
func commonEdges(readings, newest, mass []reading) layout {
	counts, histograms := map[float64]int{}, 0
	for _, r := range newest {
		if r.bounds == nil {
			continue
		}
		histograms++
		for _, edge := range r.ownEdges() {
			counts[edge]++
		}
	}
	if histograms == 0 {
		return nativeEdges(readings, newest, mass)
	}
	var common []float64
	for edge, n := range counts {
		if n == histograms {
			common = append(common, edge)
		}
	}
	slices.Sort(common)
	common = resolved(common, readings)
	return layout{edges: thin(common, mass, MaxEdges), dropped: len(counts) - len(common)}
}

// nativeEdges is commonEdges of native histograms alone.
func nativeEdges(readings, newest, mass []reading) layout {
	var edges []float64
	step, exponential := 0, true
	for _, r := range newest {
		edges = append(edges, r.ownEdges()...)
		width := gridStep(r.buckets)
		step = max(step, width)
		exponential = exponential && (width > 0 || len(r.buckets) == 0 || onlyZero(r.buckets))
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	if !exponential || step == 0 {
		common := resolved(edges, readings)
		return layout{edges: thin(common, mass, MaxEdges), dropped: len(edges) - len(common)}
	}
	// To merge down to the lowest resolution is no disagreement.
	edges = slices.DeleteFunc(edges, func(edge float64) bool {
		index, on := gridIndex(edge)
		return on && index%step != 0
	})
	edges = thin(resolved(edges, readings), mass, MaxEdges-spreadEdges)
	edges = append(edges, resolved(spread(mass, step), readings)...)
	slices.Sort(edges)
	return layout{edges: slices.Compact(edges)}
}

// onlyZero says whether all observations are in the zero bucket.
func onlyZero(buckets []Bucket) bool {
	return len(buckets) == 1 && buckets[0].Lower <= 0 && buckets[0].Upper >= 0
}

// resolved are the edges that all readings tell of.
func resolved(edges []float64, readings []reading) []float64 {
	known := make([]bool, len(edges))
	for i := range known {
		known[i] = true
	}
	for _, r := range readings {
		for i, count := range r.atMost(edges)[:len(edges)] {
			known[i] = known[i] && !math.IsNaN(count)
		}
	}
	var kept []float64
	for i, edge := range edges {
		if known[i] {
			kept = append(kept, edge)
		}
	}
	return kept
}

// shares are the shares of the mass that are at most each edge; all 0 without mass.
func shares(edges []float64, mass []reading) []float64 {
	sums := make([]float64, len(edges)+1)
	for _, r := range mass {
		for i, count := range r.atMost(edges) {
			if !math.IsNaN(count) {
				sums[i] += count
			}
		}
	}
	total := sums[len(edges)]
	for i := range sums {
		if total > 0 {
			sums[i] = min(sums[i]/total, 1)
		}
	}
	return sums[:len(edges)]
}

// thin chooses at most so many edges: the lowest and the highest one, tailEdges that
// halve the highest share again and again, and others that split the mass as evenly as
// they can. Without mass they are evenly spaced by their rank.
func thin(edges []float64, mass []reading, most int) []float64 {
	if len(edges) <= most {
		return edges
	}
	chosen := make([]bool, len(edges))
	chosen[0], chosen[len(edges)-1] = true, true
	below := shares(edges, mass)
	even := most - 2 - tailEdges
	if below[len(edges)-1] == 0 {
		for i := range most {
			chosen[i*(len(edges)-1)/(most-1)] = true
		}
		return picked(edges, chosen)
	}
	for i := 1; i <= even; i++ {
		chosen[nearest(below, float64(i)/float64(even+1))] = true
	}
	for i := 1; i <= tailEdges; i++ {
		chosen[nearest(below, 1-math.Exp2(-float64(i))/float64(even+1))] = true
	}
	return picked(edges, chosen)
}

// nearest is the place of the share that is nearest to another one. Shares ascend.
func nearest(shares []float64, share float64) int {
	at, _ := slices.BinarySearch(shares, share)
	if at == len(shares) || at > 0 && share-shares[at-1] <= shares[at]-share {
		return at - 1
	}
	return at
}

func picked(edges []float64, chosen []bool) []float64 {
	var kept []float64
	for i, edge := range edges {
		if chosen[i] {
			kept = append(kept, edge)
		}
	}
	return kept
}

// spread are edges around the middle of the mass.
func spread(mass []reading, step int) []float64 {
	step = max(step, spreadStep)
	middle, has := median(mass)
	if !has {
		return nil
	}
	middle -= middle % step
	var edges []float64
	for index := -spreadOctaves * octave / step; index <= spreadOctaves*octave/step; index++ {
		if edge := gridBound(middle + index*step); edge > 0 && !math.IsInf(edge, 1) {
			edges = append(edges, edge)
		}
	}
	return edges
}

// median is the place on the grid of the upper bound of the bucket that holds the
// middle of the mass.
func median(mass []reading) (index int, has bool) {
	var all []Bucket
	total := 0.0
	for _, r := range mass {
		for _, b := range r.buckets {
			if _, on := gridIndex(b.Upper); on {
				all = append(all, b)
				total += b.Count
			}
		}
	}
	slices.SortFunc(all, func(a, b Bucket) int { return cmp.Compare(a.Upper, b.Upper) })
	sum := 0.0
	for _, b := range all {
		if sum += b.Count; 2*sum >= total {
			return gridIndex(b.Upper)
		}
	}
	return 0, false
}
