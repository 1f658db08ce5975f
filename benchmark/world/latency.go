package world

import "math"

const (
	medianLatency = .08 // seconds
	spreadLatency = .5  // standard deviation of the logarithm
	slowSeconds   = 2   // what a request in the tail takes longer
)

// BucketShares are the probabilities of the latency buckets, where the logarithm of the
// latency is shifted and a share of the requests, the tail, takes two seconds longer.
func BucketShares(shift, tail float64) [Buckets]float64 {
	var shares [Buckets]float64
	below := 0.0
	for bucket, edge := range Edges() {
		cumulative := faster(edge, shift)
		if tail != 0 {
			cumulative *= 1 - tail
			if edge > slowSeconds {
				cumulative += tail * faster(edge-slowSeconds, shift)
			}
		}
		shares[bucket] = math.Max(cumulative-below, 0)
		below = cumulative
	}
	shares[Buckets-1] = math.Max(1-below, 0)
	return shares
}

// faster is the probability of a latency of at most so many seconds. It uses erfc, whose
// tails are exact.
func faster(seconds, shift float64) float64 {
	z := (math.Log(seconds) - math.Log(medianLatency) - shift) / spreadLatency
	return .5 * math.Erfc(-z/math.Sqrt2)
}
