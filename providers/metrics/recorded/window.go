package recorded

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/promql"
)

// floatsIn are the floats in (after, until].
func (d *decoded) floatsIn(after, until int64) []promql.FPoint {
	begin := floatsUntil(d.floats, after)
	return d.floats[begin:floatsNear(d.floats, begin, until)]
}

// histogramsIn are the histograms in (after, until].
func (d *decoded) histogramsIn(after, until int64) []promql.HPoint {
	if len(d.histograms) == 0 {
		return nil
	}
	return d.histograms[histogramsUntil(d.histograms, after):histogramsUntil(d.histograms, until)]
}

// floatsUntil is how many floats are not after a time.
func floatsUntil(floats []promql.FPoint, until int64) int {
	n, found := slices.BinarySearchFunc(floats, until, func(point promql.FPoint, at int64) int { return cmp.Compare(point.T, at) })
	if found {
		n++
	}
	return n
}

// histogramsUntil is how many histograms are not after a time.
func histogramsUntil(histograms []promql.HPoint, until int64) int {
	n, found := slices.BinarySearchFunc(histograms, until, func(point promql.HPoint, at int64) int { return cmp.Compare(point.T, at) })
	if found {
		n++
	}
	return n
}

// goneUntil is how many times are not after another one.
func goneUntil(gone []int64, until int64) int {
	n, found := slices.BinarySearch(gone, until)
	if found {
		n++
	}
	return n
}

// floatsNear is floatsUntil, found from a position that is likely to be near.
func floatsNear(floats []promql.FPoint, near int, until int64) int {
	low, high := 0, len(floats)
	if near = min(near, high); near > 0 && floats[near-1].T > until {
		// It is before the position: double the steps until one is not after it.
		for step := 1; ; step *= 2 {
			high = near
			if near -= step; near <= 0 {
				break
			}
			if floats[near-1].T <= until {
				low = near
				break
			}
		}
	} else {
		for step := 1; ; step *= 2 {
			low = near
			if near += step; near > len(floats) {
				break
			}
			if floats[near-1].T > until {
				high = near
				break
			}
		}
	}
	return low + floatsUntil(floats[low:high], until)
}

// floatsBack is how many of the first floats are not after a time that is likely to be
// a few samples back.
func floatsBack(floats []promql.FPoint, end int, after int64) int {
	const few = 32
	for i := end; i > 0 && i > end-few; i-- {
		if floats[i-1].T <= after {
			return i
		}
	}
	return floatsUntil(floats[:max(end-few, 0)], after)
}
