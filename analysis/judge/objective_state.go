package judge

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// objectiveVersion is the layout of an ObjectiveState.
const objectiveVersion = 1

// ObjectiveState is the memory of an Objective. The zero value has seen nothing.
//
// Its evidence is a mean of tests that begin at each of the first four weights, with
// the parts 0.4, 0.2, 0.2 and 0.2; one that has not begun is 1. Such a mean is an
// e-process again, and a canary that is broken by the third weight does not profit from
// having been good at the first.
type ObjectiveState struct {
	// Version of the layout; 0 in the zero value.
	Version int `json:"v"`
	// AtMost is the share that the evidence is against.
	AtMost float64 `json:"atMost,omitempty"`
	// Starts are the canary's bad requests since each start, among its requests.
	Starts []sequential.Tally `json:"starts,omitempty"`
	// Highest is the highest LogE so far: a failure stays one.
	Highest float64 `json:"highest,omitempty"`
	// Canary are the requests that were judged so far, and Baseline those seen beside them.
	Canary   Counts `json:"canary"`
	Baseline Counts `json:"baseline"`
	// Detector watches the baseline. Breached says that it found it above the objective;
	// Incident is what was served since.
	Detector sequential.DetectorState `json:"detector"`
	Breached bool                     `json:"breached,omitempty"`
	Incident Incident                 `json:"incident"`
	// Until is the end of the last window that held requests.
	Until time.Time `json:"until"`
	// Held are the canary's requests that wait for the baseline to be scraped.
	Held Held `json:"held"`
	// WeightSince is since when the weight is in force, and Judged are the canary
	// requests that were judged since.
	WeightSince time.Time `json:"weightSince"`
	Judged      float64   `json:"judged,omitempty"`
}

// Incident is what both arms served while the baseline was above the objective.
type Incident struct {
	Canary   Counts `json:"canary"`
	Baseline Counts `json:"baseline"`
}

// Held are requests of the canary that began to wait at Since; the newest of them
// were scraped at At.
type Held struct {
	Since  time.Time `json:"since"`
	At     time.Time `json:"at"`
	Canary Counts    `json:"canary"`
}

// take adds a window, and takes out what may be judged now: what the canary served
// before the baseline's newest sample, or anything that has waited too long.
func (h Held) take(w Window) (rest Held, now Counts, since time.Time) {
	if h.Canary.Total <= 0 {
		h = Held{Since: plain(w.From), At: plain(w.CanaryAt)}
	}
	all := add(h.Canary, w.Canary)
	switch {
	case !ahead(w.CanaryAt, w.BaselineAt), w.To.Sub(h.Since) > patience:
		return Held{}, all, h.Since
	case h.Canary.Total > 0 && !ahead(h.At, w.BaselineAt):
		return Held{Since: plain(w.From), At: plain(w.CanaryAt), Canary: w.Canary}, h.Canary, h.Since
	default:
		return Held{Since: h.Since, At: plain(w.CanaryAt), Canary: all}, Counts{}, h.Since
	}
}

const (
	// breachLevel is the level of the detector at which the baseline is taken to be above the
	// objective, and breachCeiling where the level ends, so that an incident is forgotten.
	breachLevel   = 20.0
	breachCeiling = 100.0
)

// breachRatios are how many times the objective the baseline may have come to.
func breachRatios() []float64 { return []float64{1.5, 3, 10} }

// observe adds a window.
func (s ObjectiveState) observe(o Objective, w Window) ObjectiveState {
	if w.Canary.Total > 0 || w.Baseline.Total > 0 {
		s.Until = plain(w.To)
	}
	if w.Baseline.Total > 0 {
		factors := sequential.Objective{AtMost: o.AtMost}.Factors(nil, w.Baseline.Bad, w.Baseline.Total, breachRatios())
		s.Detector = sequential.Detector{Limit: math.Log(breachCeiling)}.Observe(s.Detector, factors)
		s.Baseline = add(s.Baseline, w.Baseline)
	}
	if s.Breached = s.Detector.Level() >= math.Log(breachLevel); !s.Breached {
		s.Incident = Incident{}
	} else {
		s.Incident.Baseline = add(s.Incident.Baseline, w.Baseline)
	}
	var now Counts
	var since time.Time
	if s.Held, now, since = s.Held.take(w); now.Total <= 0 {
		return s
	}
	if s.Breached {
		s.Incident.Canary = add(s.Incident.Canary, now)
		if now.Bad > o.AtMost*now.Total {
			return s
		}
	}
	return s.judge(now, since)
}

