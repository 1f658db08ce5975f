package run

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/judge"
)

// Phase is the state of a run, of a metric or of a measurement.
type Phase string

// The phases, as in Argo Rollouts. A run is never in phase Error because of what
// it measured; its driver uses that for a run that it cannot read.
const (
	Pending      Phase = "Pending"
	Running      Phase = "Running"
	Successful   Phase = "Successful"
	Failed       Phase = "Failed"
	Inconclusive Phase = "Inconclusive"
	Error        Phase = "Error"
)

// Live says whether there is something left to measure. A run that has not begun
// has the empty phase and is live.
func (p Phase) Live() bool {
	return p == "" || p == Pending || p == Running
}

// Reason says in one word why a measurement saw nothing.
type Reason string

// The reasons for which a measurement saw nothing.
const (
	Unavailable    Reason = "Unavailable"
	InvalidQuery   Reason = "InvalidQuery"
	ConditionError Reason = "ConditionError"
	NoData         Reason = "NoData"
	NotANumber     Reason = "NotANumber"
	TooFewRequests Reason = "TooFewRequests"
	// EvidenceMounting: a judge has too little against the canary to take it back,
	// and too much to let it have more.
	EvidenceMounting Reason = "EvidenceMounting"
	// SharedIncident: both versions are bad. OnePod: one of the canary's pods is, and
	// the others are not. WarmingUp: the canary's pods are too young. ProofMissing: a
	// proof was asked for. TooFewPoints: a gauge was not seen often enough. Marginal: a test
	// for one look is between its limits.
	SharedIncident Reason = judge.SharedIncident
	OnePod         Reason = judge.OnePod
	WarmingUp      Reason = judge.WarmingUp
	ProofMissing   Reason = judge.ProofMissing
	TooFewPoints   Reason = judge.TooFewPoints
	AboveObjective Reason = judge.AboveObjective
	Undecided      Reason = judge.Undecided
	// RoutingBroken: the traffic is not split as it was set. SpreadIncreased: a gauge
	// scatters more than before.
	RoutingBroken   Reason = judge.RoutingBroken
	SpreadIncreased Reason = judge.SpreadIncreased
	// NotKnownYet: the bounds of what a condition compares do not decide it.
	NotKnownYet Reason = criteria.NotKnownYet
)

// phase is the phase of a measurement that saw nothing for this reason: Error when
// something broke, Inconclusive when there was nothing to see.
func (r Reason) phase() Phase {
	switch r {
	case NoData, NotANumber, TooFewRequests, EvidenceMounting, SharedIncident, OnePod, WarmingUp, ProofMissing, TooFewPoints, AboveObjective, Undecided, RoutingBroken, SpreadIncreased, NotKnownYet:
		return Inconclusive
	default:
		return Error
	}
}

// Kept is how many measurements of a metric are kept. The counters keep them all.
const Kept = 10

// State is the memory of a run: all that a decision depends on, besides the Spec.
// It is plain data and can be serialised. Times are in UTC, to the microsecond.
type State struct {
	// Phase is the verdict, or Pending or Running. Empty before Start.
	Phase Phase
	// Message explains it.
	Message string
	// StartedAt and CompletedAt are when the run began and ended.
	StartedAt, CompletedAt time.Time
	// BlindSince is since when a metric cannot be seen; zero when all can.
	BlindSince time.Time
	// Score is what the metrics come to together; nil when the Spec asks for none.
	Score *Score
	// Together is the evidence of all judged metrics; nil when there are less than two.
	Together *Together
	// Metrics are in the order of the Spec.
	Metrics []MetricState
}

