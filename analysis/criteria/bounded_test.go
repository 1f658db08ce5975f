package criteria

import (
	"math"
	"testing"
)

// TestIntervals: sums, products and quotients of bounds at the corners, by hand.
func TestIntervals(t *testing.T) {
	inf := math.Inf(1)
	between := func(lower, upper float64) bounded { return bounded{lower: lower, upper: upper} }
	anything := between(-inf, inf)
	tests := []struct {
		reason    string
		got, want bounded
	}{
		{"sum", between(1, 2).plus(between(-4, 8)), between(-3, 10)},
		{"sum without end", between(1, inf).plus(between(-inf, 8)), anything},
		{"difference", intervals("-")(between(1, 2), between(-4, 8)), between(-7, 6)},
		{"product", between(-1, 2).times(between(-4, 8)), between(-8, 16)},
		{"product of negatives", between(-3, -2).times(between(-5, -4)), between(8, 15)},
		{"0 times what has no end", between(0, 0).times(anything), between(0, 0)},
		{"what has no end times a share", between(0, 1).times(between(2, inf)), between(0, inf)},
		{"overflow", between(1e308, 1e308).times(between(10, 10)), between(math.MaxFloat64, inf)},
		{"quotient", between(1, 2).over(between(4, 8)), between(0.125, 0.5)},
		{"by what may be 0", between(1, 2).over(between(0, 4)), between(0.25, inf)},
		{"by what may be 0 from below", between(1, 2).over(between(-4, 0)), between(-inf, -0.25)},
		{"by what may be -0", between(1, 2).over(between(math.Copysign(0, -1), 4)), between(0.25, inf)},
		{"by what has both signs", between(1, 2).over(between(-4, 4)), anything},
		{"both may be 0", between(0, 1).over(between(0, 4)), anything},
		{"by what has no end", between(1, 2).over(between(4, inf)), between(0, 0.5)},
		{"both have no end", between(1, inf).over(between(4, inf)), between(0, inf)},
		{"absolute value of both signs", between(-3, 1).absolute(), between(0, 3)},
		{"absolute value of a negative", between(-3, -1).absolute(), between(1, 3)},
		{"least", between(-3, 1).extreme(between(-2, 0), math.Min), between(-3, 0)},
	}
	for _, test := range tests {
		if test.got.lower != test.want.lower || test.got.upper != test.want.upper {
			t.Errorf("%s is %v to %v, want %v to %v", test.reason, test.got.lower, test.got.upper, test.want.lower, test.want.upper)
		}
	}
}

// TestEstimates: an estimate goes along, with the fewer samples.
func TestEstimates(t *testing.T) {
	a := bounded{estimate: 6, lower: 5, upper: 7, samples: 100, of: requests}
	b := bounded{estimate: 2, lower: 1, upper: 3, samples: 20, of: points}
	for want, got := range map[float64]bounded{8: a.plus(b), 4: intervals("-")(a, b), 12: a.times(b), 3: a.over(b), -6: a.negative()} {
		if got.estimate != want || want > 0 && (got.samples != 20 || got.of != points) {
			t.Errorf("got %+v, want %v of 20 points", got, want)
		}
	}
}
