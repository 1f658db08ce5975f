package replay

import (
	"fmt"
	"math"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Explanation is why an AnalysisRun has said what it has said, and what it waits for.
// The messages are the run's own; the rest is computed from its status.
type Explanation struct {
	Run         string    `json:"run"`
	Phase       string    `json:"phase"`
	Message     string    `json:"message"`
	StartedAt   time.Time `json:"startedAt,omitzero"`
	CompletedAt time.Time `json:"completedAt,omitzero"`
	// Metrics are in the order of the spec.
	Metrics []MetricExplanation `json:"metrics"`
}

// MetricExplanation is the same of one metric.
type MetricExplanation struct {
	Metric  string `json:"metric"`
	Phase   string `json:"phase"`
	Message string `json:"message"`
	// Margin is how far it is from failing, or past that.
	Margin string `json:"margin,omitempty"`
	// Needs is what a verdict still takes; nil when it has one, or nobody knows.
	Needs *Needs `json:"needs,omitempty"`
	// Blind is what could not be seen; nil when everything could.
	Blind *Blindness `json:"blind,omitempty"`
	// BlindPeriods are when that was, in a replay; a live run remembers the last looks only.
	BlindPeriods []BlindPeriod `json:"blindPeriods,omitempty"`
	// WouldChange says, a sentence each, what would have led to another verdict.
	WouldChange []string `json:"wouldChange,omitempty"`
}

// Needs is what is missing to a verdict.
type Needs struct {
	// Requests of the canary, or points of a gauge; 0 when not known. PerSecond is how
	// many come at present, over the whole run.
	Requests  float64 `json:"requests,omitempty"`
	PerSecond float64 `json:"perSecond,omitempty"`
	// Looks are measurements that are still to be made.
	Looks int `json:"looks,omitempty"`
	// Seconds is about how long that takes at the present rate; 0 when not known.
	Seconds float64 `json:"seconds,omitempty"`
}

// Blindness is what a metric could not see.
type Blindness struct {
	// Looks of All saw nothing.
	Looks int `json:"looks"`
	All   int `json:"all"`
	// Since is set while it lasts. Reason and Message are those of the last look.
	Since   time.Time `json:"since,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
}

// Explain explains an AnalysisRun, as of a time.
func Explain(object *v1alpha1.AnalysisRun, now time.Time) Explanation {
	status := object.Status
	e := Explanation{Run: object.Name, Phase: string(status.Phase), Message: status.Message, StartedAt: timeOf(status.StartedAt), CompletedAt: timeOf(status.CompletedAt), Metrics: []MetricExplanation{}}
	if e.Phase == "" {
		e.Phase, e.Message = string(v1alpha1.AnalysisPending), "The analysis has not begun"
	}
	for _, metric := range object.Spec.Metrics {
		x := explaining{run: object, metric: metric, result: v1alpha1.MetricResult{Name: metric.Name, Phase: v1alpha1.AnalysisPending}, now: now}
		for _, result := range status.MetricResults {
			if result.Name == metric.Name {
				x.result = result
			}
		}
		e.Metrics = append(e.Metrics, x.explain())
	}
	return e
}

// explaining is one metric that is being explained.
type explaining struct {
	run    *v1alpha1.AnalysisRun
	metric v1alpha1.Metric
	result v1alpha1.MetricResult
	now    time.Time
}

// explain puts the parts together.
func (x explaining) explain() MetricExplanation {
	e := MetricExplanation{Metric: x.metric.Name, Phase: string(x.result.Phase), Message: x.result.Message, Blind: x.blind()}
	if x.result.Phase != v1alpha1.AnalysisSuccessful {
		e.Margin = x.margin()
	}
	if e.Message == "" && x.result.Count+x.result.Blind == 0 {
		e.Message = fmt.Sprintf("Metric %q has not been measured yet", e.Metric)
	}
	switch x.result.Phase {
	case v1alpha1.AnalysisFailed, v1alpha1.AnalysisInconclusive:
		e.WouldChange = x.wouldChange()
	case v1alpha1.AnalysisSuccessful:
	default:
		e.Needs = x.needs()
	}
	return e
}

// margin is how far the evidence, or the count of failures, is from its limit.
func (x explaining) margin() string {
	if x.metric.Judge == nil {
		if limit := number(x.metric.FailureLimit); limit >= 0 {
			return fmt.Sprintf("%d failed, and %d are tolerated", x.result.Failed, limit)
		}
		return ""
	}
	e := x.result.Evidence
	if e == nil {
		return ""
	}
	value, limit := numberOf(e.EValue), numberOf(e.Limit)
	switch {
	case value == nil || limit == nil || *limit <= 0:
		return ""
	case *value >= *limit:
		return fmt.Sprintf("evidence %s is %s times its limit of %s", e.EValue, short(*value / *limit), e.Limit)
	case *value <= 0:
		return fmt.Sprintf("evidence %s of %s", e.EValue, e.Limit)
	default:
		return fmt.Sprintf("evidence %s of %s: %s times as much would fail it", e.EValue, e.Limit, short(*limit / *value))
	}
}

// needs is what a verdict still takes.
func (x explaining) needs() *Needs {
	var needs Needs
	seconds := x.seconds()
	if e := x.result.Evidence; e != nil {
		if requests := numberOf(e.RequestsNeeded); requests != nil {
			needs.Requests = *requests
		}
		if total := numberOf(e.CanaryTotal); total != nil && seconds > 0 {
			needs.PerSecond = *total / seconds
		}
		if needs.Requests > 0 && needs.PerSecond > 0 {
			needs.Seconds = math.Ceil(needs.Requests / needs.PerSecond)
		}
	}
	if count := number(x.metric.Count); count > 0 {
		needs.Looks = max(0, count-int(x.result.Count))
		if interval, err := time.ParseDuration(x.metric.Interval); err == nil {
			needs.Seconds = max(needs.Seconds, float64(needs.Looks)*interval.Seconds())
		}
	}
	if needs.Requests == 0 && needs.Looks == 0 {
		return nil
	}
	return &needs
}

// seconds is for how long the run has lasted, up to the last look.
func (x explaining) seconds() float64 {
	began, last := timeOf(x.run.Status.StartedAt), x.now
	if n := len(x.result.Measurements); n > 0 {
		last = x.result.Measurements[n-1].FinishedAt.UTC()
	}
	if began.IsZero() {
		return 0
	}
	return last.Sub(began).Seconds()
}

// blind is what could not be seen.
func (x explaining) blind() *Blindness {
	if x.result.Blind == 0 {
		return nil
	}
	blind := &Blindness{Looks: int(x.result.Blind), All: int(x.result.Blind + x.result.Count), Since: timeOf(x.result.BlindSince)}
	for _, measurement := range x.result.Measurements {
		if measurement.Reason != "" {
			blind.Reason, blind.Message = measurement.Reason, measurement.Message
		}
	}
	return blind
}

// wouldChange says what would have led to another verdict. What a tolerance would have
// done the judge's own message says.
func (x explaining) wouldChange() []string {
	name := strconv.Quote(x.metric.Name)
	var all []string
	if e := x.result.Evidence; e != nil && x.result.Phase == v1alpha1.AnalysisFailed && x.metric.Judge != nil {
		value, limit := numberOf(e.EValue), numberOf(e.Limit)
		if value != nil && limit != nil && *limit > 0 && *value > *limit && *value < mostSpent**limit {
			all = append(all, fmt.Sprintf("Metric %s: a falseAlarmBudget %s times smaller would not have been spent by then", name, short(*value / *limit)))
		}
		return all
	}
	if limit := number(x.metric.FailureLimit); x.metric.Judge == nil && x.result.Phase == v1alpha1.AnalysisFailed && limit >= 0 && int(x.result.Failed) > limit {
		all = append(all, fmt.Sprintf("Metric %s: a failureLimit of %d or more would have tolerated these failures; it is %d", name, x.result.Failed, limit))
	}
	if limit := number(x.metric.InconclusiveLimit); x.result.Phase == v1alpha1.AnalysisInconclusive && int(x.result.Inconclusive) > limit {
		all = append(all, fmt.Sprintf("Metric %s: an inconclusiveLimit of %d or more would have waited for a clear answer; it is %d", name, x.result.Inconclusive, limit))
	}
	return all
}

// mostSpent is how many times smaller a budget may be that is spoken of.
const mostSpent = 1_000

// number reads a whole number that a metric may leave out: 0.
func number(text *intstr.IntOrString) int {
	if text == nil {
		return 0
	}
	value, _ := strconv.Atoi(text.String()) // What is no number the run itself reports.
	return value
}

// short writes a factor with two digits that count.
func short(factor float64) string {
	if factor >= 10 && factor < 1e6 {
		return strconv.FormatFloat(math.Round(factor), 'f', 0, 64)
	}
	return strconv.FormatFloat(factor, 'g', 2, 64)
}

// timeOf is a time that may be missing.
func timeOf(at *metav1.MicroTime) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}
