package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/controller/progression"
)

// Origin is when every simulated world begins.
var Origin = time.Date(2026, time.January, 5, 3, 0, 0, 0, time.UTC)

// World is a made-up cluster with traffic and metrics: what is wanted, what there is,
// and what happens.
type World struct {
	Cluster
	// Problems and Intent are what the users say, beside the spec and the template.
	Problems []string
	Intent   *progression.Intent
	// MetricsDown says that no query is answered.
	MetricsDown bool

	traffic map[string]*counts
	runs    map[string]*liveRun

	samplesTotal, samplesBad map[string][]series.Sample
}

// counts are requests, as the pods' counters have them.
type counts struct {
	total, bad float64
}

// NewWorld is an empty cluster.
func NewWorld(spec progression.Spec) *World {
	w := &World{
		Cluster: NewCluster(spec, Origin),
		traffic: map[string]*counts{},
		runs:    map[string]*liveRun{},

		samplesTotal: map[string][]series.Sample{}, samplesBad: map[string][]series.Sample{},
	}
	w.Startup, w.RouterLag = 3*time.Second, time.Second
	return w
}

// Advance lets time pass: traffic flows and metrics are measured, second by second.
func (w *World) Advance(d time.Duration) {
	for d > 0 {
		step := min(d, time.Second)
		w.Now = w.Now.Add(step)
		d -= step
		w.Follow()
		w.serve(step)
		w.measure()
	}
}

// Rate is the number of requests per second that the users send.
const Rate = 200.0

// Shares are the shares of the requests that reach each version.
func (w *World) Shares() map[string]float64 {
	shares := map[string]float64{}
	if w.Spec.Routed {
		shares[w.canary] += float64(w.inForce) / 100
		shares[w.stable] += float64(100-w.inForce) / 100
	} else {
		var all float64
		for hash := range w.versions {
			all += float64(w.Available(hash))
		}
		for hash := range w.versions {
			if all > 0 {
				shares[hash] = float64(w.Available(hash)) / all
			}
		}
	}
	delete(shares, "")
	return shares
}

// Observe is the world as a driver sees it.
func (w *World) Observe() progression.Observation {
	o := w.Cluster.Observe()
	o.Problems, o.Intent, o.Runs = w.Problems, w.Intent, map[string]progression.Run{}
	for key, live := range w.runs {
		o.Runs[key] = live.view(w.Now)
	}
	return o
}

// Apply carries out one effect.
func (w *World) Apply(effect progression.Effect) {
	if w.Cluster.Apply(effect) {
		return
	}
	switch e := effect.(type) {
	case progression.StartRun:
		w.startRun(e)
	case progression.MarkWeight:
		w.runs[e.Key].spec.WeightSince, w.runs[e.Key].spec.Weight = e.Since, float64(e.Weight)/100
	case progression.StopRun:
		w.runs[e.Key].stop(w.Now)
	case progression.Announce, progression.Wake:
	default:
		panic(fmt.Sprintf("simulation: unknown effect %T", effect))
	}
}

// sortedKeys are the keys of a map in a fixed order.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
