package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/controller/progression"
)

// Storm is a random release under random faults. The seed decides everything.
type Storm struct {
	Seed uint64
	// Length is for how long things happen, in virtual time. After it the faults
	// end, and the release must come to rest.
	Length time.Duration
}

// Report is what a storm came to.
type Report struct {
	Seed    uint64
	Rounds  int
	Events  map[string]int
	Outcome map[progression.Outcome]int
	// Violation is the first law that was broken; empty when none was.
	Violation string
	// Log is what happened, for the one who looks into it.
	Log []string
}

// storm is a Storm in progress.
type storm struct {
	Report
	random  *rand.Rand
	world   *World
	driver  *Driver
	laws    *laws
	stale   *progression.Observation
	intents int
}

// Run plays a storm and checks the laws after every round.
func (s Storm) Run() Report {
	random := rand.New(rand.NewPCG(s.Seed, s.Seed^0x5e41))
	world := NewWorld(randomSpec(random))
	for _, hash := range versionNames {
		world.Behaviours[hash] = randomBehaviour(random)
	}
	world.Behaviours[versionNames[0]] = Behaviour{}
	world.Template = versionNames[0]
	run := &storm{
		Report: Report{Seed: s.Seed, Events: map[string]int{}, Outcome: map[progression.Outcome]int{}},
		random: random, world: world, driver: NewDriver(world),
	}
	run.laws = newLaws(world)
	run.note("replicas %d, routed %v, steps %v, background %v, fresh baseline %v", world.Spec.Replicas, world.Spec.Routed, world.Spec.Steps,
		world.Spec.Background != nil, world.Spec.Baseline != nil)
	for end := world.Now.Add(s.Length); world.Now.Before(end) && run.Violation == ""; {
		run.happen()
		run.step(true)
	}
	run.calm()
	return run.Report
}

// versionNames are the templates that the users change between.
var versionNames = [...]string{"A", "B", "C", "D"}

// step lets a second or a few pass and does a round.
func (s *storm) step(faults bool) {
	s.world.Advance(time.Duration(1+s.random.IntN(3)) * time.Second)
	observation := s.world.Observe()
	fresh := true
	if faults && s.random.IntN(8) == 0 && s.stale != nil {
		// A cache that is behind: the pods as they were a round ago.
		observation.Versions, observation.Baselines, fresh = s.stale.Versions, s.stale.Baselines, false
		s.Events["stale read"]++
	}
	now := s.world.Observe()
	s.stale = &now
	if faults && s.random.IntN(10) == 0 {
		s.driver.CrashAfter = s.random.IntN(4)
	}
	if faults && s.random.IntN(20) == 0 {
		// A conflict: what was decided is void.
		s.Events["conflict"]++
		return
	}
	before := s.laws.before()
	round := s.driver.RoundOn(observation)
	s.Rounds++
	if round.Crashed {
		s.Events["crash"]++
	}
	for _, effect := range round.Done {
		if _, wake := effect.(progression.Wake); !wake {
			s.note("%s", effect)
		}
	}
	if round.After.Outcome != round.Before.Outcome && round.After.Outcome != "" {
		s.Outcome[round.After.Outcome]++
	}
	if broken := s.laws.check(before, round, fresh); broken != "" && s.Violation == "" {
		s.Violation = broken
		s.note("VIOLATION %s", broken)
	}
}

// note adds a line to the log.
func (s *storm) note(format string, args ...any) {
	s.Log = append(s.Log, fmt.Sprintf("%7s  ", s.world.Now.Sub(Origin))+fmt.Sprintf(format, args...))
}

// calm ends the faults, and checks that the release comes to rest.
func (s *storm) calm() {
	if s.Violation != "" {
		return
	}
	s.world.MetricsDown, s.world.Problems, s.world.Spec.Paused, s.world.Intent = false, nil, false, nil
	s.world.RouterLag, s.world.BaselineStuck = time.Second, false
	s.laws.metricsTurned()
	s.note("calm")
	for end := s.world.Now.Add(30 * time.Minute); s.world.Now.Before(end) && s.Violation == ""; {
		s.step(false)
		if s.resting() && s.world.Now.Add(25*time.Minute).After(end) {
			break
		}
	}
	if s.Violation == "" {
		s.Violation = s.laws.rest(s.driver)
	}
	if s.Violation != "" {
		s.note("VIOLATION %s", s.Violation)
	}
}

// resting says whether a round would do nothing any more.
func (s *storm) resting() bool {
	next, effects := progression.Decide(s.driver.State, s.world.Observe())
	return len(effects) == 0 && !next.Releasing()
}

