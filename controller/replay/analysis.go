package replay

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/measurement"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// Analysis is one AnalysisRun that is played. Its zero value is not ready; see NewAnalysis.
type Analysis struct {
	object   v1alpha1.AnalysisRunSpec
	kind     translate.Kind
	checks   translate.Checks
	spec     run.Spec
	state    run.State
	provider metrics.Provider
	now      time.Time
}

// Look is one measurement that was played, and what was known after it.
type Look struct {
	// At is the virtual time.
	At time.Time
	// Metric is its name, and Outcome what the look said.
	Metric  string
	Outcome run.Outcome
	// Phase is the metric's after this look, and Run that of the whole run.
	Phase, Run run.Phase
	// Evidence is what the metric's judge has gathered; nil without a judge.
	Evidence *run.Evidence
	// Together is the evidence of all judged metrics; nil when there are less than two.
	Together *run.Together
	// Result is what the query answered; nil for a metric with a judge.
	Result *criteria.Result
}

// NewAnalysis reads the spec of an AnalysisRun, whose arguments are filled in, and
// begins the run at a time. Problems are the user's to mend.
func NewAnalysis(object v1alpha1.AnalysisRunSpec, kind translate.Kind, checks translate.Checks, provider metrics.Provider, start time.Time) (*Analysis, translate.Problems) {
	a := &Analysis{object: *object.DeepCopy(), kind: kind, checks: checks, provider: provider, now: start}
	spec, problems := translate.ParseRun(a.object, kind, checks)
	if len(problems) > 0 {
		return nil, problems
	}
	a.spec, a.state = spec, run.Start(spec, start)
	return a, nil
}

// State is what the run remembers, as of the last look.
func (a *Analysis) State() run.State { return a.state }

// Spec is that of the AnalysisRun, with the weight in force.
func (a *Analysis) Spec() v1alpha1.AnalysisRunSpec { return *a.object.DeepCopy() }

// View is the run as a release sees it, at a time.
func (a *Analysis) View(now time.Time) run.View { return a.state.View(a.spec, now) }

// Status is the state as the API has it.
func (a *Analysis) Status() v1alpha1.AnalysisRunStatus {
	var status v1alpha1.AnalysisRunStatus
	translate.SetRunStatus(&status, a.state)
	return status
}

// Next is when a metric is to be measured next; false when the run has ended.
func (a *Analysis) Next() (time.Time, bool) {
	if !a.state.Phase.Live() {
		return time.Time{}, false
	}
	looks, next := run.Due(a.spec, a.state, a.now)
	if len(looks) > 0 {
		return a.now, true
	}
	return next, !next.IsZero()
}

// Step measures everything that is due at a time, in the order of the spec. A look
// takes no time.
func (a *Analysis) Step(ctx context.Context, now time.Time) ([]Look, error) {
	a.now = now
	due, _ := run.Due(a.spec, a.state, now)
	looks := make([]Look, 0, len(due))
	for _, look := range due {
		if !a.state.Phase.Live() {
			break
		}
		taken, err := a.measure(ctx, look, now)
		if err != nil {
			return looks, err
		}
		taken.FinishedAt = now
		looks = append(looks, a.record(taken))
	}
	return looks, nil
}

// measure asks the provider. What it says is an answer; only the end of ctx is an error.
func (a *Analysis) measure(ctx context.Context, look run.Look, at time.Time) (run.Measurement, error) {
	source := a.source(look.Metric)
	if source == nil {
		return run.Measurement{}, fmt.Errorf("metric %q has no provider that can be replayed; give it provider.prometheus", look.Metric)
	}
	taken, err := measurement.Take(ctx, a.provider, source, look, at)
	if ctx.Err() != nil {
		return run.Measurement{}, fmt.Errorf("measuring %q at %s: %w", look.Metric, at.UTC().Format(time.RFC3339), ctx.Err())
	}
	if err != nil {
		return measurement.Failed(taken, err), nil
	}
	return taken, nil
}

// record takes a measurement in.
func (a *Analysis) record(taken run.Measurement) Look {
	a.state = run.Record(a.spec, a.state, taken)
	look := Look{At: taken.StartedAt, Metric: taken.Metric, Run: a.state.Phase, Together: a.state.Together, Result: taken.Result}
	for _, metric := range a.state.Metrics {
		if metric.Name != taken.Metric {
			continue
		}
		look.Phase, look.Evidence = metric.Phase, metric.Evidence
		if n := len(metric.Measurements); n > 0 {
			look.Outcome = metric.Measurements[n-1]
		}
	}
	return look
}

// SetWeight says that the canary gets another share of traffic, in percent, since a
// time. Nil: it is not known; the zero time: it is not known since when.
func (a *Analysis) SetWeight(weight *int32, since time.Time) error {
	a.object.Weight, a.object.WeightSince = weight, nil
	if !since.IsZero() {
		moment := metav1.NewMicroTime(since)
		a.object.WeightSince = &moment
	}
	spec, problems := translate.ParseRun(a.object, a.kind, a.checks)
	if len(problems) > 0 {
		return fmt.Errorf("setting the weight of a run: %w", problems)
	}
	a.spec = spec
	return nil
}

// Terminate ends the run, as spec.terminate does.
func (a *Analysis) Terminate(now time.Time) {
	a.object.Terminate = true
	a.now, a.state = now, run.Terminate(a.spec, a.state, now)
}

// Play plays the run until it ends, or until a time after which nothing is known. Each
// look is told to seen, if there is one.
func (a *Analysis) Play(ctx context.Context, until time.Time, seen func(Look)) error {
	for {
		next, live := a.Next()
		if !live || next.After(until) {
			return nil
		}
		looks, err := a.Step(ctx, next)
		for _, look := range looks {
			if seen != nil {
				seen(look)
			}
		}
		if err != nil {
			return err
		}
	}
}

// source is where a metric comes from; nil when there is none.
func (a *Analysis) source(name string) *v1alpha1.PrometheusMetric {
	for _, metric := range a.object.Metrics {
		if metric.Name == name {
			return metric.Provider.Prometheus
		}
	}
	return nil
}
