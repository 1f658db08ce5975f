package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/serin-dev/serin/analysis/journal"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/measurement"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// Fidelity says how a look of a live run could be taken again.
type Fidelity string

// The fidelities of a look.
const (
	// Same: the recording answers what the source answered then.
	Same Fidelity = "Same"
	// Late: the same, once the samples are set aside that had not arrived yet.
	Late Fidelity = "Late"
	// Journalled: nothing was seen then, or the answer is in the journal, and the recording
	// has another one.
	Journalled Fidelity = "Journalled"
	// Different: the recording answers something else, and the journal does not know what
	// was answered then. What follows may differ from what happened.
	Different Fidelity = "Different"
)

// Again is a live AnalysisRun that is played again by its journal.
type Again struct {
	*Analysis
	live    v1alpha1.AnalysisRunStatus
	journal journal.Journal
	next    int
}

// NewAgain begins a run that was exported from a cluster with its status. The error says
// what is missing in it; Problems are those of its spec.
func NewAgain(object *v1alpha1.AnalysisRun, checks translate.Checks, provider metrics.Provider) (*Again, error) {
	name := fmt.Sprintf("AnalysisRun %s", object.Name)
	if object.Status.StartedAt == nil || object.Status.Journal == "" {
		return nil, fmt.Errorf("%s has no journal in its status; export it with its status: kubectl get analysisrun %s -o yaml", name, object.Name)
	}
	told, err := journal.Decode(object.Status.Journal)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	spec := *object.Spec.DeepCopy()
	spec.Terminate, spec.Weight, spec.WeightSince = false, nil, nil
	analysis, problems := NewAnalysis(spec, translate.KindOf(object.ObjectMeta), checks, provider, object.Status.StartedAt.UTC())
	if len(problems) > 0 {
		return nil, problems
	}
	return &Again{Analysis: analysis, live: object.Status, journal: told}, nil
}

// Next is when the run was told something next; false at the end of the journal.
func (a *Again) Next() (time.Time, bool) {
	if a.next >= len(a.journal.Entries) {
		return time.Time{}, false
	}
	return a.journal.Entries[a.next].StartedAt, true
}

// Full says that the journal ends before the run did, because it was full.
func (a *Again) Full() bool { return a.journal.Full }

// Step takes the next look again, in the order in which the live run heard the answers.
// A run that was ended by hand has a Look without a metric there.
func (a *Again) Step(ctx context.Context) (Look, Fidelity, error) {
	entry := a.journal.Entries[a.next]
	a.next++
	if entry.Metric == journal.ByHand {
		a.Terminate(entry.StartedAt)
		return Look{At: entry.StartedAt, Run: a.state.Phase}, Same, nil
	}
	if entry.Metric >= len(a.object.Metrics) {
		return Look{}, Different, fmt.Errorf("the journal knows metric %d of %d; was the spec changed by hand?", entry.Metric+1, len(a.object.Metrics))
	}
	if err := a.weigh(entry.Weight); err != nil {
		return Look{}, Different, err
	}
	taken, fidelity, err := a.retake(ctx, entry)
	if err != nil {
		return Look{}, fidelity, err
	}
	a.now = entry.StartedAt
	return a.record(taken), fidelity, nil
}

// weigh sets the weight that the live run knew.
func (a *Again) weigh(weight journal.Weight) error {
	var percent *int32
	if weight.Known {
		percent = &weight.Percent
	}
	return a.SetWeight(percent, weight.Since)
}

// retake takes a measurement again: what failed then fails, and what was seen then is
// asked for again, and held against the journal.
func (a *Again) retake(ctx context.Context, entry journal.Entry) (run.Measurement, Fidelity, error) {
	metric := a.object.Metrics[entry.Metric]
	look := run.Look{Metric: metric.Name, Number: a.number(metric.Name), From: entry.From, Past: a.past(metric.Name, entry.StartedAt)}
	taken := run.Measurement{Metric: look.Metric, Number: look.Number, From: entry.From, StartedAt: entry.StartedAt, Failure: entry.Failure}
	fidelity := Journalled
	if entry.Failure == nil {
		source := a.source(metric.Name)
		if source == nil {
			return taken, Different, fmt.Errorf("metric %q has no provider that can be replayed; give it provider.prometheus", metric.Name)
		}
		var err error
		taken, err = measurement.Take(ctx, a.provider, source, look, entry.StartedAt)
		if ctx.Err() != nil {
			return taken, Different, fmt.Errorf("measuring %q at %s: %w", metric.Name, Clock(entry.StartedAt), ctx.Err())
		}
		if err != nil {
			taken = measurement.Failed(taken, err)
		}
		taken, fidelity = reconcile(taken, entry)
	}
	taken.FinishedAt, taken.Warnings = entry.FinishedAt, entry.Warnings
	return taken, fidelity, nil
}

// reconcile holds what the recording answers against what was seen then.
func reconcile(taken run.Measurement, entry journal.Entry) (run.Measurement, Fidelity) {
	switch {
	case taken.Samples != nil:
		return reconcileSamples(taken, entry)
	case taken.Result != nil && journal.SeenResult(*taken.Result).Whole == entry.Seen.Whole:
		return taken, Same
	case entry.Result != nil:
		taken.Result, taken.Failure = entry.Result, nil
		return taken, Journalled
	default:
		return taken, Different
	}
}

// number is that of a metric's next measurement.
func (a *Again) number(name string) int {
	for _, metric := range a.state.Metrics {
		if metric.Name == name {
			return metric.Count + metric.Blind
		}
	}
	return 0
}

// past is how much of the baseline's gauge a look asks for besides: the first one does.
func (a *Again) past(name string, at time.Time) run.Past {
	looks, _ := run.Due(a.spec, a.state, at)
	for _, look := range looks {
		if look.Metric == name {
			return look.Past
		}
	}
	return run.Past{}
}
