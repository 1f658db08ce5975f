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

// World is a made-up cluster: what is wanted, what there is, and what happens.
type World struct {
	// Now is the virtual time.
	Now time.Time
	// Spec, Template, Problems and Intent are what the users say.
	Spec     progression.Spec
	Template string
	Problems []string
	Intent   *progression.Intent

	// Startup is from a pod's creation to its being available.
	Startup time.Duration
	// RouterLag is from a write of the weight to its being in force.
	RouterLag time.Duration
	// Behaviours of versions, by hash; the zero value is a good version.
	Behaviours map[string]Behaviour
	// MetricsDown says that no query is answered.
	MetricsDown bool
	// BaselineStuck says that fresh baseline pods never become available.
	BaselineStuck bool

	versions       map[string]*version
	baselines      map[string]*baseline
	stable, canary string
	weight         int32
	weightAt       time.Time
	inForce        int32
	traffic        map[string]*counts
	runs           map[string]*liveRun
	pods           int

	samplesTotal, samplesBad map[string][]series.Sample
}

// Behaviour is what a version does.
type Behaviour struct {
	// ErrorShare is the share of its requests that it answers badly.
	ErrorShare float64
	// Crash: its pods never become available and keep ending.
	Crash bool
	// Stuck: its pods never become available.
	Stuck bool
	// ColdErrors is the share of its requests that a pod answers badly in the first
	// Warmup of its life, as long as its caches are empty.
	ColdErrors float64
	Warmup     time.Duration
}

// version is the pods of one template.
type version struct {
	wanted int32
	pods   []pod
	// startedAt is when it got pods after it had none.
	startedAt time.Time
}

// pod is one pod.
type pod struct {
	number   int
	bornAt   time.Time
	diedAt   time.Time
	crashing bool
}

// counts are requests, as the pods' counters have them.
type counts struct {
	total, bad float64
}

// NewWorld is an empty cluster.
func NewWorld(spec progression.Spec) *World {
	return &World{
		Now: Origin, Spec: spec,
		Startup: 3 * time.Second, RouterLag: time.Second,
		Behaviours: map[string]Behaviour{},
		versions:   map[string]*version{},
		baselines:  map[string]*baseline{},
		traffic:    map[string]*counts{},
		runs:       map[string]*liveRun{},

		samplesTotal: map[string][]series.Sample{}, samplesBad: map[string][]series.Sample{},
	}
}

// available says whether a pod can serve.
func (w *World) available(hash string, p pod) bool {
	behaviour := w.Behaviours[hash]
	if behaviour.Crash || behaviour.Stuck || p.crashing || !p.diedAt.IsZero() {
		return false
	}
	return !w.Now.Before(p.bornAt.Add(w.Startup))
}

// Available is the number of pods of a version that can serve, without fresh baseline
// pods.
func (w *World) Available(hash string) int32 {
	if v := w.versions[hash]; v != nil {
		return int32(len(w.serving(hash, hash, v)))
	}
	return 0
}

// scale gives a version a number of pods; those that cannot serve go first.
func (w *World) scale(hash string, pods int32) {
	v := w.versions[hash]
	if v == nil {
		v = &version{}
		w.versions[hash] = v
	}
	if v.wanted == 0 {
		v.startedAt = w.Now
	}
	v.wanted = pods
	w.settlePods(hash, v)
}

// settlePods makes the pods of a version as many as are wanted.
func (w *World) settlePods(hash string, v *version) {
	v.pods = slices.DeleteFunc(v.pods, func(p pod) bool { return !p.diedAt.IsZero() })
	for int32(len(v.pods)) < v.wanted {
		w.pods++
		v.pods = append(v.pods, pod{number: w.pods, bornAt: w.Now})
	}
	slices.SortStableFunc(v.pods, func(a, b pod) int {
		rank := func(p pod) int {
			if w.available(hash, p) {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	if int32(len(v.pods)) > v.wanted {
		v.pods = v.pods[:v.wanted]
	}
}

// KillPods ends a number of pods of a version; they are replaced.
func (w *World) KillPods(hash string, number int) {
	v := w.versions[hash]
	if v == nil {
		return
	}
	for i := range v.pods {
		if i < number {
			v.pods[i].diedAt = w.Now
		}
	}
	w.settlePods(hash, v)
}

// Advance lets time pass: traffic flows and metrics are measured, second by second.
func (w *World) Advance(d time.Duration) {
	for d > 0 {
		step := min(d, time.Second)
		w.Now = w.Now.Add(step)
		d -= step
		if w.inForce != w.weight && !w.Now.Before(w.weightAt.Add(w.RouterLag)) {
			w.inForce = w.weight
		}
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
	o := progression.Observation{
		Now: w.Now, Spec: w.Spec, Problems: w.Problems, Template: w.Template,
		Versions: map[string]progression.Version{}, Baselines: map[string]progression.Baseline{},
		Services: progression.Services{StableNamed: true, CanaryNamed: true, Stable: w.stable, Canary: w.canary},
		Runs:     map[string]progression.Run{},
		Intent:   w.Intent,
	}
	if w.Spec.Routed {
		o.Route = progression.Route{Weight: w.weight, Uniform: true, Verified: w.inForce == w.weight}
		if !o.Route.Verified {
			o.Route.Message = "the data plane has not accepted it yet"
		}
	}
	for hash, v := range w.versions {
		o.Versions[hash] = w.observeVersion(hash, hash, v)
	}
	for name, set := range w.baselines {
		o.Baselines[name] = progression.Baseline{Hash: set.hash, Version: w.observeVersion(name, set.hash, &set.version)}
	}
	for key, live := range w.runs {
		o.Runs[key] = live.view(w.Now)
	}
	return o
}

// observeVersion is the pods of a version, or of a set of fresh ones, as a driver sees
// them.
func (w *World) observeVersion(name, hash string, v *version) progression.Version {
	seen := progression.Version{Wanted: v.wanted, Existing: int32(len(v.pods)), Available: int32(len(w.serving(name, hash, v)))}
	for _, p := range v.pods {
		if w.Behaviours[hash].Crash && !w.Now.Before(p.bornAt.Add(w.Startup)) || p.crashing {
			seen.Crashing++
			seen.Trouble = "CrashLoopBackOff"
		}
	}
	return seen
}

// Apply carries out one effect.
func (w *World) Apply(effect progression.Effect) {
	switch e := effect.(type) {
	case progression.ScaleVersion:
		w.scale(e.Hash, e.Pods)
	case progression.ScaleBaseline:
		w.scaleBaseline(e)
	case progression.RemoveBaseline:
		delete(w.baselines, e.Name)
	case progression.PointService:
		if e.Role == progression.StableService {
			w.stable = e.Hash
		} else {
			w.canary = e.Hash
		}
	case progression.SetWeight:
		w.weight, w.weightAt = e.Weight, w.Now
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