// judge adds requests of the canary that count.
func (s ObjectiveState) judge(now Counts, since time.Time) ObjectiveState {
	starts := make([]sequential.Tally, max(len(s.Starts), 1))
	copy(starts, s.Starts)
	for i := range starts {
		starts[i] = starts[i].Add(now.Bad, now.Total)
	}
	s.Starts = starts
	s.Canary = add(s.Canary, now)
	if !since.Before(s.WeightSince) {
		s.Judged += now.Total
	}
	s.Highest = max(s.Highest, s.logE())
	return s
}

// objectiveParts are the parts of the evidence that begin at each weight.
func objectiveParts() []float64 { return []float64{0.4, 0.2, 0.2, 0.2} }

// begin begins the test of another weight, if there is a part left and the last one has
// seen something.
func begin(starts []sequential.Tally) []sequential.Tally {
	last := len(starts) - 1
	if last < 0 || starts[last].Trials <= 0 || len(starts) >= len(objectiveParts()) {
		return starts
	}
	return append(starts[:last+1:last+1], sequential.Tally{})
}

// logE is the natural logarithm of the evidence that the share is above AtMost.
func (s ObjectiveState) logE() float64 {
	parts := objectiveParts()
	logs := make([]float64, len(parts))
	for i, tally := range s.Starts {
		logs[i] = sequential.Objective{AtMost: s.AtMost}.LogE(tally)
	}
	return sequential.LogMean(parts, logs)
}

// latest is the share of bad requests since the last start.
func (s ObjectiveState) latest() float64 {
	if len(s.Starts) == 0 || s.Starts[len(s.Starts)-1].Trials <= 0 {
		return 0
	}
	last := s.Starts[len(s.Starts)-1]
	return last.Hits / last.Trials
}

// shared reports whether both arms are above the objective.
func (s ObjectiveState) shared() bool {
	return s.Breached && s.Incident.Canary.Bad > s.AtMost*s.Incident.Canary.Total
}

// ParseObjectiveState reads what String wrote. The empty text is the zero value.
func ParseObjectiveState(text string) (ObjectiveState, error) {
	var s ObjectiveState
	if text == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return ObjectiveState{}, fmt.Errorf("reading the state of an objective: %w", err)
	}
	if s.Version != objectiveVersion {
		return ObjectiveState{}, fmt.Errorf("reading the state of an objective: its version is %d, and %d is understood", s.Version, objectiveVersion)
	}
	if err := s.validate(); err != nil {
		return ObjectiveState{}, fmt.Errorf("reading the state of an objective: %w", err)
	}
	return s, nil
}

func (s ObjectiveState) validate() error {
	for _, v := range []float64{s.AtMost, s.Highest, s.Judged} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is no count", v)
		}
	}
	for _, c := range []Counts{s.Canary, s.Baseline, s.Incident.Canary, s.Incident.Baseline, s.Held.Canary} {
		if err := (sequential.Tally{Hits: c.Bad, Trials: c.Total}).Validate(); err != nil {
			return err
		}
	}
	if len(s.Starts) > len(objectiveParts()) || len(s.Starts) > 0 && !(s.AtMost > 0 && s.AtMost < 1) {
		return fmt.Errorf("%d starts against a share of %v", len(s.Starts), s.AtMost)
	}
	for _, tally := range s.Starts {
		if err := tally.Validate(); err != nil {
			return err
		}
	}
	if n := len(s.Detector.LogM); n != 0 && n != len(breachRatios()) {
		return fmt.Errorf("the detector has %d levels", n)
	}
	return s.Detector.Validate()
}

// String returns the state as versioned JSON of less than 2 KiB.
func (s ObjectiveState) String() string {
	s.Version = objectiveVersion
	text, err := json.Marshal(s)
	if err != nil {
		// Only a time outside of the years 0 to 9999 does not serialise.
		return fmt.Sprintf(`{"v":%d,"error":%q}`, objectiveVersion, err)
	}
	return string(text)
}