// happen lets something happen, or nothing.
func (s *storm) happen() {
	events := []struct {
		name  string
		odds  int
		occur func()
	}{
		{"template", 40, s.changeTemplate},
		{"intent", 30, s.click},
		{"metrics", 40, s.turnMetrics},
		{"kill", 30, s.killPods},
		{"router", 50, func() { s.world.RouterLag = time.Duration(s.random.IntN(20)) * time.Second }},
		{"edit", 60, func() { s.world.Spec.Steps = randomSteps(s.random) }},
		{"scale", 80, func() { s.world.Spec.Replicas = int32(1 + s.random.IntN(8)) }},
		{"pause", 100, func() { s.world.Spec.Paused = !s.world.Spec.Paused }},
		{"problem", 100, s.breakSpec},
		{"turn bad", 150, s.turnBad},
		{"baseline", 80, func() { s.world.Spec.Baseline = randomBaseline(s.random, s.world.Spec.Routed) }},
		{"stuck baseline", 80, func() { s.world.BaselineStuck = !s.world.BaselineStuck }},
		{"kill baseline", 60, func() { s.world.KillBaseline(1 + s.random.IntN(3)) }},
	}
	for _, event := range events {
		if s.random.IntN(event.odds) == 0 {
			event.occur()
			s.Events[event.name]++
			s.note("* %s (template %s, metrics down %v, paused %v)", event.name, s.world.Template, s.world.MetricsDown, s.world.Spec.Paused)
		}
	}
}

// turnMetrics lets Prometheus hang, or answer again.
func (s *storm) turnMetrics() {
	s.world.MetricsDown = !s.world.MetricsDown
	s.laws.metricsTurned()
}

// changeTemplate changes the template to any version, also to one that was there before.
func (s *storm) changeTemplate() {
	s.world.Template = versionNames[s.random.IntN(len(versionNames))]
}

// click is a user who asks for something, sometimes of a release that is over.
func (s *storm) click() {
	actions := []progression.Action{
		progression.ActionPromote, progression.ActionPromote, progression.ActionPromoteFull, progression.ActionAbort,
		progression.ActionRetry, progression.ActionPause, progression.ActionResume, "nonsense",
	}
	s.intents++
	s.world.Intent = &progression.Intent{
		ID: fmt.Sprint(s.intents), Action: actions[s.random.IntN(len(actions))], By: "somebody",
		Revision: s.driver.State.Revision - int64(s.random.IntN(4)/3), At: s.world.Now,
	}
}

// killPods ends some pods of a version.
func (s *storm) killPods() {
	s.world.KillPods(versionNames[s.random.IntN(len(versionNames))], 1+s.random.IntN(3))
}

// breakSpec makes the spec unreleasable, or releasable again.
func (s *storm) breakSpec() {
	if len(s.world.Problems) > 0 {
		s.world.Problems = nil
		return
	}
	s.world.Problems = []string{"spec: something is wrong; mend it"}
}

// turnBad makes the version in progress bad in the middle of its release.
func (s *storm) turnBad() {
	if s.driver.State.Releasing() {
		s.world.Behaviours[s.driver.State.Current] = Behaviour{ErrorShare: 0.5}
	}
}

// randomSpec is any Rollout.
func randomSpec(random *rand.Rand) progression.Spec {
	spec := progression.Spec{
		Replicas: int32(1 + random.IntN(8)), Routed: random.IntN(4) > 0, Steps: randomSteps(random),
		MaxSurge: int32(random.IntN(3)), MaxUnavailable: int32(random.IntN(2)),
		ScaleDownDelay: 30 * time.Second, AbortScaleDownDelay: time.Duration(random.IntN(3)) * 20 * time.Second,
		ProgressDeadline: 2 * time.Minute, ProgressDeadlineAbort: random.IntN(4) > 0,
	}
	if spec.MaxSurge+spec.MaxUnavailable == 0 {
		spec.MaxSurge = 1
	}
	if random.IntN(4) > 0 {
		spec.Background = &progression.Background{StartingStep: int32(random.IntN(2))}
		if random.IntN(4) == 0 {
			spec.Background.AbortAfter = time.Minute
		}
	}
	spec.Baseline = randomBaseline(random, spec.Routed)
	return spec
}

// randomBaseline is fresh pods, as many as the canary has or a number, or none.
func randomBaseline(random *rand.Rand, routed bool) *progression.FreshBaseline {
	if !routed || random.IntN(2) == 0 {
		return nil
	}
	return &progression.FreshBaseline{Pods: int32(max(0, random.IntN(6)-2))}
}

// randomSteps are any steps.
func randomSteps(random *rand.Rand) []progression.Step {
	weight := int32(0)
	var steps []progression.Step
	for range 1 + random.IntN(5) {
		switch random.IntN(5) {
		case 0, 1:
			weight = min(100, weight+int32(5+random.IntN(50)))
			next := weight
			steps = append(steps, progression.Step{SetWeight: &next})
		case 2, 3:
			duration := time.Duration(5+random.IntN(30)) * time.Second
			steps = append(steps, progression.Step{Pause: &progression.Pause{Duration: &duration}})
		default:
			if weight > 0 {
				steps = append(steps, progression.Step{Analysis: &progression.StepAnalysis{Templates: "errors"}})
			}
		}
	}
	if weight == 0 {
		first := int32(10)
		steps = append([]progression.Step{{SetWeight: &first}}, steps...)
	}
	return steps
}

// randomBehaviour is a version that is good, more often than not.
func randomBehaviour(random *rand.Rand) Behaviour {
	switch random.IntN(10) {
	case 0, 1:
		return Behaviour{ErrorShare: 0.2 + 0.5*random.Float64()}
	case 2:
		return Behaviour{Crash: true}
	case 3:
		return Behaviour{Stuck: true}
	default:
		return Behaviour{}
	}
}
