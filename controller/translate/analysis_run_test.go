package translate

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// strict refuses queries with the word "bad".
var strict = Checks{
	Query: func(text string) error {
		if strings.Contains(text, "bad") {
			return errors.New("1:1: parse error: unknown function; correct it")
		}
		return nil
	},
	Selector: func(text string) error {
		if strings.HasPrefix(text, "rate(") {
			return errors.New("is not a selector; remove rate()")
		}
		return nil
	},
}

// changed is a metric with changes.
func changed(metric v1alpha1.Metric, change func(*v1alpha1.Metric)) v1alpha1.Metric {
	change(&metric)
	return metric
}

func number(text string) *intstr.IntOrString {
	value := intstr.Parse(text)
	return &value
}

// Long: a table, one mistake a row.
func TestWhatIsWrongWithAMetricIsSaid(t *testing.T) {
	for _, test := range []struct {
		reason   string
		base     v1alpha1.Metric
		change   func(*v1alpha1.Metric)
		kind     Kind
		problems string
	}{
		{reason: "a threshold", base: threshold("m")},
		{reason: "a judge", base: compared("m")},
		{reason: "an interval without a unit", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Interval = "30" },
			problems: `metrics[0].interval: "30" is not a duration; write it as 30s, 5m or 1h30m`},
		{reason: "an interval that would ask all the time", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Interval = "10ms" },
			problems: `metrics[0].interval: 10ms is shorter than 1s; write at least 1s`},
		{reason: "a delay into the past", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.InitialDelay = "-1s" },
			problems: `metrics[0].initialDelay: -1s is shorter than 0s; write at least 0s`},
		{reason: "a count that is no number would run for ever in Argo Rollouts", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Count = &intstr.IntOrString{Type: intstr.String, StrVal: "abc"} },
			problems: `metrics[0].count: "abc" is not a whole number; write it as 3`},
		{reason: "a limit that is no number would be 0 in Argo Rollouts", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.FailureLimit = &intstr.IntOrString{Type: intstr.String, StrVal: "3 "} },
			problems: `metrics[0].failureLimit: "3 " is not a whole number; write it as 3`},
		{reason: "a number in a string", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Count = &intstr.IntOrString{Type: intstr.String, StrVal: "3"} }},
		{reason: "several measurements without an interval", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Interval, m.Count = "", number("3") },
			problems: `metrics[0].interval: interval must be specified when count > 1; write it as 30s`},
		{reason: "fewer measurements than tolerated failures", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Count, m.FailureLimit = number("1"), number("2") },
			problems: `metrics[0].count: count (1) must be >= failureLimit + consecutiveSuccessLimit (2 + 0); raise count, or lower a limit`},
		{reason: "fewer measurements than tolerated inconclusive ones", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Count, m.InconclusiveLimit = number("1"), number("2") },
			problems: `metrics[0].count: count (1) must be >= inconclusiveLimit (2); raise count, or lower the limit`},
		{reason: "a failureLimit below -1", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.FailureLimit = number("-2") },
			problems: `metrics[0].failureLimit: must be >= 0, or -1 to be disabled, and is -2`},
		{reason: "both limits disabled", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.FailureLimit = number("-1") },
			problems: `metrics[0].failureLimit: failureLimit and consecutiveSuccessLimit cannot both be disabled; write a consecutiveSuccessLimit of at least 1, or a failureLimit of at least 0`},
		{reason: "negative limits, all at once", base: threshold("m"), change: func(m *v1alpha1.Metric) {
			m.InconclusiveLimit, m.ConsecutiveErrorLimit, m.ConsecutiveSuccessLimit = number("-1"), number("-1"), number("-1")
		},
			problems: "metrics[0].consecutiveErrorLimit: must be >= 0, and is -1\nmetrics[0].consecutiveSuccessLimit: must be >= 0, and is -1\nmetrics[0].inconclusiveLimit: must be >= 0, and is -1"},
		{reason: "a step waits for the end", base: threshold("m"), kind: Step,
			problems: `metrics[0].count: metric "m" runs indefinitely, and a step waits for its end; set count, or use the template in the background (strategy.canary.analysis)`},
		{reason: "a step with a count ends", base: threshold("m"), kind: Step, change: func(m *v1alpha1.Metric) { m.Count = number("3") }},
		{reason: "a step with a streak ends", base: threshold("m"), kind: Step, change: func(m *v1alpha1.Metric) { m.ConsecutiveSuccessLimit = number("3") }},
		{reason: "a step that is measured once ends", base: threshold("m"), kind: Step, change: func(m *v1alpha1.Metric) { m.Interval = "" }},
		{reason: "no condition and no judge", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.SuccessCondition = "" },
			problems: `metrics[0].successCondition: nothing could ever pass or fail; write a successCondition, a failureCondition or a judge`},
		{reason: "conditions and a judge", base: compared("m"), change: func(m *v1alpha1.Metric) { m.SuccessCondition = "true" },
			problems: `metrics[0].judge: a metric has either a judge or conditions, not both; remove one`},
		{reason: "a judge without a method", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Judge = &v1alpha1.MetricJudge{} },
			problems: `metrics[0].judge: judge needs a method; write proportion: {}`},
		{reason: "a judge without an interval", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Interval = "" },
			problems: `metrics[0].interval: a judge needs an interval, such as 15s: it compares what was counted from one look to the next`},
		{reason: "a judge with odd settings", base: compared("m"), change: func(m *v1alpha1.Metric) {
			m.Judge = &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{Worse: "lower", Tolerance: v1alpha1.ProportionTolerance{Relative: "1e9%"}, MinRequests: ptr(int64(0))}}
		},
			problems: "metrics[0].judge.proportion.minRequests: must be >= 1, and is 0\nmetrics[0].judge.proportion.tolerance.relative: \"1e9%\" is not a percentage; write it as 25%\nmetrics[0].judge.proportion.worse: \"lower\" is unknown; write higher"},
		{reason: "a judge with a query", base: compared("m"), change: func(m *v1alpha1.Metric) { m.Provider = threshold("m").Provider },
			problems: `metrics[0].provider.prometheus: a judge compares counters; write canary and baseline, each with bad and total, instead of query`},
		{reason: "conditions with counters", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider = compared("m").Provider },
			problems: "metrics[0].successCondition: line 1, column 7: type result[int] is undefined; result, the comparison of canary and baseline, has ratio and difference, pValue(result) and eValue(result)\n  result[0] >= 0.95\n        ^"},
		{reason: "conditions with a query and counters", base: threshold("m"), change: func(m *v1alpha1.Metric) {
			m.Provider.Prometheus.Canary = compared("m").Provider.Prometheus.Canary
		},
			problems: `metrics[0].provider.prometheus: conditions need the result of a query, or canary and baseline; write one of them`},
		{reason: "no provider", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider = v1alpha1.MetricProvider{} },
			problems: `metrics[0].provider: no provider specified, or an unknown one; write provider.prometheus`},
		{reason: "a query that does not parse", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Query = "bad(" },
			problems: `metrics[0].provider.prometheus.query: 1:1: parse error: unknown function; correct it`},
		{reason: "selectors that are none", base: compared("m"), change: func(m *v1alpha1.Metric) {
			m.Provider.Prometheus.Canary.Bad, m.Provider.Prometheus.Baseline.Total = "rate(x[5m])", "  "
		},
			problems: "metrics[0].provider.prometheus.baseline.total: is empty; write PromQL\nmetrics[0].provider.prometheus.canary.bad: is not a selector; remove rate()"},
		{reason: "a query that arguments have blown up", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Query = strings.Repeat("x", 9000) },
			problems: `metrics[0].provider.prometheus.query: is 9000 bytes long with its arguments filled in; at most 8192 are allowed`},
		{reason: "an address that is none", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Address = "prometheus:9090" },
			problems: `metrics[0].provider.prometheus.address: is not the URL of a server; write it as http://prometheus.monitoring:9090`},
		{reason: "no address and no default", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Address = "" },
			problems: `metrics[0].provider.prometheus.address: is empty, and the controller has no default; write it, or start the controller with --prometheus-address`},
		{reason: "an address from a Secret", base: threshold("m"), change: func(m *v1alpha1.Metric) { m.Provider.Prometheus.Address = "{{args.url}}" }},
	} {
		t.Run(test.reason, func(t *testing.T) {
			metric := test.base
			if test.change != nil {
				metric = changed(*metric.DeepCopy(), test.change)
			}
			kind := test.kind
			if kind == "" {
				kind = Background
			}
			_, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{metric}}, kind, strict)
			if diff := cmp.Diff(test.problems, problems.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABrokenConditionIsFoundBeforeAnythingRuns(t *testing.T) {
	metric := threshold("m")
	metric.SuccessCondition, metric.FailureCondition = "result[0] >", "nonsense < 1"
	_, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{metric}}, Background, strict)
	if len(problems) != 2 || problems[0].Field != "metrics[0].failureCondition" || problems[1].Field != "metrics[0].successCondition" {
		t.Fatalf("want a problem of each condition, got %v", problems)
	}
	if !strings.Contains(problems[0].Message, "nonsense") || strings.HasPrefix(problems[0].Message, "failureCondition") {
		t.Errorf("the message says what is wrong, without the field again: %q", problems[0].Message)
	}
}

