package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// Validate returns an error that names the field that cannot be used.
func (p Proportion) Validate() error {
	switch {
	case !(p.RelativeTolerance >= 0) || math.IsInf(p.RelativeTolerance, 0):
		return fmt.Errorf("tolerance.relative %v is not a share of at least 0", p.RelativeTolerance)
	case !(p.MinRequests >= 0) || math.IsInf(p.MinRequests, 0):
		return fmt.Errorf("minRequests %v is not a number of requests", p.MinRequests)
	case !(p.Budget > 0 && p.Budget < 1):
		return fmt.Errorf("falseAlarmBudget %v is not between 0 and 1", p.Budget)
	}
	return nil
}

// test is the sequential test of a Proportion.
func (p Proportion) test() sequential.RateRatio {
	return sequential.RateRatio{Null: 1 + p.RelativeTolerance}
}

// Observe adds a window to what was seen and judges all of it. The requests that
// MinRequests asks for are counted from weightSince, in windows that began then or
// later; the evidence is that of the whole run.
func (p Proportion) Observe(s ProportionState, w Window, weightSince time.Time) (ProportionState, Verdict) {
	if err := p.Validate(); err != nil {
		return s, Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	canary, baseline := usable(w.Canary), usable(w.Baseline)
	s.Version = stateVersion
	s.Test = p.test().Observe(s.Test, sequential.Block{
		CanaryBad: canary.Bad, CanaryTotal: canary.Total, BaselineBad: baseline.Bad, BaselineTotal: baseline.Total,
	})
	s.Canary, s.Baseline = plus(s.Canary, canary), plus(s.Baseline, baseline)
	if !s.WeightSince.Equal(weightSince) {
		s.WeightSince, s.SinceWeight = weightSince.UTC(), 0
	}
	if !w.From.Before(weightSince) {
		s.SinceWeight += canary.Total
	}
	s.PeakLogE = max(s.PeakLogE, s.Test.LogE())
	return s, p.verdict(s, canary, baseline, w.Doubts)
}

// verdict says what the evidence comes to.
func (p Proportion) verdict(s ProportionState, canary, baseline Counts, doubts []string) Verdict {
	verdict := Verdict{Evidence: p.evidence(s), Warnings: p.warnings(s, baseline, doubts)}
	switch {
	case s.PeakLogE >= verdict.Evidence.LogLimit:
		verdict.Decision, verdict.Reason = Fail, Regression
		verdict.Message = p.describe(s, verdict.Evidence)
	case canary.Total == 0 && baseline.Total == 0:
		verdict.Decision, verdict.Reason = Inconclusive, NoData
		verdict.Message = "neither version has had a request since the last look; check that there is traffic, and the selectors of canary and baseline"
	case canary.Total == 0:
		verdict.Decision, verdict.Reason = Inconclusive, NoData
		verdict.Message = "the canary has had no request since the last look"
	case s.SinceWeight < p.MinRequests:
		verdict.Decision, verdict.Reason = Inconclusive, TooFewRequests
		verdict.Message = fmt.Sprintf("%s canary requests since the weight was set, minRequests is %s", count(s.SinceWeight), count(p.MinRequests))
	default:
		verdict.Decision, verdict.Reason = Pass, NoEvidenceOfHarm
		verdict.Message = p.describe(s, verdict.Evidence)
	}
	return verdict
}

// evidence is what the memory comes to in numbers.
func (p Proportion) evidence(s ProportionState) Evidence {
	ratio := s.Test.Confidence(p.Budget)
	evidence := Evidence{
		Canary: s.Canary, Baseline: s.Baseline,
		LogE: s.Test.LogE(), LogLimit: -math.Log(p.Budget),
		RatioEstimate: ratio.Estimate, RatioLower: ratio.Lower, RatioUpper: ratio.Upper,
	}
	switch {
	case s.PeakLogE >= evidence.LogLimit:
		evidence.LogE = s.PeakLogE
	case s.SinceWeight < p.MinRequests:
		evidence.RequestsNeeded = p.MinRequests - s.SinceWeight
	default:
		evidence.RequestsNeeded = p.toVerdict(s, evidence)
	}
	return evidence
}

// toVerdict is how many more canary requests a Fail takes at the present rates; 0
// when the canary is not worse than accepted.
func (p Proportion) toVerdict(s ProportionState, evidence Evidence) float64 {
	if s.Canary.Total == 0 || s.Baseline.Total == 0 {
		return 0
	}
	share := s.Canary.Total / (s.Canary.Total + s.Baseline.Total)
	growth := p.test().Growth(s.Canary.Bad/s.Canary.Total, s.Baseline.Bad/s.Baseline.Total, share)
	if needed := (evidence.LogLimit - evidence.LogE) / growth; growth > 0 && needed < 1e12 {
		return math.Ceil(needed)
	}
	return 0
}

// sharedIncident is the share of bad requests at which the baseline itself is in
// trouble.
const sharedIncident = 0.1

// warnings are doubts about the verdict, sorted.
func (p Proportion) warnings(s ProportionState, baseline Counts, doubts []string) []string {
	warnings := slices.Clone(doubts)
	if baseline.Total == 0 {
		warnings = append(warnings, "the baseline has had no request since the last look: this window is no evidence")
	}
	if baseline.Total > 0 && baseline.Bad/baseline.Total >= sharedIncident {
		warnings = append(warnings, fmt.Sprintf("%s of the baseline's requests are bad too: this may be an incident that both versions share", percent(baseline)))
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}

// usable is what a window counts, without what cannot be a count.
func usable(c Counts) Counts {
	if !(c.Total > 0) || math.IsInf(c.Total, 0) || math.IsNaN(c.Bad) {
		return Counts{}
	}
	return Counts{Bad: min(max(c.Bad, 0), c.Total), Total: c.Total}
}

// plus adds counts, and stays finite.
func plus(a, b Counts) Counts {
	return Counts{Bad: min(a.Bad+b.Bad, math.MaxFloat64), Total: min(a.Total+b.Total, math.MaxFloat64)}
}
