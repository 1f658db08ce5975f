package progression

import (
	"fmt"
	"time"
)

// Effect is one thing that a driver has to do. Each can be repeated, and says in
// one line what it does.
type Effect interface {
	fmt.Stringer
	effect()
}

// Role names one of the two Services.
type Role string

// The two Services.
const (
	StableService Role = "stable"
	CanaryService Role = "canary"
)

// RunKind says how an AnalysisRun belongs to a release.
type RunKind string

// The kinds of AnalysisRuns.
const (
	BackgroundRun RunKind = "Background"
	StepRun       RunKind = "Step"
)

// The effects.
type (
	// ScaleVersion gives a version a number of pods; a version that does not exist
	// is created from the current template.
	ScaleVersion struct {
		Hash   string
		Pods   int32
		Create bool
	}
	// ScaleBaseline gives a release a number of fresh baseline pods; a set that does
	// not exist is created from the template of the version.
	ScaleBaseline struct {
		Name   string
		Hash   string
		Pods   int32
		Create bool
	}
	// RemoveBaseline removes fresh baseline pods.
	RemoveBaseline struct {
		Name string
	}
	// PointService makes a Service select a version.
	PointService struct {
		Role Role
		Hash string
	}
	// SetWeight gives the canary a share of the requests.
	SetWeight struct {
		Weight int32
	}
	// StartRun starts an AnalysisRun. Baseline is the name of the fresh pods that the
	// canary is compared with; empty for those of the stable version that serve anyway.
	// Weight is as in MarkWeight.
	StartRun struct {
		Key      string
		Kind     RunKind
		Step     int32
		Baseline string
		Weight   int32
	}
	// MarkWeight tells a run since when the weight in force is in force, and which share
	// of the requests that is, in percent: 0 when no router holds the run's versions to
	// it, or while it changes.
	MarkWeight struct {
		Key    string
		Since  time.Time
		Weight int32
	}
	// StopRun ends an AnalysisRun that nobody waits for.
	StopRun struct {
		Key string
	}
	// Announce tells people what happened: once, when it happens.
	Announce struct {
		Warning bool
		Reason  string
		Message string
	}
	// Wake asks for the next round at a time, whatever happens before.
	Wake struct {
		At time.Time
	}
)

func (ScaleVersion) effect()   {}
func (ScaleBaseline) effect()  {}
func (RemoveBaseline) effect() {}
func (PointService) effect()   {}
func (SetWeight) effect()      {}
func (StartRun) effect()       {}
func (MarkWeight) effect()     {}
func (StopRun) effect()        {}
func (Announce) effect()       {}
func (Wake) effect()           {}

func (e ScaleVersion) String() string {
	if e.Create {
		return fmt.Sprintf("create %s with %d pods", e.Hash, e.Pods)
	}
	return fmt.Sprintf("scale %s to %d pods", e.Hash, e.Pods)
}

func (e ScaleBaseline) String() string {
	if e.Create {
		return fmt.Sprintf("create baseline %s with %d pods", e.Name, e.Pods)
	}
	return fmt.Sprintf("scale baseline %s to %d pods", e.Name, e.Pods)
}

func (e RemoveBaseline) String() string { return "remove baseline " + e.Name }

func (e PointService) String() string { return fmt.Sprintf("point %s service at %s", e.Role, e.Hash) }
func (e SetWeight) String() string    { return fmt.Sprintf("set weight %d", e.Weight) }
func (e StartRun) String() string     { return fmt.Sprintf("start run %s", e.Key) }
func (e MarkWeight) String() string   { return fmt.Sprintf("mark weight in run %s", e.Key) }
func (e StopRun) String() string      { return fmt.Sprintf("stop run %s", e.Key) }

func (e Announce) String() string {
	return fmt.Sprintf("announce %s: %s", e.Reason, e.Message)
}

func (e Wake) String() string { return "wake at " + e.At.UTC().Format(time.RFC3339Nano) }
