package run

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/sequential"
)

// Long: it is a table.
func TestEvidenceSaysWhatEachJudgeKnows(t *testing.T) {
	counts := judge.Evidence{Canary: judge.Counts{Bad: 3, Total: 100}, Baseline: judge.Counts{Bad: 1, Total: 900}, LogE: math.Log(8), LogLimit: math.Log(200), RatioUpper: math.Inf(1)}
	with := func(change func(*judge.Evidence)) judge.Evidence {
		changed := counts
		change(&changed)
		return changed
	}
	base := func(method string, change func(*Evidence)) *Evidence {
		e := &Evidence{Method: method, CanaryBad: "3", CanaryTotal: "100", BaselineBad: "1", BaselineTotal: "900", EValue: "8", Limit: "200"}
		change(e)
		return e
	}
	many := make([]judge.Quantile, 12)
	for _, test := range []struct {
		reason    string
		got, want *Evidence
	}{
		{"a ratio with bounds", evidence(proportionMethod, with(func(e *judge.Evidence) { e.RatioEstimate, e.RatioLower, e.RatioUpper = 27, 2.5, 301.234 })),
			base("proportion", func(e *Evidence) { e.RateRatio, e.RateRatioLower, e.RateRatioUpper = "27", "2.5", "301.2" })},
		{"an objective compares nothing", evidence(objectiveMethod, counts), base("objective", func(*Evidence) {})},
		{"the edge, a pod and how pods differ", evidence(histogramMethod, with(func(e *judge.Evidence) {
			e.Edge, e.Dispersion, e.WorstPod, e.LogEWithoutWorstPod = 0.25, 2.5, "web-1", math.Log(2)
		})), base("histogram", func(e *Evidence) {
			e.Edge, e.Dispersion, e.WorstPod, e.EValueWithoutWorstPod = "0.25", "2.5", "web-1", "2"
		})},
		{"a proof", evidence(objectiveMethod, with(func(e *judge.Evidence) { e.LogProof, e.LogProofLimit = math.Log(4), math.Log(20) })),
			base("objective", func(e *Evidence) { e.Proof = &ProofEvidence{EValue: "4", Limit: "20"} })},
		{"quantiles", evidence(histogramMethod, with(func(e *judge.Evidence) {
			e.Quantiles = []judge.Quantile{{P: 0.99, Canary: sequential.Interval{Estimate: 0.5, Lower: 0.25, Upper: math.Inf(1)}, Baseline: sequential.Interval{Estimate: 0.1, Lower: 0.1, Upper: 0.25}}}
		})), base("histogram", func(e *Evidence) {
			e.Quantiles = []Quantile{{P: "0.99", Canary: Interval{"0.5", "0.25", "+Inf"}, Baseline: Interval{"0.1", "0.1", "0.25"}}}
		})},
		{"the levels of a gauge", meanEvidence(judge.MeanVerdict{Verdict: judge.Verdict{Evidence: counts}, CanaryLevel: 121, BaselineLevel: 80, Tolerated: 88}),
			base("mean", func(e *Evidence) { e.CanaryLevel, e.BaselineLevel, e.ToleratedLevel = "121", "80", "88" })},
		{"ranks have a p-value and no evidence", pointsEvidence(rankedMetric("m").MannWhitney.Judge("m", []float64{4, 5, 6}, []float64{1, 2, 3}), 3, 3),
			&Evidence{Method: "mannWhitney", CanaryBad: "0", CanaryTotal: "3", BaselineBad: "0", BaselineTotal: "3", CanaryLevel: "5", BaselineLevel: "2", Shift: "3", ShiftLower: "1", ShiftUpper: "5", PValue: "0.05"}},
		{"no points at all", pointsEvidence(rankedMetric("m").MannWhitney.Judge("m", nil, nil), 0, 0),
			&Evidence{Method: "mannWhitney", CanaryBad: "0", CanaryTotal: "0", BaselineBad: "0", BaselineTotal: "0"}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
	bounded := evidence(histogramMethod, judge.Evidence{Quantiles: many, WorstPod: strings.Repeat("p", 1000), RequestsNeeded: 1e300})
	if len(bounded.Quantiles) != mostQuantiles || len(bounded.WorstPod) > podLimit || len(bounded.RequestsNeeded) > 64 {
		t.Errorf("a status has no room for %+v", bounded)
	}
}
