package sequential

import (
	"fmt"
	"math"
)

// Detector finds changes that begin at an unknown time, by the Shiryaev–Roberts
// e-detector: for each alternative, with the factor L of a block,
//
//	M = (M+1)·L, beginning at 0,
//
// the sum of the evidence gathered since every block. An e-process that is
// watched from the start spends its wealth while all is well; this does not. Its
// level is the mean over the alternatives.
//
// While nothing has changed, the expected number of blocks until M reaches 1/α is at least
// 1/α: it bounds how often there are false alarms, not whether there ever is one. That
// is right for what runs for good, and too little to take back a release by. Each L has an
// expectation of at most 1 given the past.
//
// Source: Shin, Ramdas & Rinaldo, "E-detectors: a nonparametric framework for
// sequential change detection" (2024), definition 2.2 and theorem 2.4.
type Detector struct {
	// Cusum takes the largest evidence since any block instead of the sum:
	// M = max(M, 1)·L. It is never higher.
	Cusum bool
	// Limit is where ln M ends, so that what is over is forgotten in time; 0 is no
	// limit. An alarm level above it is never reached.
	Limit float64
}

// DetectorState is the memory of a Detector. The zero value has seen nothing.
type DetectorState struct {
	// LogM are the logarithms of M, one for each alternative; none before the first block.
	LogM []float64 `json:"logM,omitempty"`
}

// Observe adds a block: the natural logarithms of its factors, one for each
// alternative. Another number of them than before, or one that is no number, leaves
// the state as it is.
func (d Detector) Observe(s DetectorState, logL []float64) DetectorState {
	if len(s.LogM) != 0 && len(s.LogM) != len(logL) {
		return s
	}
	next := make([]float64, len(logL))
	for j, l := range logL {
		if math.IsNaN(l) {
			return s
		}
		if len(s.LogM) > 0 {
			if d.Cusum {
				l += max(s.LogM[j], 0)
			} else {
				l += softplus(s.LogM[j])
			}
		}
		if d.Limit > 0 {
			l = min(l, d.Limit)
		}
		next[j] = min(max(l, unlikely), -unlikely)
	}
	if len(next) == 0 {
		return s
	}
	return DetectorState{LogM: next}
}

// Level is the natural logarithm of the mean of M; -Inf before the first block.
func (s DetectorState) Level() float64 {
	if len(s.LogM) == 0 {
		return math.Inf(-1)
	}
	return logMeanExp(s.LogM)
}

// Validate returns an error when a state that was read cannot have been written by
// Observe.
func (s DetectorState) Validate() error {
	for _, v := range s.LogM {
		if !isFinite(v) {
			return fmt.Errorf("the detector's state holds %v", v)
		}
	}
	return nil
}

// unlikely is a logarithm of evidence so low that nothing recovers from it, and
// that JSON can hold.
const unlikely = -math.MaxFloat64 / 1e10
