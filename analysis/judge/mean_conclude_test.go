package judge

import (
	"math/rand/v2"
	"testing"
)

// TestMeanConcludes: two points of five that are half as high again are found at the last
// look, one point is not, however high, and without a plan nothing is concluded.
func TestMeanConcludes(t *testing.T) {
	baseline := autoregressive(0.05, 0, false)(rand.New(rand.NewPCG(3, 5)), 12)
	for _, test := range []struct {
		name    string
		canary  []float64
		planned bool
		want    Decision
	}{
		{"a regression for two points", []float64{1, 1, 1.4, 1.25, 1}, true, Fail},
		{"one point", []float64{1, 1, 50, 1, 1}, true, Pass},
		{"nothing", []float64{1, 1.02, 0.97, 1.04, 1}, true, Pass},
	} {
		m := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01, Planned: test.planned}
		window := MeanWindow{To: at(60 * 25), Canary: points(test.canary, false), Baseline: points(baseline, true)}
		s, v := m.Observe(MeanState{}, window)
		looking := v
		v = m.Conclude(s, v)
		if fails := v.Decision == Fail; fails != (test.want == Fail) {
			t.Errorf("%s: %s %s: %s", test.name, v.Decision, v.Reason, v.Message)
		}
		m.Planned = false
		if unplanned := m.Conclude(s, looking); unplanned.Decision != looking.Decision {
			t.Errorf("%s: it concludes without a plan: %s", test.name, unplanned.Message)
		}
	}
}

// TestObjectiveConcludes: five bad requests of 682 are more than one in a thousand, three
// of 2411 are not, and what was failed or held stays so.
func TestObjectiveConcludes(t *testing.T) {
	o := Objective{AtMost: 0.001, Budget: 0.005, Planned: true}
	for _, test := range []struct {
		bad, total float64
		fails      bool
	}{{5, 682, true}, {3, 2411, false}, {0, 100, false}} {
		s := ObjectiveState{Canary: counts(test.bad, test.total)}
		v := o.Conclude(s, Verdict{Decision: Pass, Reason: NoEvidenceOfHarm})
		if fails := v.Decision == Fail; fails != test.fails {
			t.Errorf("%v of %v: %s: %s", test.bad, test.total, v.Decision, v.Message)
		}
		held := Verdict{Decision: Inconclusive, Reason: SharedIncident}
		if v := o.Conclude(s, held); v.Decision != Inconclusive {
			t.Errorf("%v of %v: a shared incident is blamed on the canary", test.bad, test.total)
		}
	}
}
