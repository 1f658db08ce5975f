package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// Input is what is played, and over what: either a Run or a Release.
type Input struct {
	// Subject and Recording are copied into the Result.
	Subject   Subject
	Recording Recording
	// Warnings are doubts about the recording, for the Result.
	Warnings []string
	// Provider answers for any time from the recording.
	Provider metrics.Provider
	// Checks are those of the live controller.
	Checks translate.Checks
	// Start is when the run or the release begins, and End after when nothing is known.
	Start, End time.Time
	// Run is one AnalysisRun; Release is a Rollout.
	Run     *RunInput
	Release *ReleaseInput
	// Missing says which selectors of an expression match nothing; see Catalogue. Nil:
	// nobody knows.
	Missing func(ctx context.Context, expression string) ([]string, error)
	// Progress is told how far the virtual clock is, if it is set.
	Progress func(time.Time)
}

// RunInput is one AnalysisRun.
type RunInput struct {
	// Name of the run, and its Kind.
	Name string
	Kind translate.Kind
	// Spec has its arguments filled in.
	Spec v1alpha1.AnalysisRunSpec
	// TerminateAt is when somebody ended the run; zero when nobody did.
	TerminateAt time.Time
	// Live is the run as it was exported from a cluster, with a journal in its status: it
	// is played by that instead, look by look, and held against what it came to.
	Live *v1alpha1.AnalysisRun
}

// Play plays what the input names, from Start until there is a verdict or End is
// reached. An error is a translate.Problems, the end of ctx, or an input that cannot be
// played; what the recording cannot answer is part of the Result.
func Play(ctx context.Context, in Input) (*Result, error) {
	in.Start, in.End = in.Start.UTC().Truncate(time.Microsecond), in.End.UTC().Truncate(time.Microsecond)
	switch {
	case in.Provider == nil:
		return nil, errors.New("playing: there is no source of metrics; open a recording first")
	case in.Start.IsZero() || in.End.IsZero():
		return nil, errors.New("playing: the window has no start or no end; give both, or those of the recording")
	case !in.Start.Before(in.End):
		return nil, fmt.Errorf("playing: the window from %s to %s is empty; give an end after the start", Clock(in.Start), Clock(in.End))
	case (in.Run == nil) == (in.Release == nil):
		return nil, errors.New("playing: exactly one run or one release can be played at a time")
	}
	p := &player{in: in, now: in.Start, runs: map[string]*played{}, result: &Result{
		Format: Format, Subject: in.Subject, Recording: in.Recording,
		Window: Window{Start: in.Start, End: in.End}, Timeline: []Event{}, Runs: []Run{}, Warnings: slices.Clone(in.Warnings),
	}}
	var err error
	if in.Run != nil {
		err = p.playRun(ctx, *in.Run)
	} else {
		err = p.playRelease(ctx, *in.Release)
	}
	if err != nil {
		return nil, err
	}
	p.finish(ctx)
	if err := p.warnUnseen(ctx); err != nil {
		return nil, err
	}
	return p.result, ctx.Err()
}

// player is a replay in progress.
type player struct {
	in     Input
	result *Result
	now    time.Time
	// runs are by key, and order is that in which they began.
	runs  map[string]*played
	order []*played
	// release is what is played besides runs; nil without a Rollout.
	release *release
}

// played is a run that is played.
type played struct {
	*Analysis
	key     string
	kind    translate.Kind
	object  *v1alpha1.AnalysisRun
	history map[string]*history
	// together is the evidence of all metrics after each look.
	together []Together
	ended    bool
	// What a release told the run: to end, and which weight is in force since when.
	stopping  bool
	told      int32
	toldSince time.Time
}

// begin starts a run at the present time.
func (p *player) begin(key string, kind translate.Kind, object *v1alpha1.AnalysisRun) error {
	analysis, problems := NewAnalysis(object.Spec, kind, p.in.Checks, p.in.Provider, p.now)
	if len(problems) > 0 {
		return problems
	}
	p.register(key, kind, analysis, object)
	return nil
}

// register adds a run that has begun.
func (p *player) register(key string, kind translate.Kind, analysis *Analysis, object *v1alpha1.AnalysisRun) *played {
	run := &played{Analysis: analysis, key: key, kind: kind, object: object, history: map[string]*history{}}
	for _, metric := range object.Spec.Metrics {
		run.history[metric.Name] = newHistory(metric)
	}
	p.runs[key], p.order = run, append(p.order, run)
	p.note(Event{Kind: EventRunStarted, Run: object.Name, Message: fmt.Sprintf("%s run with %s", kind, metricNames(object.Spec.Metrics))})
	return run
}

