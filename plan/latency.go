package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// Quantile says that a share P of the requests takes at most At.
type Quantile struct {
	P  float64
	At time.Duration
}

// Latency is how long requests take: the quantiles that are known, ascending. Between
// two of them, and beyond the outermost, the logarithm of the latency is a straight
// line over the normal quantiles: with two of them that is the log-normal distribution
// through both, and with more each piece is one.
type Latency []Quantile

// ParseLatency reads quantiles such as p50=40ms,p99=300ms.
func ParseLatency(text string) (Latency, error) {
	var latency Latency
	for part := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		digits, isP := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name)), "p")
		if !found || !isP {
			return nil, mistake("latency", "%q is no quantile; write for example p50=40ms", strings.TrimSpace(part))
		}
		p, err := parseNumber(digits)
		if err != nil || p <= 0 || p >= 100 {
			return nil, mistake("latency", "%q is no quantile; write p50, p99 or p99.9", name)
		}
		at, err := time.ParseDuration(strings.TrimSpace(value))
		if err != nil || at <= 0 {
			return nil, mistake("latency", "%q is no latency; write for example 40ms or 1.5s", value)
		}
		latency = append(latency, Quantile{P: p / 100, At: at})
	}
	slices.SortFunc(latency, func(a, b Quantile) int { return cmp.Compare(a.P, b.P) })
	if err := latency.validate(); err != nil {
		return nil, mistake("latency", "%v", err)
	}
	return latency, nil
}

// validate returns an error for quantiles that are no distribution.
func (l Latency) validate() error {
	if len(l) < 2 {
		return fmt.Errorf("one quantile is no distribution; write two or more, such as p50=40ms,p99=300ms")
	}
	for i := 1; i < len(l); i++ {
		a, b := l[i-1], l[i]
		if a.P == b.P {
			return fmt.Errorf("p%g is given twice; remove one", 100*a.P)
		}
		if a.At >= b.At {
			return fmt.Errorf("p%g is %s and p%g is %s, and a higher quantile takes longer; correct one of them", 100*a.P, a.At, 100*b.P, b.At)
		}
	}
	return nil
}

// String writes the quantiles as ParseLatency reads them.
func (l Latency) String() string {
	var parts []string
	for _, q := range l {
		parts = append(parts, fmt.Sprintf("p%g=%s", 100*q.P, q.At))
	}
	return strings.Join(parts, ",")
}

// above is the share of requests that take longer than some seconds, when all of
// them take factor times as long.
func (l Latency) above(seconds, factor float64) float64 {
	if seconds <= 0 {
		return 1
	}
	x := math.Log(seconds / factor)
	i := 1
	for i < len(l)-1 && x > l[i].log() {
		i++
	}
	a, b := l[i-1], l[i]
	za, zb := distuv.UnitNormal.Quantile(a.P), distuv.UnitNormal.Quantile(b.P)
	z := za + (zb-za)*(x-a.log())/(b.log()-a.log())
	return distuv.UnitNormal.Survival(z)
}

// at is the latency that a share p of the requests does not exceed, in seconds.
func (l Latency) at(p float64) float64 {
	z := distuv.UnitNormal.Quantile(p)
	i := 1
	for i < len(l)-1 && p > l[i].P {
		i++
	}
	a, b := l[i-1], l[i]
	za, zb := distuv.UnitNormal.Quantile(a.P), distuv.UnitNormal.Quantile(b.P)
	return math.Exp(a.log() + (b.log()-a.log())*(z-za)/(zb-za))
}

// mean is the mean latency in seconds.
func (l Latency) mean() float64 {
	const parts = 1000
	sum := 0.0
	for i := range parts {
		sum += l.at((float64(i) + .5) / parts)
	}
	return sum / parts
}

// log is the natural logarithm of the latency in seconds.
func (q Quantile) log() float64 { return math.Log(q.At.Seconds()) }

// shares are those of the requests in each bucket, for upper edges in seconds, the last
// one above all edges.
func (l Latency) shares(edges []float64, factor float64) []float64 {
	shares := make([]float64, len(edges)+1)
	above := 1.0
	for i, edge := range edges {
		next := min(l.above(edge, factor), above)
		shares[i], above = above-next, next
	}
	shares[len(edges)] = above
	return shares
}

// DefaultEdges are the upper edges of histogram buckets, in seconds, that Prometheus'
// client libraries have.
func DefaultEdges() []float64 {
	return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}
