package simulation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/simulation"
)

// TestCrashAnywhere kills the process between any two effects of a whole story, a
// good release and a bad one, and demands that it ends as it would have without.
func TestCrashAnywhere(t *testing.T) {
	t.Run("beside the stable pods", func(t *testing.T) { crashAnywhere(t, nil) })
	t.Run("beside fresh pods", func(t *testing.T) { crashAnywhere(t, &progression.FreshBaseline{}) })
}

func crashAnywhere(t *testing.T, baseline *progression.FreshBaseline) {
	undisturbed, effects := story(baseline, -1, 0)
	if undisturbed.Outcome != string(progression.WasAborted) || undisturbed.Stable != "B" {
		t.Fatalf("the story does not end as it should: %+v", undisturbed)
	}
	crashes := 0
	for round, count := range effects {
		for after := range count {
			crashes++
			if ended, _ := story(baseline, round, after); ended != undisturbed {
				t.Errorf("killed in round %d after %d of %d effects (-undisturbed +killed):\n%s", round, after, count, cmp.Diff(undisturbed, ended))
			}
		}
	}
	t.Logf("%d places to be killed at", crashes)
	if crashes < 20 {
		t.Errorf("only %d places to be killed at: the test tests too little", crashes)
	}
}

// ending is what a story has come to.
type ending struct {
	Revision                int64
	Phase, Outcome          string
	Stable, Current         string
	StableService, Canary   string
	Weight                  int32
	StablePods, CurrentPods int32
	FreshPods               int
}

// story is: A runs, B is good and promoted, C is bad and taken back. The process is
// killed in one round after a number of effects. It returns the end, and how many
// effects each round had.
func story(baseline *progression.FreshBaseline, crashRound, crashAfter int) (ending, []int) {
	five, half := int32(5), int32(50)
	short := 15 * time.Second
	world := simulation.NewWorld(progression.Spec{
		Replicas: 4, Routed: true, MaxSurge: 1,
		Steps: []progression.Step{
			{SetWeight: &five}, {Pause: &progression.Pause{Duration: &short}}, {SetWeight: &half}, {Pause: &progression.Pause{Duration: &short}},
		},
		Background: &progression.Background{}, Baseline: baseline,
		ScaleDownDelay: 30 * time.Second, AbortScaleDownDelay: 30 * time.Second,
		ProgressDeadline: 5 * time.Minute, ProgressDeadlineAbort: true,
	})
	world.Behaviours["C"] = simulation.Behaviour{ErrorShare: 0.5}
	driver := simulation.NewDriver(world)
	var effects []int
	round := 0
	driver.Check = func(r simulation.Round) {
		effects = append(effects, len(r.Effects))
		round++
		driver.CrashAfter = -1
		if round == crashRound {
			driver.CrashAfter = crashAfter
		}
	}
	if crashRound == 0 {
		driver.CrashAfter = crashAfter
	}
	for _, template := range []string{"A", "B", "C"} {
		world.Template = template
		driver.Run(map[string]time.Duration{"A": 10 * time.Second, "B": 4 * time.Minute, "C": 3 * time.Minute}[template])
	}
	state, seen := driver.State, world.Observe()
	return ending{
		Revision: state.Revision, Phase: string(state.Phase), Outcome: string(state.Outcome), Stable: state.Stable, Current: state.Current,
		StableService: seen.Services.Stable, Canary: seen.Services.Canary, Weight: seen.Route.Weight,
		StablePods: seen.Versions[state.Stable].Wanted, CurrentPods: seen.Versions[state.Current].Wanted, FreshPods: len(seen.Baselines),
	}, effects
}
