package progression

import (
	"time"

	"github.com/serin-dev/serin/analysis/run"
)

// Observation is the whole world at one time, as far as a release is concerned.
type Observation struct {
	// Now is the time of the observation.
	Now time.Time
	// Spec is what the user wants.
	Spec Spec
	// Problems are the reasons for which the spec cannot be released, each
	// naming field and fix. While there are any, nothing new is begun.
	Problems []string
	// Template is the hash of the current pod template.
	Template string
	// Versions are the versions that have pods or had some, by hash.
	Versions map[string]Version
	// Baselines are the fresh baseline pods that there are, by name.
	Baselines map[string]Baseline
	// Services are the two Services, as far as they are named.
	Services Services
	// Route is the router's split; its zero value without a router.
	Route Route
	// Runs are the AnalysisRuns of this release, by key.
	Runs map[string]Run
	// Intent is what a user asks for, or nil.
	Intent *Intent
}

// Version is the pods of one template.
type Version struct {
	// Wanted is the number of pods that were asked for.
	Wanted int32
	// Existing is the number of pods that there are.
	Existing int32
	// Available is the number of pods that can serve.
	Available int32
	// Crashing is the number of pods whose containers keep ending.
	Crashing int32
	// Trouble says what is wrong with the pods that are not available.
	Trouble string
}

// Baseline is the fresh baseline pods of one release.
type Baseline struct {
	// Hash is the version that they run.
	Hash string
	Version
}

// Services says which version each Service selects; empty when it selects none.
type Services struct {
	// StableNamed and CanaryNamed say whether the spec names the Service.
	StableNamed, CanaryNamed bool
	// StableLost and CanaryLost say that a named Service does not exist.
	StableLost, CanaryLost bool
	Stable, Canary         string
}

// Route is the router's split.
type Route struct {
	// Lost says that not all of the split can be read and set: a route is missing
	// or does not fit. Problems say why; the rest is about the other routes, which
	// can only be lowered.
	Lost bool
	// Weight is the largest share of requests that any route gives the canary.
	Weight int32
	// Uniform says that every route gives it that share.
	Uniform bool
	// Verified says that the data plane has accepted the split.
	Verified bool
	// Message says what is missing when it has not.
	Message string
}

// Run is what an AnalysisRun shows of itself.
type Run struct {
	run.View
	// Stopping says that the run was told to end.
	Stopping bool
	// WeightSince and Weight are what the run was last told.
	WeightSince time.Time
	Weight      int32
}

// Action is what a user can ask for.
type Action string

// The actions of users.
const (
	ActionPromote     Action = "promote"
	ActionPromoteFull Action = "promoteFull"
	ActionAbort       Action = "abort"
	ActionRetry       Action = "retry"
	ActionPause       Action = "pause"
	ActionResume      Action = "resume"
)

// Intent is what a user asks of one release.
type Intent struct {
	ID       string
	Action   Action
	Revision int64
	By       string
	At       time.Time
	// Reason is why, in the user's words; empty when they gave none.
	Reason string
}

// Answer is what became of an Intent.
type Answer struct {
	Intent   Intent
	Accepted bool
	Message  string
}

// settled says that the data plane gives the canary exactly a share.
func (r Route) settled(weight int32) bool {
	return r.Weight == weight && r.Uniform && r.Verified && !r.Lost
}
