package judge

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// stateVersion is the layout of ProportionState.
const stateVersion = 1

// ProportionState is the memory of a Proportion. The zero value has seen nothing.
type ProportionState struct {
	Version int `json:"v"`
	// Test is the memory of the sequential test.
	Test sequential.RateRatioState `json:"test"`
	// Canary and Baseline are the requests of all windows.
	Canary   Counts `json:"canary"`
	Baseline Counts `json:"baseline"`
	// WeightSince is what SinceWeight counts from.
	WeightSince time.Time `json:"weightSince,omitzero"`
	// SinceWeight are the canary's requests in windows that began at WeightSince
	// or later.
	SinceWeight float64 `json:"sinceWeight,omitempty"`
	// PeakLogE is the strongest evidence so far: a verdict is not taken back.
	PeakLogE float64 `json:"peakLogE,omitempty"`
}

// ParseProportionState reads what String wrote. The empty text is the zero value.
func ParseProportionState(text string) (ProportionState, error) {
	if text == "" {
		return ProportionState{}, nil
	}
	var s ProportionState
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return ProportionState{}, fmt.Errorf("reading the judge's state: %w", err)
	}
	if s.Version != stateVersion {
		return ProportionState{}, fmt.Errorf("reading the judge's state: its version is %d, this program knows %d", s.Version, stateVersion)
	}
	if err := s.Test.Validate(); err != nil {
		return ProportionState{}, fmt.Errorf("reading the judge's state: %w", err)
	}
	for _, number := range []float64{s.Canary.Bad, s.Canary.Total, s.Baseline.Bad, s.Baseline.Total, s.SinceWeight} {
		if !(number >= 0) || math.IsInf(number, 0) {
			return ProportionState{}, fmt.Errorf("reading the judge's state: %v is no number of requests", number)
		}
	}
	return s, nil
}

// String returns the state as versioned JSON.
func (s ProportionState) String() string {
	s.Version = stateVersion
	text, err := json.Marshal(s)
	if err != nil {
		// Cannot happen: Observe keeps numbers finite.
		return ""
	}
	return string(text)
}
