package progression_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/progression"
)

// besideFreshPods is inPause, compared with one fresh pod of the stable version.
func besideFreshPods() (progression.State, progression.Observation) {
	state, observation := inPause()
	observation.Spec.Baseline, state.FreshBaseline = &progression.FreshBaseline{}, true
	observation.Baselines = map[string]progression.Baseline{
		"A-fresh-2-0": {Hash: "A", Version: progression.Version{Wanted: 1, Existing: 1, Available: 1}},
	}
	return state, observation
}

// removed says whether the fresh pods of the release are removed.
func removed(e progression.RemoveBaseline) bool { return e.Name == "A-fresh-2-0" }

// TestFreshPodsEndWithTheirRelease: whatever ends a release, the round that ends it
// removes the fresh pods, and no other round does.
//
// Long: it is a table.
func TestFreshPodsEndWithTheirRelease(t *testing.T) {
	type change func(*progression.State, *progression.Observation)
	for _, test := range []struct {
		reason  string
		change  change
		removed bool
	}{
		{"a pause", func(*progression.State, *progression.Observation) {}, false},
		{"a release that is paused by a user", func(_ *progression.State, o *progression.Observation) { o.Spec.Paused = true }, false},
		{"a spec with a problem", func(_ *progression.State, o *progression.Observation) { o.Problems = []string{"spec: wrong"} }, false},
		{"a verdict", func(_ *progression.State, o *progression.Observation) {
			o.Runs["2-0-1-background"] = progression.Run{View: run.View{Phase: run.Failed, Message: "errors"}}
		}, true},
		{"dead pods", func(_ *progression.State, o *progression.Observation) {
			o.Versions["B"] = progression.Version{Wanted: 1, Existing: 1, Crashing: 1}
		}, true},
		{"an abort", func(_ *progression.State, o *progression.Observation) {
			o.Intent = &progression.Intent{ID: "1", Action: progression.ActionAbort, Revision: 2, By: "ann"}
		}, true},
		{"a promotion", func(s *progression.State, o *progression.Observation) {
			s.Phase, s.Weight, o.Route.Weight = progression.Promoting, 100, 100
			o.Versions["B"] = progression.Version{Wanted: 4, Existing: 4, Available: 4}
		}, true},
		{"another template", func(_ *progression.State, o *progression.Observation) { o.Template = "C" }, true},
		{"the stable template", func(_ *progression.State, o *progression.Observation) { o.Template = "A" }, true},
		{"the stable template, in a spec with a problem", func(_ *progression.State, o *progression.Observation) {
			o.Template, o.Problems = "A", []string{"spec: wrong"}
		}, true},
		{"a release that was over when the process died", func(s *progression.State, _ *progression.Observation) {
			s.Phase, s.Weight, s.FreshBaseline, s.Abort = progression.Aborted, 0, false, &progression.Abort{Reason: "UserAbort", Message: "m"}
		}, true},
		{"a status that was lost, with a spec that can start nothing", func(s *progression.State, o *progression.Observation) {
			*s, o.Problems = progression.State{}, []string{"spec: wrong"}
		}, true},
		{"the router taken out of the spec", func(_ *progression.State, o *progression.Observation) {
			o.Spec.Routed, o.Problems = false, []string{"spec.strategy.canary.baseline: needs trafficRouting"}
		}, true},
		{"the option taken out of the spec", func(_ *progression.State, o *progression.Observation) { o.Spec.Baseline = nil }, true},
		{"an abort while they alone serve", func(_ *progression.State, o *progression.Observation) {
			o.Versions["A"] = progression.Version{Wanted: 4, Existing: 4}
			o.Intent = &progression.Intent{ID: "1", Action: progression.ActionAbort, Revision: 2, By: "ann"}
		}, false},
		{"an abort when nothing serves", func(_ *progression.State, o *progression.Observation) {
			o.Versions["A"] = progression.Version{Wanted: 4, Existing: 4}
			o.Baselines["A-fresh-2-0"] = progression.Baseline{Hash: "A", Version: progression.Version{Wanted: 1}}
			o.Intent = &progression.Intent{ID: "1", Action: progression.ActionAbort, Revision: 2, By: "ann"}
		}, true},
	} {
		state, observation := besideFreshPods()
		test.change(&state, &observation)
		if _, effects := progression.Decide(state, observation); has(effects, removed) != test.removed {
			t.Errorf("%s: removed %v, want %v: %v", test.reason, !test.removed, test.removed, effects)
		}
	}
}

// TestFreshPodsAreNoCapacity: traffic is not moved to a stable version of which only
// fresh pods can serve, and its own pods are never fewer for them.
func TestFreshPodsAreNoCapacity(t *testing.T) {
	state, observation := besideFreshPods()
	observation.Versions["A"] = progression.Version{Wanted: 3, Existing: 3}
	observation.Intent = &progression.Intent{ID: "1", Action: progression.ActionAbort, Revision: 2, By: "ann"}
	_, effects := progression.Decide(state, observation)
	if has(effects, func(progression.SetWeight) bool { return true }) {
		t.Errorf("traffic moves to fresh pods alone: %v", effects)
	}
	if !has(effects, func(e progression.ScaleVersion) bool { return e.Hash == "A" && e.Pods == 4 }) {
		t.Errorf("a fresh pod stands for one of the stable version's own: %v", effects)
	}
}

// TestNoDeadlineWhileTheRaiseIsHeld: a weight that was authorised, but is not set
// because the release was paused or lost its sight meanwhile, is not a router that
// does not follow.
func TestNoDeadlineWhileTheRaiseIsHeld(t *testing.T) {
	for reason, hold := range map[string]func(*progression.State, *progression.Observation){
		"no sight": func(_ *progression.State, o *progression.Observation) {
			o.Runs["2-0-1-background"] = progression.Run{View: run.View{Phase: run.Running, BlindSince: o.Now.Add(-time.Second), Message: "connection refused"}}
		},
		"a user's pause": func(s *progression.State, o *progression.Observation) {
			s.Waits = []progression.Wait{{Reason: progression.WaitUser, Since: o.Now, By: "ann"}}
		},
	} {
		state, observation := inPause()
		state.Step, state.StepsHash = 0, remembered(state, observation)
		state.WeightReached = false
		observation.Route.Weight = 5
		hold(&state, &observation)
		for range 3 {
			state, _ = progression.Decide(state, observation)
			observation.Now = observation.Now.Add(2 * time.Minute)
		}
		if state.Phase != progression.Progressing {
			t.Errorf("%s: the release was taken back: %+v", reason, state.Abort)
		}
	}
}
