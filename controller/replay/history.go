package replay

import (
	"errors"
	"math"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// history is the looks at one metric: what is plotted, and what changed.
type history struct {
	metric Metric
	// last is what the look before said; empty before the first one.
	last run.Outcome
	// before is the evidence at that look: windows are its differences.
	before *run.Evidence
	ended  bool
}

// newHistory is that of a metric without looks.
func newHistory(metric v1alpha1.Metric) *history {
	return &history{metric: Metric{Name: metric.Name, Quantity: quantityOf(metric), Points: []Point{}}}
}

// quantityOf is what is plotted of a metric.
func quantityOf(metric v1alpha1.Metric) Quantity {
	source := metric.Provider.Prometheus
	switch {
	case source == nil || source.Canary == nil:
		return Value
	case source.Canary.Query != "":
		return Level
	default:
		return Share
	}
}

// see takes a look into the result: a point of a plot, and an event if it said
// something else than the one before.
func (p *player) see(run *played, look Look) {
	history := run.history[look.Metric]
	point := Point{At: look.At, Phase: string(look.Outcome.Phase), Reason: string(look.Outcome.Reason), Message: look.Outcome.Message}
	point.measure(history, look)
	history.metric.Points = append(history.metric.Points, point)
	if t := look.Together; t != nil {
		run.together = append(run.together, Together{At: look.At, EValue: numberOf(t.EValue), Limit: numberOf(t.Limit)})
	}
	p.tell(run, history, look)
	history.last = look.Outcome
}

// tell adds the events of a look.
func (p *player) tell(run *played, history *history, look Look) {
	event := Event{
		Run: run.object.Name, Metric: look.Metric, Phase: string(look.Outcome.Phase), Reason: string(look.Outcome.Reason),
		Message: look.Outcome.Message, Value: look.Outcome.Value, Evidence: translate.EvidenceStatus(look.Evidence),
	}
	switch {
	case !look.Phase.Live() && !history.ended:
		history.ended = true
		event.Kind, event.Phase = EventMetricEnded, string(look.Phase)
		event.Warning = event.Phase != string(v1alpha1.AnalysisSuccessful)
		for _, metric := range run.State().Metrics {
			if metric.Name == look.Metric {
				event.Message = metric.Message
			}
		}
	case look.Outcome.Phase == history.last.Phase && look.Outcome.Reason == history.last.Reason:
		return
	case look.Outcome.Blind():
		event.Kind, event.Warning = EventBlind, true
	default:
		event.Kind, event.Warning = EventMetric, event.Phase != string(v1alpha1.AnalysisSuccessful)
	}
	p.note(event)
}

// note adds an event at the present time, with the weight and the step in force.
func (p *player) note(event Event) {
	event.At = p.now
	if p.release != nil {
		weight := p.release.inForce()
		event.Weight, event.Step = &weight, p.release.stepNumber()
	}
	p.result.Timeline = append(p.result.Timeline, event)
}

// measure fills in the numbers of a look.
func (p *Point) measure(history *history, look Look) {
	if look.Result != nil && len(look.Result.Values) > 0 {
		p.Canary = finite(look.Result.Values[0])
	}
	now, before := look.Evidence, history.before
	if now == nil {
		return
	}
	history.before = now
	p.EValue, p.Limit, p.Edge = numberOf(now.EValue), numberOf(now.Limit), numberOf(now.Edge)
	if history.metric.Quantity == Level {
		p.Canary, p.Baseline = numberOf(now.CanaryLevel), numberOf(now.BaselineLevel)
		p.CanaryRequests, p.BaselineRequests = numberOf(now.CanaryTotal), numberOf(now.BaselineTotal)
		return
	}
	if before == nil {
		before = &run.Evidence{CanaryBad: "0", CanaryTotal: "0", BaselineBad: "0", BaselineTotal: "0", Edge: now.Edge}
	}
	p.CanaryRequests, p.BaselineRequests = difference(now.CanaryTotal, before.CanaryTotal), difference(now.BaselineTotal, before.BaselineTotal)
	if now.Edge != before.Edge {
		return // Counts beyond another edge are no difference of these.
	}
	p.Canary = quotient(difference(now.CanaryBad, before.CanaryBad), p.CanaryRequests)
	p.Baseline = quotient(difference(now.BaselineBad, before.BaselineBad), p.BaselineRequests)
}

// numberOf reads a decimal string; nil when it says nothing. What is too large for a
// plot becomes the largest number.
func numberOf(text string) *float64 {
	value, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		value = math.Copysign(math.MaxFloat64, value)
	} else if err != nil {
		return nil
	}
	return finite(value)
}

// finite is a number, or nil where JSON has none.
func finite(value float64) *float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil
	}
	return &value
}

// difference is now - before, where both are known.
func difference(now, before string) *float64 {
	a, b := numberOf(now), numberOf(before)
	if a == nil || b == nil {
		return nil
	}
	return finite(*a - *b)
}

// quotient is a share, where there is something to share.
func quotient(part, all *float64) *float64 {
	if part == nil || all == nil || *all <= 0 {
		return nil
	}
	return finite(*part / *all)
}

// newObject is an AnalysisRun without an owner.
func newObject(name string, kind translate.Kind, spec v1alpha1.AnalysisRunSpec) *v1alpha1.AnalysisRun {
	return &v1alpha1.AnalysisRun{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "AnalysisRun"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1alpha1.LabelRunType: string(kind)}},
		Spec:       spec,
	}
}
