package translate

import (
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// evidenceOf reads what a judge has gathered.
func evidenceOf(e *v1alpha1.Evidence) *run.Evidence {
	if e == nil {
		return nil
	}
	read := &run.Evidence{
		Method:    e.Method,
		CanaryBad: e.CanaryBad, CanaryTotal: e.CanaryTotal, BaselineBad: e.BaselineBad, BaselineTotal: e.BaselineTotal,
		Edge: e.Edge, EValue: e.EValue, Limit: e.Limit,
		RateRatio: e.RateRatio, RateRatioLower: e.RateRatioLower, RateRatioUpper: e.RateRatioUpper,
		Dispersion: e.Dispersion, WorstPod: e.WorstPod, EValueWithoutWorstPod: e.EValueWithoutWorstPod,
		CanaryLevel: e.CanaryLevel, BaselineLevel: e.BaselineLevel, ToleratedLevel: e.ToleratedLevel,
		Shift: e.Shift, ShiftLower: e.ShiftLower, ShiftUpper: e.ShiftUpper, PValue: e.PValue,
		RequestsNeeded: e.RequestsNeeded,
	}
	if e.Proof != nil {
		read.Proof = &run.ProofEvidence{EValue: e.Proof.EValue, Limit: e.Proof.Limit}
	}
	for _, q := range e.Quantiles {
		read.Quantiles = append(read.Quantiles, run.Quantile{
			P:        q.P,
			Canary:   run.Interval{Estimate: q.Canary, Lower: q.CanaryLower, Upper: q.CanaryUpper},
			Baseline: run.Interval{Estimate: q.Baseline, Lower: q.BaselineLower, Upper: q.BaselineUpper},
		})
	}
	return read
}

// EvidenceStatus writes what a judge has gathered.
func EvidenceStatus(e *run.Evidence) *v1alpha1.Evidence {
	if e == nil {
		return nil
	}
	written := &v1alpha1.Evidence{
		Method:    e.Method,
		CanaryBad: e.CanaryBad, CanaryTotal: e.CanaryTotal, BaselineBad: e.BaselineBad, BaselineTotal: e.BaselineTotal,
		Edge: e.Edge, EValue: e.EValue, Limit: e.Limit,
		RateRatio: e.RateRatio, RateRatioLower: e.RateRatioLower, RateRatioUpper: e.RateRatioUpper,
		Dispersion: e.Dispersion, WorstPod: e.WorstPod, EValueWithoutWorstPod: e.EValueWithoutWorstPod,
		CanaryLevel: e.CanaryLevel, BaselineLevel: e.BaselineLevel, ToleratedLevel: e.ToleratedLevel,
		Shift: e.Shift, ShiftLower: e.ShiftLower, ShiftUpper: e.ShiftUpper, PValue: e.PValue,
		RequestsNeeded: e.RequestsNeeded,
	}
	if e.Proof != nil {
		written.Proof = &v1alpha1.ProofEvidence{EValue: e.Proof.EValue, Limit: e.Proof.Limit}
	}
	for _, q := range e.Quantiles {
		written.Quantiles = append(written.Quantiles, v1alpha1.QuantileEvidence{
			P:      q.P,
			Canary: q.Canary.Estimate, CanaryLower: q.Canary.Lower, CanaryUpper: q.Canary.Upper,
			Baseline: q.Baseline.Estimate, BaselineLower: q.Baseline.Lower, BaselineUpper: q.Baseline.Upper,
		})
	}
	return written
}