func TestTheBudgetIsSplitOverTheJudgedMetrics(t *testing.T) {
	since := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC))
	spec := v1alpha1.AnalysisRunSpec{
		Metrics:          []v1alpha1.Metric{compared("a"), threshold("b"), compared("c")},
		FalseAlarmBudget: "3%", CanarySince: &since, BaselineSince: &since, WeightSince: &since,
	}
	parsed, problems := ParseRun(spec, Background, strict)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, i := range []int{0, 2} {
		if got := parsed.Metrics[i].Proportion.Budget; got < 0.01499 || got > 0.01501 {
			t.Errorf("metric %d has a budget of %g, want half of 3%%", i, got)
		}
	}
	if p := parsed.Metrics[0].Proportion; p.RelativeTolerance != 0.1 || p.MinRequests != 100 {
		t.Errorf("the defaults are 10%% and 100, got %+v", p)
	}
	if !parsed.CanarySince.Equal(since.Time) || !parsed.BaselineSince.Equal(since.Time) || !parsed.WeightSince.Equal(since.Time) {
		t.Errorf("the times are lost: %+v", parsed)
	}
	if m := parsed.Metrics[1]; m.Interval != 30*time.Second || m.Count != 0 || m.ConsecutiveErrorLimit != 4 || m.Conditions == nil {
		t.Errorf("the defaults of a threshold: %+v", m)
	}
}