// measure takes all looks that are due now, run by run.
func (p *player) measure(ctx context.Context) error {
	for _, run := range p.order {
		looks, err := run.Step(ctx, p.now)
		for _, look := range looks {
			p.see(run, look)
		}
		if err != nil {
			return err
		}
		p.noteEnd(run)
	}
	return nil
}

// noteEnd tells of the end of a run, once.
func (p *player) noteEnd(run *played) {
	state := run.State()
	if run.ended || state.Phase.Live() {
		return
	}
	run.ended = true
	p.note(Event{Kind: EventRunEnded, Run: run.object.Name, Phase: string(state.Phase), Message: state.Message, Warning: state.Phase != "Successful"})
}

// nextLook is when the next look of any run is due; zero when none is.
func (p *player) nextLook() time.Time {
	var next time.Time
	for _, run := range p.order {
		if at, live := run.Next(); live && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// advance lets the virtual clock go on to a time.
func (p *player) advance(to time.Time) {
	p.now = to
	if p.in.Progress != nil {
		p.in.Progress(to)
	}
}

// playRun plays one AnalysisRun.
func (p *player) playRun(ctx context.Context, in RunInput) error {
	if in.Live != nil {
		return p.playAgain(ctx, in)
	}
	object := newObject(in.Name, in.Kind, in.Spec)
	if err := p.begin(in.Name, in.Kind, object); err != nil {
		return err
	}
	run := p.runs[in.Name]
	if err := p.playOn(ctx, run, in); err != nil {
		return err
	}
	p.result.Verdict = p.runVerdict(run)
	return nil
}

// playOn plays a run by its schedule, from now until it or the window ends.
func (p *player) playOn(ctx context.Context, run *played, in RunInput) error {
	stop := !in.TerminateAt.IsZero() && !in.TerminateAt.After(p.in.End)
	for {
		if err := p.measure(ctx); err != nil {
			return err
		}
		next := p.nextLook()
		if stop && run.State().Phase.Live() && (next.IsZero() || !next.Before(in.TerminateAt)) {
			p.advance(in.TerminateAt)
			run.Terminate(p.now)
			p.noteEnd(run)
			return nil
		}
		if next.IsZero() || next.After(p.in.End) {
			return nil
		}
		p.advance(next)
	}
}

// runVerdict is how a run ended.
func (p *player) runVerdict(run *played) Verdict {
	state := run.State()
	verdict := Verdict{Outcome: Outcome(state.Phase), At: state.CompletedAt, Message: state.Message}
	if state.Phase.Live() {
		verdict.Outcome, verdict.At, verdict.Reason = Unfinished, p.in.End, Holding
		if view := run.View(p.in.End); !view.PassedAt.IsZero() && view.BlindSince.IsZero() {
			verdict.Reason = Passing
		}
		p.noteWindowEnd(state.Message)
	}
	return verdict
}

// noteWindowEnd tells that the window ended first.
func (p *player) noteWindowEnd(message string) {
	p.advance(p.in.End)
	p.note(Event{Kind: EventEnd, Message: "the window ends without a verdict: " + message, Warning: true})
}

// finish puts the runs into the result.
func (p *player) finish(ctx context.Context) {
	for _, run := range p.order {
		run.object.Spec, run.object.Status = run.Spec(), run.Status()
		written := Run{Name: run.object.Name, Kind: string(run.kind), Object: run.object, Metrics: []Metric{}, Together: run.together}
		for _, metric := range run.object.Spec.Metrics {
			history := run.history[metric.Name]
			history.metric.Pods, history.metric.BlindPeriods = p.pods(ctx, run, metric), blindPeriods(history.metric.Points)
			written.Metrics = append(written.Metrics, history.metric)
		}
		p.result.Runs = append(p.result.Runs, written)
	}
	verdict := &p.result.Verdict
	for _, run := range p.result.Runs {
		if verdict.Outcome.Good() {
			break
		}
		for _, metric := range Explain(run.Object, verdict.At).Metrics {
			verdict.WouldHaveChanged = append(verdict.WouldHaveChanged, metric.WouldChange...)
		}
	}
}

// metricNames lists the metrics of a run.
func metricNames(metrics []v1alpha1.Metric) string {
	text := ""
	for i, metric := range metrics {
		switch {
		case i == 0:
		case i == len(metrics)-1:
			text += " and "
		default:
			text += ", "
		}
		text += metric.Name
	}
	return text
}

// Clock writes a time for people: RFC 3339 in UTC, to the second, or finer where the
// time is.
func Clock(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
