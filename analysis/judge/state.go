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
	// Waiting is what was served since Since and could not be compared yet, because
	// one arm has served nothing since.
	Waiting Waiting `json:"waiting"`
	// Before is the baseline of the last block that could be compared.
	Before Counts `json:"before"`
	// Share is the canary's share of the requests that were compared last.
	Share float64 `json:"share,omitempty"`
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
	for _, v := range []float64{s.Null, s.Highest, s.Canary.Bad, s.Canary.Total, s.Baseline.Bad, s.Baseline.Total, s.Compared,
		s.Share, s.Waiting.Canary.Bad, s.Waiting.Canary.Total, s.Waiting.Baseline.Bad, s.Waiting.Baseline.Total} {
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

// observe adds a window that holds requests. A block in which the baseline itself
// changed is not compared: the arms are not scraped at the same moment, so that in a
// change that hits both, one of them is ahead.
func (s ProportionState) observe(null float64, w Window) (next ProportionState, unsteady bool) {
	s.Null, s.Until = null, plain(w.To)
	var block Waiting
	if s.Waiting, block = s.Waiting.take(w); !block.both() {
		return s, false
	}
	before := s.Before
	s.Before = block.Baseline
	if changed(before, block.Baseline) {
		return s, true
	}
	test := sequential.RateRatio{Null: null}
	s.Test = test.Observe(s.Test, sequential.Block{
		CanaryBad: block.Canary.Bad, CanaryTotal: block.Canary.Total,
		BaselineBad: block.Baseline.Bad, BaselineTotal: block.Baseline.Total,
	})
	s.Highest = max(s.Highest, s.Test.LogE())
	s.Canary, s.Baseline = add(s.Canary, block.Canary), add(s.Baseline, block.Baseline)
	s.Share = block.Canary.Total / (block.Canary.Total + block.Baseline.Total)
	if !block.Since.Before(s.WeightSince) {
		s.Compared += block.Canary.Total
	}
	return s, false
}

func add(a, b Counts) Counts { return Counts{Bad: a.Bad + b.Bad, Total: a.Total + b.Total} }

// plain is a time as it comes back from JSON.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }
