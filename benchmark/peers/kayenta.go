package peers

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/serin-dev/serin/benchmark/world"
)

// Kayenta is the NetflixACAJudge (spinnaker/kayenta a69573be), asked at the end of each
// step about all minutes so far: error rate and p99 of the canary against a baseline of
// equal size, direction "increase", both critical, allowed increase 1.
func Kayenta(r world.Rollout, s world.Scenario) int { return kayenta(r, s, 1) }

// Kayenta12 is Kayenta with an allowed and critical increase of 1.2.
func Kayenta12(r world.Rollout, s world.Scenario) int { return kayenta(r, s, 1.2) }

func kayenta(r world.Rollout, s world.Scenario, increase float64) int {
	all := minutes(r, s.Warm)
	metrics := points(all, r.Seed)
	rng := rand.New(rand.NewPCG(r.Seed, 2))
	for end := stepMinutes; end <= len(all); end += stepMinutes {
		for _, metric := range metrics {
			if high(selected(metric.canary, all, 0, end), selected(metric.baseline, all, 0, end), increase, rng) {
				return all[end-1].last
			}
		}
	}
	return Never
}

const (
	kayentaTolerance  = .25
	kayentaConfidence = .98 // both sides together
)

// high tells whether Kayenta's Mann–Whitney classifier calls a metric High with at least
// the given ratio of means. Where the classifier throws an exception, the metric is "Error",
// which does not fail a canary (kayenta's defect K1).
func high(canary, baseline []float64, increase float64, rng *rand.Rand) bool {
	if len(canary) == 0 || len(baseline) == 0 || sameValues(canary, baseline) {
		return false
	}
	ratio := mean(canary) / mean(baseline)
	if mean(canary) == 0 || mean(baseline) == 0 {
		ratio = math.NaN()
	}
	if constant(canary) && constant(baseline) {
		if canary[0] == baseline[0] {
			return false
		}
		canary, baseline = noisy(canary, rng), noisy(baseline, rng)
	}
	lower, estimate, ok := interval(canary, baseline, kayentaConfidence)
	return ok && lower > kayentaTolerance*math.Abs(estimate) && !(ratio < increase)
}

// interval gives the lower confidence limit of the shift between two samples and its
// estimate: roots of the normal score of the rank sum. It is not ok where all values are
// tied.
func interval(x, y []float64, confidence float64) (lower, estimate float64, ok bool) {
	shifted := score{x: x, y: y, values: make([]float64, 0, len(x)+len(y)), own: make([]float64, len(x))}
	low, high := slices.Min(x)-slices.Max(y), slices.Max(x)-slices.Min(y)
	// The limits demand the score ±z of the normal law; the lower one has the positive score.
	z := math.Sqrt2 * math.Erfinv(confidence)

	f := func(shift float64) float64 { return shifted.at(shift) - z }
	atLow, atHigh := f(low), f(high)
	switch {
	case atLow <= 0:
		lower = low
	case atHigh >= 0:
		lower = high
	default:
		lower = zero(low, high, atLow, atHigh, f)
	}
	f = shifted.at
	estimate = zero(low, high, f(low), f(high), f)
	return lower, estimate, !shifted.tied
}

// score is the normal score of the rank sum of x − shift among y, with average ranks for
// ties and a correction for continuity.
type score struct {
	x, y, values, own []float64
	// tied tells that all values were equal for some shift.
	tied bool
}

func (s *score) at(shift float64) float64 {
	n, m := float64(len(s.x)), float64(len(s.y))
	for i, value := range s.x {
		s.own[i] = value - shift
	}
	s.values = append(append(s.values[:0], s.own...), s.y...)
	slices.Sort(s.values)
	slices.Sort(s.own)
	sum, ties := rankSum(s.own, s.values)
	difference := sum - n*(n+1)/2 - n*m/2
	correction := 0.0
	if difference != 0 {
		correction = math.Copysign(.5, difference)
	}
	variance := n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1)))
	if variance == 0 {
		s.tied = true
		return 0
	}
	return (difference - correction) / math.Sqrt(variance)
}

// rankSum adds up the ranks of a sorted sample within all sorted values, the sample's own
// among them, with average ranks for ties; and Σ(t³ − t) over the ties.
func rankSum(sample, all []float64) (sum, ties float64) {
	next := 0
	for begin := 0; begin < len(all); {
		end := begin + 1
		for end < len(all) && all[end] == all[begin] {
			end++
		}
		for ; next < len(sample) && sample[next] == all[begin]; next++ {
			sum += float64(begin+1+end) / 2
		}
		count := float64(end - begin)
		ties += count*count*count - count
		begin = end
	}
	return sum, ties
}

// noisy adds normal noise, with a standard deviation of 1e-5 of the value.
func noisy(values []float64, rng *rand.Rand) []float64 {
	noisy := slices.Clone(values)
	for i := range noisy {
		noisy[i] += math.Abs(values[0]) * 1e-5 * rng.NormFloat64()
	}
	return noisy
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

func constant(values []float64) bool { return slices.Min(values) == slices.Max(values) }

// sameValues tells whether two samples are equal but for their order.
func sameValues(a, b []float64) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
