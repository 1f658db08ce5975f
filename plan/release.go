package plan

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/progression"
)

// release is one simulated release: the live code, in a made-up cluster, with a virtual
// clock.
type release struct {
	*cluster
	state progression.State
	runs  map[string]*liveRun
	// intents counts what a person has said.
	intents int
	intent  *progression.Intent
	out     outcome
}

// liveRun is an AnalysisRun of a release.
type liveRun struct {
	*analysis
	spec     run.Spec
	state    run.State
	stopping bool
	weight   int32
	// baseline is the name of the pods that the canary is compared with.
	baseline string
	feed     *feed
}

// simulate plays one release, and says how it ended.
func (s *Setup) simulate(seed seed, worse behaviour) outcome {
	r := &release{cluster: newCluster(s, seed, worse), runs: map[string]*liveRun{}}
	r.state = progression.State{Revision: 1, Phase: progression.Idle, Outcome: progression.Promoted, Stable: stableHash, Current: stableHash}
	end := origin.Add(s.assumed.Patience)
	for r.now.Before(end) {
		next := r.round()
		if r.over() {
			break
		}
		if next.IsZero() || next.After(end) {
			next = end
		}
		r.out.spend(r, next.Sub(r.now))
		r.advance(next)
	}
	r.out.conclude(r)
	return r.out
}

// over says whether the release has ended, or goes on only with a person.
func (r *release) over() bool {
	if slices.ContainsFunc(r.state.Waits, func(w progression.Wait) bool { return w.Reason == progression.WaitInconclusive }) {
		return true
	}
	return r.state.Revision > 1 && !r.state.Releasing()
}

// mostRounds is how many rounds without time in between a change may need to settle.
const mostRounds = 20

// round measures what is due and lets the core decide, until it has no more to do now, and
// says when something will happen next.
func (r *release) round() time.Time {
	r.answerPauses()
	r.measure()
	var wake time.Time
	for range mostRounds {
		o := r.observed()
		o.Intent = r.intent
		var effects []progression.Effect
		r.state, effects = progression.Decide(r.state, o)
		acted := false
		for _, effect := range effects {
			switch e := effect.(type) {
			case progression.Wake:
				wake = e.At
			case progression.Announce:
			default:
				acted = true
				r.act(effect)
			}
		}
		if r.out.enter(r); !acted || r.over() {
			break
		}
	}
	return r.next(wake)
}

// observed is the cluster and the runs, as the core sees them.
func (r *release) observed() progression.Observation {
	o := r.observe()
	for key, live := range r.runs {
		o.Runs[key] = live.view(r.now)
	}
	return o
}

// next is the soonest of all that may happen.
func (r *release) next(wake time.Time) time.Time {
	next := wake
	soonest := func(at time.Time) {
		if !at.IsZero() && at.After(r.now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	soonest(r.nextChange())
	for _, live := range r.runs {
		_, due := run.Due(live.spec, live.state, r.now)
		soonest(due)
	}
	if at := r.personAt(); !at.IsZero() {
		soonest(at)
	}
	return next
}

// act carries out an effect.
func (r *release) act(effect progression.Effect) {
	switch e := effect.(type) {
	case progression.StartRun:
		r.start(e)
	case progression.MarkWeight:
		live := r.runs[e.Key]
		live.spec.WeightSince, live.spec.Weight, live.weight = e.Since, float64(e.Weight)/100, e.Weight
	case progression.StopRun:
		live := r.runs[e.Key]
		live.stopping = true
		live.state = run.Terminate(live.spec, live.state, r.now)
	default:
		r.apply(effect)
	}
}

// start starts an AnalysisRun, as the live controller does.
func (r *release) start(e progression.StartRun) {
	of := r.setup.background
	if e.Kind == progression.StepRun {
		of = r.setup.steps[e.Step]
	}
	if r.runs[e.Key] != nil || of == nil {
		return
	}
	live := &liveRun{analysis: of, spec: of.spec, weight: e.Weight, baseline: stableHash}
	live.spec.CanarySince, live.spec.WeightSince, live.spec.Weight = r.state.StartedAt, r.state.WeightSince, float64(e.Weight)/100
	if e.Baseline != "" && of.selectsBaseline {
		live.baseline, live.spec.BaselineSince = e.Baseline, r.state.StartedAt
	}
	live.state = run.Start(live.spec, r.now)
	live.feed = newFeed(r.cluster, live, e.Key)
	r.runs[e.Key] = live
}

// view is what a run shows to the release.
func (l *liveRun) view(now time.Time) progression.Run {
	return progression.Run{View: l.state.View(l.spec, now), Stopping: l.stopping, WeightSince: l.spec.WeightSince, Weight: l.weight}
}

// measure does the looks that are due.
func (r *release) measure() {
	for _, key := range sorted(r.runs) {
		live := r.runs[key]
		looks, _ := run.Due(live.spec, live.state, r.now)
		for _, look := range looks {
			live.state = run.Record(live.spec, live.state, live.feed.take(look, live, r.now))
		}
	}
}

// personAt is when somebody ends the pause that the release waits in; zero when it does
// not.
func (r *release) personAt() time.Time {
	for _, wait := range r.state.Waits {
		if wait.Reason == progression.WaitPauseStep {
			return wait.Since.Add(r.setup.assumed.Person)
		}
	}
	return time.Time{}
}

// answerPauses lets a person promote the step that waits for one.
func (r *release) answerPauses() {
	r.intent = nil
	if at := r.personAt(); !at.IsZero() && !r.now.Before(at) {
		r.intents++
		r.intent = &progression.Intent{ID: string(rune('a' + r.intents)), Action: progression.ActionPromote, Revision: r.state.Revision, By: "somebody", At: r.now}
	}
}
