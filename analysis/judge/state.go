package judge

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// stateVersion is the layout of a ProportionState.
const stateVersion = 1

// ProportionState is the memory of a Proportion. The zero value has seen nothing.
type ProportionState struct {
	// Version of the layout; 0 in the zero value.
	Version int `json:"v"`
	// Null is the ratio that the evidence is against: 1 + RelativeTolerance.
	Null float64 `json:"null,omitempty"`
	// Test is the memory of the sequential test.
	Test sequential.RateRatioState `json:"test"`
	// Highest is the highest LogE so far: a failure stays one.
	Highest float64 `json:"highest,omitempty"`
	// Canary and Baseline are the requests that were compared so far.
	Canary   Counts `json:"canary"`
	Baseline Counts `json:"baseline"`
	// Until is the end of the last window that held requests.
	Until time.Time `json:"until"`
	// WeightSince is since when the weight is in force, and Compared are the canary
	// requests that were compared since.
	WeightSince time.Time `json:"weightSince"`
	Compared    float64   `json:"compared,omitempty"`
}

// ParseProportionState reads what String wrote. The empty text is the zero value.
func ParseProportionState(text string) (ProportionState, error) {
	var s ProportionState
	if text == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return ProportionState{}, fmt.Errorf("reading the state of a proportion: %w", err)
	}
	if s.Version != stateVersion {
		return ProportionState{}, fmt.Errorf("reading the state of a proportion: its version is %d, and %d is understood", s.Version, stateVersion)
	}
	if err := s.validate(); err != nil {
		return ProportionState{}, fmt.Errorf("reading the state of a proportion: %w", err)
	}
	return s, nil
}

func (s ProportionState) validate() error {
	for _, v := range []float64{s.Null, s.Highest, s.Canary.Bad, s.Canary.Total, s.Baseline.Bad, s.Baseline.Total, s.Compared} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is no count", v)
		}
	}
	return s.Test.Validate()
}

// String returns the state as versioned JSON of less than 4 KiB.
func (s ProportionState) String() string {
	s.Version = stateVersion
	text, err := json.Marshal(s)
	if err != nil {
		// Only a time outside of the years 0 to 9999 does not serialise.
		return fmt.Sprintf(`{"v":%d,"error":%q}`, stateVersion, err)
	}
	return string(text)
}

// observe adds a window that holds requests.
func (s ProportionState) observe(null float64, w Window) ProportionState {
	s.Null, s.Until = null, plain(w.To)
	if w.Canary.Total <= 0 || w.Baseline.Total <= 0 {
		return s
	}
	test := sequential.RateRatio{Null: null}
	s.Test = test.Observe(s.Test, sequential.Block{
		CanaryBad: w.Canary.Bad, CanaryTotal: w.Canary.Total,
		BaselineBad: w.Baseline.Bad, BaselineTotal: w.Baseline.Total,
	})
	s.Highest = max(s.Highest, s.Test.LogE())
	s.Canary = add(s.Canary, w.Canary)
	s.Baseline = add(s.Baseline, w.Baseline)
	if !w.From.Before(s.WeightSince) {
		s.Compared += w.Canary.Total
	}
	return s
}

func add(a, b Counts) Counts { return Counts{Bad: a.Bad + b.Bad, Total: a.Total + b.Total} }

// plain is a time as it comes back from JSON.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }
