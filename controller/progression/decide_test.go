package progression_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/simulation"
)

// inPause is a release in a pause at weight 25, with a background analysis.
func inPause() (progression.State, progression.Observation) {
	quarter, minute := int32(25), time.Minute
	now := simulation.Origin
	state := progression.State{
		Revision: 2, Phase: progression.Progressing, Stable: "A", Current: "B", StartedAt: now.Add(-time.Minute),
		Step: 1, StepStartedAt: now.Add(-10 * time.Second), Weight: 25, WeightReached: true, WeightSince: now.Add(-10 * time.Second),
		BackgroundRun: "2-0-1-background", Runs: 1,
	}
	observation := progression.Observation{
		Now: now, Template: "B",
		Spec: progression.Spec{
			Replicas: 4, Routed: true, Steps: []progression.Step{{SetWeight: &quarter}, {Pause: &progression.Pause{Duration: &minute}}},
			Background: &progression.Background{}, ProgressDeadline: time.Minute, ProgressDeadlineAbort: true,
		},
		Versions: map[string]progression.Version{"A": {Wanted: 4, Existing: 4, Available: 4}, "B": {Wanted: 1, Existing: 1, Available: 1}},
		Services: progression.Services{StableNamed: true, CanaryNamed: true, Stable: "A", Canary: "B"},
		Route:    progression.Route{Weight: 25, Uniform: true, Verified: true},
		Runs: map[string]progression.Run{"2-0-1-background": {
			View: run.View{Phase: run.Running, PassedAt: now.Add(-time.Second)}, WeightSince: state.WeightSince,
		}},
	}
	// What Decide remembers of the steps is its own business: let it remember them.
	state.StepsHash = remembered(state, observation)
	return state, observation
}

// remembered is what Decide remembers of the steps at the step in progress.
func remembered(state progression.State, observation progression.Observation) string {
	first := state
	first.Step, first.StepsHash = 0, ""
	next, _ := progression.Decide(first, observation)
	return next.StepsHash
}

// has says whether an effect is among those that were decided.
func has[E progression.Effect](effects []progression.Effect, matches func(E) bool) bool {
	for _, effect := range effects {
		if e, ok := effect.(E); ok && matches(e) {
			return true
		}
	}
	return false
}

// TestInconclusiveKeepsItsEyes: a release that waits for a person because its
// analysis could not decide goes on being analysed, and is taken back when that fails.
func TestInconclusiveKeepsItsEyes(t *testing.T) {
	state, observation := inPause()
	observation.Runs["2-0-1-background"] = progression.Run{View: run.View{Phase: run.Inconclusive, Message: "neither condition held"}}
	state, effects := progression.Decide(state, observation)
	if summary := progression.Summarize(state, observation); summary.Health != progression.Paused || len(state.Waits) != 1 || state.Waits[0].Reason != progression.WaitInconclusive {
		t.Fatalf("the release does not wait for a person: %+v, %+v", summary, state.Waits)
	}
	if !has(effects, func(e progression.StartRun) bool { return e.Key == "2-0-2-background" }) {
		t.Fatalf("no new analysis is started: %v", effects)
	}
	observation.Runs["2-0-2-background"] = progression.Run{View: run.View{Phase: run.Failed, Message: "half of the answers are errors"}}
	state, effects = progression.Decide(state, observation)
	if state.Phase != progression.Aborted || !has(effects, func(e progression.SetWeight) bool { return e.Weight == 0 }) {
		t.Fatalf("the waiting release is not taken back: %s, %v", state.Phase, effects)
	}
}

