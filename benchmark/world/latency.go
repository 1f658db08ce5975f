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
	law := newLaw()
	return *law.of(shift, tail)
}

// law is the law of the latency. It keeps the shares that it computed last, since
// neighbouring pods often have the same.
type law struct {
	// edges and quickEdges are the logarithms of the buckets' edges relative to the median
	// latency, for requests outside and in the tail.
	edges, quickEdges [Buckets - 1]float64

	known       bool
	shift, tail float64
	shares      [Buckets]float64
}

func newLaw() law {
	var l law
	for bucket, edge := range Edges() {
		l.edges[bucket] = math.Log(edge / medianLatency)
		l.quickEdges[bucket] = math.Inf(-1)
		if edge > slowSeconds {
			l.quickEdges[bucket] = math.Log((edge - slowSeconds) / medianLatency)
		}
	}
	return l
}

// of gives the buckets' shares for a shift and a tail.
func (l *law) of(shift, tail float64) *[Buckets]float64 {
	if l.known && l.shift == shift && l.tail == tail {
		return &l.shares
	}
	l.known, l.shift, l.tail = true, shift, tail
	below := 0.0
	for bucket, edge := range l.edges {
		cumulative := normal((edge - shift) / spreadLatency)
		if tail != 0 {
			cumulative = (1-tail)*cumulative + tail*normal((l.quickEdges[bucket]-shift)/spreadLatency)
		}
		l.shares[bucket] = math.Max(cumulative-below, 0)
		below = cumulative
	}
	l.shares[Buckets-1] = math.Max(1-below, 0)
	return &l.shares
}

// normal is the standard normal distribution function. It uses erfc, whose tails are exact.
func normal(z float64) float64 { return .5 * math.Erfc(-z/math.Sqrt2) }
