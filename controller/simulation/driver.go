package simulation

import (
	"time"

	"github.com/serin-dev/serin/controller/progression"
)

// Driver is a controller in a World: it observes, decides, persists and acts. What
// it remembers between rounds is only what it has persisted.
type Driver struct {
	World *World
	// State is what was persisted last.
	State progression.State
	// CrashAfter ends the next round after so many effects, as a killed process
	// would; the persisted state stays. Negative: no crash. 0: before the first.
	CrashAfter int
	// Check, when set, is called after every round.
	Check func(Round)
}

// Round is one round of a driver.
type Round struct {
	Before, After progression.State
	Observation   progression.Observation
	Effects       []progression.Effect
	// Done are the effects that were carried out.
	Done []progression.Effect
	// Crashed says that the process was killed before all were.
	Crashed bool
}

// NewDriver is a controller that has just been started for the first time.
func NewDriver(world *World) *Driver {
	return &Driver{World: world, CrashAfter: -1}
}

// Round does one round on what the world looks like now.
func (d *Driver) Round() Round {
	return d.RoundOn(d.World.Observe())
}

// RoundOn does one round on a given observation, which may be older than the world.
func (d *Driver) RoundOn(observation progression.Observation) Round {
	next, effects := progression.Decide(d.State, observation)
	round := Round{Before: d.State, After: next, Observation: observation, Effects: effects}
	d.State = next
	for i, effect := range effects {
		if d.CrashAfter >= 0 && i >= d.CrashAfter {
			round.Crashed = true
			break
		}
		d.World.Apply(effect)
		round.Done = append(round.Done, effect)
	}
	d.CrashAfter = -1
	if d.Check != nil {
		d.Check(round)
	}
	return round
}

// Run lets a time pass, with a round every second.
func (d *Driver) Run(duration time.Duration) []Round {
	var rounds []Round
	for end := d.World.Now.Add(duration); d.World.Now.Before(end); {
		d.World.Advance(min(time.Second, end.Sub(d.World.Now)))
		rounds = append(rounds, d.Round())
	}
	return rounds
}
