package plan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/serin-dev/serin/analysis/series"
)

// behaviour is what a version does.
type behaviour struct {
	// rates are the shares of bad requests, by kind.
	rates []float64
	// slower is what latencies are multiplied by.
	slower float64
	// levels are those of the gauges.
	levels []float64
}

// target is what is scraped: a pod, or a router's view of a version.
type target struct {
	name string
	// available is when it serves and is scraped for the first time.
	available time.Time
	labels    string
	rng       *rand.Rand
	// rates and shares are the probabilities of bad requests, by kind, and of latency
	// buckets: those of its version, with what is special about the pod.
	rates, shares []float64
	// rate is the requests per second that it gets now, and mean how many it is expected to
	// have got since the last scrape.
	rate, mean float64
	// drawn is up to when mean was computed, and next the next scrape.
	drawn, next time.Time
	// total, bad and buckets are its counters.
	total        float64
	bad, buckets []float64
	edges        []float64
	meanLatency  float64
	// The samples that were scraped of each.
	totalSamples     []series.Sample
	badSamples       [][]series.Sample
	histogramSamples []series.Histogram
}

// newTarget is a pod or a router. Each has random numbers of its own, so that what one
// draws changes no other.
func (c *cluster) newTarget(name string, b behaviour, available time.Time) *target {
	t := &target{name: name, available: available, drawn: available, labels: fmt.Sprintf("{pod=%q}", name), rng: c.seed.child(name).rng()}
	spread := c.setup.assumed.PodSpread
	errors, slow := math.Exp(spread*t.rng.NormFloat64()), math.Exp(spread*t.rng.NormFloat64())
	for _, rate := range b.rates {
		t.rates = append(t.rates, min(rate*errors, 1))
	}
	t.bad, t.badSamples = make([]float64, len(b.rates)), make([][]series.Sample, len(b.rates))
	if c.setup.signals.histograms {
		t.shares = c.setup.assumed.Latency.shares(c.setup.assumed.Edges, b.slower*slow)
		t.buckets, t.edges = make([]float64, len(t.shares)), c.setup.assumed.Edges
		t.meanLatency = c.setup.meanLatency * b.slower * slow
	}
	t.next = available.Add(time.Duration(t.rng.Float64() * float64(c.setup.assumed.Scrape))).Truncate(time.Millisecond)
	return t
}

// advance lets time pass for a target: it is scraped whenever that is due.
func (t *target) advance(to time.Time, scrape time.Duration, jitter float64) {
	for !t.next.After(to) {
		t.pass(t.next)
		t.draw()
		t.sample(t.next)
		late := jitter * float64(scrape) * (t.rng.Float64() - .5)
		t.next = t.next.Add(scrape + time.Duration(late)).Truncate(time.Millisecond)
	}
	t.pass(to)
}

// pass adds the requests that are expected until a time.
func (t *target) pass(to time.Time) {
	if to.After(t.drawn) {
		t.mean += t.rate * to.Sub(t.drawn).Seconds()
		t.drawn = to
	}
}

// draw draws what came in since the last scrape. Parts of a Poisson count are Poisson, so
// each bucket is drawn by itself.
func (t *target) draw() {
	requests := 0.0
	for i, share := range t.shares {
		count := poisson(t.mean*share, t.rng)
		t.buckets[i] += count
		requests += count
	}
	if t.shares == nil {
		requests = poisson(t.mean, t.rng)
	}
	t.mean = 0
	t.total += requests
	for kind, rate := range t.rates {
		t.bad[kind] += binomial(requests, rate, t.rng)
	}
}

// sample takes a sample of every counter.
func (t *target) sample(at time.Time) {
	t.totalSamples = append(t.totalSamples, series.Sample{At: at, Value: t.total})
	for kind, bad := range t.bad {
		t.badSamples[kind] = append(t.badSamples[kind], series.Sample{At: at, Value: bad})
	}
	if t.buckets != nil {
		t.histogramSamples = append(t.histogramSamples, t.histogram(at))
	}
}

// histogram is what all buckets hold. It is handed over as a native histogram with custom
// bounds: the same counts as those of classic buckets, in a tenth of the series.
func (t *target) histogram(at time.Time) series.Histogram {
	h := series.Histogram{At: at, Count: t.total, Buckets: make([]series.Bucket, 0, len(t.buckets))}
	lower := 0.0
	for i, count := range t.buckets {
		upper := math.Inf(1)
		if i < len(t.edges) {
			upper = t.edges[i]
		}
		if count > 0 {
			h.Buckets = append(h.Buckets, series.Bucket{Lower: lower, Upper: upper, Count: count})
		}
		lower = upper
	}
	return h
}

// poisson draws a count.
func poisson(mean float64, rng *rand.Rand) float64 {
	if mean <= 0 {
		return 0
	}
	return distuv.Poisson{Lambda: mean, Src: rng}.Rand()
}

// binomial draws how many of a number of requests are bad.
func binomial(requests, rate float64, rng *rand.Rand) float64 {
	switch {
	case requests <= 0 || rate <= 0:
		return 0
	case rate >= 1:
		return requests
	}
	return distuv.Binomial{N: requests, P: rate, Src: rng}.Rand()
}

// within are the samples of (from, to].
func within(samples []series.Sample, from, to time.Time) []series.Sample {
	return samples[later(samples, from, sampledAt):later(samples, to, sampledAt)]
}

// later is the index of the first element after a time.
func later[E any](all []E, at time.Time, timeOf func(E) time.Time) int {
	i, _ := slices.BinarySearchFunc(all, at, func(one E, at time.Time) int {
		if timeOf(one).After(at) {
			return 1
		}
		return -1
	})
	return i
}

func sampledAt(s series.Sample) time.Time      { return s.At }
func histogramAt(h series.Histogram) time.Time { return h.At }
