package judge

import (
	"fmt"
	"math"
	"slices"
)

// Summary describes points. It is all 0 without any.
type Summary struct {
	Min, Max, Mean float64
	// Deviation is the standard deviation with n-1; 0 for one point.
	Deviation float64
	Count     int
}

// summarise describes points that are finite.
func summarise(points []float64) Summary {
	if len(points) == 0 {
		return Summary{}
	}
	s := Summary{Min: slices.Min(points), Max: slices.Max(points), Count: len(points)}
	total := 0.0
	for _, v := range points {
		total += v
	}
	s.Mean = total / float64(len(points))
	if len(points) > 1 {
		squares := 0.0
		for _, v := range points {
			squares += (v - s.Mean) * (v - s.Mean)
		}
		s.Deviation = math.Sqrt(squares / float64(len(points)-1))
	}
	return s
}

// percentile is the p-th percentile, linear between the points (Hyndman & Fan 1996,
// type 7); 0 without points.
func percentile(points []float64, p float64) float64 {
	if len(points) == 0 {
		return 0
	}
	ordered := slices.Clone(points)
	slices.Sort(ordered)
	h := float64(len(ordered)-1) * p / 100
	below := min(max(int(h), 0), len(ordered)-1)
	above := min(below+1, len(ordered)-1)
	return ordered[below] + (h-float64(below))*(ordered[above]-ordered[below])
}

// largestPoint is the largest magnitude that can be squared and summed.
const largestPoint = 1e150

// finite returns an error that names the first point that is not.
func finite(side string, points []float64) error {
	for i, v := range points {
		if math.Abs(v) > largestPoint {
			return fmt.Errorf("point %d of the %s is %v: it cannot be compared", i+1, side, v)
		}
	}
	return nil
}

// withoutNaN applies the strategy, and counts the points that were not a number.
func withoutNaN(points []float64, strategy NaNStrategy) (kept []float64, missing int) {
	for _, v := range points {
		switch {
		case !math.IsNaN(v):
			kept = append(kept, v)
		case strategy == ReplaceNaN:
			kept = append(kept, 0)
			missing++
		default:
			missing++
		}
	}
	return kept, missing
}

// withoutOutliers leaves out what is farther than factor interquartile ranges away
// from the quartiles; with guard, only what is beyond the 1st and 99th percentile, too.
func withoutOutliers(points []float64, factor float64, guard bool) []float64 {
	lower, upper := percentile(points, 25), percentile(points, 75)
	away := factor * (upper - lower)
	lower, upper = lower-away, upper+away
	if guard {
		lower, upper = min(lower, percentile(points, 1)), max(upper, percentile(points, 99))
	}
	var kept []float64
	for _, v := range points {
		if v >= lower && v <= upper {
			kept = append(kept, v)
		}
	}
	return kept
}

// commonest is the share of the most frequent value of both samples.
func commonest(canary, baseline []float64) float64 {
	all := append(slices.Clone(canary), baseline...)
	slices.Sort(all)
	most, run := 0, 0
	for i, v := range all {
		if i > 0 && v != all[i-1] {
			run = 0
		}
		run++
		most = max(most, run)
	}
	return float64(most) / float64(len(all))
}

// awayFromMedian are the distances of points from their own median.
func awayFromMedian(points []float64) []float64 {
	median := percentile(points, 50)
	away := make([]float64, 0, len(points))
	for _, v := range points {
		away = append(away, math.Abs(v-median))
	}
	return away
}