// TestAbortMustNotCauseTheOutage: traffic is not moved to a stable version that has
// no pod, and it is as soon as that has one.
func TestAbortMustNotCauseTheOutage(t *testing.T) {
	state, observation := inPause()
	observation.Runs["2-0-1-background"] = progression.Run{View: run.View{Phase: run.Failed, Message: "errors"}}
	observation.Versions["A"] = progression.Version{Wanted: 4}
	state, effects := progression.Decide(state, observation)
	if state.Phase != progression.Aborted || has(effects, func(progression.SetWeight) bool { return true }) {
		t.Fatalf("phase %s, effects %v", state.Phase, effects)
	}
	observation.Versions["A"] = progression.Version{Wanted: 4, Existing: 1, Available: 1}
	if _, effects = progression.Decide(state, observation); !has(effects, func(e progression.SetWeight) bool { return e.Weight == 0 }) {
		t.Fatalf("the traffic does not move to the first stable pod: %v", effects)
	}
}

// TestBrokenRoute: what cannot be read is not raised, but the rest is lowered.
func TestBrokenRoute(t *testing.T) {
	state, observation := inPause()
	observation.Route.Lost = true
	observation.Problems = []string{"spec.strategy.canary.trafficRouting: HTTPRoute \"web-2\" does not exist; create it"}
	_, effects := progression.Decide(state, observation)
	if has(effects, func(progression.SetWeight) bool { return true }) {
		t.Errorf("a held release changes its weight: %v", effects)
	}
	observation.Intent = &progression.Intent{ID: "1", Action: progression.ActionAbort, Revision: 2, By: "ann"}
	if _, effects = progression.Decide(state, observation); !has(effects, func(e progression.SetWeight) bool { return e.Weight == 0 }) {
		t.Errorf("an abort does not lower the routes that can be: %v", effects)
	}
}

// TestForeignHand: a weight that somebody set by hand is brought back at once.
func TestForeignHand(t *testing.T) {
	state, observation := inPause()
	observation.Route.Weight = 80
	if _, effects := progression.Decide(state, observation); !has(effects, func(e progression.SetWeight) bool { return e.Weight == 25 }) {
		t.Errorf("the canary keeps what nobody has authorised: %v", effects)
	}
}

// TestPhantomStable: a first version that was decided on, but never created before
// the template changed, is nobody to release beside: the new template is the first.
func TestPhantomStable(t *testing.T) {
	_, observation := inPause()
	observation.Template, observation.Versions, observation.Services, observation.Runs = "A", nil, progression.Services{StableNamed: true, CanaryNamed: true}, nil
	state, _ := progression.Decide(progression.State{}, observation) // The process dies here.
	observation.Template = "B"
	state, effects := progression.Decide(state, observation)
	if state.Stable != "B" || state.Phase != progression.Idle || state.Revision != 2 {
		t.Fatalf("stable %s, phase %s, revision %d", state.Stable, state.Phase, state.Revision)
	}
	if !has(effects, func(e progression.ScaleVersion) bool { return e.Create && e.Hash == "B" && e.Pods == 4 }) {
		t.Errorf("the first version is not created with all its pods: %v", effects)
	}
}

// TestLiveServiceIsTakenOver: a Service that serves a Deployment keeps its pods until
// the first version has its own.
func TestLiveServiceIsTakenOver(t *testing.T) {
	_, observation := inPause()
	observation.Template, observation.Versions, observation.Runs = "A", nil, nil
	observation.Services = progression.Services{StableNamed: true, CanaryNamed: true}
	observation.Route = progression.Route{Weight: 50, Uniform: true, Verified: true}
	pointed := func(e progression.PointService) bool { return e.Hash == "A" }
	state, effects := progression.Decide(progression.State{}, observation)
	if has(effects, pointed) {
		t.Fatalf("a Service is pointed at pods that do not exist: %v", effects)
	}
	observation.Versions = map[string]progression.Version{"A": {Wanted: 4, Existing: 4, Available: 3}}
	if state, effects = progression.Decide(state, observation); has(effects, pointed) {
		t.Fatalf("a Service is pointed at too few pods: %v", effects)
	}
	observation.Versions["A"] = progression.Version{Wanted: 4, Existing: 4, Available: 4}
	if _, effects = progression.Decide(state, observation); !has(effects, pointed) {
		t.Fatalf("no Service is pointed at the first version: %v", effects)
	}
}
