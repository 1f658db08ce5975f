package progression_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/controller/progression"
)

// TestARunIsToldTheSplitThatIsHeld: a run may hold the traffic against a weight only
// where a router holds it, the whole stable version is the baseline, and nothing changes.
//
// Long: it is a table.
func TestARunIsToldTheSplitThatIsHeld(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*progression.State, *progression.Observation)
		told   int32
		want   int32 // -1: it is not told again
	}{
		"it knows":                {told: 25, want: -1},
		"it does not know":        {want: 25},
		"it knows another":        {told: 5, want: 25},
		"the weight changes":      {change: func(s *progression.State, _ *progression.Observation) { s.WeightReached = false; s.Weight = 40 }, told: 25, want: 0},
		"the pods are the split":  {change: func(_ *progression.State, o *progression.Observation) { o.Spec.Routed = false }, want: -1},
		"the baseline is a part":  {change: func(s *progression.State, o *progression.Observation) { beside(s, o) }, want: -1},
		"the weight was set anew": {change: func(s *progression.State, _ *progression.Observation) { s.WeightSince = s.WeightSince.Add(time.Second) }, told: 25, want: 25},
	} {
		t.Run(name, func(t *testing.T) {
			state, observation := inPause()
			if test.change != nil {
				test.change(&state, &observation)
			}
			run := observation.Runs[state.BackgroundRun]
			run.Weight = test.told
			observation.Runs[state.BackgroundRun] = run
			_, effects := progression.Decide(state, observation)
			got := int32(-1)
			for _, effect := range effects {
				if mark, ok := effect.(progression.MarkWeight); ok {
					got = mark.Weight
				}
			}
			if got != test.want {
				t.Errorf("the run is told %d, want %d: %v", got, test.want, effects)
			}
		})
	}
}

// beside makes a release one beside fresh pods.
func beside(state *progression.State, observation *progression.Observation) {
	state.FreshBaseline = true
	observation.Spec.Baseline = &progression.FreshBaseline{}
	observation.Baselines = map[string]progression.Baseline{"A-fresh-2-0": {Hash: "A", Version: progression.Version{Wanted: 1, Existing: 1, Available: 1}}}
}
