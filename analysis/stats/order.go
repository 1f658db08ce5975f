package stats

import "math"

// smallest is the smallest number in [low, high] for which yes holds, or high when it
// holds for none below. yes must be monotone. It bisects the numbers themselves, not
// their distance: at most 64 steps, exact to the last bit whatever the unit, and no
// absolute tolerance that a small number could drown in.
func smallest(low, high float64, yes func(float64) bool) float64 {
	if yes(low) {
		return low
	}
	no, holds := position(low), position(high)
	for holds-no > 1 && holds > no {
		middle := no + (holds-no)/2
		if yes(number(middle)) {
			holds = middle
		} else {
			no = middle
		}
	}
	return number(holds) + 0 // A negative zero becomes zero.
}

const signBit = 1 << 63

// position numbers the floating-point numbers in their order.
func position(v float64) uint64 {
	bits := math.Float64bits(v)
	if bits&signBit != 0 {
		return ^bits
	}
	return bits | signBit
}

// number is the inverse of position.
func number(position uint64) float64 {
	if position&signBit != 0 {
		return math.Float64frombits(position &^ signBit)
	}
	return math.Float64frombits(^position)
}
