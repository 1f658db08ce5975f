package series

import "math"

// Exponential bounds are powers of 2^(2^-schema). The bounds of schema 8 are the
// finest grid, of which those of each other schema are a part: every 2nd of schema 7,
// every 4th of schema 6, and so on.
const (
	octave    = 256         // Steps of the finest grid from a bound to its double.
	widest    = octave << 4 // Steps between two bounds of schema -4.
	gridError = 1e-6
)

// gridIndex is the place of a bound on the finest grid.
func gridIndex(bound float64) (index int, on bool) {
	if !(bound > 0) || math.IsInf(bound, 1) {
		return 0, false
	}
	exact := math.Log2(bound) * octave
	rounded := math.Round(exact)
	return int(rounded), math.Abs(exact-rounded) < gridError
}

func gridBound(index int) float64 { return math.Exp2(float64(index) / octave) }

// onGrid makes bounds that differ by the rounding of their source the same.
func onGrid(bound float64) float64 {
	if bound < 0 {
		return -onGrid(-bound)
	}
	if index, on := gridIndex(bound); on {
		return gridBound(index)
	}
	return bound
}

// gridStep is how many steps of the finest grid the buckets of a reading are wide, at
// the widest; 0 when they are no exponential ones. The zero bucket and negative ones
// do not matter.
func gridStep(buckets []Bucket) int {
	step := 0
	for _, b := range buckets {
		if b.Lower <= 0 {
			continue
		}
		lower, lowerOn := gridIndex(b.Lower)
		upper, upperOn := gridIndex(b.Upper)
		width := upper - lower
		if !lowerOn || !upperOn || width <= 0 || width&(width-1) != 0 || width > widest || lower%width != 0 {
			return 0
		}
		step = max(step, width)
	}
	return step
}
