// Package progression is the life of one release: it decides, from what it
// remembers and what it is shown, what the release does next.
//
//	Decide(State, Observation) (State, []Effect)
//
// It is pure: time, the world and the verdicts are in the Observation, nothing
// is read, written or logged here. The live controller, the replay and the fault
// simulator drive the same function. The standard library and analysis/run may come
// in.
//
// # The driver's loop
//
//	for {
//		observation := observe()                // the whole world, not a change of it
//		next, effects := Decide(state, observation)
//		persist(next)                           // must succeed, against the version that was read
//		act(effects)                            // in order; the first failure ends the round
//	}
//
// Everything that a decision depends on is in the State or in the Observation.
// Effects are derived from both anew in every round, and each may be repeated: a
// driver that is killed anywhere in the loop starts it again and ends in the same
// place. A driver must read its own writes: an Observation is never older than the
// last effect that it carried out on a Service or a route.
//
// # The states
//
//	          new template              all steps done, evidence passed
//	Idle ───────────────────▶ Progressing ───────────────────▶ Promoting
//	 ▲                         │   ▲    │                       │    │
//	 │  back to the stable one │   │    │ bad, or a user's word │    │ 100 % and verified:
//	 ├─────────────────────────┘   │    ▼                       │    │ the new version is
//	 │                       retry └─ Aborted ◀─────────────────┘    │ the stable one
//	 └───────────────────────────────────────────────────────────────┘
//
// A new template in any state starts a new release; the stable template in any
// state ends it.
//
// # The order of things
//
// The weight is lowered before anything else is done, and raised last: only when
// the evidence allows it, the canary Service selects the new version, and enough
// of its pods are available. The stable version keeps its pods until the release
// is over and the last request has left it.
package progression
