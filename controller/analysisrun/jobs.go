package analysisrun

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// jobs is what this process does for the runs that are live: measurements under
// way, and answers that are not in a status yet. All of it may be lost.
type jobs struct {
	mu     sync.Mutex
	byName map[types.NamespacedName]*job
	busy   sync.WaitGroup
	closed bool
}

// job is what this process does for one run.
type job struct {
	uid    types.UID
	jobs   *jobs
	ctx    context.Context
	cancel context.CancelFunc

	mu sync.Mutex
	// underway are the metrics that are being measured.
	underway map[string]bool
	// arrived are answers that are not in the status yet, by metric.
	arrived map[string]run.Measurement
	// superseded is the version of the object that the last write was based on.
	superseded string
	// The spec as it was parsed, at a generation.
	generation int64
	parsed     bool
	spec       run.Spec
	problems   translate.Problems
}

func newJobs() *jobs {
	return &jobs{byName: map[types.NamespacedName]*job{}}
}

// of is the job of a run. One of the same name that is gone is dropped.
func (j *jobs) of(object *v1alpha1.AnalysisRun) *job {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	if known, exists := j.byName[key]; exists {
		if known.uid == object.UID {
			return known
		}
		known.cancel()
	}
	made := &job{uid: object.UID, jobs: j, underway: map[string]bool{}, arrived: map[string]run.Measurement{}}
	made.ctx, made.cancel = context.WithCancel(context.Background())
	if j.closed {
		made.cancel()
	}
	j.byName[key] = made
	return made
}

// drop cancels the job of a run and forgets it.
func (j *jobs) drop(key types.NamespacedName) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if known, exists := j.byName[key]; exists {
		known.cancel()
		delete(j.byName, key)
	}
}

// close cancels all jobs and waits for their measurements.
func (j *jobs) close() {
	j.mu.Lock()
	j.closed = true
	for _, known := range j.byName {
		known.cancel()
	}
	j.mu.Unlock()
	j.busy.Wait()
}

// begin counts a measurement, unless all is closed.
func (j *jobs) begin() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.busy.Add(1)
	}
	return !j.closed
}

// start measures a metric in a goroutine of its own, unless that is under way or
// its answer waits to be taken in.
func (j *job) start(look run.Look, measure func(context.Context) run.Measurement, wake func(context.Context)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, waits := j.arrived[look.Metric]; waits || j.underway[look.Metric] || !j.jobs.begin() {
		return
	}
	j.underway[look.Metric] = true
	go func() {
		defer j.jobs.busy.Done()
		answer := measure(j.ctx)
		j.mu.Lock()
		delete(j.underway, look.Metric)
		if j.ctx.Err() == nil {
			j.arrived[look.Metric] = answer
		}
		j.mu.Unlock()
		wake(j.ctx)
	}()
}

// answers are the answers that wait to be taken in, in the order of the spec.
func (j *job) answers(spec run.Spec) []run.Measurement {
	j.mu.Lock()
	defer j.mu.Unlock()
	var answers []run.Measurement
	for _, metric := range spec.Metrics {
		if answer, exists := j.arrived[metric.Name]; exists {
			answers = append(answers, answer)
		}
	}
	return answers
}

// taken forgets answers that are in the status now, or that it does not wait for.
func (j *job) taken(answers []run.Measurement) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, answer := range answers {
		delete(j.arrived, answer.Metric)
	}
}

// wrote remembers that an object's version was replaced by this process.
func (j *job) wrote(version string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.superseded = version
}

// outdated says that an object is the one that the last write has replaced: the
// cache does not show that write yet. Acting on it would measure twice.
func (j *job) outdated(object *v1alpha1.AnalysisRun) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.superseded != "" && j.superseded == object.ResourceVersion
}

// parse reads the spec of a run, once for each generation.
func (j *job) parse(object *v1alpha1.AnalysisRun, checks translate.Checks) (run.Spec, translate.Problems) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.parsed || j.generation != object.Generation {
		j.spec, j.problems = translate.ParseRun(object.Spec, translate.KindOf(object.ObjectMeta), checks)
		j.generation, j.parsed = object.Generation, true
	}
	return j.spec, j.problems
}
