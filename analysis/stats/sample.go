package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Tails are the p-values of one test.
type Tails struct {
	// TwoSided is for "the canary is different".
	TwoSided float64
	// Greater is for "the canary's values are greater".
	Greater float64
	// Less is for "the canary's values are less".
	Less float64
}

// Interval is a confidence interval. Lower is never above Upper.
type Interval struct {
	Lower, Upper float64
}

// Count is how many of Total trials were events: bad requests of all requests.
type Count struct {
	Events, Total int64
}

// Share is the share of events, the maximum likelihood estimate of their probability.
func (c Count) Share() float64 { return float64(c.Events) / float64(c.Total) }

// MaxTotal is the largest total that the functions accept. Up to it counts are exact
// and no sum takes longer than about a second.
const MaxTotal = 1e10

func (c Count) check(name string) error {
	switch {
	case c.Total < 1:
		return fmt.Errorf("the %s has no trials", name)
	case c.Total > MaxTotal:
		return fmt.Errorf("the %s has %d trials; at most %.0f can be compared", name, c.Total, float64(MaxTotal))
	case c.Events < 0 || c.Events > c.Total:
		return fmt.Errorf("the %s has %d events of %d trials", name, c.Events, c.Total)
	default:
		return nil
	}
}

func checkCounts(canary, baseline Count) error {
	return errors.Join(canary.check("canary"), baseline.check("baseline"))
}

// largest is the largest magnitude of a value: sums of squares stay finite.
const largest = 1e150

// checkSamples returns an error unless both samples have enough usable values.
func checkSamples(canary, baseline []float64, atLeast int) error {
	return errors.Join(checkSample("canary", canary, atLeast), checkSample("baseline", baseline, atLeast))
}

func checkSample(name string, values []float64, atLeast int) error {
	if len(values) < atLeast {
		return fmt.Errorf("the %s has %d values; at least %d are needed", name, len(values), atLeast)
	}
	for i, v := range values {
		if !(math.Abs(v) <= largest) {
			return fmt.Errorf("value %d of the %s is %v; it must be a number of magnitude at most %g", i, name, v, largest)
		}
	}
	return nil
}

func checkLevel(confidence float64) error {
	if !(confidence > 0 && confidence < 1) {
		return fmt.Errorf("the confidence is %v; it must be between 0 and 1", confidence)
	}
	return nil
}

// sorted is a sorted copy.
func sorted(values []float64) []float64 {
	s := slices.Clone(values)
	slices.Sort(s)
	return s
}

// probability keeps what is a probability but for rounding within 0 and 1.
func probability(p float64) float64 { return min(max(p, 0), 1) }