// MetricState is what was measured of a metric.
type MetricState struct {
	Name    string
	Phase   Phase
	Message string
	// Count of the measurements that saw something: Successful + Failed +
	// Inconclusive.
	Count, Successful, Failed, Inconclusive int
	// Blind measurements saw nothing.
	Blind                                int
	ConsecutiveBlind, ConsecutiveSuccess int
	// BlindSince is when the first of the blind measurements in a row was begun.
	BlindSince time.Time
	// PassedAt is when the last Successful measurement was begun.
	PassedAt time.Time
	// Measurements are the last ones, the newest last.
	Measurements []Outcome
	// Evidence is what a judge has gathered; nil without a judge.
	Evidence *Evidence
	// JudgeState is the judge's memory.
	JudgeState string
}

// Outcome is what one measurement said.
type Outcome struct {
	Phase Phase
	// Reason is why nothing was seen; empty when something was.
	Reason                Reason
	Message               string
	StartedAt, FinishedAt time.Time
	// Value is what was seen, shortened.
	Value string
}

// Blind says that the measurement saw nothing.
func (o Outcome) Blind() bool {
	return o.Reason != ""
}

// Evidence is what a judge has gathered, in decimal strings. What a judge does not
// know is empty.
type Evidence struct {
	// Method is the judge: proportion, histogram, objective, mean or mannWhitney; or
	// conditions, which have no Limit.
	Method string
	// Bad are bad requests, those slower than Edge, or points beyond what is tolerated.
	CanaryBad, CanaryTotal, BaselineBad, BaselineTotal string
	// Edge is the edge of a histogram that most of the evidence is about.
	Edge string
	// EValue is the evidence against the canary, and Limit where it fails.
	EValue, Limit string
	// RateRatio is the canary's share of bad requests, or its level, over the baseline's, with
	// bounds that hold at every look.
	RateRatio, RateRatioLower, RateRatioUpper string
	// Quantiles are those of a histogram that were asked for.
	Quantiles []Quantile
	// Dispersion is by how much the evidence was divided because pods differ.
	Dispersion string
	// WorstPod is the canary's pod that shows most, beside the evidence without it.
	WorstPod, EValueWithoutWorstPod string
	// Proof is how far the proof has come that was asked for.
	Proof *ProofEvidence
	// The levels of a gauge, and the one from which on the canary is worse.
	CanaryLevel, BaselineLevel, ToleratedLevel string
	// Shift is how far the canary's points are shifted, and PValue that of "not at all",
	// each for one look.
	Shift, ShiftLower, ShiftUpper, PValue string
	// RequestsNeeded is how many more requests, or points, a verdict needs.
	RequestsNeeded string
}

// Quantile is a quantile of both arms, in the unit of the histogram.
type Quantile struct {
	P                string
	Canary, Baseline Interval
}

// Interval is an estimate with bounds that hold at every look.
type Interval struct {
	Estimate, Lower, Upper string
}

// ProofEvidence is the evidence that the canary is not much worse, and where that is
// proven.
type ProofEvidence struct {
	EValue, Limit string
}

// Together is the evidence of all judged metrics together, and where it fails the run.
type Together struct {
	EValue, Limit string
}

// Start begins a run.
func Start(spec Spec, now time.Time) State {
	state := State{Phase: Pending, StartedAt: moment(now)}
	for _, metric := range spec.Metrics {
		state.Metrics = append(state.Metrics, MetricState{Name: metric.Name, Phase: Pending})
	}
	state.Message = runMessage(spec, state)
	return state
}

// number is how many measurements of the metric were recorded.
func (m MetricState) number() int {
	return m.Count + m.Blind
}

// last is the newest measurement; false when there is none.
func (m MetricState) last() (Outcome, bool) {
	if len(m.Measurements) == 0 {
		return Outcome{}, false
	}
	return m.Measurements[len(m.Measurements)-1], true
}

// clone copies a state, so that functions can change what they return.
func (s State) clone() State {
	s.Metrics = slices.Clone(s.Metrics)
	for i := range s.Metrics {
		s.Metrics[i].Measurements = slices.Clone(s.Metrics[i].Measurements)
	}
	return s
}

// moment is a time as states keep it.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