func TestOneOfEachNameInOneRun(t *testing.T) {
	_, problems := ParseRun(v1alpha1.AnalysisRunSpec{Metrics: metrics("a", "b", "a")}, Background, strict)
	if want := `metrics[2].name: duplicate name "a", as in metrics[0]; rename one of them`; problems.Error() != want {
		t.Errorf("got %q, want %q", problems.Error(), want)
	}
	_, problems = ParseRun(v1alpha1.AnalysisRunSpec{}, Background, strict)
	if want := "metrics: no metrics specified; add at least one"; problems.Error() != want {
		t.Errorf("got %q, want %q", problems.Error(), want)
	}
}

func TestProblemsAreSortedBounded(t *testing.T) {
	var spec v1alpha1.AnalysisRunSpec
	for range 12 {
		spec.Metrics = append(spec.Metrics, changed(threshold("m"), func(m *v1alpha1.Metric) { m.Interval, m.InitialDelay = "x", "y" }))
	}
	_, problems := ParseRun(spec, Background, strict)
	lines := strings.Split(problems.Error(), "\n")
	if len(lines) != maxListed+1 || lines[maxListed] != "and 15 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	if problems[6].Field >= problems[len(problems)-1].Field && !strings.HasPrefix(problems[len(problems)-1].Field, "metrics[11]") {
		t.Errorf("metrics[11] comes after metrics[2]: %v", problems)
	}
}
