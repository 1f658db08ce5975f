package judge

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// meanStateVersion is the layout of a MeanState.
const meanStateVersion = 1

// MeanState is the memory of a Mean. The zero value has seen nothing.
type MeanState struct {
	// Version of the layout; 0 in the zero value.
	Version int `json:"v"`
	// Question is what the evidence is about.
	Question meanQuestion `json:"question"`
	// Points are the canary's points compared, Worse those beyond the tolerated level.
	Points int `json:"points,omitempty"`
	Worse  int `json:"worse,omitempty"`
	// Stakes are the logarithms of what the gamblers own.
	Stakes [gamblers]float64 `json:"stakes"`
	// Highest is the highest LogE so far: a failure stays one.
	Highest float64 `json:"highest,omitempty"`
	// Recent is the mean of the last p-values' logarithms.
	Recent float64 `json:"recent,omitempty"`
	// Surprise is the sum of the p-values' logarithms, without their sign, each at most
	// mostPerPoint.
	Surprise float64 `json:"surprise,omitempty"`
	// Last is the canary's last point and Excess how far it was beyond the
	// tolerated level.
	Last   series.Sample `json:"last"`
	Excess float64       `json:"excess,omitempty"`
	// Away is the sum of the distances from the baseline's level, and Sum that of
	// the values.
	Away float64 `json:"away,omitempty"`
	Sum  float64 `json:"sum,omitempty"`
	// Received is the time of the newest point that was taken in, and Waiting are
	// those that wait for a baseline.
	Received time.Time       `json:"received"`
	Waiting  []series.Sample `json:"waiting,omitempty"`
}

// meanQuestion is what evidence is about: another one has evidence of its own.
type meanQuestion struct {
	Worse    Direction `json:"worse,omitempty"`
	Relative float64   `json:"relative,omitempty"`
	Absolute float64   `json:"absolute,omitempty"`
}

// last is the canary's last point, as seen from one at a time.
func (s MeanState) last(r reference, at time.Time) previous {
	if s.Points == 0 {
		return previous{points: 1}
	}
	gap := at.Sub(s.Last.At)
	return previous{points: float64(s.Points + 1), known: true, near: 2*gap <= 3*r.spacing, excess: s.Excess}
}

// note remembers a point that was compared.
func (s *MeanState) note(p series.Sample, excess float64, r reference) {
	s.Last, s.Excess = p, excess
	s.Away += excess + r.limit - r.center
	s.Sum += p.Value
	if excess > 0 {
		s.Worse++
	}
}

// String is the state as text, for ParseMeanState.
func (s MeanState) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		// Unreachable: a state holds only finite numbers and times with a year.
		return ""
	}
	return string(text)
}

// ParseMeanState reads what String wrote; an empty text is the zero value.
func ParseMeanState(text string) (MeanState, error) {
	var s MeanState
	if text == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return MeanState{}, fmt.Errorf("reading the judge's memory: %w", err)
	}
	return s, s.check()
}

// check returns an error for a state that no judge wrote.
func (s MeanState) check() error {
	switch {
	case s.Version != meanStateVersion:
		return fmt.Errorf("the judge's memory has version %d, not %d", s.Version, meanStateVersion)
	case s.Points < 0 || s.Worse < 0 || s.Worse > s.Points || len(s.Waiting) > mostWaiting:
		return fmt.Errorf("the judge's memory holds impossible counts")
	}
	for _, v := range append([]float64{s.Highest, s.Recent, s.Surprise, s.Excess, s.Away, s.Sum, s.Last.Value}, s.Stakes[:]...) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the judge's memory holds %v", v)
		}
	}
	return nil
}
