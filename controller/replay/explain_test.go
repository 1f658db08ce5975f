package replay_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// TestExplain computes margins and needs from a status, by hand.
//
// Long: the rows of a table.
func TestExplain(t *testing.T) {
	began := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	stamp := func(after time.Duration) metav1.MicroTime { return metav1.NewMicroTime(began.Add(after)) }
	number := func(n int) *intstr.IntOrString { value := intstr.FromInt32(int32(n)); return &value }
	judged := v1alpha1.Metric{Name: "m", Judge: &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{}}}
	blindSince := stamp(time.Minute)
	for _, test := range []struct {
		reason string
		metric v1alpha1.Metric
		result *v1alpha1.MetricResult
		want   replay.MetricExplanation
	}{
		{"not measured", judged, nil, replay.MetricExplanation{Metric: "m", Phase: "Pending", Message: `Metric "m" has not been measured yet`}},
		{
			"half of the requests are there: 600 in 60 s, 300 more take 30 s", judged,
			&v1alpha1.MetricResult{
				Name: "m", Phase: v1alpha1.AnalysisRunning, Message: "said", Count: 2,
				Measurements: []v1alpha1.Measurement{{Phase: v1alpha1.AnalysisSuccessful, StartedAt: stamp(time.Minute), FinishedAt: stamp(time.Minute)}},
				Evidence:     &v1alpha1.Evidence{CanaryTotal: "600", EValue: "2", Limit: "100", RequestsNeeded: "300"},
			},
			replay.MetricExplanation{
				Metric: "m", Phase: "Running", Message: "said", Margin: "evidence 2 of 100: 50 times as much would fail it",
				Needs: &replay.Needs{Requests: 300, PerSecond: 10, Seconds: 30},
			},
		},
		{
			"evidence that no number holds", judged,
			&v1alpha1.MetricResult{Name: "m", Phase: v1alpha1.AnalysisFailed, Message: "said", Evidence: &v1alpha1.Evidence{CanaryTotal: "9", EValue: "4.4e+900", Limit: "100"}},
			replay.MetricExplanation{Metric: "m", Phase: "Failed", Message: "said", Margin: "evidence 4.4e+900 is 1.8e+306 times its limit of 100"},
		},
		{
			"twice the limit: half of the budget would have waited", judged,
			&v1alpha1.MetricResult{Name: "m", Phase: v1alpha1.AnalysisFailed, Message: "said", Evidence: &v1alpha1.Evidence{CanaryTotal: "9", EValue: "200", Limit: "100"}},
			replay.MetricExplanation{
				Metric: "m", Phase: "Failed", Message: "said", Margin: "evidence 200 is 2 times its limit of 100",
				WouldChange: []string{`Metric "m": a falseAlarmBudget 2 times smaller would not have been spent by then`},
			},
		},
		{
			"looks at every 30 s, blind now",
			v1alpha1.Metric{Name: "m", Interval: "30s", Count: number(10), FailureLimit: number(2), SuccessCondition: "result > 1"},
			&v1alpha1.MetricResult{
				Name: "m", Phase: v1alpha1.AnalysisRunning, Message: "said", Count: 4, Failed: 1, Blind: 2, BlindSince: &blindSince,
				Measurements: []v1alpha1.Measurement{{Phase: v1alpha1.AnalysisError, Reason: "Unavailable", Message: "refused", StartedAt: blindSince, FinishedAt: blindSince}},
			},
			replay.MetricExplanation{
				Metric: "m", Phase: "Running", Message: "said", Margin: "1 failed, and 2 are tolerated", Needs: &replay.Needs{Looks: 6, Seconds: 180},
				Blind: &replay.Blindness{Looks: 2, All: 6, Since: blindSince.UTC(), Reason: "Unavailable", Message: "refused"},
			},
		},
		{
			"one failure too many", v1alpha1.Metric{Name: "m", FailureLimit: number(2)},
			&v1alpha1.MetricResult{Name: "m", Phase: v1alpha1.AnalysisFailed, Message: "said", Count: 5, Failed: 3},
			replay.MetricExplanation{
				Metric: "m", Phase: "Failed", Message: "said", Margin: "3 failed, and 2 are tolerated",
				WouldChange: []string{`Metric "m": a failureLimit of 3 or more would have tolerated these failures; it is 2`},
			},
		},
		{
			"undecided", v1alpha1.Metric{Name: "m", FailureLimit: number(-1)},
			&v1alpha1.MetricResult{Name: "m", Phase: v1alpha1.AnalysisInconclusive, Message: "said", Count: 5, Inconclusive: 1},
			replay.MetricExplanation{
				Metric: "m", Phase: "Inconclusive", Message: "said",
				WouldChange: []string{`Metric "m": an inconclusiveLimit of 1 or more would have waited for a clear answer; it is 0`},
			},
		},
		{
			"passed for good", v1alpha1.Metric{Name: "m", Count: number(3)},
			&v1alpha1.MetricResult{Name: "m", Phase: v1alpha1.AnalysisSuccessful, Message: "said", Count: 3, Successful: 3},
			replay.MetricExplanation{Metric: "m", Phase: "Successful", Message: "said"},
		},
	} {
		object := &v1alpha1.AnalysisRun{Spec: v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{test.metric}}}
		started := stamp(0)
		object.Status.StartedAt = &started
		if test.result != nil {
			object.Status.MetricResults = []v1alpha1.MetricResult{*test.result}
		}
		if diff := cmp.Diff(test.want, replay.Explain(object, began.Add(time.Hour)).Metrics[0]); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.reason, diff)
		}
	}
}
